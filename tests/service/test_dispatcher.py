"""A submit costs money, so it happens at most once."""

import asyncio
import logging

import pytest

from bot.domain import lane as breaker
from bot.domain.card_status import CardStatus
from bot.domain.job import Billed, EndReason, State, Update
from bot.domain.lane import ClosedReason
from bot.service.port_errors import (
    KeyRejected,
    NotSent,
    OutcomeUnknown,
    OutOfCredit,
    RateLimited,
    RequestNotFound,
    VendorRefused,
)
from bot.service.ports.vendor import NO_REQUEST
from tests.samples import LANE, NOW, OWNER, a_job, an_order, changed_job
from tests.service.conftest import PICTURE, silent, until


@pytest.fixture
def waiting(shop):
    """Put a job into its line whose member was answered."""

    def waiting(**changes):
        job = a_job(**{"answered_at": NOW, **changes})
        shop.jobs.put(job)
        return job

    return waiting


@pytest.fixture
def submit(shop, waiting):
    """Give a waiting job its turn and submit it."""

    async def submit(*answers):
        waiting()
        shop.queue.answers.extend(answers)
        return await shop.submitter.submit(await shop.dispatcher.next())

    return submit


async def test_an_order_that_is_taken_is_queued(shop, submit):
    job = await submit(Update(state=State.QUEUED, request_id="r-1"))

    assert job == shop.jobs.only
    assert (job.state, job.request_id, job.lease.owner) == (State.QUEUED, "r-1", OWNER)
    assert (job.billed, job.queued_at) == (Billed.UNKNOWN, NOW)
    assert shop.queue.submitted == [(an_order(), None)]


async def test_pictures_at_once_are_completed(shop, submit):
    job = await submit(Update(state=State.COMPLETED, media=(PICTURE,)))

    assert (job.state, job.billed, job.media) == (State.COMPLETED, Billed.YES, (PICTURE,))


async def test_the_vendor_is_told_where_to_call_back(open_shop):
    shop = open_shop(public_url="https://bot.example")
    job = a_job(answered_at=NOW)
    shop.jobs.put(job)

    await shop.submitter.submit(await shop.dispatcher.next())

    ((_, callback),) = shop.queue.submitted
    assert callback.url == f"https://bot.example/callbacks/{job.id}/{job.callback_token}"
    assert callback.mode == "sync"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (VendorRefused(status=400, reason="no"), EndReason.VENDOR),
        (OutOfCredit(status=402, reason="no"), EndReason.OUT_OF_CREDIT),
        (KeyRejected(status=401, reason="no"), EndReason.KEY_REFUSED),
    ],
)
async def test_a_clear_no_ends_the_order_unbilled(submit, error, cause):
    job = await submit(error)

    assert (job.state, job.billed) == (State.REFUSED, Billed.NO)
    assert (job.end_reason, job.error) == (cause, "no")


@pytest.mark.parametrize(
    "error",
    [
        RateLimited(status=429, retry_after=60),
        RateLimited(status=403, retry_after=None),
        NotSent("no"),
    ],
)
async def test_what_was_not_taken_goes_back_to_its_line(shop, submit, error):
    job = await submit(error)

    assert (job.state, job.lease.owner, job.billed) == (State.WAITING, None, Billed.NO)
    assert job.lease.submit_started_at is None
    lane = shop.lanes.lanes[LANE]
    assert lane.paused(NOW)
    assert shop.presenter.shown == [(job, CardStatus(paused_until=lane.paused_until))]


async def test_an_order_that_was_hidden_on_its_way_is_cancelled_when_it_comes_back(shop, waiting):
    """Whoever hid it wanted to cancel it, and now that costs nothing."""
    waiting()
    claimed = await shop.dispatcher.next()
    shop.queue.hold = asyncio.Event()
    shop.queue.answers.append(RateLimited(status=429, retry_after=60))
    submitting = asyncio.create_task(shop.submitter.submit(claimed))
    await shop.queue.reached.wait()
    shop.jobs.put(changed_job(claimed, withdrawn=True))
    shop.queue.hold.set()

    after = await submitting

    assert (after.state, after.end_reason, after.billed) == (
        State.CANCELLED,
        EndReason.WITHDRAWN,
        Billed.NO,
    )
    assert shop.presenter.shown == [(after, CardStatus())]


