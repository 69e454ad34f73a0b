"""Rows that a newer version wrote, with values that this one does not know."""

import pytest
from sqlalchemy import update

from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.store.job_queries import JobQueries
from bot.store.tables import jobs as table
from bot.store.tables import lanes as lane_table
from tests.samples import LANE, NOW, OWNER

MEMBER = 300


@pytest.fixture
def overwrite(database):
    """Write columns of a job's row as another version would."""

    async def overwrite(job, **columns):
        statement = update(table).where(table.c.id == job.id).values(**columns)
        await database.write(lambda connection: connection.execute(statement))

    return overwrite


@pytest.fixture
def skipped(caplog):
    """The rows that the log names as skipped, as job and column."""

    def skipped():
        return {
            (record.args[0], str(record.args[1]))
            for record in caplog.records
            if record.msg.startswith("job row skipped, unknown value: ")
            and record.levelname == "ERROR"
        }

    return skipped


UNKNOWN = [
    *(("state", "ARCHIVED"), ("billed", "refunded"), ("cause", "moderated")),
    *(("media", {"1": "https://a.example/1.png"}), ("media", [None])),
]


@pytest.mark.parametrize(("column", "value"), UNKNOWN)
async def test_a_row_with_an_unknown_value_is_passed_over(
    database, jobs, add, overwrite, skipped, column, value
):
    """During a rollout the older process goes on with all other orders."""
    queries = JobQueries(database)
    unknown = await add(state=State.DELIVERED, created_at=NOW + 1)
    known = await add(state=State.DELIVERED)
    await overwrite(unknown, **{column: value})

    assert await jobs.get(unknown.id) is None
    assert await queries.orders_of(MEMBER) == [known]
    assert await queries.newest(None, most=9) == [known]
    assert (await queries.page(MEMBER, word="", skip=0, most=5)).jobs == [known]
    assert skipped() == {(unknown.id, f"column={column} value={value}")}


@pytest.mark.parametrize(("column", "value"), UNKNOWN[1:])
async def test_the_next_order_is_claimed_in_place_of_an_unknown_one(
    jobs, add, claim, overwrite, skipped, column, value
):
    unknown = await add(created_at=NOW - 5)
    known = await add()
    await overwrite(unknown, **{column: value})

    assert await jobs.waiting_jobs(LANE, most=9) == [known]
    assert await jobs.stale_waiting(
        unanswered_since=NOW, unanswered_until=NOW + 1, waiting_since=NOW + 1
    ) == [known]
    assert (await jobs.look(lane=LANE, width=9, now=NOW)).claimable
    assert (await claim()).id == known.id
    assert await claim() is None
    assert (unknown.id, f"column={column} value={value}") in skipped()


@pytest.mark.parametrize(("column", "value"), UNKNOWN)
async def test_an_unknown_row_is_not_taken_over(jobs, add, overwrite, skipped, column, value):
    unknown = await add(state=State.QUEUED, owner="dead", created_at=NOW - 5)
    known = await add(state=State.QUEUED, owner="dead")
    await overwrite(unknown, **{column: value})

    taken = await jobs.take_over(OWNER, lease=30, submitted_before=NOW)

    assert [job.id for job in taken] == [known.id]
    assert skipped() == {(unknown.id, f"column={column} value={value}")}


async def test_kept_pictures_of_an_unknown_row_are_neither_offered_nor_dropped(
    database, jobs, add, overwrite, skipped
):
    unknown = await add(state=State.COMPLETED, kept_at=NOW - 9)
    known = await add(state=State.COMPLETED, kept_at=NOW - 9)
    await overwrite(unknown, billed="refunded")

    assert await jobs.undelivered(MEMBER, most=9) == [known]
    assert await JobQueries(database).stale_undelivered(kept_before=NOW, most=9) == [known]
    assert skipped() == {(unknown.id, "column=billed value=refunded")}


async def test_a_callback_for_an_unknown_row_changes_nothing(jobs, add, overwrite):
    unknown = await add(state=State.SUBMITTING, owner="here")
    await overwrite(unknown, billed="refunded")

    assert await jobs.record_request_id(unknown.id, "r-1", now=NOW) is None


async def test_a_lane_that_is_closed_for_an_unknown_reason_keeps_orders_waiting(
    database, lanes, caplog
):
    await lanes.update(LANE, lambda _: Lane(closed=ClosedReason.MEDIA, probe_at=NOW + 9))
    statement = update(lane_table).values(closed="sleeping")
    await database.write(lambda connection: connection.execute(statement))

    lane = await lanes.get(LANE)

    assert (lane.closed, lane.next_try_at(NOW)) == (ClosedReason.UNKNOWN, NOW + 9)
    assert f"reason of a closed lane unknown: lane={LANE} reason=sleeping" in caplog.messages
