"""A callback is a hint: nothing in it is believed before the vendor was asked."""

import asyncio

import pytest

from bot.domain.job import Billed, EndReason, State, Update
from bot.retry import WakeUp
from bot.service.port_errors import StoreUnavailable
from tests.samples import NOW, OWNER, a_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import PICTURE
from tests.service.harness import background, until


@pytest.fixture
def call_back(app):
    """Let a callback come to the address of a job."""

    async def call_back(job, update, *, token=None):
        return await app.services.callbacks.handle(job.id, token or job.callback_token, update)

    return call_back


@pytest.fixture
def put(app):
    """Put a job into the store that the vendor has, and that this process owns."""

    async def put(state=State.QUEUED, **changes):
        job = at_vendor(state, **changes)
        await app.put(job)
        return job

    return put


def at_vendor(state=State.QUEUED, **changes):
    values = {
        "state": state,
        "billed": Billed.UNKNOWN,
        "owner": OWNER,
        "epoch": 1,
        "request_id": "r-1",
        "answered_at": NOW,
    }
    return a_job(**values | changes)


def news(state, request_id="r-1", **changes):
    return Update(state=state, request_id=request_id, **changes)


@pytest.mark.parametrize("token", ["wrong", "", "caf\u00e9", "x" * 1000, "another job's"])
async def test_a_wrong_token_is_no_address(app, put, token):
    job, other = await put(), await put(request_id="r-2")
    token = other.callback_token if token == "another job's" else token

    handler = app.services.callbacks
    for address in ((job.id, token), ("no-such-job", job.callback_token)):
        assert not await handler.is_address(*address)
        assert not await handler.handle(*address, news(State.COMPLETED))
    assert await handler.is_address(job.id, job.callback_token)
    assert await app.all_jobs() == [job, other]


@pytest.fixture
async def patient(open_process):
    """A process that has asked about its job once, and waits for an hour before it asks again."""
    app = open_process(poll=3600.0)
    app.queue.statuses.append(news(State.PROCESSING))
    job = at_vendor()
    await app.put(job)
    app.pipeline.runner.adopt([job])
    await until(app.is_in(job.id, State.PROCESSING))
    return app


async def test_a_callbacks_end_has_the_vendor_asked_and_only_the_answer_counts(patient):
    """Someone who knows the address could send any picture: it is never shown."""
    job = await patient.only_job()
    forged = news(State.COMPLETED, media=("https://pub-evil.r2.dev/evil.png",))

    assert await patient.services.callbacks.handle(job.id, job.callback_token, forged)
    await until(patient.at_rest)

    assert patient.queue.asked == ["r-1"] * 2
    assert patient.media.fetched == [PICTURE]


async def test_a_forged_end_ends_nothing(patient):
    job = await patient.only_job()
    patient.queue.after = news(State.PROCESSING)

    forged = news(State.FAILED, error="a lie")
    await patient.services.callbacks.handle(job.id, job.callback_token, forged)
    await until(lambda: len(patient.queue.asked) == 2)

    assert await patient.only_job() == job


async def test_a_callback_changes_the_card_without_a_status_call(app, call_back, put):
    job = await put()

    assert await call_back(job, news(State.PROCESSING))

    assert (await app.only_job()).state is State.PROCESSING
    assert [job.state for job in app.cards.shown_jobs] == [State.PROCESSING]
    assert app.queue.asked == []


@on_each_engine
@pytest.mark.parametrize("state", [State.SUBMITTING, State.UNCERTAIN])
@pytest.mark.parametrize("word", [State.QUEUED, State.PROCESSING, State.COMPLETED, None])
async def test_a_callback_brings_the_request_id_of_a_lost_answer(app, call_back, put, state, word):
    """The vendor accepted the order after all: now it can be followed, and delivered."""
    job = await put(state, request_id=None, owner=None)

    assert await call_back(job, news(word))

    after = await app.only_job()
    assert after.request_id == "r-1"
    assert after.state in {State.QUEUED, State.PROCESSING}


@pytest.mark.parametrize(("owner", "is_due"), [("there:1234", False), (None, True)])
async def test_only_a_job_without_an_owner_has_a_recovery_round_made(
    app, call_back, put, owner, is_due
):
    """Of three processes two hear of a job that the third has, and a round is many statements."""
    job = await put(owner=owner)
    due = app.services.recovery._due
    due.clear()

    await call_back(job, news(State.PROCESSING))

    assert (due.is_set(), app.notifier.notified) == (is_due, [job.id])


