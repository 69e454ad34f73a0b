"""What all tests share: a place for files, how properties are tried, a PostgreSQL, a browser."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.async_api import Browser, async_playwright

from tests.postgres import Postgres

# A loaded machine shall not make a property look false.
settings.register_profile("imagine", deadline=None, max_examples=60)
settings.load_profile("imagine")

# Half of what the tests of the store would wait for is a disk, and no test cuts its power.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30  # bytes; a container may have little of it
if (
    "TMPDIR" not in os.environ
    and os.access(MEMORY, os.W_OK)
    and shutil.disk_usage(MEMORY).free > ROOM
):
    tempfile.tempdir = str(MEMORY)

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():  # noqa: ASYNC240  once, before anything runs
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM))
        yield browser
        await browser.close()


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
