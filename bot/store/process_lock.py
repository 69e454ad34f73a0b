"""The lock that `run` holds: whoever has it knows that its predecessor is dead."""

import asyncio
import fcntl
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import AlreadyRunning
from bot.service.port_errors import StoreUnavailable
from bot.store.engine import connect, driver_errors_translated

log = logging.getLogger(__name__)

TRIES: Final = 12  # a server may take a while to notice that a predecessor is dead
TRY_AGAIN: Final = 0.25  # seconds between two of them
LOOK_AGAIN: Final = 2.0  # seconds after which the lock is looked after
ANSWERS_WITHIN: Final = 5.0  # seconds that the server has to say whose the lock is
BACK_OFF: Final = (0.5, 8.0)  # seconds until a lost lock is taken again: first, and at most


_NAME: Final = text("SELECT set_config('application_name', :name, false)")
# A session that was lost may hold the lock still, where the server has not heard of its end.
_END_NAMESAKES: Final = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = :name AND pid <> pg_backend_pid()"
)


class ProcessLock(Protocol):
    """The lock, held."""

    async def keep(self) -> None:
        """Hold on to the lock, for ever.

        Raises AlreadyRunning once another process has it.
        """


@asynccontextmanager
async def process_lock(url: str, *, instance: str) -> AsyncIterator[ProcessLock]:
    """Hold the lock of the database at *url*: on PostgreSQL, that of *instance*.

    The kernel, or the server, drops it when we die. Raises AlreadyRunning
    where another process holds it, and StoreUnavailable.
    """
    if make_url(url).get_backend_name() == "sqlite":
        with _file(Path(f"{make_url(url).database}.lock")):
            yield _OfFile()
        return
    engine = connect(url)
    lock = _OfSession(engine, instance)
    try:
        await lock.take()
        yield lock
    finally:
        await lock.drop()
        await engine.dispose()


@contextmanager
def _file(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(f"another process runs on {path.with_suffix('')}") from error
        yield


class _OfFile:
    """A lock that only our end can take from us."""

    async def keep(self) -> None:
        await asyncio.Event().wait()


class _OfSession:
    """A lock that lives as long as its connection to PostgreSQL."""

    def __init__(self, engine: AsyncEngine, instance: str) -> None:
        self._engine = engine
        self._instance = instance
        self._connection: AsyncConnection | None = None
        self._name = f"imagine-{secrets.token_hex(8)}"  # of our sessions, and nobody else's

    async def take(self) -> None:
        """Take the lock, on a connection of its own."""
        with driver_errors_translated():
            async with asyncio.timeout(ANSWERS_WITHIN + TRIES * TRY_AGAIN):
                self._connection = await self._engine.connect()
                await self._connection.execution_options(isolation_level="AUTOCOMMIT")
                await self._connection.execute(_NAME, {"name": self._name})
                await self._connection.execute(_END_NAMESAKES, {"name": self._name})
                for _ in range(TRIES):
                    if await self._try(self._connection):
                        return
                    await asyncio.sleep(TRY_AGAIN)
        raise AlreadyRunning(f"another process runs as {self._instance} on this database")

    async def _try(self, connection: AsyncConnection) -> bool:
        key = func.hashtextextended(f"instance:{self._instance}", 0)
        return bool(await connection.scalar(select(func.pg_try_advisory_lock(key))))

    async def keep(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            if not await self._is_ours():
                log.warning("the lock of %s is lost with its connection", self._instance)
                await self._take_again()
                log.info("the lock of %s is ours again", self._instance)

    async def drop(self) -> None:
        """Close the connection, and with it give the lock away, whatever state it is in."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                with driver_errors_translated():
                    async with asyncio.timeout(ANSWERS_WITHIN):
                        await connection.invalidate()
                        await connection.close()
            except StoreUnavailable as error:
                log.debug("the lock's connection was not closed: %s", error)

    async def _is_ours(self) -> bool:
        assert self._connection is not None
        try:
            with driver_errors_translated():
                async with asyncio.timeout(ANSWERS_WITHIN):
                    await self._connection.execute(select(1))
        except StoreUnavailable:
            return False
        return True

    async def _take_again(self) -> None:
        wait, longest = BACK_OFF
        while True:
            await self.drop()
            try:
                return await self.take()
            except StoreUnavailable as error:
                log.warning("the lock of %s cannot be taken: %s", self._instance, error)
            except AlreadyRunning:
                log.critical("another process took the lock of %s: this one ends", self._instance)
                raise
            await asyncio.sleep(wait)
            wait = min(wait * 2, longest)
