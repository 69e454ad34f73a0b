"""The gateway's connections, and the sessions that outlive them."""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import Intent, Opcode

KEPT_EVENTS = 2000  # of each session, for RESUME


@dataclass(eq=False)
class Connection:
    """One open socket; frames are queued, so senders never block."""

    transport: asyncio.Transport | None
    outbound: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)

    def send(self, opcode: Opcode, data: Any = None) -> None:
        """Queue a frame."""
        self.outbound.put_nowait({"op": int(opcode), "d": data, "s": None, "t": None})

    def cut(self) -> None:
        """Drop the connection without a close frame, as a network failure does."""
        if self.transport is not None:
            self.transport.abort()


@dataclass(eq=False, kw_only=True)
class Session:
    """A session begun by IDENTIFY; it outlives its connection for `resume_window`."""

    id: str = field(default_factory=lambda: secrets.token_hex(16))
    shard: int
    shards: int
    intents: Intent
    connection: Connection | None
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    lost_at: float = 0.0  # monotonic time of the connection's end

    def dispatch(self, name: str, data: Json) -> None:
        """Record an event with its sequence number, and send it if there is a connection."""
        self.sequence += 1
        frame = {"op": int(Opcode.DISPATCH), "d": data, "s": self.sequence, "t": name}
        self.events.append(frame)
        if self.connection is not None:
            self.connection.outbound.put_nowait(frame)

    def covers(self, guild_id: str | None) -> bool:
        """Tell whether a guild (None: direct channels) belongs to this session's shard."""
        return (int(guild_id or 0) >> 22) % self.shards == self.shard


async def exchange(
    socket: web.WebSocketResponse, outbound: asyncio.Queue[Json], receive: Callable[[str], None]
) -> None:
    """Send the queued frames, and pass received ones to *receive*, until the socket ends."""
    writer = asyncio.create_task(_write(socket, outbound), name="socket writer")
    try:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            receive(message.data)
    finally:
        writer.cancel()


async def _write(socket: web.WebSocketResponse, outbound: asyncio.Queue[Json]) -> None:
    while True:
        frame = await outbound.get()
        try:
            await socket.send_str(json.dumps(frame))
        except ConnectionError:
            return  # the reader ends by itself
