"""The operator's caps and the row that counts against them: one transaction."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.domain.job import State
from bot.domain.limits import DAY
from bot.store.tables import jobs as jobs_table
from tests.samples import LANE, NOW, a_job, an_order
from tests.store.record import Full, record, record_at_most

ROOT = Path(__file__).parents[2]
BURST = ROOT / "tests/store/burst.py"


async def test_a_burst_of_orders_never_slips_past_a_cap(jobs, other_jobs):
    """Fifty members, two processes, one database: as many as the cap allows, and not one more."""
    orders = [a_job() for _ in range(50)]

    ends = await asyncio.gather(
        *(
            record_at_most(3, store, job)
            for job, store in zip(orders, [jobs, other_jobs] * 25, strict=True)
        ),
        return_exceptions=True,
    )

    assert ends.count(True) == 3
    assert sum(isinstance(end, Full) for end in ends) == 47


async def test_two_processes_together_never_slip_past_a_cap(database, url):
    """Nothing but the database stands between them: no event loop, and no lock of Python's."""
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, BURST, url, "25", "3"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]
    for process in processes:
        assert await process.stdout.readline() == b"ready\n"

    ends = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))

    assert sum(int(admitted) for admitted, _ in ends) == 3
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(jobs_table)) == 3


async def test_a_refused_order_leaves_no_row(jobs):
    job = a_job()

    with pytest.raises(Full):
        await record_at_most(0, jobs, job)

    assert await jobs.get(job.id) is None


@pytest.mark.parametrize(
    ("state", "counted"),
    [(State.WAITING, 2), (State.SUBMITTING, 2), (State.CANCELLED, 0), (State.REFUSED, 0)],
)
async def test_images_count_until_an_order_ends_unbilled(jobs, state, counted):
    job = a_job(order=an_order(images=2))
    await record(jobs, job)
    if state is not State.WAITING:
        await jobs.swap(job, job.turn(state, now=NOW))

    assert await images_of(jobs, job) == (counted, counted)


async def test_a_day_and_a_guild_count_for_themselves(jobs):
    here = a_job()
    await record(jobs, here)
    await record(jobs, replace(a_job(), guild_id=here.guild_id + 1))
    await record(jobs, replace(a_job(), created_at=here.created_at - DAY))

    assert await images_of(jobs, here) == (2, 1)


async def test_a_replayed_order_is_not_weighed_again(jobs):
    job = a_job()
    await record(jobs, job)

    again = replace(a_job(), interaction_id=job.interaction_id)
    assert not await record_at_most(0, jobs, again)


async def images_of(jobs, job):
    """Return what counts today everywhere, and in the job's server."""
    standing = await jobs.standing(job.guild_id, job.member_id, lane=LANE, now=NOW)
    return standing.usage.everywhere, standing.usage.server
