"""A submit costs money, so it happens at most once."""

import asyncio
import logging

import pytest

from bot.domain import lane as breaker
from bot.domain.card_status import CardStatus
from bot.domain.job import Billed, EndReason, State, Update
from bot.domain.lane import ClosedReason
from bot.service.port_errors import (
    ContentRefused,
    KeyRejected,
    NotSent,
    OutOfCredit,
    RateLimited,
    RequestNotFound,
    VendorRefused,
)
from bot.service.ports.vendor import NO_REQUEST
from tests.samples import NOW, OWNER, a_job, an_order, changed_job
from tests.service.fakes import PICTURE
from tests.service.harness import no_answer, until

BUSY = RateLimited(status=429, retry_after=60)


@pytest.fixture
async def waiting(app):
    """A job in its queue whose member was answered."""
    job = a_job(answered_at=NOW)
    await app.put(job)
    return job


@pytest.fixture
async def claimed(app, waiting):
    return await app.claim()


async def test_an_accepted_order_is_queued(app, waiting):
    job = await app.submit(Update(state=State.QUEUED, request_id="r-1"))

    assert job == await app.only_job()
    assert (job.state, job.request_id, job.lease.owner) == (State.QUEUED, "r-1", OWNER)
    assert (job.billed, job.queued_at) == (Billed.UNKNOWN, NOW)
    assert app.queue.submitted == [(an_order(), None)]


@pytest.mark.parametrize(
    ("answer", "state", "media", "billed"),
    [
        (
            Update(state=State.COMPLETED, media=(PICTURE,)),
            State.COMPLETED,
            (PICTURE,),
            Billed.YES,
        ),
        # A status that the contract does not name: the request id is enough to follow the job.
        (Update(state=None, request_id="r-1"), State.QUEUED, (), Billed.UNKNOWN),
    ],
    ids=["pictures at once", "unknown status"],
)
async def test_other_answers_that_accept_an_order(app, waiting, answer, state, media, billed):
    job = await app.submit(answer)

    assert (job.state, job.media, job.billed) == (state, media, billed)
    assert job.request_id == answer.request_id


async def test_the_vendor_is_told_where_to_call_back(open_process):
    app = open_process(public_url="https://bot.example")
    job = a_job(answered_at=NOW)
    await app.put(job)

    await app.submit()

    ((_, callback),) = app.queue.submitted
    assert callback.url == f"https://bot.example/callbacks/{job.id}/{job.callback_token}"
    assert callback.mode == "sync"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (VendorRefused(status=400, reason="no"), EndReason.VENDOR),
        (ContentRefused(status=400, reason="no"), EndReason.CONTENT),
        (OutOfCredit(status=402, reason="no"), EndReason.OUT_OF_CREDIT),
        (KeyRejected(status=401, reason="no"), EndReason.KEY_REFUSED),
    ],
)
async def test_a_clear_no_ends_the_order_unbilled(app, waiting, error, reason):
    job = await app.submit(error)

    assert (job.state, job.billed) == (State.REFUSED, Billed.NO)
    assert (job.end_reason, job.error) == (reason, "no")


@pytest.mark.parametrize("error", [BUSY, RateLimited(status=403, retry_after=None), NotSent("no")])
async def test_an_order_that_was_not_accepted_goes_back_to_its_queue(app, waiting, error):
    job = await app.submit(error)

    assert (job.state, job.lease.owner, job.billed) == (State.WAITING, None, Billed.NO)
    assert job.lease.submit_started_at is None
    lane = await app.lane()
    assert lane.paused(NOW)
    assert app.cards.shown == [(job, CardStatus(paused_until=lane.paused_until))]
    if error is BUSY:
        assert lane.paused_until == NOW + 60


async def test_an_order_withdrawn_during_its_submit_is_cancelled_if_it_comes_back(app, claimed):
    """Its member wanted to cancel it, and now that costs nothing."""
    async with app.submitting(claimed, BUSY) as submitting:
        await app.put(changed_job(claimed, withdrawn=True))
    after = await submitting

    assert (after.state, after.end_reason, after.billed) == (
        State.CANCELLED,
        EndReason.WITHDRAWN,
        Billed.NO,
    )
    assert app.cards.shown == [(after, CardStatus())]


async def test_a_pause_is_recorded_before_its_order_waits_again(app, claimed):
    """Otherwise another process, which does not know of the pause, might send it at once."""
    app.faults.lanes.away = True
    async with app.submitting(claimed, BUSY) as submitting:
        pass
    await app.faults.lanes.refused("update", times=3)
    assert (await app.only_job()).state is State.SUBMITTING

    app.faults.lanes.away = False

    assert (await submitting).state is State.WAITING
    assert (await app.lane()).paused_until == NOW + 60


