"""What is counted of the heap of jobs, and what is cleared off it."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import event

from bot.domain import lane as breaker
from bot.domain import lane_transitions
from bot.domain.job import ENDED, EndReason, State
from bot.domain.lane import ClosedReason
from bot.store.database import Database
from bot.store.job_queries import JobQueries
from tests.samples import LANE, NOW, a_job, changed_job
from tests.store.record import record

DAY = 86400.0


@pytest.fixture
def records(database):
    return JobQueries(database)


async def test_what_has_not_ended_is_counted_by_state(records, add):
    for state, count in ((State.WAITING, 2), (State.QUEUED, 3), (State.UNCERTAIN, 1)):
        for _ in range(count):
            await add(state=state)
    for state in sorted(ENDED):
        await add(state=state)

    counts = await records.count(LANE)

    assert counts.orders == {State.WAITING: 2, State.QUEUED: 3, State.UNCERTAIN: 1}


async def test_the_line_is_who_may_go_in_that_lane(records, add):
    """Orders without an answer, and those of other lanes, are not counted."""
    await add()
    await add(answered_at=None)
    await add(lane="another")
    await add(state=State.QUEUED)

    assert (await records.count(LANE)).waiting == 1
    assert (await records.count("empty")).waiting == 0


async def test_an_empty_heap_is_counted_too(records):
    counts = await records.count(LANE)

    assert (dict(counts.orders), counts.waiting) == ({}, 0)


async def test_kept_jobs_are_found_by_when_they_were_kept(records, add):
    old = await add(state=State.COMPLETED, kept_at=NOW - 8 * DAY)
    await add(state=State.COMPLETED, kept_at=NOW - 6 * DAY)
    await add(state=State.COMPLETED)  # being delivered
    await add(state=State.DELIVERED, kept_at=NOW - 8 * DAY)  # fetched since

    stale = await records.stale_undelivered(kept_before=NOW - 7 * DAY, most=10)

    assert [job.id for job in stale] == [old.id]


async def test_a_kept_job_that_is_given_up_is_known_until_its_member_is_told(jobs, records, add):
    job = await add(state=State.COMPLETED, billed="yes", kept_at=NOW - 8 * DAY)
    given_up = job.transition(State.FAILED, now=NOW, end_reason=EndReason.KEPT_TOO_LONG)

    assert await jobs.swap(await jobs.get(job.id), given_up)

    assert await jobs.undelivered(job.member_id, most=5) == [given_up]
    assert await records.stale_undelivered(kept_before=NOW, most=10) == []
    assert await jobs.swap(given_up, changed_job(given_up, kept_at=None))
    assert await jobs.undelivered(job.member_id, most=5) == []


@pytest.mark.parametrize("state", State)
async def test_old_jobs_without_an_owner_are_erased(jobs, records, add, state):
    job = await add(state=state, created_at=NOW - 91 * DAY)

    erased = await records.erase_ended(made_before=NOW - 90 * DAY, most=10)

    over = state in ENDED | {State.UNCERTAIN, State.EXPIRED}
    assert erased == int(over)
    assert (await jobs.get(job.id) is None) == over


async def test_a_job_that_is_still_being_shown_is_not_erased(jobs, records, add):
    job = await add(state=State.REFUSED, created_at=NOW - 91 * DAY, owner="here")

    assert await records.erase_ended(made_before=NOW, most=10) == 0
    assert await jobs.get(job.id) is not None


async def test_jobs_are_erased_in_batches_the_oldest_first(jobs, records, add):
    for days in (93, 95, 91, 94):
        await add(state=State.DELIVERED, created_at=NOW - days * DAY)
    young = await add(state=State.DELIVERED, created_at=NOW - 89 * DAY)

    sizes = [await records.erase_ended(made_before=NOW - 90 * DAY, most=3) for _ in range(3)]

    assert sizes == [3, 1, 0]
    assert await jobs.get(young.id) is not None


async def test_two_processes_that_erase_together_erase_each_job_once(records, other_database, add):
    for _ in range(12):
        await add(state=State.DELIVERED, created_at=NOW - 99 * DAY)
    others = JobQueries(other_database)

    sizes = await asyncio.gather(
        *(heap.erase_ended(made_before=NOW, most=5) for heap in (records, others) for _ in range(4))
    )

    rest = [await records.erase_ended(made_before=NOW, most=20)]
    assert sum(sizes) + sum(rest) == 12


async def test_an_interaction_of_an_erased_job_may_come_no_more_and_does_no_harm(
    jobs, records, add
):
    job = await add(state=State.DELIVERED, created_at=NOW - 99 * DAY)
    await records.erase_ended(made_before=NOW, most=10)

    assert await record(jobs, a_job(interaction_id=job.reply.interaction_id))


async def test_the_probe_of_a_shut_lane_may_be_erased(jobs, records, lanes, add):
    """A lane that waited for it lets the next order try."""
    job = await add(state=State.DELIVERED, created_at=NOW - 99 * DAY)

    def shut(lane):
        return replace(lane, closed=ClosedReason.CREDIT, shut_at=NOW, probe_at=NOW, probe=job.id)

    await records.erase_ended(made_before=NOW, most=10)
    await lanes.update(LANE, shut)

    assert breaker.may_probe(await lanes.get(LANE), NOW)


async def test_the_newest_jobs_are_listed_first(records, add):
    """By the ids that Discord gave them, whatever our clock said."""
    newest = await add(interaction_id=3, state=State.DELIVERED)
    oldest = await add(interaction_id=1, state=State.DELIVERED)
    await add(interaction_id=2, state=State.QUEUED)

    both = await records.newest(State.DELIVERED, most=5)
    first = await records.newest(None, most=2)

    assert [job.id for job in both] == [newest.id, oldest.id]
    assert [job.state for job in first] == [State.DELIVERED, State.QUEUED]
    assert [job.state for job in await records.newest(State.QUEUED, most=5)] == [State.QUEUED]


async def test_every_lane_is_listed_with_who_is_in_it(records, lanes, add):
    await add()
    await add(state=State.QUEUED)
    await add(state=State.SUBMITTING)
    await add(state=State.DELIVERED)
    await lanes.update("shut", lambda lane: lane_transitions.key_rejected(lane, now=NOW))

    first, second = await records.lanes()

    assert (first.name, first.waiting, first.at_vendor) == (LANE, 1, 2)
    assert (second.name, second.waiting, second.at_vendor) == ("shut", 0, 0)
    assert second.lane.closed is ClosedReason.KEY


async def test_a_large_heap_is_not_looked_through(sqlite):
    """Orders are kept for months, and metrics are read several times a minute."""
    async with Database.open(sqlite) as database:
        records, plans = JobQueries(database), []

        def ask(connection, _cursor, statement, parameters, *_):
            if "jobs" in statement and "EXPLAIN" not in statement:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans.append(" ".join(str(row) for row in plan))

        event.listen(database._engine._engine, "before_cursor_execute", ask)
        await records.count(LANE)
        await records.erase_ended(made_before=NOW, most=5)

    counting, erasing = plans
    assert "ix_jobs_open" in counting
    assert "ix_jobs_over" in erasing
