"""A callback is a hint: nothing in it is believed before the vendor was asked."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.job import Billed, State, Update
from bot.service.port_errors import StoreUnavailable
from tests.samples import NOW, OWNER, a_job
from tests.service.conftest import PICTURE, until


@pytest.fixture
def heard(shop):
    """Let a callback come to the address of a job."""

    async def heard(job, update, *, token=None):
        return await shop.callbacks.handle(job.id, token or job.callback_token, update)

    return heard


@pytest.fixture
async def recovering(shop):
    """Let the process look after jobs that have no owner."""
    running = asyncio.create_task(shop.recovery.run())
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await shop.runner.close()


def at_vendor(state=State.QUEUED, **changes):
    values = {
        "state": state,
        "billed": Billed.UNKNOWN,
        "owner": OWNER,
        "epoch": 1,
        "request_id": "r-1",
        "answered_at": NOW,
    }
    return a_job(**{**values, **changes})


def says(state, request_id="r-1", **changes):
    return Update(state=state, request_id=request_id, **changes)


@pytest.mark.parametrize("token", ["wrong", "", "caf\u00e9", "x" * 1000])
async def test_a_wrong_token_is_no_address(shop, heard, token):
    shop.jobs.put(job := at_vendor())

    assert not await shop.callbacks.handle(job.id, token, says(State.COMPLETED))
    assert not await shop.callbacks.handle("no-such-job", job.callback_token, says(State.COMPLETED))
    assert shop.jobs.only == job


async def test_another_jobs_token_is_no_key_to_this_one(shop, heard):
    shop.jobs.put(job := at_vendor(), other := at_vendor(request_id="r-2"))

    assert not await heard(job, says(State.COMPLETED), token=other.callback_token)


async def test_an_order_whose_request_id_comes_by_callback_is_shown_as_queued(shop, heard):
    """The callback may be quicker than the submit's own answer, which then brings no news."""
    shop.jobs.put(job := at_vendor(State.SUBMITTING, request_id=None))

    assert await heard(job, says(State.QUEUED))

    assert [shown.state for shown, _ in shop.presenter.shown] == [State.QUEUED]
    assert shop.jobs.only.request_id == "r-1"


async def test_a_callbacks_end_has_the_vendor_asked_and_only_its_answer_counts(shop, heard):
    """Whoever knows the address could send any picture: the callback's own are never shown."""
    shop.tracker._settings = replace(shop.tracker._settings, poll=3600.0)
    shop.jobs.put(job := at_vendor())
    shop.runner.adopt([job])
    await asyncio.sleep(0)

    false = says(State.COMPLETED, media=("https://pub-evil.r2.dev/evil.png",))
    assert await heard(job, false)
    await until(shop.at_rest)

    assert shop.queue.asked == ["r-1"]
    assert shop.media.fetched == [PICTURE]


async def test_a_false_end_ends_nothing(shop, heard):
    shop.tracker._settings = replace(shop.tracker._settings, poll=3600.0)
    shop.queue.after = says(State.PROCESSING)
    shop.jobs.put(job := at_vendor())
    shop.runner.adopt([job])
    await asyncio.sleep(0)

    await heard(job, says(State.FAILED, error="a lie"))
    await until(lambda: shop.jobs.only.state is State.PROCESSING)

    assert shop.jobs.only.error is None
    await shop.runner.close()


async def test_a_callback_moves_the_card_without_a_call(shop, heard):
    shop.jobs.put(job := at_vendor())

    assert await heard(job, says(State.PROCESSING))

    assert shop.jobs.only.state is State.PROCESSING
    assert [job.state for job, _ in shop.presenter.shown] == [State.PROCESSING]
    assert shop.queue.asked == []


@pytest.mark.parametrize("state", [State.SUBMITTING, State.UNCERTAIN])
@pytest.mark.parametrize("word", [State.QUEUED, State.PROCESSING, State.COMPLETED, None])
async def test_a_callback_tells_the_request_id_of_a_lost_answer(shop, heard, state, word):
    """The order was taken after all: from here on it can be followed, and delivered."""
    shop.jobs.put(job := at_vendor(state, request_id=None, owner=None))

    assert await heard(job, says(word))

    assert shop.jobs.only.request_id == "r-1"
    assert shop.jobs.only.state in {State.QUEUED, State.PROCESSING}