async def test_a_pause_is_as_long_as_the_vendor_says(shop, submit):
    await submit(RateLimited(status=429, retry_after=60))

    assert shop.lanes.lanes[LANE].paused_until == NOW + 60


async def test_a_pause_is_recorded_before_its_order_waits_again(shop, waiting):
    """Else any process might send it at once, and none but this one would know of the pause."""
    waiting()
    claimed = await shop.dispatcher.next()
    shop.lanes.away = True
    shop.queue.answers.append(RateLimited(status=429, retry_after=60))
    submitting = asyncio.create_task(shop.submitter.submit(claimed))
    tries = shop.lanes.calls.count("update")
    await until(lambda: shop.lanes.calls.count("update") > tries + 3)
    assert shop.jobs.only.state is State.SUBMITTING

    shop.lanes.away = False

    assert (await submitting).state is State.WAITING
    assert shop.lanes.lanes[LANE].paused_until == NOW + 60


@pytest.mark.parametrize(("answer", "shut"), [("yes", False), ("no", True)])
async def test_a_403_shuts_the_lane_only_where_it_is_the_key(shop, submit, answer, shut):
    """A wall in front of the vendor may dislike a prompt: that is nobody else's trouble."""
    error = KeyRejected(status=403, reason="Forbidden")
    shop.queue.statuses.append(error if answer == "no" else RequestNotFound(status=404, reason=""))

    job = await submit(error)

    assert shop.queue.asked == [NO_REQUEST]
    assert job.state is State.REFUSED
    assert (job.end_reason is EndReason.KEY_REFUSED) == shut
    assert (breaker.closed_reason(shop.lanes.lanes[LANE], NOW) is ClosedReason.KEY) == shut


async def test_a_lost_answer_is_never_sent_again(shop, waiting):
    """It may be running, and billed: whatever happens, the vendor hears of it once."""
    waiting()
    shop.queue.answers.append(silent())

    async with shop.working():
        await until(shop.at_rest)
        shop.dispatcher.wake()
        await shop.round()

    assert (shop.jobs.only.state, shop.jobs.only.billed) == (State.UNCERTAIN, Billed.UNKNOWN)
    assert len(shop.queue.submitted) == 1
    assert [job.state for job in shop.presenter.settled] == [State.UNCERTAIN]


async def test_a_busy_vendor_gets_the_order_again_after_its_pause(shop, waiting):
    waiting()
    shop.queue.answers.append(RateLimited(status=429, retry_after=60))

    async with shop.working():
        await until(lambda: shop.jobs.only.state is State.WAITING and shop.queue.submitted)
        shop.dispatcher.wake()
        claims = shop.jobs.calls.count("has_claimable")
        await until(lambda: shop.jobs.calls.count("has_claimable") > claims)
        assert len(shop.queue.submitted) == 1

        shop.clock.now += 61
        shop.dispatcher.wake()
        await until(shop.at_rest)

    assert len(shop.queue.submitted) == 2
    assert shop.jobs.only.state is State.DELIVERED


async def test_retry_after_nothing_at_all_is_no_trap(shop, waiting):
    """``Retry-After: 0`` gives the job its next turn while its last one is still ending."""
    waiting()
    shop.queue.answers.extend([RateLimited(status=429, retry_after=0.0)] * 5)

    async with shop.working():
        await until(shop.at_rest)

    assert len(shop.queue.submitted) == 6
    assert shop.jobs.only.state is State.DELIVERED


async def test_a_learned_request_id_survives_a_store_that_is_away(shop, submit, waiting):
    """The picture is paid for: what it is called at the vendor must not be lost."""
    waiting()
    job = await shop.dispatcher.next()
    shop.queue.hold = asyncio.Event()
    submitting = asyncio.create_task(shop.submitter.submit(job))
    await shop.queue.reached.wait()
    shop.jobs.away = shop.lanes.away = True
    shop.queue.hold.set()
    tries = shop.jobs.calls.count("get")
    await until(lambda: shop.jobs.calls.count("get") > tries + 3)

    shop.jobs.away = False

    assert (await submitting).request_id == "r-1"
    assert shop.jobs.only.state is State.QUEUED


