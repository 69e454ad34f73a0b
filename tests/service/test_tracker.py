"""A job is followed at the vendor until its end."""

import asyncio
from functools import partial
from itertools import pairwise

import pytest

from bot.domain.job import Billed, EndReason, Obstacle, State, Update
from bot.retry import WakeUp
from bot.service import estimates
from bot.service.port_errors import KeyRejected, OutcomeUnknown, RateLimited, RequestNotFound
from bot.service.tracker import SILENT
from tests.samples import NOW, OWNER, a_job, changed_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import PICTURE
from tests.service.harness import DEADLINE, until

REJECTED = KeyRejected(status=401, reason="invalid subscription key")
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
        app.pipeline.tracker.follow(job, news or WakeUp())
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


async def test_a_rejected_key_rests_all_polling_until_news_come(app, queued, follow):
    """Asking on at once with it brings nothing, and gets the address banned."""
    app.queue.statuses.append(REJECTED)
    news = WakeUp()
    following = follow(queued, news)
    await until(lambda: app.queue.asked)
    assert await app.only_job() == queued
    assert len(app.queue.asked) == 1
    assert app.pipeline.tracker.status_calls_rejected_since == NOW

    news.set()

    assert (await following).state is State.COMPLETED
    assert app.pipeline.tracker.status_calls_rejected_since is None


async def test_an_end_survives_a_store_that_is_away(app, queued, follow):
    app.faults.jobs.away = True
    following = follow(queued)
    await app.faults.jobs.refused("get", times=3)

    app.faults.jobs.away = False

    assert (await following).state is State.COMPLETED


async def test_news_cut_a_wait_short(open_process, follow):
    """A callback arrived: the vendor is asked at once, not after the interval."""
    app = open_process(poll=3600.0)
    news = WakeUp()
    following = asyncio.create_task(app.pipeline.tracker.follow(await put_queued(app), news))

    news.set()

    assert (await following).state is State.COMPLETED
    assert not news.is_set()


SILENCE = OutcomeUnknown("it could not be read")


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([SILENCE, SILENCE, vendor_says(State.PROCESSING)], State.EXPIRED),
        # An end that comes with the deadline is an end.
        ([vendor_says(State.COMPLETED, media=(PICTURE,))], State.COMPLETED),
        # Otherwise it would count at the vendor for ever, and in the end block the whole lane.
        ([SILENCE] * SILENT, State.EXPIRED),
        ([NOT_FOUND, SILENCE] * (SILENT // 2), State.EXPIRED),
        ([SILENCE] * (SILENT - 1) + [vendor_says(State.COMPLETED)], State.COMPLETED),
    ],
    ids=["processing", "completed", "silence", "not found", "late end"],
)
async def test_a_deadline_needs_an_answer_or_ten_calls_without_one(
    app, queued, follow, answers, state
):
    app.clock.now = NOW + DEADLINE + 1
    app.queue.statuses.extend(answers)

    after = await follow(queued)

    assert after.state is state
    assert after.billed is (Billed.UNKNOWN if state is State.EXPIRED else Billed.YES)
    assert len(app.queue.asked) == len(answers)
    assert await app.only_job() == after


async def test_before_the_deadline_silence_changes_nothing(app, queued, follow):
    app.queue.statuses.extend([SILENCE] * (3 * SILENT))

    assert (await follow(queued)).state is State.COMPLETED


@pytest.fixture
def tick(app, monkeypatch):
    """Let the clock go on with each wait for news, by as long as it should last."""

    async def wait(_news, seconds):
        waits.append(seconds)
        app.clock.now += seconds
        await asyncio.sleep(0)

    waits: list[float] = []
    monkeypatch.setattr(WakeUp, "wait_at_most", wait)
    return waits


async def test_after_a_silent_call_the_next_does_not_wait_for_a_callback(open_process, tick):
    app = open_process(poll=5.0, public_url="https://bot.example")
    app.queue.statuses.append(SILENCE)

    after = await app.pipeline.tracker.follow(await put_queued(app), WakeUp())

    assert after.state is State.COMPLETED
    assert tick == [pytest.approx(120, rel=0.21), pytest.approx(5, rel=0.21)]


