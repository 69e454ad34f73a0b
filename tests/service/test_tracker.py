"""Following a job at the vendor."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.job import Billed, EndReason, State, Update
from bot.service.port_errors import KeyRejected, OutcomeUnknown, RateLimited, RequestNotFound
from tests.samples import LANE, NOW, OWNER, a_job, changed_job
from tests.service.conftest import PICTURE, until


@pytest.fixture
def queued(shop):
    """A job that the vendor has taken, and that we own."""
    job = a_job(
        state=State.QUEUED,
        billed=Billed.UNKNOWN,
        request_id="r-1",
        owner=OWNER,
        epoch=1,
        answered_at=NOW,
        queued_at=NOW,
    )
    shop.jobs.put(job)
    return job


def says(state, **changes):
    return Update(state=state, request_id="r-1", **changes)


async def test_a_job_is_followed_to_its_end(shop, queued):
    shop.queue.statuses.extend([says(State.QUEUED), says(State.PROCESSING), says(State.PROCESSING)])

    after = await shop.tracker.follow(queued, asyncio.Event())

    assert (after.state, after.billed, after.media) == (State.COMPLETED, Billed.YES, (PICTURE,))
    assert shop.jobs.only == after
    assert shop.queue.asked == ["r-1"] * 4
    assert [job.state for job, _ in shop.presenter.shown] == [State.PROCESSING]


@pytest.mark.parametrize(("state", "billed"), [("FAILED", Billed.UNKNOWN), ("ERROR", Billed.NO)])
async def test_the_vendors_failure_comes_with_its_words(shop, queued, state, billed):
    shop.queue.statuses.append(says(State(state), error="the model failed"))

    after = await shop.tracker.follow(queued, asyncio.Event())

    assert (after.state, after.billed) == (State(state), billed)
    assert (after.end_reason, after.error) == (EndReason.VENDOR, "the model failed")


@pytest.mark.parametrize(
    "trouble",
    [
        OutcomeUnknown("no answer"),
        RequestNotFound(status=404, reason=""),
        Update(state=None, request_id="r-1"),
    ],
)
async def test_a_call_that_brings_no_news_changes_nothing(shop, queued, trouble):
    """Only the vendor's own end is an end: the order is paid for, so it is asked for again."""
    shop.queue.statuses.extend([trouble] * 3)

    after = await shop.tracker.follow(queued, asyncio.Event())

    assert after.state is State.COMPLETED
    assert shop.jobs.history[queued.id] == [State.QUEUED, State.COMPLETED]


async def test_a_busy_vendor_is_asked_again_after_its_pause_and_not_before(shop, queued):
    shop.queue.statuses.append(RateLimited(status=429, retry_after=0.01))
    following = asyncio.create_task(shop.tracker.follow(queued, asyncio.Event()))
    await until(lambda: shop.lanes.lanes[LANE].paused_until)

    await asyncio.sleep(0.05)  # for the loop as long as the pause and more; for the lane no time
    assert len(shop.queue.asked) == 1
    shop.clock.now += 0.02

    assert (await following).state is State.COMPLETED


async def test_a_refused_key_ends_all_polling_until_news_come(shop, queued):
    """Asking on with it brings nothing and gets the address banned."""
    shop.queue.statuses.append(KeyRejected(status=401, reason="invalid subscription key"))
    news = asyncio.Event()
    following = asyncio.create_task(shop.tracker.follow(queued, news))
    await until(lambda: shop.queue.asked)

    for _ in range(50):
        await asyncio.sleep(0)
    assert len(shop.queue.asked) == 1
    assert shop.jobs.only.state is State.QUEUED
    news.set()

    assert (await following).state is State.COMPLETED


async def test_a_store_that_is_away_loses_no_end(shop, queued):
    shop.jobs.away = True
    following = asyncio.create_task(shop.tracker.follow(queued, asyncio.Event()))
    await until(lambda: len(shop.queue.asked) > 3)

    shop.jobs.away = False

    assert (await following).state is State.COMPLETED


async def test_news_cut_a_wait_short(shop, queued):
    """A callback came: the next question is put at once, not at the next turn."""
    patient = replace(shop.tracker._settings, poll=3600.0)
    shop.tracker._settings = patient
    news = asyncio.Event()
    following = asyncio.create_task(shop.tracker.follow(queued, news))

    news.set()

    assert (await following).state is State.COMPLETED
    assert not news.is_set()


async def test_a_deadline_needs_an_answer_of_the_vendors(shop, queued):
    """Silence past the deadline proves nothing; "still processing" past it does."""
    shop.clock.now = NOW + 3601
    shop.queue.statuses.extend(
        [OutcomeUnknown("away"), OutcomeUnknown("away"), says(State.PROCESSING)]
    )

    after = await shop.tracker.follow(queued, asyncio.Event())

    assert (after.state, after.billed) == (State.EXPIRED, Billed.UNKNOWN)
    assert len(shop.queue.asked) == 3
    assert shop.jobs.only == after


async def test_an_end_that_comes_with_the_deadline_is_an_end(shop, queued):
    shop.clock.now = NOW + 3601

    assert (await shop.tracker.follow(queued, asyncio.Event())).state is State.COMPLETED


async def test_a_job_that_another_process_took_over_is_let_go(shop, queued):
    shop.queue.after = says(State.PROCESSING)
    following = asyncio.create_task(shop.tracker.follow(queued, asyncio.Event()))
    await until(lambda: shop.queue.asked)
    shop.jobs.put(changed_job(shop.jobs.only, owner="there", epoch=2))

    after = await following

    assert after.lease.owner == "there"
    asked = len(shop.queue.asked)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(shop.queue.asked) == asked


async def test_callback_and_poll_apply_one_end_once(shop, queued):
    """Both roads bring the same news at the same time; the card changes once."""
    news = says(State.PROCESSING)

    reported = await asyncio.gather(*(shop.tracker.report(queued.id, news) for _ in range(5)))

    assert {job.state for job in reported} == {State.PROCESSING}
    assert len(shop.presenter.shown) == 1
    assert shop.jobs.history[queued.id] == [State.QUEUED, State.PROCESSING]


async def test_news_reach_a_job_whoever_owns_it(shop, queued):
    """Its card is its owner's to edit."""
    shop.jobs.put(changed_job(queued, owner="there"))

    after = await shop.tracker.report(queued.id, says(State.COMPLETED, media=(PICTURE,)))

    assert (after.state, after.lease.owner) == (State.COMPLETED, "there")
    assert shop.presenter.shown == []


async def test_news_of_another_request_are_left_alone(shop, queued):
    update = Update(state=State.FAILED, request_id="another")

    assert await shop.tracker.report(queued.id, update) == queued


async def test_news_of_no_job_are_an_error(shop):
    with pytest.raises(LookupError):
        await shop.tracker.report("no-such-job", says(State.FAILED))


async def test_who_waits_for_ten_minutes_is_told_once_that_it_goes_on(shop, queued):
    still = says(State.QUEUED)
    shop.queue.statuses.extend([still] * 3)
    shop.clock.now = NOW + 601

    await shop.tracker.follow(queued, asyncio.Event())

    assert [job.state for job in shop.presenter.late] == [State.QUEUED]


async def test_a_request_that_the_vendor_forgot_expires_at_its_deadline(shop, queued):
    """Else it would hold a place at the vendor for ever, and in the end the whole lane."""
    shop.queue.statuses.append(RequestNotFound(status=404, reason=""))
    shop.clock.now = NOW + 3601

    after = await shop.tracker.follow(queued, asyncio.Event())

    assert after.state is State.EXPIRED
