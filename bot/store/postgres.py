"""A database on a server: PostgreSQL, which several processes may share."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.engine import connect

PATIENCE: Final = 8.0  # seconds after which a server that does not answer is away

T = TypeVar("T")


class PostgresEngine:
    """The connections to a server."""

    def __init__(self, url: str) -> None:
        self._engine = connect(url)
        self._reading = self._engine.execution_options(postgresql_readonly=True)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* does, in a transaction that only reads."""
        async with asyncio.timeout(PATIENCE):
            return await self._done(self._reading, work)

    async def write(
        self, work: Callable[[Connection], T], *, urgent: bool = False, patience: float = 0.0
    ) -> T:
        """Return what *work* does, once that is committed; who is urgent matters to files."""
        del urgent
        async with asyncio.timeout(max(patience, PATIENCE)):
            return await self._done(self._engine, work)

    async def _done(self, engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
        """Do *work*, and once more where its connection turned out to be dead before the end.

        So a restart of the server is not noticed, and no connection need be tried before each use.
        What fails while it is committed is never repeated: it may have been done.
        """
        try:
            async with engine.begin() as connection:
                with _told_apart():
                    done = await connection.run_sync(work)
            return done  # noqa: TRY300 - nothing else may come between
        except _DiedBefore:
            async with engine.begin() as connection:
                return await connection.run_sync(work)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()


class _DiedBefore(Exception):
    """The connection was dead before anything could be committed."""


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _DiedBefore from error
        raise
