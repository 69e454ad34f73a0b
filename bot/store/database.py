"""The database: its transactions, its locks, and the decorators that run methods in them.

Work in the store is a plain function of a connection. On SQLite it runs in a thread (one writer;
a row by its key is read at once), on PostgreSQL in a greenlet on the event loop; the function
cannot tell.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import cache, wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, Self, TypeVar

from sqlalchemy import String, func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.service.port_errors import StoreUnavailable
from bot.store import migrations
from bot.store.dialects import DatabaseClock
from bot.store.engine import TIMEOUTS, StoreTimeouts, is_unique_violation, translate_driver_errors
from bot.store.postgres import PostgresEngine
from bot.store.sqlite import SqliteEngine
from bot.store.statements import Statement, given

MIGRATION_TIMEOUT: Final = 120.0  # seconds, including another process's migration
_PING: Final = Statement(select(1))
_NOW: Final = Statement(select(DatabaseClock()))
_WRITE_NOTHING_NEW: Final = Statement(text("UPDATE alembic_version SET version_num = version_num"))

T = TypeVar("T")
A = TypeVar("A")
P = ParamSpec("P")


class Database:
    """One database and its connections."""

    def __init__(self, engine: SqliteEngine | PostgresEngine) -> None:
        self._engine = engine
        self._last_write_succeeded = True  # a full disk can still be read

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, timeouts: StoreTimeouts = TIMEOUTS) -> AsyncIterator[Self]:
        """Open the database at *url* and migrate it; create a file that does not exist.

        Raises StoreUnavailable if it cannot be opened or migrated.
        """
        is_file = url.startswith("sqlite")
        engine = SqliteEngine(url, timeouts) if is_file else PostgresEngine(url, timeouts)
        try:
            database = cls(engine)
            await database._migrate()
            yield database
        finally:
            await engine.close()

    @property
    def shared(self) -> bool:
        """Whether several ``run`` processes may share it, each with its own INSTANCE."""
        return isinstance(self._engine, PostgresEngine)

    async def ping(self) -> None:
        """Run an empty query. Raises StoreUnavailable."""
        await self.read(_PING.value)

    async def now(self) -> float:
        """Return the time by the database's clock, in Unix seconds. Raises StoreUnavailable."""
        return float(await self.read(_NOW.value))

    async def ready(self) -> None:
        """Query the database, and write to it after a failed write. Raises StoreUnavailable."""
        await self.ping()
        if not self._last_write_succeeded:
            await self.write(_WRITE_NOTHING_NEW.change)

    async def read(self, work: Callable[[Connection], T], *, at_once: bool = False) -> T:
        """Return the result of *work*, which only reads; SQLite runs it in a transaction.

        *at_once*: SQLite reads on the event loop's thread. For one statement by a key.
        """
        with translate_driver_errors():
            return await self._engine.read(work, at_once=at_once)

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        urgent: bool = False,
        joins: bool = False,
        within: float = 0.0,
    ) -> T:
        """Return the result of *work*, run in a transaction that its error rolls back.

        Args:
            work: On SQLite it is the only writer; on PostgreSQL see :meth:`lock`.
            urgent: Runs before work that is not (SQLite only).
            joins: Is committed with the next work that does not, at most 50 ms later, even if its
                caller is cancelled (SQLite only).
            within: Seconds, for work that takes longer than usual (PostgreSQL only).

        """
        try:
            with translate_driver_errors():
                result = await self._engine.write(work, urgent=urgent, joins=joins, within=within)
        except StoreUnavailable:
            self._last_write_succeeded = False
            raise
        self._last_write_succeeded = True
        return result

    def lock(self, connection: Connection, *keys: str) -> None:
        """Take advisory locks on *keys* until the transaction of *connection* ends.

        The keys are locked in the order given. Use the same order everywhere, to avoid deadlocks.
        """
        if not self.shared:
            return  # SQLite has one writer
        # One statement evaluates them from left to right; a round trip each would take longer.
        _locking(len(keys)).rows(
            connection, **{f"key{place}": key for place, key in enumerate(keys)}
        )

    async def _migrate(self) -> None:
        def upgrade(connection: Connection) -> None:
            if self.shared:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            self.lock(connection, "migrations")
            migrations.upgrade(connection)

        await self.write(upgrade, within=MIGRATION_TIMEOUT)


@cache
def _locking(count: int) -> Statement:
    """Return what takes so many advisory locks."""
    keys = (given(f"key{place}", type_=String()) for place in range(count))
    return Statement(
        select(*(func.pg_advisory_xact_lock(func.hashtextextended(key, 0)) for key in keys))
    )


class Stored(Protocol):
    """A class that keeps its rows in a database."""

    _database: Database


S = TypeVar("S", bound=Stored)


class _Transaction:
    """Decorator: runs a method in a transaction; its caller leaves the connection out."""

    def __init__(
        self, *, writes: bool = False, urgent: bool = False, at_once: bool = False
    ) -> None:
        self._writes = writes
        self._urgent = urgent
        self._at_once = at_once

    def __call__(
        self, method: Callable[Concatenate[S, Connection, P], T]
    ) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
        @wraps(method)
        async def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            def work(connection: Connection) -> T:
                return method(store, connection, *args, **kwargs)

            database = store._database  # noqa: SLF001 - that is what Stored promises
            if not self._writes:
                return await database.read(work, at_once=self._at_once)
            return await database.write(work, urgent=self._urgent)

        return run


read_transaction: Final = _Transaction()
read_at_once: Final = _Transaction(at_once=True)  # one statement, by a key
write_transaction: Final = _Transaction(writes=True)
priority_write: Final = _Transaction(writes=True, urgent=True)  # a member waits for the answer


def or_on_conflict(
    answer: A,
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T | A]]]:
    """Make a method return *answer*, unchanged rows, where another row has a unique value.

    Other violated constraints are raised: they are bugs.
    """

    def decorate(
        method: Callable[P, Coroutine[Any, Any, T]],
    ) -> Callable[P, Coroutine[Any, Any, T | A]]:
        @wraps(method)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T | A:
            try:
                return await method(*args, **kwargs)
            except IntegrityError as error:
                if not is_unique_violation(error):
                    raise
                return answer

        return run

    return decorate
