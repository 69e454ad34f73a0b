"""A database file, and as many processes' views of it as a test needs."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from tests.samples import LANE, NOW, a_job, anybody


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/imagine.db"


@pytest.fixture
async def database(url) -> AsyncIterator[Database]:
    async with Database.open(url) as opened:
        yield opened


@pytest.fixture
async def other_database(database, url) -> AsyncIterator[Database]:
    """The same file, as another process has it open."""
    async with Database.open(url) as opened:
        yield opened


@pytest.fixture
def jobs(database) -> Jobs:
    return Jobs(database)


@pytest.fixture
def other_jobs(other_database) -> Jobs:
    return Jobs(other_database)


@pytest.fixture
def lanes(database) -> Lanes:
    return Lanes(database)


@pytest.fixture
def add(jobs):
    """Record a job whose member was answered, in whatever state it is to be; return it."""

    async def add(**changes):
        job = a_job(**{"answered_at": NOW, **changes})
        assert await jobs.add(replace(job, owner=None), anybody)
        if job.owner is not None:
            assert await jobs.swap(replace(job, owner=None), job)
        return job

    return add


@pytest.fixture
def claim(jobs):
    """Claim the next job for a process."""

    async def claim(owner="here", *, by=jobs, width=16, lease=30.0, now=NOW, lane=LANE):
        return await by.claim(owner, lane=lane, width=width, lease=lease, now=now)

    return claim
