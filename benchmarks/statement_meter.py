"""Counts what goes over the connections to PostgreSQL: statements, and bytes both ways."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Self

EXECUTE, QUERY = b"E", b"Q"  # messages of PostgreSQL's protocol, version 3
LENGTH: Final = 4  # bytes
SOCKET: Final = ".s.PGSQL.5432"


class StatementMeter:
    """A socket like PostgreSQL's own, over which processes reach it."""

    def __init__(self) -> None:
        self.statements = 0  # BEGIN and COMMIT included
        self.bytes = 0

    @classmethod
    @asynccontextmanager
    async def before(cls, url: str) -> AsyncIterator[tuple[Self, str]]:
        """Yield a meter, and the URL of the database at *url* that leads through it."""
        folder, meter = Path(url.partition("?host=")[2]), cls()
        with tempfile.TemporaryDirectory(prefix="meter", dir="/tmp") as name:

            async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                theirs, ours = await asyncio.open_unix_connection(folder / SOCKET)
                await asyncio.gather(
                    meter._carry(reader, ours, counter=_Counter(meter)),
                    meter._carry(theirs, writer),
                )

            server = await asyncio.start_unix_server(connected, Path(name) / SOCKET)
            try:
                yield meter, url.replace(str(folder), name)
            finally:
                server.close()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        counter: "_Counter | None" = None,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self.bytes += len(data)
                if counter is not None:
                    counter.feed(data)
                writer.write(data)
                await writer.drain()
        writer.close()


class _Counter:
    """Reads what a client sends on one connection."""

    def __init__(self, meter: StatementMeter) -> None:
        self._meter = meter
        self._data = bytearray()
        self._begun = False  # the first message has no type

    def feed(self, data: bytes) -> None:
        """Count the statements in *data*, which may end anywhere."""
        self._data += data
        while True:
            head = int(self._begun)  # bytes before the length
            if len(self._data) < head + LENGTH:
                return
            end = head + int.from_bytes(self._data[head : head + LENGTH])
            if len(self._data) < end:
                return
            if self._begun and bytes(self._data[:1]) in {EXECUTE, QUERY}:
                self._meter.statements += 1
            self._begun = True
            del self._data[:end]
