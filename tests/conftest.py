"""What all tests share: a place for files, how properties are tried, a PostgreSQL, a browser."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.async_api import Browser, async_playwright
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

from bot.store.database import Database
from tests import openapi
from tests.postgres import Postgres

# A loaded machine shall not make a property look false. Each run tries the same examples, unless
# asked for others: `make fuzz`.
settings.register_profile("imagine", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("PROPERTIES", "imagine"))

# Half of what the tests of the store would wait for is a disk, and no test cuts its power.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30  # bytes; a container may have little of it
if (
    "TMPDIR" not in os.environ
    and os.access(MEMORY, os.W_OK)
    and shutil.disk_usage(MEMORY).free > ROOM
):
    tempfile.tempdir = str(MEMORY)

CHROMIUM = Path("/usr/bin/chromium")

WAITING = {"acceptance", "test_main.py"}  # tests in such folders and files wait for processes
# They wait for back-offs, and each of their tests has a bot of its own.
SPREAD = {
    *(
        "test_alerts.py",
        "test_clocks.py",
        "test_deadlines.py",
        "test_kills.py",
        "test_lane.py",
        "test_media.py",
    ),
    *("test_discord_limits.py", "test_gateway_starts.py", "test_outstanding.py"),
    *("test_registration.py", "test_shard_leases.py", "test_welcome.py"),
}
SOONER = 0.6  # the share of the others before whose end the last of them is begun


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files whose tests wait for bots among those that compute, and end with the latter.

    Each file goes to one worker, for its tests share a bot or a browser: so workers wait and
    compute at the same time, and none is the last for long.
    """
    files = dict.fromkeys(item.path for item in items)
    waiting = [path for path in files if not WAITING.isdisjoint(path.parts)]
    computing = [path for path in files if WAITING.isdisjoint(path.parts)]
    place = {path: number / len(computing) for number, path in enumerate(computing)}
    place |= {path: SOONER * number / len(waiting) for number, path in enumerate(waiting)}
    items.sort(key=lambda item: place[item.path])


class Scheduler(LoadFileScheduling):
    """Gives each file to one worker, and each test of the files in ``SPREAD``."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if Path(file).name in SPREAD else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduler:
    return Scheduler(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say that exchanges with the stand-in of Discord were not checked."""
    if not openapi.available():
        terminalreporter.write_sep("=", "Discord's API was NOT checked", yellow=True)
        terminalreporter.write_line(openapi.MISSING)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():  # noqa: ASYNC240  once, before anything runs
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM))
        yield browser
        await browser.close()


@pytest.fixture
def sqlite(tmp_path) -> str:
    """A file that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path}/imagine.db"


@pytest.fixture(scope="session")
async def migrated(tmp_path_factory) -> Path:
    """A file that has its tables already: making them takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "imagine.db"
    async with Database.open(f"sqlite+aiosqlite:///{file}"):
        return file


@pytest.fixture
def sqlite_migrated(sqlite, migrated) -> str:
    shutil.copyfile(migrated, sqlite.removeprefix("sqlite+aiosqlite:///"))
    return sqlite


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[Postgres]:
    async with Postgres.start() as server:
        yield server


@pytest.fixture
async def postgresql(postgres) -> AsyncIterator[str]:
    """A database that has its tables already: making them takes longer than most tests."""
    url = await postgres.new()
    yield url
    await postgres.drop(url)