@pytest.mark.parametrize(
    ("state", "request_id"),
    # It is paid for: the deadline does not end the member's claim to the picture.
    [(State.UNCERTAIN, None), (State.EXPIRED, "r-1")],
)
async def test_an_order_that_was_given_up_and_is_done_after_all_is_delivered(
    app, call_back, put, state, request_id
):
    job = await put(state, request_id=request_id, owner=None)

    async with background(app.services.recovery.run()):
        await call_back(job, news(State.COMPLETED))
        await until(app.is_in(job.id, State.DELIVERED))

    assert app.queue.submitted == []


@on_each_engine
@pytest.mark.parametrize("state", [State.FAILED, State.ERROR])
@pytest.mark.parametrize("answer", [State.COMPLETED, State.FAILED, State.PROCESSING])
async def test_a_failure_that_a_callback_calls_completed_is_asked_about(
    app, call_back, put, state, answer
):
    """Only the answer counts, and only a few callbacks have the vendor asked."""
    job = await put(state, owner=None, end_reason=EndReason.VENDOR, error="no")
    app.queue.after = news(answer, media=(PICTURE,) if answer is State.COMPLETED else ())

    async with background(app.services.recovery.run()):
        for _ in range(5):
            await call_back(job, news(State.COMPLETED, media=("https://evil.example/1.png",)))
        if answer is State.COMPLETED:
            await until(app.is_in(job.id, State.DELIVERED))

    after = await app.only_job()
    if answer is State.COMPLETED:
        assert (after.billed, after.error, app.media.fetched) == (Billed.YES, None, [PICTURE])
    else:
        assert (after.state, after.billed, len(app.queue.asked)) == (state, job.billed, 3)


@pytest.mark.parametrize(
    ("state", "reason"),
    [(State.FAILED, EndReason.NO_PICTURE), (State.DELIVERED, None), (State.REFUSED, None)],
)
async def test_nothing_is_asked_about_another_end(app, call_back, put, state, reason):
    job = await put(state, owner=None, end_reason=reason)

    await call_back(job, news(State.COMPLETED))

    assert (app.queue.asked, await app.only_job()) == ([], job)


async def test_repeated_and_late_callbacks_do_no_harm(app, call_back, put):
    """The contract allows any number of them, in any order."""
    job = await put()
    for word in (State.COMPLETED, State.PROCESSING, State.QUEUED, State.PROCESSING):
        for _ in range(3):
            assert await call_back(job, news(word))

    assert (await app.only_job()).state is State.PROCESSING
    assert len(app.cards.shown) == 1


@pytest.mark.parametrize(
    "state", [State.DELIVERED, State.FAILED, State.CANCELLED, State.REFUSED, State.QUEUED]
)
async def test_a_callback_for_an_ended_job_or_of_another_request_changes_nothing(
    app, call_back, put, state
):
    job = await put(state, owner=OWNER if state is State.QUEUED else None)

    assert await call_back(job, news(State.COMPLETED, request_id="another"))

    assert await app.only_job() == job


async def test_a_request_id_of_another_job_is_not_recorded(app, call_back, put):
    await put()
    job = await put(State.UNCERTAIN, request_id=None, owner=None)

    assert await call_back(job, news(State.PROCESSING))

    after = await app.job(job.id)
    assert (after.state, after.request_id) == (State.UNCERTAIN, None)


async def test_the_vendor_calls_again_after_an_error_of_the_store(app, call_back, put):
    job = await put()
    app.faults.jobs.away = True

    with pytest.raises(StoreUnavailable):
        await call_back(job, news(State.COMPLETED))


@pytest.mark.parametrize("public_url", [None, "https://bot.example"])
async def test_a_job_whose_request_id_a_callback_brings_is_shown_as_queued(
    open_process, public_url
):
    """The callback may be quicker than the submit's own answer, which then brings no news."""
    app = open_process(public_url=public_url)
    job = at_vendor(State.SUBMITTING, request_id=None)
    await app.put(job)

    assert await app.services.callbacks.handle(job.id, job.callback_token, news(State.QUEUED))

    assert [job.state for job in app.cards.shown_jobs] == [State.QUEUED]
    assert (await app.only_job()).request_id == "r-1"


async def test_a_job_that_waited_for_a_callback_is_shown_as_queued(open_process):
    app = open_process(public_url="https://bot.example")
    job = at_vendor(State.UNCERTAIN, request_id=None)
    await app.put(job)
    wake = WakeUp()
    waiting = asyncio.create_task(app.pipeline.tracker.await_callback(job, wake))
    await until(lambda: app.cards.shown)

    assert await app.jobs.record_request_id(job.id, "r-1", now=NOW)  # by another process
    wake.set()

    assert (await waiting).state is State.QUEUED
    assert [job.state for job in app.cards.shown_jobs] == [State.UNCERTAIN, State.QUEUED]
