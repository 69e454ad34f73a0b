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
from sandbox.discord.compression import TRANSPORT, Compress, payload
from sandbox.discord.enums import Intent, Opcode

KEPT_EVENTS = 2000  # of each session, for RESUME


class Closing(Exception):
    """Close the connection with one of Discord's codes, and a reason."""


Outbound = asyncio.Queue[Json | str | bytes | Closing]


@dataclass(eq=False)
class Connection:
    """One open socket; frames are queued, so senders never block."""

    transport: asyncio.Transport | None
    compression: str  # its name in the URL; empty: none
    outbound: Outbound = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self._compress: Compress = TRANSPORT[self.compression]()

    def compress_payloads(self) -> None:
        """Compress each large frame by itself, unless the transport is compressed."""
        if not self.compression:
            self._compress = payload

    def encode(self, text: str) -> str | bytes:
        """Return a frame as it is sent."""
        return self._compress(text)

    def send(self, opcode: Opcode, data: Any = None) -> None:
        """Queue a frame."""
        self.outbound.put_nowait({"op": int(opcode), "d": data, "s": None, "t": None})

    def close(self, code: int, reason: str) -> None:
        """Close the connection once all queued frames are sent."""
        self.outbound.put_nowait(Closing(code, reason))

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
    socket: web.WebSocketResponse,
    outbound: Outbound,
    receive: Callable[[str | bytes], None],
    compress: Compress = str,
) -> None:
    """Send the queued frames, and pass received ones to *receive*, until the socket ends.

    A `Closing`, raised by *receive* or queued, closes the socket after the frames before it.
    Queued bytes are sent as they are, strings and objects through *compress*.
    """
    writer = asyncio.create_task(_write(socket, outbound, compress), name="socket writer")
    reader = asyncio.create_task(_read(socket, receive), name="socket reader")
    try:
        await asyncio.wait((reader, writer), return_when=asyncio.FIRST_COMPLETED)
        if not writer.done():
            try:
                return await reader
            except Closing as closing:
                outbound.put_nowait(closing)
        if (last := await writer) is not None:
            code, reason = last.args
            await socket.close(code=code, message=reason.encode())
    finally:
        writer.cancel()
        reader.cancel()


async def _read(socket: web.WebSocketResponse, receive: Callable[[str | bytes], None]) -> None:
    async for message in socket:
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            break
        receive(message.data)


async def _write(
    socket: web.WebSocketResponse, outbound: Outbound, compress: Compress
) -> Closing | None:
    while not isinstance(frame := await outbound.get(), Closing):
        text = json.dumps(frame) if isinstance(frame, dict) else frame
        sent = compress(text) if isinstance(text, str) else text
        try:
            await (socket.send_bytes(sent) if isinstance(sent, bytes) else socket.send_str(sent))
        except ConnectionError:
            return None  # the client has left
    return frame