async def test_a_lost_answer_that_a_callback_brings_back_is_delivered(shop, heard, recovering):
    shop.jobs.put(job := at_vendor(State.UNCERTAIN, request_id=None, owner=None))

    await heard(job, says(State.COMPLETED))
    await until(shop.at_rest)

    assert shop.jobs.only.state is State.DELIVERED
    assert shop.queue.submitted == []


async def test_an_expired_order_that_is_done_after_all_is_delivered(shop, heard, recovering):
    """It is paid for: the deadline ended our patience, not the member's claim to the picture."""
    shop.jobs.put(job := at_vendor(State.EXPIRED, owner=None))

    await heard(job, says(State.COMPLETED))
    await until(shop.at_rest)
    await until(lambda: shop.jobs.only.state is not State.EXPIRED, within=3)

    assert shop.jobs.only.state is State.DELIVERED


async def test_repeated_and_late_callbacks_do_no_harm(shop, heard):
    """The contract allows any number of them, in any order."""
    shop.jobs.put(job := at_vendor())
    for word in (State.COMPLETED, State.PROCESSING, State.QUEUED, State.PROCESSING):
        for _ in range(3):
            assert await heard(job, says(word))

    assert shop.jobs.only.state is State.PROCESSING
    assert len(shop.presenter.shown) == 1


@pytest.mark.parametrize("state", [State.DELIVERED, State.FAILED, State.CANCELLED, State.REFUSED])
async def test_a_callback_for_an_ended_job_is_taken_and_left(shop, heard, state):
    shop.jobs.put(job := at_vendor(state, owner=None))

    assert await heard(job, says(State.COMPLETED, request_id="another"))

    assert shop.jobs.only == job


async def test_a_callback_about_another_request_is_taken_and_left(shop, heard):
    shop.jobs.put(job := at_vendor())

    assert await heard(job, says(State.PROCESSING, request_id="another"))

    assert shop.jobs.only == job


async def test_a_request_id_of_another_job_is_not_learned(shop, heard):
    shop.jobs.put(at_vendor(), job := at_vendor(State.UNCERTAIN, request_id=None, owner=None))

    assert await heard(job, says(State.PROCESSING))

    found = shop.jobs.rows[job.id]
    assert (found.state, found.request_id) == (State.UNCERTAIN, None)


async def test_a_store_that_is_away_makes_the_vendor_call_again(shop, heard):
    shop.jobs.put(job := at_vendor())
    shop.jobs.away = True

    with pytest.raises(StoreUnavailable):
        await heard(job, says(State.COMPLETED))


async def test_a_job_that_only_a_callback_names_is_shown_as_queued(open_shop):
    """The callback is quicker than the answer to the submit, and brings no other news."""
    shop = open_shop(callbacks=True)
    job = a_job(state=State.SUBMITTING, owner=OWNER, epoch=1, answered_at=NOW)
    shop.jobs.put(job)

    await shop.callbacks.handle(
        job.id, job.callback_token, Update(state=State.QUEUED, request_id="r-1")
    )

    assert [shown.state for shown, _ in shop.presenter.shown] == [State.QUEUED]


async def test_a_job_that_waited_for_a_callback_is_shown_as_queued(open_shop):
    shop = open_shop(callbacks=True)
    job = a_job(state=State.UNCERTAIN, owner=OWNER, epoch=1, answered_at=NOW)
    shop.jobs.put(job)
    news = asyncio.Event()
    waiting = asyncio.create_task(shop.tracker.await_callback(job, news))
    await until(lambda: shop.presenter.shown)

    assert await shop.jobs.record_request_id(job.id, "r-1", now=NOW)  # by another process
    news.set()

    assert (await waiting).state is State.QUEUED
    assert [shown.state for shown, _ in shop.presenter.shown] == [State.UNCERTAIN, State.QUEUED]
