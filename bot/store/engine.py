"""How a PostgreSQL is connected to, and what a driver's error becomes."""

from typing import Final

import asyncpg  # type: ignore[import-untyped]  # it has no types of its own
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.service.port_errors import StoreUnavailable

CONNECT_TIMEOUT: Final = 5.0  # seconds
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
    """Return an engine for the server at *url*, which connects when it is first asked."""
    return create_async_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args={"timeout": CONNECT_TIMEOUT, "server_settings": _SESSION},
    )


class driver_errors_translated:  # noqa: N801 - it reads as a verb
    """Turn a driver's error into StoreUnavailable; broken constraints pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            return
        if isinstance(error, (DBAPIError, PoolTimeout, *_DRIVERS)):
            driver = _driver_error(error)
            # asyncpg names the very value that it could not send, and values are secrets.
            cause = None if isinstance(driver, asyncpg.DataError) else error
            raise StoreUnavailable(f"the store is away: {_words(error, driver)}") from cause


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
