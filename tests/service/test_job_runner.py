"""One task for each job, from wherever it stands to its end."""

import asyncio
import re

import pytest

from bot.domain.job import Billed, EndReason, State, Update
from bot.service.port_errors import VendorRefused
from tests.samples import NOW, OWNER, a_job, changed_job
from tests.service.conftest import PICTURE, a_request, answered, take, until


def ours(state, **changes):
    heard_of = state in {State.QUEUED, State.PROCESSING, State.COMPLETED}
    return a_job(
        **{
            "state": state,
            "owner": OWNER,
            "epoch": 1,
            "answered_at": NOW,
            "request_id": "r-1" if heard_of else None,
            "media": (PICTURE,) if state is State.COMPLETED else (),
            **changes,
        }
    )


async def test_an_order_becomes_a_delivered_picture(shop):
    async with shop.working():
        await take(shop.orders, a_request(), answered)
        await until(shop.at_rest)

    job = shop.jobs.only
    assert shop.jobs.history[job.id] == [
        State.WAITING,
        State.SUBMITTING,
        State.QUEUED,
        State.COMPLETED,
        State.DELIVERED,
    ]
    assert job.billed is Billed.YES
    assert len(shop.queue.submitted) == len(shop.presenter.delivered) == 1


@pytest.mark.parametrize("state", [State.QUEUED, State.PROCESSING, State.COMPLETED])
async def test_a_job_is_carried_on_from_where_it_stands(shop, state):
    shop.jobs.put(job := ours(state))

    shop.runner.adopt([job])
    await until(shop.at_rest)

    assert shop.jobs.only.state is State.DELIVERED
    assert shop.queue.submitted == []


async def test_a_job_taken_over_while_submitting_is_never_submitted(shop):
    """Its predecessor may have been heard: sending it again could pay for it twice."""
    shop.jobs.put(job := ours(State.SUBMITTING))

    shop.runner.adopt([job])
    await until(shop.at_rest)

    assert shop.queue.submitted == []
    assert (shop.jobs.only.state, shop.jobs.only.billed) == (State.UNCERTAIN, Billed.UNKNOWN)
    assert [job.state for job in shop.presenter.settled] == [State.UNCERTAIN]


@pytest.mark.parametrize(
    "state",
    [State.FAILED, State.ERROR, State.REFUSED, State.CANCELLED, State.UNCERTAIN, State.EXPIRED],
)
async def test_an_end_is_told_and_let_go(shop, state):
    """A process that died between the end and its card left a member waiting."""
    shop.jobs.put(job := ours(state))

    shop.runner.adopt([job])
    await until(shop.at_rest)

    assert shop.presenter.settled == [job]
    assert shop.jobs.only == changed_job(job, owner=None)


async def test_a_job_is_carried_once_however_often_it_is_taken(shop):
    shop.presenter.hold = asyncio.Event()
    shop.jobs.put(job := ours(State.COMPLETED))

    for _ in range(3):
        shop.runner.adopt([job])
        await asyncio.sleep(0)
    shop.presenter.hold.set()
    await until(shop.at_rest)

    assert len(shop.media.fetched) == len(shop.presenter.delivered) == 1


async def test_another_processs_job_is_left_alone(shop):
    shop.jobs.put(job := ours(State.QUEUED, owner="there"))

    shop.runner.adopt([job])
    await until(lambda: not shop.runner.is_running(job.id))

    assert shop.queue.asked == []
    assert shop.jobs.only == job


async def test_a_process_knows_which_jobs_it_carries(shop):
    shop.presenter.hold = asyncio.Event()
    shop.jobs.put(job := ours(State.FAILED))
    shop.runner.wake(job.id)
    assert not shop.runner.is_running(job.id)

    shop.runner.adopt([job])
    assert shop.runner.is_running(job.id)

    shop.presenter.hold.set()
    await until(lambda: not shop.runner.is_running(job.id))


async def test_an_error_nobody_expected_does_not_end_a_job(shop, caplog):
    """A bug in one step is logged, and the job goes on from where the store has it."""
    shop.queue.statuses.append(RuntimeError("a bug"))
    shop.jobs.put(job := ours(State.QUEUED))

    shop.runner.adopt([job])
    await until(shop.at_rest)

    assert shop.jobs.only.state is State.DELIVERED
    assert ids_in(caplog)
    assert shop.presenter.faults == []  # it made no difference to the member


def ids_in(caplog):
    """Return the ids of the errors that nobody expected."""
    pattern = r"job step failed: job=\w+ error_id=([0-9a-f]{8})$"
    found = (re.match(pattern, record.message) for record in caplog.records)
    return [match[1] for match in found if match]


