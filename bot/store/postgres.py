"""PostgreSQL, which several processes may share."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.store.engine import TIMEOUTS, StoreTimeouts, connect

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")


class PostgresEngine:
    """Connection pool of a PostgreSQL server."""

    def __init__(self, url: str, timeouts: StoreTimeouts = TIMEOUTS) -> None:
        self._engine = connect(url, timeouts)
        self._reading = self._engine.execution_options(postgresql_readonly=True)
        self._timeout = timeouts.answer

    async def read(self, work: Callable[[Connection], T], *, at_once: bool = False) -> T:
        """Return the result of *work*, run in a read-only transaction; *at_once* is for SQLite."""
        del at_once
        async with asyncio.timeout(self._timeout):
            return await self._run(self._reading, work)

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        urgent: bool = False,
        joins: bool = False,
        within: float = 0.0,
    ) -> T:
        """Return the result of *work* once it is committed; *urgent* and *joins* are for SQLite."""
        del urgent, joins
        async with asyncio.timeout(max(within, self._timeout)):
            return await self._run(self._engine, work)

    async def _run(self, engine: "AsyncEngine", work: Callable[[Connection], T]) -> T:
        """Run *work*, and once more if its connection was found dead before the commit.

        So a restart of the server goes unnoticed, and no connection is tested before each use.
        A commit that fails is never repeated: it may have taken effect.
        """
        in_work = False
        try:
            async with engine.begin() as connection:
                in_work = True
                result = await connection.run_sync(work)
                in_work = False
            return result  # noqa: TRY300 - the commit belongs to the try
        except DBAPIError as error:
            if not in_work or not error.connection_invalidated:
                raise
        async with engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()
