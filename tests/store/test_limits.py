"""The operator's caps and the row that counts against them: one transaction."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.job import State
from bot.domain.limits import DAY, Usage
from bot.errors import NotOrdered
from tests.samples import NOW, a_job, an_order, anybody


class Full(NotOrdered):
    """This test's own refusal."""


def at_most(limit):
    def admit(usage: Usage) -> None:
        if usage.guild >= limit:
            raise Full

    return admit


async def test_a_burst_of_orders_never_slips_past_a_cap(jobs, other_jobs):
    """Fifty members, two processes, one database: as many as the cap allows, and not one more."""
    orders = [a_job() for _ in range(50)]

    ends = await asyncio.gather(
        *(
            store.add(job, at_most(3))
            for job, store in zip(orders, [jobs, other_jobs] * 25, strict=True)
        ),
        return_exceptions=True,
    )

    assert ends.count(True) == 3
    assert sum(isinstance(end, Full) for end in ends) == 47


async def test_a_refused_order_leaves_no_row(jobs):
    job = a_job()

    with pytest.raises(Full):
        await jobs.add(job, at_most(0))

    assert await jobs.get(job.id) is None


@pytest.mark.parametrize(
    ("state", "counted"),
    [(State.WAITING, 2), (State.SUBMITTING, 2), (State.CANCELLED, 0), (State.REFUSED, 0)],
)
async def test_images_count_until_an_order_ends_unbilled(jobs, state, counted):
    seen = []
    job = a_job(order=an_order(images=2))
    await jobs.add(job, anybody)
    if state is not State.WAITING:
        await jobs.swap(job, job.turn(state, now=NOW))

    await jobs.add(a_job(), seen.append)

    assert seen == [Usage(everywhere=counted, guild=counted)]


async def test_a_day_and_a_guild_count_for_themselves(jobs):
    seen = []
    here = a_job()
    await jobs.add(here, anybody)
    await jobs.add(replace(a_job(), guild_id=here.guild_id + 1), anybody)
    await jobs.add(replace(a_job(), created_at=here.created_at - DAY), anybody)

    await jobs.add(a_job(), seen.append)

    assert seen == [Usage(everywhere=2, guild=1)]


async def test_a_replayed_order_is_not_weighed_again(jobs):
    job = a_job()
    await jobs.add(job, anybody)

    assert not await jobs.add(replace(a_job(), interaction_id=job.interaction_id), at_most(0))