async def test_an_odd_rejected_status_call_rests_for_seconds(app, queued, follow, tick):
    app.queue.statuses.extend([REJECTED, vendor_says(State.PROCESSING), REJECTED])

    assert (await follow(queued)).state is State.COMPLETED

    assert all(seconds < 5 for seconds in tick)
    assert sum(seconds > 1 for seconds in tick) == 2
    assert app.pipeline.tracker.status_calls_rejected_since is None


async def test_a_wall_of_rejected_status_calls_expires_nothing(app, queued, follow, tick):
    """Rests grow to two minutes, and calls go on until the key is accepted again."""
    app.clock.now = NOW + DEADLINE + 1
    app.queue.statuses.extend([REJECTED] * 50)
    since = []
    gate = app.faults.jobs.gate("swap")
    following = follow(queued)

    await gate.reached.wait()  # the first change
    since.append(app.pipeline.tracker.status_calls_rejected_since)
    gate.open()

    assert (await following).state is State.COMPLETED
    assert since == [None]
    assert 90 < max(tick) < 150


def _asked_or_done(asked, calls, following):
    return asked.count("r-1") >= calls or following.done()


@pytest.mark.usefixtures("tick")
@pytest.mark.parametrize("refusal", [REJECTED, RateLimited(status=429, retry_after=1)])
async def test_a_status_call_that_is_always_refused_for_one_job_is_silence(
    app, queued, follow, monkeypatch, refusal
):
    """The vendor answers the calls for other jobs meanwhile."""
    app.clock.now = NOW + DEADLINE + 1
    other = changed_job(queued, id="other", interaction_id=1, request_id="r-2")
    await app.put(other)

    async def status(request_id):
        app.queue.asked.append(request_id)
        if request_id == "r-1":
            raise refusal
        return Update(state=State.QUEUED, request_id=request_id)

    monkeypatch.setattr(app.queue, "status", status)
    following = follow(queued)
    for calls in range(1, 50):
        await until(partial(_asked_or_done, app.queue.asked, calls, following))
        if following.done():
            break
        app.clock.now += 60  # a pause ends
        await app.pipeline.limiter.acquire_poll(due=NOW)  # before the other's
        await app.pipeline.tracker.ask(other)

    assert (await following).state is State.EXPIRED
    assert SILENT < app.queue.asked.count("r-1") < 50


# After the deadline.


@pytest.fixture
async def expired(app, queued):
    job = changed_job(queued, state=State.EXPIRED)
    await app.put(job)
    return job


async def adopted(app, job, *, times=1):
    """Run the job *times* as the recovery round does when its next try is due."""
    for _ in range(times):
        job = changed_job(job, owner=OWNER)
        await app.put(job)
        app.pipeline.runner.adopt([job])
        await until(app.at_rest)
        job = await app.only_job()
    return job


async def test_an_expired_job_is_shown_once_and_asked_about_ever_more_rarely(app, expired):
    app.queue.after = vendor_says(State.PROCESSING)
    waits = []
    expired = await adopted(app, expired)
    for times in range(12):
        assert len(app.queue.asked) == times
        expired = await adopted(app, expired)
        waits.append(expired.outstanding.next_try_at - app.clock())
        app.clock.now += waits[-1]

    assert [job.state for job in app.cards.settled] == [State.EXPIRED]
    assert app.cards.shown == []
    assert all(1.3 < after / before < 3 for before, after in pairwise(waits))
    assert expired.outstanding.obstacle is Obstacle.STATUS
    assert expired.outstanding.outstanding_since == NOW


@pytest.mark.parametrize(
    "answer", [SILENCE, NOT_FOUND, REJECTED, RateLimited(status=429, retry_after=0)]
)
async def test_an_expired_job_outlives_calls_without_an_answer(app, expired, answer):
    app.queue.after = answer

    after = await adopted(app, expired, times=3)

    assert (after.state, after.outstanding.tries) == (State.EXPIRED, 3)


