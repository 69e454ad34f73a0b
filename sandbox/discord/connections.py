"""Open sockets: queued frames out, received ones in, and how a connection is closed."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.discord.api_errors import Json
from sandbox.discord.compression import TRANSPORT, Compress, payload
from sandbox.discord.enums import Opcode

MAX_FRAMES, PER_SECONDS = 120, 60.0  # that a bot may send on a connection
TOLERANCE = 1.5  # heartbeat intervals after which a silent connection is closed


class Closing(Exception):
    """Close the connection with one of Discord's codes, and a reason."""


Outbound = asyncio.Queue[Json | str | bytes | Closing]


@dataclass(eq=False)
class Connection:
    """One open socket; frames are queued, so senders never block."""

    transport: asyncio.Transport | None
    compression: str  # its name in the URL; empty: none
    outbound: Outbound = field(default_factory=asyncio.Queue)
    _received: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_FRAMES))
    _deadline: asyncio.TimerHandle | None = None  # for the next heartbeat

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

    def close(self, code: int, reason: str = "") -> None:
        """Close the connection once all queued frames are sent."""
        self.outbound.put_nowait(Closing(code, reason))

    def cut(self) -> None:
        """Drop the connection without a close frame, as a network failure does."""
        if self.transport is not None:
            self.transport.abort()

    def expect_heartbeat(self, interval: float) -> None:
        """Close the connection unless this is called again in time; *interval* is in seconds."""
        self.rest()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(
            interval * TOLERANCE, self.close, 4009, "Session timed out."
        )

    def rest(self) -> None:
        """Expect no heartbeat any more."""
        if self._deadline is not None:
            self._deadline.cancel()

    def count_frame(self) -> None:
        """Count a received frame; raise Closing if there were too many."""
        now = time.monotonic()
        full = len(self._received) == MAX_FRAMES
        if full and now - self._received[0] < PER_SECONDS:
            raise Closing(4008, "Rate limited.")
        self._received.append(now)


async def exchange(
    socket: web.WebSocketResponse,
    outbound: Outbound,
    receive: Callable[[str | bytes], None],
    compress: Compress = str,
) -> int | None:
    """Send the queued frames, and pass received ones to *receive*; return the close code.

    A `Closing`, raised by *receive* or queued, closes the socket after the frames before it.
    Queued bytes are sent as they are, strings and objects through *compress*.
    """
    writer = asyncio.create_task(_write(socket, outbound, compress), name="socket writer")
    reader = asyncio.create_task(_read(socket, receive), name="socket reader")
    try:
        await asyncio.wait((reader, writer), return_when=asyncio.FIRST_COMPLETED)
        if not writer.done():
            try:
                await reader
            except Closing as closing:
                outbound.put_nowait(closing)
            else:
                return socket.close_code
        if (last := await writer) is None:
            return None
        code, reason = last.args
        await socket.close(code=code, message=reason.encode())
        return int(code)
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
