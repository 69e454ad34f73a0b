"""The database and its transactions: who may write, and who waits for whom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Final, Self

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import StoreAway
from bot.store import migrations
from bot.store.engine import connect, translated

PATIENCE: Final = 8.0  # seconds after which a PostgreSQL that does not answer is away
_WRITE_NOTHING_NEW: Final = "UPDATE alembic_version SET version_num = version_num"
MIGRATION_PATIENCE: Final = 120.0  # seconds, also for another process that is at it


class Database:
    """One database and its connections."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._shared = engine.dialect.name == "postgresql"
        self._writes = True  # whether the last write was taken: a full disk can still be read
        # SQLite has one writer at a time: waiting here is fair, waiting in SQLite is a lottery.
        self._writer: AbstractAsyncContextManager[None] = (
            nullcontext() if self._shared else asyncio.Lock()
        )
        # Of those who can wait, one at a time stands in that line: whoever is urgent comes soon.
        self._patient: AbstractAsyncContextManager[None] = (
            nullcontext() if self._shared else asyncio.Lock()
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """Open the database at *url*, a file where there is none made, its tables up to date.

        Raises :class:`~bot.errors.StoreAway` where that can't be done.
        """
        engine = connect(url)
        try:
            database = cls(engine)
            await database._migrate()
            yield database
        finally:
            await engine.dispose()

    @property
    def shared(self) -> bool:
        """Tell whether several ``run`` may share it, each with an INSTANCE of its own."""
        return self._shared

    async def ping(self) -> None:
        """Ask the database for nothing. Raises :class:`~bot.errors.StoreAway`."""
        async with self.reading() as connection:
            await connection.execute(select(1))

    async def ready(self) -> None:
        """Ask the database to read, and to write too if it took no write last time.

        Raises :class:`~bot.errors.StoreAway`.
        """
        await self.ping()
        if not self._writes:
            async with self.writing() as connection:
                await connection.execute(text(_WRITE_NOTHING_NEW))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads."""
        with translated():
            async with self._in_time(PATIENCE), self._engine.connect() as connection:
                await connection.execution_options(reads_only=True, postgresql_readonly=True)
                yield connection

    @asynccontextmanager
    async def writing(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is committed at the end, or rolled back by an error.

        On SQLite it is the only one that writes, and an *urgent* one, for which somebody waits,
        waits for at most one that is not; on PostgreSQL see :meth:`lock`.
        """
        async with (
            nullcontext() if urgent else self._patient,
            self._writing(PATIENCE) as connection,
        ):
            yield connection

    async def lock(self, connection: AsyncConnection, *keys: str) -> None:
        """Hold off all other transactions that lock one of *keys*, until *connection*'s ends.

        What is read afterwards is what those before it left. The keys are locked in the order
        given: it must be the same everywhere, or two transactions wait for each other.
        """
        if not self._shared:
            return  # SQLite's writers are alone
        for key in keys:
            await connection.execute(
                select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0)))
            )

    async def _migrate(self) -> None:
        async with self._writing(MIGRATION_PATIENCE) as connection:
            if self._shared:
                await connection.execute(text("SET LOCAL statement_timeout = 0"))
            await self.lock(connection, "migrations")
            await connection.run_sync(migrations.upgrade)

    @asynccontextmanager
    async def _writing(self, patience: float) -> AsyncIterator[AsyncConnection]:
        try:
            with translated():
                async with (
                    self._in_time(patience),
                    self._writer,
                    self._engine.begin() as connection,
                ):
                    yield connection
        except StoreAway:
            self._writes = False
            raise
        self._writes = True

    def _in_time(self, seconds: float) -> asyncio.Timeout:
        """Give up in time on a server; a file has its own time-out."""
        return asyncio.timeout(seconds if self._shared else None)
