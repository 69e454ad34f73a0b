"""An HTTP proxy for tests: it forwards plain requests, opens tunnels, and counts both."""

import asyncio
import base64
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Self

from yarl import URL

USER, PASSWORD = "proxied", "hush-hush"


class HttpProxy:
    """A proxy on loopback that wants a password; every name means this machine."""

    def __init__(self) -> None:
        self.url = ""
        self.forwarded: Counter[int] = Counter()  # by the port that was asked for
        self.tunnels: Counter[str] = Counter()  # by what was to be reached
        self.answer = b""  # to every request, in place of forwarding it

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        proxy = cls()
        server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        proxy.url = f"http://{USER}:{PASSWORD}@127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield proxy
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            await self._forward(head, reader, writer)
        writer.close()

    async def _forward(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        line, _, rest = head.partition(b"\r\n")
        method, target, version = line.decode().split(" ")
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode())
        if b"Proxy-Authorization: Basic " + secret not in rest:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        if method == "CONNECT":
            self.tunnels[target] += 1
        else:
            self.forwarded[URL(target).port or 0] += 1
        if self.answer:
            writer.write(self.answer)
            return
        url = URL(f"//{target}") if method == "CONNECT" else URL(target)
        upstream, downstream = await asyncio.open_connection("127.0.0.1", url.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            downstream.write(f"{method} {url.raw_path_qs} {version}\r\n".encode() + rest)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass_on(reader, downstream))
                group.create_task(_pass_on(upstream, writer))
        finally:
            downstream.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
