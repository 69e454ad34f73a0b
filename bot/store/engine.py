"""PostgreSQL connections, time limits, and the translation of drivers' errors.

Asyncpg, and SQLAlchemy's asyncio with its ORM, take 9 MB: they are loaded with the first engine.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.service.port_errors import StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

CONNECTIONS: Final = 10  # of one process; PostgreSQL accepts 100 by default
_UNIQUE_VIOLATION: Final = "23505"  # SQLSTATE

# Times are in milliseconds, keepalives in seconds.
_SESSION: Final = {
    "application_name": "imagine",
    # A SUBMITTING that a crash of the server undoes would be submitted, and paid for, again.
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "statement_timeout": "5000",
    # Ends the locks of a process that hangs.
    "idle_in_transaction_session_timeout": "10000",
    # Ends the sessions of a host that is gone; by default that takes two hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",  # compiling costs more than any statement here gains
}


@dataclass(frozen=True, kw_only=True)
class StoreTimeouts:
    """Time limits of the store, in seconds."""

    connect: float = 5.0
    answer: float = 8.0  # PostgreSQL: a whole transaction
    busy: float = 5.0  # SQLite: another process's write transaction


TIMEOUTS: Final = StoreTimeouts()


def connect(url: str, timeouts: StoreTimeouts = TIMEOUTS) -> "AsyncEngine":
    """Return an engine for the server at *url*; it connects on first use.

    Each statement is a transaction, unless one is begun by a statement.
    """
    from sqlalchemy.ext.asyncio import create_async_engine

    return create_async_engine(
        url,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args={"timeout": timeouts.connect, "server_settings": _SESSION},
    )


@contextmanager
def translate_driver_errors() -> Iterator[None]:
    """Turn a driver's error into StoreUnavailable; violated constraints pass as IntegrityError."""
    try:
        yield
    except IntegrityError:
        raise
    except _errors() as error:
        driver = _driver_error(error)
        asyncpg = sys.modules.get("asyncpg")
        # asyncpg's DataError names the value that it could not send, which may be a secret.
        cause = None if asyncpg is not None and isinstance(driver, asyncpg.DataError) else error
        raise StoreUnavailable(f"the store is away: {_description(error, driver)}") from cause


def is_unique_violation(error: IntegrityError) -> bool:
    """Tell whether another row has a value that must be unique."""
    original: Any = error.orig
    if isinstance(original, sqlite3.Error):
        return original.sqlite_errorcode in {
            sqlite3.SQLITE_CONSTRAINT_UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        }
    return getattr(original, "sqlstate", None) == _UNIQUE_VIOLATION


def _errors() -> tuple[type[Exception], ...]:
    errors: tuple[type[Exception], ...] = (
        *(DBAPIError, PoolTimeout, OSError),  # the last is every time-out, too
        sqlite3.Error,  # of what is read past SQLAlchemy
    )
    if (asyncpg := sys.modules.get("asyncpg")) is None:
        return errors
    # Raised while connecting, not wrapped by SQLAlchemy.
    return (*errors, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def _driver_error(error: BaseException) -> BaseException:
    """Return what the driver itself raised."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _description(error: BaseException, driver: BaseException) -> str:
    """Describe the error without anything that a statement carried."""
    of_statement = isinstance(error, DBAPIError) and error.statement is not None
    text = "" if of_statement else " ".join(str(driver).split())
    return f"{type(driver).__name__}: {text}" if text else type(driver).__name__
