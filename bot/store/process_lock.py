"""The lock that `run` holds: its holder knows that the process before it is dead."""

import asyncio
import fcntl
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from bot.errors import AlreadyRunning
from bot.retry import Backoff
from bot.service.port_errors import StoreUnavailable
from bot.store.engine import connect, translate_driver_errors

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = logging.getLogger(__name__)

RETAKE: Final = Backoff(first=0.5, most=8.0)  # seconds


@dataclass(frozen=True, kw_only=True)
class LockTiming:
    """Times in seconds, of a lock on PostgreSQL."""

    tries: int = 12  # the server may take a while to notice that a process is dead
    try_every: float = 0.25
    check_every: float = 2.0
    answer_within: float = 5.0
    backoff: Backoff = RETAKE  # until a lost lock is taken again


TIMING: Final = LockTiming()

_NAME: Final = text("SELECT set_config('application_name', :name, false)")
# A lost session still holds the lock until the server notices its end.
_END_NAMESAKES: Final = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = :name AND pid <> pg_backend_pid()"
)


class ProcessLock(Protocol):
    """The lock, held."""

    async def keep(self) -> None:
        """Check the lock for ever, and take it again when its connection is lost.

        Raises AlreadyRunning if another process has taken it.
        """


@asynccontextmanager
async def process_lock(
    url: str, *, instance: str, timing: LockTiming = TIMING
) -> AsyncIterator[ProcessLock]:
    """Hold the lock of the database at *url*: on PostgreSQL, that of *instance*.

    The kernel, or the server, releases it when this process dies. Raises AlreadyRunning if another
    process holds it, StoreUnavailable if the file or the server cannot be reached.
    """
    if make_url(url).get_backend_name() == "sqlite":
        with _locked(Path(f"{make_url(url).database}.lock")):
            yield _FileLock()
        return
    engine = connect(url)
    lock = _SessionLock(engine, instance, timing)
    try:
        await lock.take()
        yield lock
    finally:
        await lock.drop()
        await engine.dispose()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
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


class _FileLock:
    """A lock of the kernel, which cannot be lost."""

    async def keep(self) -> None:
        await asyncio.Event().wait()


class _SessionLock:
    """Advisory lock that lives as long as its connection to PostgreSQL."""

    def __init__(self, engine: "AsyncEngine", instance: str, timing: LockTiming) -> None:
        self._engine = engine
        self._instance = instance
        self._timing = timing
        self._connection: AsyncConnection | None = None
        self._name = f"imagine-{secrets.token_hex(8)}"  # of this process's sessions only

    async def take(self) -> None:
        """Take the lock on a new connection."""
        timing = self._timing
        with translate_driver_errors():
            async with asyncio.timeout(timing.answer_within + timing.tries * timing.try_every):
                self._connection = await self._engine.connect()
                await self._connection.execute(_NAME, {"name": self._name})
                await self._connection.execute(_END_NAMESAKES, {"name": self._name})
                key = func.hashtextextended(f"instance:{self._instance}", 0)
                for _ in range(timing.tries):
                    if await self._connection.scalar(select(func.pg_try_advisory_lock(key))):
                        return
                    await asyncio.sleep(timing.try_every)
        raise AlreadyRunning(f"another process runs as {self._instance} on this database")

    async def keep(self) -> None:
        while True:
            await asyncio.sleep(self._timing.check_every)
            if not await self._is_held():
                log.warning("process lock lost: instance=%s", self._instance)
                await self._take_again()
                log.info("process lock taken again: instance=%s", self._instance)

    async def drop(self) -> None:
        """Release the lock by closing its connection, whatever state that is in."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                with translate_driver_errors():
                    async with asyncio.timeout(self._timing.answer_within):
                        await connection.invalidate()
                        await connection.close()
            except StoreUnavailable as error:
                log.debug("process lock connection not closed: error=%s", error)

    async def _is_held(self) -> bool:
        assert self._connection is not None
        try:
            with translate_driver_errors():
                async with asyncio.timeout(self._timing.answer_within):
                    await self._connection.execute(select(1))
        except StoreUnavailable:
            return False
        return True

    async def _take_again(self) -> None:
        delays = self._timing.backoff.delays()
        while True:
            await self.drop()
            try:
                return await self.take()
            except StoreUnavailable as error:
                log.warning(
                    "process lock not taken, retrying: instance=%s error=%s", self._instance, error
                )
            except AlreadyRunning:
                log.critical(
                    "process lock taken by another process, ending: instance=%s", self._instance
                )
                raise
            await asyncio.sleep(next(delays))
