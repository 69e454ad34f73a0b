"""Serves an application on the loopback interface."""

import contextlib
import random
import socket
from typing import Self

from aiohttp import web


class Listener:
    """Async context manager: a TCP port that serves *app*; it can go away and come back."""

    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        self._site: web.TCPSite | None = None
        self._port = 0
        self.origin = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        self._port = free_port(10_000)  # not where bots get theirs, who bind them later
        self.origin = f"http://127.0.0.1:{self._port}"
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def open(self) -> None:
        """Listen, on the same port as before."""
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()

    async def close(self) -> None:
        """Cut all connections, and refuse new ones until `open`."""
        assert self._site is not None
        assert self._runner.server is not None
        await self._site.stop()
        for connection in self._runner.server.connections:
            connection.force_close()


def free_port(lowest: int = 20_000) -> int:
    """Return one of 10,000 ports, from *lowest*, that is free now.

    With *lowest* up to 20,000 it is below the kernel's ephemeral range: an outgoing connection
    could take a port from there before it is bound, or while it is closed.
    """
    while True:
        port = lowest + random.randrange(10_000)  # noqa: S311  no secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
