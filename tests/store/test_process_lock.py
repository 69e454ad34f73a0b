"""The holder of the lock knows that the process before it is dead."""

import asyncio
import logging
import subprocess
import sys
from dataclasses import replace

import pytest

from bot.errors import AlreadyRunning
from bot.retry import Backoff
from bot.service.port_errors import StoreUnavailable
from bot.store.process_lock import LockTiming, process_lock

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
ON_A_WIRE = pytest.mark.parametrize("url", ["postgresql_by_wire"], indirect=True)

HOLDER = """
import asyncio, sys
from bot.store.process_lock import process_lock
async def main():
    async with process_lock(sys.argv[1], instance="one"):
        print("held", flush=True)
        sys.stdin.read()
asyncio.run(main())
"""


QUICK = LockTiming(tries=2, check_every=0.05, backoff=Backoff(first=0.05, most=0.1))


class Lines(logging.Handler):
    """Log lines of the lock, for a test that waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: asyncio.Queue[logging.LogRecord] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.put_nowait(record)

    async def until(self, text: str) -> logging.LogRecord:
        """Return the next line that contains *text*."""
        async with asyncio.timeout(10):
            while text not in (record := await self.lines.get()).getMessage():
                pass
        return record


@pytest.fixture
async def logged(caplog):
    caplog.set_level("INFO")
    handler, logger = Lines(), logging.getLogger("bot.store.process_lock")
    logger.addHandler(handler)
    yield handler.until
    logger.removeHandler(handler)


@pytest.fixture
def holder(url):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def words(url, tmp_path):
    """What a second process is told."""
    if url.startswith("sqlite"):
        return f"another process runs on {tmp_path}/imagine.db"
    return "another process runs as one on this database"


async def takes(url, instance="one"):
    async with process_lock(url, instance=instance, timing=QUICK):
        pass


async def test_a_second_run_is_told_so(url, holder, words):
    with pytest.raises(AlreadyRunning) as refused:
        await takes(url)

    assert str(refused.value) == words


async def test_a_killed_process_holds_nothing(url, holder):
    """No stale lock may keep the bot from coming back after a crash."""
    holder.kill()
    holder.wait()

    await takes(url)


async def test_the_lock_ends_with_its_context(url):
    for _ in range(2):
        await takes(url)


async def test_a_lock_ends_with_an_error_too(url):
    with pytest.raises(ZeroDivisionError):
        async with process_lock(url, instance="one"):
            raise ZeroDivisionError

    await takes(url)


@ON_SQLITE
async def test_another_file_is_another_lock(url, holder, tmp_path):
    await takes(f"sqlite+aiosqlite:///{tmp_path}/another.db")


@ON_SQLITE
async def test_no_two_may_run_on_one_file_whatever_their_names(url, holder):
    """The host's name is the default one, and a container's changes with each start."""
    with pytest.raises(AlreadyRunning):
        await takes(url, "two")


@ON_POSTGRESQL
async def test_another_instance_is_another_lock(url, holder):
    await takes(url, "two")


@ON_POSTGRESQL
async def test_another_database_is_another_lock(postgres, holder):
    await takes(postgres.url("postgres"))


async def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnavailable, match="file"):
        await takes(f"sqlite+aiosqlite:///{tmp_path}/file/imagine.db")


async def test_a_server_that_is_away_is_a_store_away(postgres, tmp_path):
    with pytest.raises(StoreUnavailable):
        await takes(postgres.url("postgres", host=tmp_path))


async def test_a_lock_that_nothing_happens_to_is_kept(url):
    async with process_lock(url, instance="one", timing=QUICK) as lock:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await lock.keep()
        with pytest.raises(AlreadyRunning):
            await takes(url)


@ON_A_WIRE
async def test_a_lock_that_is_lost_is_taken_again(url, wire, postgresql, logged):
    """The database was restarted; the bot goes on, and no other process runs under its name."""
    async with process_lock(url, instance="one", timing=QUICK) as lock:
        keeping = asyncio.create_task(lock.keep())
        wire.cut()
        await logged("not taken, retrying")
        wire.mend()
        await logged("taken again")

        with pytest.raises(AlreadyRunning):
            await takes(postgresql)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@ON_A_WIRE
async def test_a_lock_is_not_lost_to_our_own_dead_connection(url, wire, postgresql, logged):
    """A router forgot it: the server believes for a while that we are there, and so in our way."""
    timing = replace(QUICK, answer_within=0.2)
    async with process_lock(url, instance="one", timing=timing) as lock:
        wire.forget()
        keeping = asyncio.create_task(lock.keep())
        await logged("taken again")

        with pytest.raises(AlreadyRunning):
            await takes(postgresql)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@ON_A_WIRE
async def test_a_lock_that_another_took_meanwhile_ends_the_process(url, wire, postgresql, logged):
    """The other one was told that we are dead, and has our jobs."""
    async with process_lock(url, instance="one", timing=QUICK) as lock:
        wire.cut()
        async with process_lock(postgresql, instance="one"):
            keeping = asyncio.create_task(lock.keep())
            await logged("not taken, retrying")
            wire.mend()

            with pytest.raises(AlreadyRunning):
                await keeping

    assert (await logged("by another process")).levelname == "CRITICAL"