async def test_an_error_nobody_expected_in_a_submit_sends_nothing_again(shop, caplog):
    """Nobody knows how far it came: that is what UNCERTAIN is for.

    Its member hears of it, and can name what the operator must look for.
    """
    shop.queue.answers.append(RuntimeError("a bug"))

    async with shop.working():
        await take(shop.orders, a_request(), answered)
        await until(shop.at_rest)

    assert len(shop.queue.submitted) == 1
    assert shop.jobs.only.state is State.UNCERTAIN
    (error_id,) = ids_in(caplog)
    assert shop.presenter.faults == [(State.UNCERTAIN, error_id)]


async def test_while_a_callback_may_still_settle_it_the_error_is_told_too(open_shop, caplog):
    shop = open_shop(callbacks=True)
    shop.queue.answers.append(RuntimeError("a bug"))

    async with shop.working():
        await take(shop.orders, a_request(), answered)
        await until(lambda: shop.presenter.faults)

    assert shop.presenter.settled == []
    assert shop.presenter.faults == [(State.UNCERTAIN, error_id) for error_id in ids_in(caplog)]


async def test_one_jobs_failure_is_no_other_jobs_business(shop):
    shop.queue.answers.extend([RuntimeError("a bug"), VendorRefused(status=400, reason="no")])

    async with shop.working():
        for _ in range(4):
            await take(shop.orders, a_request(), answered)
        await until(shop.at_rest)

    states = sorted(job.state for job in shop.jobs.rows.values())
    assert states == [State.DELIVERED, State.DELIVERED, State.REFUSED, State.UNCERTAIN]


async def test_a_refused_order_is_told_to_its_member(shop):
    shop.queue.answers.append(VendorRefused(status=400, reason="not this"))

    async with shop.working():
        await take(shop.orders, a_request(), answered)
        await until(shop.at_rest)

    (told,) = shop.presenter.settled
    assert (told.state, told.end_reason, told.error) == (
        State.REFUSED,
        EndReason.VENDOR,
        "not this",
    )


async def test_a_job_that_is_released_waits_for_the_store(shop):
    shop.jobs.put(job := ours(State.FAILED))
    shop.jobs.away = True
    shop.runner.adopt([job])
    await until(lambda: shop.jobs.calls.count("swap") > 3)

    shop.jobs.away = False
    await until(shop.at_rest)

    assert len(shop.presenter.settled) == 1


async def test_a_closing_bot_lets_its_submits_come_back(shop):
    """A lost answer would make an uncertain order of one that is just being taken."""
    shop.queue.hold = asyncio.Event()
    shop.queue.after = Update(state=State.PROCESSING)
    running = asyncio.create_task(shop.runner.run())
    await take(shop.orders, a_request(), answered)
    await shop.queue.reached.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    closing = asyncio.create_task(shop.runner.close())
    await asyncio.sleep(0)
    assert shop.jobs.only.state is State.SUBMITTING
    shop.queue.hold.set()
    await closing

    assert shop.jobs.only.request_id == "r-1"
    assert shop.jobs.only.lease.owner is None  # free for whoever comes next


async def test_a_closing_bot_does_not_wait_for_ever(open_shop):
    shop = open_shop(submits_end_within=0.01)
    shop.queue.hold = asyncio.Event()
    async with shop.working():
        await take(shop.orders, a_request(), answered)
        await shop.queue.reached.wait()

    assert shop.jobs.only.state is State.SUBMITTING


async def test_a_closed_crew_leaves_each_job_where_it_stands(shop):
    """The store knows where that is, and the next process goes on from there."""
    shop.presenter.hold = asyncio.Event()
    jobs = [ours(State.COMPLETED), ours(State.FAILED)]
    shop.jobs.put(*jobs)
    shop.runner.adopt(jobs)
    await until(lambda: shop.media.fetched)

    await shop.runner.close()

    delivering, telling = jobs
    assert list(shop.jobs.rows.values()) == [changed_job(delivering, owner=None), telling]


async def test_a_job_that_is_erased_after_a_fault_has_no_task_any_more(shop, caplog):
    job = ours(State.COMPLETED)
    shop.jobs.put(job)

    async def fail(_job):
        shop.jobs.erase(job)
        raise RuntimeError("a bug")

    shop.delivery.deliver = fail

    shop.runner.adopt([job])

    await until(lambda: not shop.runner.is_running(job.id))
    assert ids_in(caplog)
