"""One task for each job, from its present state to its end."""

import asyncio
import re
from collections import Counter

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.domain.job import Billed, EndReason, State, Update
from bot.service.picture_files import TRIES
from bot.service.port_errors import MediaUnavailable, VendorRefused
from tests.samples import NOW, OWNER, a_job, changed_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import PICTURE
from tests.service.harness import background, no_answer, until


@pytest.fixture
def put(app):
    """Put a job into the store that this process owns."""

    async def put(state, **changes):
        at_vendor = state in {State.QUEUED, State.PROCESSING, State.COMPLETED}
        values = {
            "state": state,
            "owner": OWNER,
            "epoch": 1,
            "answered_at": NOW,
            "request_id": "r-1" if at_vendor else None,
            "media": (PICTURE,) if state is State.COMPLETED else (),
        }
        job = a_job(**values | changes)
        await app.put(job)
        return job

    return put


def fault_ids(caplog):
    """Return the ids of the unexpected errors in the log."""
    pattern = r"job step failed: job=\w+ error_id=([0-9a-f]{8})$"
    matches = (re.match(pattern, record.message) for record in caplog.records)
    return [match[1] for match in matches if match]


@on_each_engine
async def test_an_order_becomes_a_delivered_picture(app):
    async with app.claiming():
        await app.order()
        await until(app.at_rest)

    job = await app.only_job()
    assert (job.state, job.billed) == (State.DELIVERED, Billed.YES)
    assert [job.state for job in app.cards.shown_jobs] == [State.WAITING, State.QUEUED]
    assert len(app.queue.submitted) == len(app.cards.delivered) == 1


@pytest.mark.parametrize("state", [State.QUEUED, State.PROCESSING, State.COMPLETED])
async def test_a_job_is_resumed_from_its_state(app, put, state):
    app.pipeline.runner.adopt([await put(state)])
    await until(app.at_rest)

    assert (await app.only_job()).state is State.DELIVERED
    assert app.queue.submitted == []


async def test_a_job_adopted_while_submitting_is_never_submitted(app, put):
    """The vendor may have received it from the last owner: it could be paid for twice."""
    app.pipeline.runner.adopt([await put(State.SUBMITTING)])
    await until(app.at_rest)

    job = await app.only_job()
    assert app.queue.submitted == []
    assert (job.state, job.billed) == (State.UNCERTAIN, Billed.UNKNOWN)
    assert [settled.state for settled in app.cards.settled] == [State.UNCERTAIN]


@pytest.mark.parametrize(
    "state",
    [State.FAILED, State.ERROR, State.REFUSED, State.CANCELLED, State.UNCERTAIN],
)
async def test_an_end_is_shown_and_the_job_released(app, put, state):
    """A process that died between the end and its card left a member waiting."""
    job = await put(state)

    app.pipeline.runner.adopt([job])
    await until(app.at_rest)

    assert app.cards.settled == [job]
    assert await app.only_job() == changed_job(job, owner=None)


async def test_a_job_that_is_adopted_repeatedly_runs_once(app, put):
    app.cards.gate.close()
    job = await put(State.COMPLETED)

    app.pipeline.runner.adopt([job])
    app.pipeline.runner.adopt([job])
    await app.cards.gate.reached.wait()
    app.pipeline.runner.adopt([job])
    app.cards.gate.open()
    await until(app.at_rest)

    assert len(app.media.fetched) == len(app.cards.delivered) == 1


async def test_a_job_that_is_taken_over_just_as_it_was_released_goes_on(app, put):
    """The next try of an outstanding job may be due at once: its last task has not ended yet."""
    late = f"{PICTURE}?2"
    app.queue.after = no_answer()
    app.media.errors[late].extend([MediaUnavailable("not now")] * TRIES)

    async def take_over():
        taken = await app.jobs.take_over(OWNER, lease=30, submitted_before=NOW)
        app.pipeline.runner.adopt(taken)

    app.faults.members.before["settings"] = take_over  # read for a ping, after the release
    job = await put(State.COMPLETED, media=(PICTURE, late))
    app.pipeline.runner.adopt([job])

    await until(app.is_in(job.id, State.DELIVERED))
    assert len(app.cards.in_card) == len(app.cards.delivered) == 1


async def test_another_processs_job_is_left_alone(app, put):
    job = await put(State.QUEUED, owner="there")

    app.pipeline.runner.adopt([job])
    await until(lambda: not app.pipeline.runner.is_running(job.id))

    assert app.queue.asked == []
    assert await app.only_job() == job


async def test_a_process_knows_which_jobs_it_runs(app, put):
    runner = app.pipeline.runner
    app.cards.gate.close()
    job = await put(State.FAILED)
    runner.wake(job.id)
    assert not runner.is_running(job.id)

    runner.adopt([job])
    assert runner.is_running(job.id)

    app.cards.gate.open()
    await until(lambda: not runner.is_running(job.id))


# Unexpected errors.


