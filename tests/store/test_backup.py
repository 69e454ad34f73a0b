"""A store that was put back to an earlier time: nothing of it is submitted again."""

import pytest

from bot.domain.job import Billed, EndReason, State
from bot.errors import AlreadyRunning
from bot.store.backup import Restored, settle_restored
from bot.store.process_lock import process_lock
from tests.samples import LANE, NOW

FAR = NOW * 2


async def test_nothing_that_was_open_is_submitted_again(database, jobs, add):
    waiting, unanswered = await add(), await add(answered_at=None)
    submitting = await add(state=State.SUBMITTING, owner="old", submit_started_at=NOW)
    queued = await add(state=State.QUEUED, owner="old", request_id="r-1")
    completed = await add(state=State.COMPLETED, request_id="r-2", next_try_at=FAR)
    expired = await add(state=State.EXPIRED, request_id="r-3", next_try_at=FAR)
    kept = await add(state=State.COMPLETED, kept_at=NOW)
    ended = await add(state=State.DELIVERED)

    counts = await settle_restored(database)

    assert counts == Restored(cancelled=2, uncertain=1, followed=1, tried=2)
    for job in (waiting, unanswered):
        after = await jobs.get(job.id)
        assert (after.state, after.end_reason) == (State.CANCELLED, EndReason.RESTORED)
        assert (after.billed, after.lease.owner) == (Billed.NO, None)
    after = await jobs.get(submitting.id)
    assert (after.state, after.lease.owner) == (State.UNCERTAIN, None)
    taken = await jobs.take_over("new", lease=30, submitted_before=FAR)
    assert {job.id for job in taken} == {queued.id, completed.id, expired.id}
    assert not (await jobs.look(lane=LANE, width=16, now=FAR)).claimable
    assert [await jobs.get(job.id) for job in (kept, ended)] == [kept, ended]
    assert await settle_restored(database) == Restored(
        cancelled=0, uncertain=0, followed=1, tried=2
    )


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_store_that_another_process_uses_is_left_alone(database, jobs, add, url):
    waiting = await add()
    async with process_lock(url, instance="running"), process_lock(url, instance="this"):
        with pytest.raises(AlreadyRunning):
            await settle_restored(database)
    assert await jobs.get(waiting.id) == waiting

    async with process_lock(url, instance="this"):
        assert (await settle_restored(database)).cancelled == 1