@pytest.mark.parametrize("end", [State.COMPLETED, State.FAILED, State.ERROR])
async def test_what_comes_after_the_deadline_is_brought_to_the_member(app, expired, end):
    expired = await adopted(app, expired)
    app.queue.after = vendor_says(end, media=(PICTURE,) if end is State.COMPLETED else ())

    after = await adopted(app, expired)

    if end is State.COMPLETED:
        assert (after.state, after.billed) == (State.DELIVERED, Billed.YES)
        assert len(app.cards.delivered) == 1
    else:
        assert (after.state, after.end_reason) == (end, EndReason.VENDOR)
        assert [job.state for job in app.cards.settled] == [State.EXPIRED, end]


async def test_a_callback_during_the_call_makes_the_next_one_due_at_once(app, expired):
    expired = await adopted(app, expired)
    gate = app.faults.jobs.gate("get")  # the job is read before the answer is applied
    app.queue.after = vendor_says(State.PROCESSING)
    await app.put(changed_job(expired, owner=OWNER))
    app.pipeline.runner.adopt([changed_job(expired, owner=OWNER)])
    await gate.reached.wait()
    app.pipeline.runner.wake(expired.id)
    gate.open()
    await until(app.at_rest)

    assert (await app.only_job()).outstanding.next_try_at == 0.0


async def test_a_job_that_another_process_took_over_is_not_followed_any_more(app, queued, follow):
    app.queue.after = vendor_says(State.PROCESSING)
    following = follow(queued)
    await until(app.is_in(queued.id, State.PROCESSING))
    await app.put(changed_job(await app.only_job(), owner="there", epoch=2))

    assert (await following).lease.owner == "there"


async def test_a_job_that_an_operator_settled_is_not_followed_any_more(app, queued, follow):
    app.queue.after = SILENCE
    following = follow(queued)
    await app.put(changed_job(queued, state=State.REFUSED, owner="operator", epoch=2))

    assert (await following).state is State.REFUSED


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


@pytest.fixture
def hanging(app, monkeypatch):
    """A vendor that took 0.05 s for each of the last orders, and answers no status call now."""
    monkeypatch.setattr(estimates, "UNITS", ((30, 0.05),))
    app.pipeline.tracker.remember_durations([0.05] * 3)
    gate = app.faults.jobs.gate("swap")
    app.queue.statuses.append(vendor_says(State.PROCESSING))
    return gate


async def test_an_estimate_is_gone_once_it_is_over_and_at_three_it_takes_long(
    app, queued, follow, hanging
):
    """Half of all orders take longer than the median: a card never promises a time that is over."""
    app.pipeline.tracker.announce(queued)

    task = follow(queued)
    await until(lambda: len(app.cards.shown) >= 3)
    await asyncio.sleep(0.1)
    task.cancel()

    said = [(status.usual_seconds, status.late) for _job, status in app.cards.shown]
    assert said == [(0.05, False), (None, False), (None, True)]


@pytest.mark.parametrize(
    ("age", "said"),
    [(19.0, []), (20.0, [(None, False)]), (60.0, [(None, True)])],
    ids=["before", "over", "late"],
)
async def test_the_next_owner_corrects_what_a_dead_process_left_on_the_card(
    app, queued, follow, age, said
):
    app.pipeline.tracker.remember_durations([20.0])
    app.clock.now = NOW + age
    app.faults.jobs.gate("swap")  # no status call is recorded

    task = follow(queued)
    for _ in range(20):
        await asyncio.sleep(0.005)
    task.cancel()

    assert [(status.usual_seconds, status.late) for _job, status in app.cards.shown] == said


async def test_a_withdrawn_order_is_not_shown_again_when_its_estimate_is_over(
    app, queued, follow, hanging
):
    app.pipeline.tracker.announce(queued)
    task = follow(queued)

    await app.put(changed_job(queued, withdrawn=True))
    await asyncio.sleep(0.2)
    task.cancel()

    assert len(app.cards.shown) == 1