@pytest.mark.parametrize("key_is_rejected", [False, True])
async def test_a_403_closes_the_lane_only_if_the_key_is_rejected(app, waiting, key_is_rejected):
    """A firewall in front of the vendor may dislike one prompt: other orders are not affected."""
    error = KeyRejected(status=403, reason="Forbidden")
    app.queue.statuses.append(error if key_is_rejected else RequestNotFound(status=404, reason=""))

    job = await app.submit(error)

    assert app.queue.asked == [NO_REQUEST]
    assert job.state is State.REFUSED
    assert (job.end_reason is EndReason.KEY_REFUSED) == key_is_rejected
    closed = breaker.closed_reason(await app.lane(), NOW)
    assert (closed is ClosedReason.KEY) == key_is_rejected


async def test_an_order_without_an_answer_is_never_sent_again(app, waiting):
    """It may be running, and billed."""
    app.queue.answers.append(no_answer())

    async with app.claiming():
        await until(app.at_rest)
        await app.services.recovery.sweep()
        await app.put(a_job(answered_at=NOW, created_at=NOW + 1))
        app.clock.now += 3  # the lane rests for a moment
        app.pipeline.dispatcher.wake()
        await until(app.at_rest)

    first, _ = await app.all_jobs()
    assert (first.state, first.billed) == (State.UNCERTAIN, Billed.UNKNOWN)
    assert len(app.queue.submitted) == 2
    assert [job.state for job in app.cards.settled] == [State.UNCERTAIN]


async def test_a_busy_vendor_gets_the_order_again_after_its_pause(app, waiting):
    app.queue.answers.append(BUSY)

    async with app.claiming():
        await until(lambda: app.cards.shown)  # it waits again
        app.pipeline.dispatcher.wake()
        await app.faults.jobs.returned("look")
        assert len(app.queue.submitted) == 1

        app.clock.now += 61
        app.pipeline.dispatcher.wake()
        await until(app.at_rest)

    assert len(app.queue.submitted) == 2
    assert (await app.only_job()).state is State.DELIVERED


async def test_a_retry_after_of_zero_is_retried_until_the_vendor_accepts(app, waiting):
    """The job may be claimed again while the task of its last submit is still ending."""
    app.queue.answers.extend([RateLimited(status=429, retry_after=0.0)] * 5)

    async with app.claiming():
        await until(app.at_rest)

    assert len(app.queue.submitted) == 6
    assert (await app.only_job()).state is State.DELIVERED


async def test_a_request_id_survives_a_store_that_is_away(app, claimed):
    """The picture is paid for: its id at the vendor must not be lost."""
    async with app.submitting(claimed) as submitting:
        app.faults.set_away(away=True)
    await app.faults.jobs.refused("swap", times=3)

    app.faults.set_away(away=False)

    assert (await submitting).request_id == "r-1"
    assert (await app.only_job()).state is State.QUEUED


@pytest.mark.parametrize("state", [State.UNCERTAIN, State.SUBMITTING])
async def test_a_request_id_is_recorded_although_another_process_owns_the_job(app, claimed, state):
    async with app.submitting(claimed) as submitting:
        await app.put(changed_job(claimed, state=state, owner="there", epoch=9))
    after = await submitting

    assert (after.state, after.request_id, after.lease.owner) == (State.QUEUED, "r-1", "there")


async def test_a_callback_that_was_quicker_than_the_answer_is_not_undone(app, claimed):
    async with app.submitting(claimed, no_answer()) as submitting:
        assert await app.jobs.record_request_id(claimed.id, "r-9", now=NOW)
    after = await submitting

    assert (after.state, after.request_id, after.lease.owner) == (State.QUEUED, "r-9", OWNER)


async def test_an_outcome_is_recorded_as_soon_as_the_store_is_back(app, claimed):
    async with app.submitting(claimed, no_answer()) as submitting:
        app.faults.jobs.away = True
    await app.faults.jobs.refused("swap", times=3)

    app.faults.jobs.away = False

    assert (await submitting).state is State.UNCERTAIN


async def test_a_cancelled_task_logs_the_request_that_it_could_not_record(app, claimed, caplog):
    """The last resort: the log tells the operator the vendor's id of the paid order."""
    async with app.submitting(claimed) as submitting:
        app.faults.set_away(away=True)
    await app.faults.jobs.refused("swap")

    submitting.cancel()
    await asyncio.gather(submitting, return_exceptions=True)

    (critical,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert claimed.id in critical.getMessage()
    assert "r-1" in critical.getMessage()
