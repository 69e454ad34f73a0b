"""A job is followed at the vendor until its end."""

import asyncio

import pytest

from bot.domain.job import Billed, EndReason, State, Update
from bot.service.port_errors import KeyRejected, OutcomeUnknown, RateLimited, RequestNotFound
from tests.samples import NOW, OWNER, a_job, changed_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import PICTURE
from tests.service.harness import DEADLINE, until

NOT_FOUND = RequestNotFound(status=404, reason="")


@pytest.fixture
async def queued(app):
    """A job that the vendor has accepted, and that this process owns."""
    return await put_queued(app)


async def put_queued(app):
    job = a_job(
        state=State.QUEUED,
        billed=Billed.UNKNOWN,
        request_id="r-1",
        owner=OWNER,
        epoch=1,
        answered_at=NOW,
        queued_at=NOW,
    )
    await app.put(job)
    return job


@pytest.fixture
def follow(app):
    """Follow a job in a task; *news* cut its waits short."""
    return lambda job, news=None: asyncio.create_task(
        app.pipeline.tracker.follow(job, news or asyncio.Event())
    )


def vendor_says(state, **changes):
    return Update(state=state, request_id="r-1", **changes)


async def test_a_job_is_followed_to_its_end(app, queued, follow):
    app.queue.statuses.extend(
        [vendor_says(State.QUEUED), vendor_says(State.PROCESSING), vendor_says(State.PROCESSING)]
    )

    after = await follow(queued)

    assert (after.state, after.billed, after.media) == (State.COMPLETED, Billed.YES, (PICTURE,))
    assert await app.only_job() == after
    assert app.queue.asked == ["r-1"] * 4
    assert [job.state for job in app.cards.shown_jobs] == [State.PROCESSING]


@pytest.mark.parametrize(
    ("state", "billed"), [(State.FAILED, Billed.UNKNOWN), (State.ERROR, Billed.NO)]
)
async def test_a_failure_is_recorded_with_the_vendors_words(app, queued, follow, state, billed):
    app.queue.statuses.append(vendor_says(state, error="the model failed"))

    after = await follow(queued)

    assert (after.state, after.billed) == (state, billed)
    assert (after.end_reason, after.error) == (EndReason.VENDOR, "the model failed")


@pytest.mark.parametrize(
    "answer", [OutcomeUnknown("no answer"), NOT_FOUND, Update(state=None, request_id="r-1")]
)
async def test_a_call_without_news_changes_nothing(app, queued, follow, answer):
    """Only the vendor ends a job: it is paid for, so the vendor is asked again."""
    app.queue.statuses.extend([answer] * 3)
    gate = app.faults.jobs.gate("swap")
    following = follow(queued)
    await gate.reached.wait()  # the first change
    assert len(app.queue.asked) == 4
    gate.open()

    assert (await following).state is State.COMPLETED


async def test_a_busy_vendor_is_asked_again_after_its_pause_and_not_before(app, queued, follow):
    app.queue.statuses.append(RateLimited(status=429, retry_after=60))
    following = follow(queued)

    async def is_paused():
        return (await app.lane()).paused_until == NOW + 60

    await until(is_paused)
    assert len(app.queue.asked) == 1

    app.clock.now += 61
    await app.pipeline.limiter.acquire_poll(due=app.clock())  # it looks at the clock again

    assert (await following).state is State.COMPLETED


async def test_a_rejected_key_ends_all_polling_until_news_come(app, queued, follow):
    """Asking on with it brings nothing, and gets the address banned."""
    app.queue.statuses.append(KeyRejected(status=401, reason="invalid subscription key"))
    news = asyncio.Event()
    following = follow(queued, news)
    await until(lambda: app.queue.asked)
    assert await app.only_job() == queued
    assert len(app.queue.asked) == 1

    news.set()

    assert (await following).state is State.COMPLETED


async def test_an_end_survives_a_store_that_is_away(app, queued, follow):
    app.faults.jobs.away = True
    following = follow(queued)
    await app.faults.jobs.refused("get", times=3)

    app.faults.jobs.away = False

    assert (await following).state is State.COMPLETED


async def test_news_cut_a_wait_short(open_process, follow):
    """A callback arrived: the vendor is asked at once, not after the interval."""
    app = open_process(poll=3600.0)
    news = asyncio.Event()
    following = asyncio.create_task(app.pipeline.tracker.follow(await put_queued(app), news))

    news.set()

    assert (await following).state is State.COMPLETED
    assert not news.is_set()


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        # Silence proves nothing; "still processing" does.
        (
            [OutcomeUnknown("away"), OutcomeUnknown("away"), vendor_says(State.PROCESSING)],
            State.EXPIRED,
        ),
        # Otherwise it would count at the vendor for ever, and in the end block the whole lane.
        ([NOT_FOUND], State.EXPIRED),
        # An end that comes with the deadline is an end.
        ([vendor_says(State.COMPLETED, media=(PICTURE,))], State.COMPLETED),
    ],
    ids=["processing", "not found", "completed"],
)
async def test_a_deadline_needs_an_answer_of_the_vendor(app, queued, follow, answers, state):
    app.clock.now = NOW + DEADLINE + 1
    app.queue.statuses.extend(answers)

    after = await follow(queued)

    assert after.state is state
    assert after.billed is (Billed.UNKNOWN if state is State.EXPIRED else Billed.YES)
    assert len(app.queue.asked) == len(answers)
    assert await app.only_job() == after


async def test_a_job_that_another_process_took_over_is_not_followed_any_more(app, queued, follow):
    app.queue.after = vendor_says(State.PROCESSING)
    following = follow(queued)
    await until(app.is_in(queued.id, State.PROCESSING))
    await app.put(changed_job(await app.only_job(), owner="there", epoch=2))

    assert (await following).lease.owner == "there"


@on_each_engine
async def test_the_same_news_by_callback_and_poll_are_applied_once(app, queued):
    news = vendor_says(State.PROCESSING)

    reported = await asyncio.gather(
        *(app.pipeline.tracker.report(queued.id, news) for _ in range(5))
    )

    assert {job.state for job in reported} == {State.PROCESSING}
    assert len(app.cards.shown) == 1


async def test_news_are_recorded_for_another_process_which_shows_them(app, queued):
    await app.put(changed_job(queued, owner="there"))

    after = await app.pipeline.tracker.report(
        queued.id, vendor_says(State.COMPLETED, media=(PICTURE,))
    )

    assert (after.state, after.lease.owner) == (State.COMPLETED, "there")
    assert app.cards.shown == []


async def test_news_of_another_request_or_of_no_job_are_not_applied(app, queued):
    update = Update(state=State.FAILED, request_id="another")

    assert await app.pipeline.tracker.report(queued.id, update) == queued
    with pytest.raises(LookupError):
        await app.pipeline.tracker.report("no-such-job", vendor_says(State.FAILED))


async def test_a_member_who_waits_for_ten_minutes_is_told_once_that_it_takes_long(
    app, queued, follow
):
    app.queue.statuses.extend([vendor_says(State.QUEUED)] * 3)
    app.clock.now = NOW + 601

    await follow(queued)

    assert [job.state for job, status in app.cards.shown if status.late] == [State.QUEUED]
