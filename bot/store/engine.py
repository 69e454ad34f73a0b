"""How a database is connected to, and what a driver's error becomes."""

from pathlib import Path
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it has no types of its own
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import StoreAway

BUSY_TIMEOUT: Final = 5.0  # seconds that SQLite waits for another process's transaction
CONNECT_TIMEOUT: Final = 5.0  # seconds
CONNECTIONS_TO_A_FILE: Final = 6  # one of them writes
CONNECTIONS: Final = 10  # of one process to PostgreSQL, which takes 100 unless told otherwise

# Times are in milliseconds, keepalives in seconds.
_SESSION: Final = {
    "application_name": "imagine",
    # A SUBMITTING that a crash of the server undoes would be submitted, and paid for, again.
    "synchronous_commit": "on",
    "statement_timeout": "5000",
    # A process that stands still must not keep the others waiting for what it has locked,
    "idle_in_transaction_session_timeout": "10000",
    # nor a host that is gone its successor for the INSTANCE: by default, that takes two hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",  # it costs more than any statement here could gain
}

# What connecting raises where SQLAlchemy does not stand between.
_DRIVERS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,  # and with it every time-out
)


def connect(url: str) -> AsyncEngine:
    """Return an engine for the database at *url*, which connects when it is first asked.

    Raises :class:`~bot.errors.StoreAway` where a file's folder cannot be made.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _make_folder(parsed)
        # Each connection has a thread; one that is opened for a moment costs more than waiting.
        engine = create_async_engine(
            parsed, hide_parameters=True, pool_size=CONNECTIONS_TO_A_FILE, max_overflow=0
        )
        _prepare_sqlite(engine)
        return engine
    return create_async_engine(
        parsed,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,  # after a restart of the database, nobody meets a dead connection
        connect_args={"timeout": CONNECT_TIMEOUT, "server_settings": _SESSION},
    )


class translated:  # noqa: N801 - it reads as a verb
    """Turn a driver's error into :class:`~bot.errors.StoreAway`; broken constraints pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            return
        if isinstance(error, (DBAPIError, PoolTimeout, *_DRIVERS)):
            driver = _driver_error(error)
            # asyncpg names the very value that it could not send, and values are secrets.
            cause = None if isinstance(driver, asyncpg.DataError) else error
            raise StoreAway(f"the store is away: {_words(error, driver)}") from cause


def _driver_error(error: BaseException) -> BaseException:
    """Return what the driver itself raised."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _words(error: BaseException, driver: BaseException) -> str:
    """Say what went wrong, and nothing that a statement carried."""
    of_statement = isinstance(error, DBAPIError) and error.statement is not None
    words = "" if of_statement else " ".join(str(driver).split())
    return f"{type(driver).__name__}: {words}" if words else type(driver).__name__


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreAway(f"the store's folder cannot be made: {error}") from error


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Make SQLite durable, and its transactions begin as what they are.

    ``synchronous=FULL``: with NORMAL a power cut may undo SUBMITTING, and an order is paid twice.
    """

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
