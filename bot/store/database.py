"""The engine and its transactions: who may write, and what a driver's error becomes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import event, select
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StoreAway
from bot.store import migrations

BUSY_TIMEOUT: Final = 5.0  # seconds that a writer waits for another process's transaction


class Database:
    """One database and its connections."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite has one writer at a time: waiting here is fair, waiting in SQLite is a lottery.
        self._writer = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """Open the database at *url*, made where there is none, with its tables up to date.

        Raises :class:`~bot.errors.StoreAway` where that can't be done.
        """
        parsed = make_url(url)
        _make_folder(parsed)
        engine = create_async_engine(parsed, hide_parameters=True)
        _prepare_sqlite(engine)
        try:
            database = cls(engine)
            async with database.writing() as connection:
                await connection.run_sync(migrations.upgrade)
            yield database
        finally:
            await engine.dispose()

    async def ping(self) -> None:
        """Ask the database for nothing. Raises :class:`~bot.errors.StoreAway`."""
        async with self.reading() as connection:
            await connection.execute(select(1))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads."""
        with _translated():
            async with self._engine.connect() as connection:
                await connection.execution_options(reads_only=True)
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is committed at the end, or rolled back by an error."""
        with _translated():
            async with self._writer, self._engine.begin() as connection:
                yield connection


class _translated:  # noqa: N801 - it reads as a verb
    """Turn a driver's error into :class:`~bot.errors.StoreAway`; broken constraints pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            return
        if isinstance(error, DBAPIError | PoolTimeout | OSError):
            raise StoreAway(f"the store is away: {type(error).__name__}") from error


def _make_folder(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreAway(f"the store's folder cannot be made: {error}") from error


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Make SQLite durable, and its transactions begin as what they are.

    ``synchronous=FULL``: with NORMAL a power cut may undo SUBMITTING, and an order is paid twice.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver shall not begin transactions of its own
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def began(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
