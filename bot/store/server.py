"""A database on a server: PostgreSQL, which several processes may share."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.engine import Connection

from bot.store.engine import connect

PATIENCE: Final = 8.0  # seconds after which a server that does not answer is away

T = TypeVar("T")


class Server:
    """The connections to a server."""

    def __init__(self, url: str) -> None:
        self._engine = connect(url)
        self._reading = self._engine.execution_options(postgresql_readonly=True)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* does, in a transaction that only reads."""
        async with asyncio.timeout(PATIENCE), self._reading.connect() as connection:
            return await connection.run_sync(work)

    async def write(
        self, work: Callable[[Connection], T], *, urgent: bool = False, patience: float = 0.0
    ) -> T:
        """Return what *work* does, once that is committed; who is urgent matters to files."""
        del urgent
        async with asyncio.timeout(max(patience, PATIENCE)), self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()