async def test_an_unexpected_error_does_not_end_a_job(app, put, caplog):
    """A bug in one step is logged, and the job is resumed from the store."""
    app.queue.statuses.append(RuntimeError("a bug"))

    app.pipeline.runner.adopt([await put(State.QUEUED)])
    await until(app.at_rest)

    assert (await app.only_job()).state is State.DELIVERED
    assert fault_ids(caplog)
    assert app.cards.fault_ids == []  # it made no difference to the member


@pytest.mark.parametrize("callbacks", [False, True])
async def test_an_order_is_not_sent_again_after_an_unexpected_error(
    open_process, caplog, callbacks
):
    """Its outcome is unknown. The member is shown the id that the operator finds in the log.

    While a callback may still settle it, the id is shown too.
    """
    app = open_process(public_url="https://bot.example" if callbacks else None)
    app.queue.answers.append(RuntimeError("a bug"))

    async with app.claiming():
        job = await app.order()
        await until(lambda: app.cards.fault_ids)
        if not callbacks:
            await until(app.at_rest)

    assert len(app.queue.submitted) == 1
    assert (await app.job(job.id)).state is State.UNCERTAIN
    (error_id,) = fault_ids(caplog)
    assert app.cards.fault_ids == [(State.UNCERTAIN, error_id)]
    assert bool(app.cards.settled) is not callbacks


async def test_one_jobs_failure_does_not_affect_other_jobs(app):
    app.queue.answers.extend([RuntimeError("a bug"), VendorRefused(status=400, reason="no")])

    async with app.claiming():
        for _ in range(4):
            await app.order()
        await until(app.at_rest)

    assert sorted(await app.states()) == [
        State.DELIVERED,
        State.DELIVERED,
        State.REFUSED,
        State.UNCERTAIN,
    ]


async def test_a_job_that_is_erased_after_a_fault_has_no_task_any_more(app, put, caplog):
    job = await put(State.QUEUED)
    app.queue.statuses.append(RuntimeError("a bug"))
    gate = app.faults.jobs.gate("get")  # it is read again after the fault

    app.pipeline.runner.adopt([job])
    await gate.reached.wait()
    await app.erase(job.id)
    gate.open()

    await until(lambda: not app.pipeline.runner.is_running(job.id))
    assert fault_ids(caplog)


async def test_a_refused_order_is_shown_to_its_member(app):
    app.queue.answers.append(VendorRefused(status=400, reason="not this"))

    async with app.claiming():
        await app.order()
        await until(app.at_rest)

    (settled,) = app.cards.settled
    assert (settled.state, settled.end_reason, settled.error) == (
        State.REFUSED,
        EndReason.VENDOR,
        "not this",
    )


async def test_a_release_waits_for_the_store(app, put):
    job = await put(State.FAILED)
    app.faults.jobs.away = True
    app.pipeline.runner.adopt([job])
    await app.faults.jobs.refused("swap", times=3)

    app.faults.jobs.away = False
    await until(app.at_rest)

    assert len(app.cards.settled) == 1


# Shutdown.


async def test_a_shutdown_waits_for_submits_to_return(app):
    """A lost answer would make an order uncertain that the vendor is just accepting."""
    app.queue.gate.close()
    app.queue.after = Update(state=State.PROCESSING)
    async with background(app.pipeline.runner.run()):
        await app.order()
        await app.queue.gate.reached.wait()

    closing = asyncio.create_task(app.pipeline.runner.close())
    await asyncio.sleep(0)  # it has begun
    assert (await app.only_job()).state is State.SUBMITTING
    app.queue.gate.open()
    await closing

    job = await app.only_job()
    assert (job.request_id, job.lease.owner) == ("r-1", None)  # any process may adopt it


async def test_a_shutdown_does_not_wait_for_ever(open_process):
    app = open_process(submits_end_within=0.01)
    app.queue.gate.close()
    async with app.claiming():
        await app.order()
        await app.queue.gate.reached.wait()

    assert (await app.only_job()).state is State.SUBMITTING


async def test_a_shutdown_leaves_each_job_in_its_state(app, put):
    """The next process resumes it from the store."""
    app.cards.gate.close()
    delivering, ending = await put(State.COMPLETED), await put(State.FAILED)
    app.pipeline.runner.adopt([delivering, ending])
    await app.cards.gate.reached.wait()

    await app.pipeline.runner.close()

    assert await app.all_jobs() == [changed_job(delivering, owner=None), ending]


@on_each_engine
async def test_nobody_reads_a_job_before_a_change_of_it_that_they_know(app):
    """An order takes few statements, and the store is what a burst of orders waits for."""
    sent: Counter[str] = Counter()

    def listen(_connection, _cursor, statement, *_):
        if "ORDER BY jobs.interaction_id" not in statement:  # how tests look
            sent[" ".join(statement.split()[:2])] += 1

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        async with app.claiming():
            await app.order()
            await until(app.at_rest)
    finally:
        event.remove(Engine, "before_cursor_execute", listen)

    assert await app.states() == [State.DELIVERED]
    # Answered, claimed, accepted, completed and delivered; and the process ends.
    assert sent["UPDATE jobs"] == 5 + 1
    # By the claim, and before the pictures are shown: its member may have withdrawn it.
    assert sent["SELECT jobs.id,"] == 2
