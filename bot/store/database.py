"""The database and its transactions: who may write, and who waits for whom.

Work in the store is a plain function of a connection. On SQLite it runs in a thread, one for all
that write, on PostgreSQL beside other work on the event loop; the function cannot tell.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, Self, TypeVar

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.service.port_errors import StoreUnavailable
from bot.store import migrations
from bot.store.engine import driver_errors_translated
from bot.store.postgres import PostgresEngine
from bot.store.sqlite import SqliteEngine

MIGRATION_PATIENCE: Final = 120.0  # seconds, also for another process that is at it
_WRITE_NOTHING_NEW: Final = "UPDATE alembic_version SET version_num = version_num"

T = TypeVar("T")
A = TypeVar("A")
P = ParamSpec("P")


class Database:
    """One database and its connections."""

    def __init__(self, engine: SqliteEngine | PostgresEngine) -> None:
        self._engine = engine
        self._writes = True  # whether the last write was taken: a full disk can still be read

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """Open the database at *url*, a file where there is none made, its tables up to date.

        Raises StoreUnavailable where that can't be done.
        """
        engine = SqliteEngine(url) if url.startswith("sqlite") else PostgresEngine(url)
        try:
            database = cls(engine)
            await database._migrate()
            yield database
        finally:
            await engine.close()

    @property
    def shared(self) -> bool:
        """Tell whether several ``run`` may share it, each with an INSTANCE of its own."""
        return isinstance(self._engine, PostgresEngine)

    async def ping(self) -> None:
        """Ask the database for nothing. Raises StoreUnavailable."""
        await self.read(lambda connection: connection.execute(select(1)))

    async def ready(self) -> None:
        """Ask the database to read, and to write too if it took no write last time.

        Raises StoreUnavailable.
        """
        await self.ping()
        if not self._writes:
            await self.write(lambda connection: connection.execute(text(_WRITE_NOTHING_NEW)))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* does, in a transaction that only reads."""
        with driver_errors_translated():
            return await self._engine.read(work)

    async def write(
        self, work: Callable[[Connection], T], *, urgent: bool = False, patience: float = 0.0
    ) -> T:
        """Return what *work* does, in a transaction that an error of its rolls back.

        On SQLite it is the only one that writes, and an *urgent* one, for which somebody waits,
        goes before those that are not; on PostgreSQL see :meth:`lock`, and what takes long says
        so by its *patience*, in seconds.
        """
        try:
            with driver_errors_translated():
                done = await self._engine.write(work, urgent=urgent, patience=patience)
        except StoreUnavailable:
            self._writes = False
            raise
        self._writes = True
        return done

    def lock(self, connection: Connection, *keys: str) -> None:
        """Hold off all other transactions that lock one of *keys*, until *connection*'s ends.

        What is read afterwards is what those before it left. The keys are locked in the order
        given: it must be the same everywhere, or two transactions wait for each other.
        """
        if not self.shared:
            return  # SQLite's writers are alone
        # Taken from left to right, by one question: each trip to the server keeps others waiting.
        connection.execute(
            select(*(func.pg_advisory_xact_lock(func.hashtextextended(key, 0)) for key in keys))
        )

    async def _migrate(self) -> None:
        def upgrade(connection: Connection) -> None:
            if self.shared:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            self.lock(connection, "migrations")
            migrations.upgrade(connection)

        await self.write(upgrade, patience=MIGRATION_PATIENCE)


class Stored(Protocol):
    """What keeps its rows in a database."""

    _database: Database


S = TypeVar("S", bound=Stored)


def read_transaction(
    method: Callable[Concatenate[S, Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Run a method in a transaction that only reads; its caller leaves the connection out."""

    @wraps(method)
    async def reading(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.read(
            lambda connection: method(self, connection, *args, **kwargs)
        )

    return reading


def write_transaction(
    method: Callable[Concatenate[S, Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Run a method in a transaction that may write; its caller leaves the connection out."""

    @wraps(method)
    async def writing(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.write(
            lambda connection: method(self, connection, *args, **kwargs)
        )

    return writing


def priority_write(
    method: Callable[Concatenate[S, Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Do as :func:`writes`, and go before those: somebody waits for the answer."""

    @wraps(method)
    async def writing(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.write(
            lambda connection: method(self, connection, *args, **kwargs), urgent=True
        )

    return writing


def or_on_conflict(
    answer: A,
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T | A]]]:
    """Have a method change nothing and return *answer* where another row has a unique value."""

    def decorate(
        method: Callable[P, Coroutine[Any, Any, T]],
    ) -> Callable[P, Coroutine[Any, Any, T | A]]:
        @wraps(method)
        async def trying(*args: P.args, **kwargs: P.kwargs) -> T | A:
            try:
                return await method(*args, **kwargs)
            except IntegrityError:
                return answer

        return trying

    return decorate