@pytest.mark.parametrize("state", [State.UNCERTAIN, State.SUBMITTING])
async def test_a_request_id_is_recorded_for_whoever_owns_the_job_by_now(shop, waiting, state):
    """Another process took the job over while the answer was on its way."""
    waiting()
    job = await shop.dispatcher.next()
    shop.queue.hold = asyncio.Event()
    submitting = asyncio.create_task(shop.submitter.submit(job))
    await shop.queue.reached.wait()
    shop.jobs.put(changed_job(job, state=state, owner="there", epoch=9))
    shop.queue.hold.set()

    after = await submitting

    assert (after.state, after.request_id, after.lease.owner) == (State.QUEUED, "r-1", "there")


async def test_a_ticket_with_an_unknown_status_is_followed(shop, submit):
    """Its request id is known, and that is all that following it takes."""
    job = await submit(Update(state=None, request_id="r-1"))

    assert (job.state, job.request_id) == (State.QUEUED, "r-1")


async def test_a_callback_that_was_quicker_is_not_undone(shop, waiting):
    waiting()
    job = await shop.dispatcher.next()
    shop.queue.hold = asyncio.Event()
    shop.queue.answers.append(silent())
    submitting = asyncio.create_task(shop.submitter.submit(job))
    await shop.queue.reached.wait()
    assert await shop.jobs.record_request_id(job.id, "r-9", now=NOW)
    shop.queue.hold.set()

    after = await submitting

    assert (after.state, after.request_id, after.lease.owner) == (State.QUEUED, "r-9", OWNER)


async def test_an_outcome_is_recorded_as_soon_as_the_store_can(shop, waiting):
    waiting()
    job = await shop.dispatcher.next()
    shop.queue.hold = asyncio.Event()
    shop.queue.answers.append(OutcomeUnknown("cut"))
    submitting = asyncio.create_task(shop.submitter.submit(job))
    await shop.queue.reached.wait()
    shop.jobs.away = True
    shop.queue.hold.set()
    await until(lambda: shop.jobs.calls.count("swap") > 2)

    shop.jobs.away = False

    assert (await submitting).state is State.UNCERTAIN


async def test_a_cancelled_carry_says_which_request_it_could_not_record(shop, waiting, caplog):
    """The last resort: the log tells the operator what the vendor calls the paid order."""
    waiting()
    job = await shop.dispatcher.next()
    shop.jobs.away = shop.lanes.away = True
    submitting = asyncio.create_task(shop.submitter.submit(job))
    tries = shop.jobs.calls.count("get")
    await until(lambda: shop.jobs.calls.count("get") > tries)

    submitting.cancel()
    await asyncio.gather(submitting, return_exceptions=True)

    (critical,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert job.id in critical.getMessage()
    assert "r-1" in critical.getMessage()


async def test_the_lane_waits_for_a_store_that_is_away(shop, waiting):
    job = waiting()
    shop.jobs.away = True
    claiming = asyncio.create_task(shop.dispatcher.next())
    await until(lambda: shop.jobs.calls.count("has_claimable") > 3)

    shop.jobs.away = False

    assert (await claiming).id == job.id


async def test_the_lanes_width_bounds_what_is_at_the_vendor(open_shop):
    shop = open_shop(width=2)
    shop.jobs.put(*(a_job(answered_at=NOW) for _ in range(5)))
    shop.queue.after = Update(state=State.PROCESSING)
    shop.queue.hold = asyncio.Event()

    async with shop.working():
        await until(lambda: len(shop.queue.submitted) == 2)
        shop.dispatcher.wake()
        claims = shop.jobs.calls.count("has_claimable")
        await until(lambda: shop.jobs.calls.count("has_claimable") > claims)
        assert len(shop.queue.submitted) == 2

        shop.queue.after = None
        shop.queue.hold.set()
        await until(shop.at_rest)

    assert len(shop.queue.submitted) == 5


async def test_each_order_is_submitted_exactly_once_in_a_crowd(open_shop):
    shop = open_shop(width=3)
    prompts = [f"picture {number}" for number in range(20)]
    shop.jobs.put(
        *(
            a_job(answered_at=NOW, order=an_order(prompt=prompt), guild_id=number % 4)
            for number, prompt in enumerate(prompts)
        )
    )

    async with shop.working():
        await until(shop.at_rest)

    assert sorted(order.prompt for order, _ in shop.queue.submitted) == sorted(prompts)
    assert {job.state for job in shop.jobs.rows.values()} == {State.DELIVERED}
