"""A wire between the bot and PostgreSQL, which a test can cut, hold and mend."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self


class Wire:
    """A socket like PostgreSQL's own, with everything that goes over it in a test's hands."""

    def __init__(self, folder: str, target: Path) -> None:
        self._folder = folder
        self._target = target
        self._ends: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._forgotten: list[asyncio.Event] = []
        self._whole = True
        self.refused = 0  # connections while it was cut

    @classmethod
    @asynccontextmanager
    async def to(cls, target: Path) -> AsyncIterator[Self]:
        with tempfile.TemporaryDirectory(prefix="wire", dir="/tmp") as folder:
            wire = cls(folder, target)
            server = await asyncio.start_unix_server(wire._connected, Path(folder) / target.name)
            try:
                yield wire
            finally:
                wire.cut()
                server.close()

    def url(self, url: str) -> str:
        """Return the URL of a database, over this wire."""
        return url.replace(str(self._target.parent), self._folder)

    def cut(self) -> None:
        """End all connections, and let none come through."""
        self._whole = False
        for flows in (self._flows, *self._forgotten):
            flows.set()
        for end in self._ends:
            end.transport.abort()

    def hold(self) -> None:
        """Let nothing through, and say nothing about it: a server that stands still."""
        self._flows.clear()

    def forget(self) -> None:
        """Let nothing more through what is connected, not even its end; new connections work."""
        self._flows.clear()
        self._forgotten.append(self._flows)
        self._flows = asyncio.Event()
        self._flows.set()

    def mend(self) -> None:
        self._whole = True
        self._flows.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            self.refused += 1
            writer.transport.abort()
            return
        their_reader, their_writer = await asyncio.open_unix_connection(self._target)
        ends = {writer, their_writer}
        self._ends |= ends
        flows = self._flows
        await asyncio.gather(
            self._carry(reader, their_writer, flows), self._carry(their_reader, writer, flows)
        )
        self._ends -= ends
        for end in ends:
            with contextlib.suppress(OSError):
                await end.wait_closed()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
