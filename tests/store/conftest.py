"""A database on each engine, and as many processes' views of it as a test needs."""

from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from bot.store.guilds import Guilds
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from tests.samples import LANE, NOW, a_job, changed_job
from tests.store.record import record
from tests.wire import Wire


@pytest.fixture
async def wire(postgres) -> AsyncIterator[Wire]:
    async with Wire.to(postgres.socket) as opened:
        yield opened


@pytest.fixture
def postgresql_by_wire(postgresql, wire) -> str:
    """The same, with a test's hands on the wire to it."""
    return wire.url(postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request) -> str:
    """What holds on one engine holds on the other."""
    return request.getfixturevalue({"sqlite": "sqlite_migrated"}.get(request.param, request.param))


@pytest.fixture
async def database(url) -> AsyncIterator[Database]:
    async with Database.open(url) as opened:
        yield opened


@pytest.fixture
async def other_database(database, url) -> AsyncIterator[Database]:
    """The same database, as another process has it open."""
    async with Database.open(url) as opened:
        yield opened


@pytest.fixture
def jobs(database) -> Jobs:
    return Jobs(database)


@pytest.fixture
def other_jobs(other_database) -> Jobs:
    return Jobs(other_database)


@pytest.fixture
def guilds(database) -> Guilds:
    return Guilds(database)


@pytest.fixture
def lanes(database) -> Lanes:
    return Lanes(database)


@pytest.fixture
def add(jobs):
    """Record a job whose member was answered, in whatever state it is to be; return it."""

    async def add(**changes):
        job = a_job(**{"answered_at": NOW, **changes})
        assert await record(jobs, changed_job(job, owner=None))
        if job.lease.owner is not None:
            assert await jobs.swap(changed_job(job, owner=None), job)
        return job

    return add


@pytest.fixture
def claim(jobs):
    """Claim the next job for a process."""

    async def claim(owner="here", *, by=jobs, width=16, lease=30.0, now=NOW, lane=LANE):
        return await by.claim(owner, lane=lane, width=width, lease=lease, now=now)

    return claim
