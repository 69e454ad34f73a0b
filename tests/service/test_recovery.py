"""Looking after what nobody looks after."""

import asyncio
import time

import pytest

from bot.domain.job import Billed, EndReason, State
from bot.service.recovery import SUBMIT_GRACE, UNANSWERED
from tests.samples import NOW, OWNER, a_job, changed_job
from tests.service.conftest import PICTURE, until


def theirs(state, **changes):
    values = {"state": state, "owner": "dead", "epoch": 1, "answered_at": NOW}
    return a_job(**{**values, **changes})


async def test_a_starting_process_carries_on_what_its_predecessor_left(shop):
    shop.jobs.put(
        theirs(State.QUEUED, request_id="r-1"),
        theirs(State.COMPLETED, request_id="r-2", media=(PICTURE,)),
        theirs(State.SUBMITTING, submit_started_at=NOW),
        theirs(State.FAILED),
    )

    await shop.recovery.inherit()
    await until(shop.at_rest)

    assert [job.state for job in shop.jobs.rows.values()] == [
        State.DELIVERED,
        State.DELIVERED,
        State.UNCERTAIN,
        State.FAILED,
    ]
    assert shop.queue.submitted == []


async def test_what_waited_for_too_long_is_given_up_before_the_lane_begins(shop):
    """A store that was restored from a copy may hold orders that were served long ago."""
    shop.jobs.put(a_job(answered_at=NOW))
    shop.clock.now = NOW + 3601

    await shop.recovery.inherit()

    assert (shop.jobs.only.state, shop.jobs.only.end_reason) == (
        State.REFUSED,
        EndReason.WAITED_TOO_LONG,
    )


async def test_a_job_whose_owner_died_is_taken_over(shop):
    job = theirs(State.QUEUED, request_id="r-1")
    shop.jobs.put(job)
    shop.jobs.let_lapse(job)

    await shop.round()
    await until(shop.at_rest)

    assert shop.jobs.only.state is State.DELIVERED
    assert shop.jobs.only.lease.epoch > job.lease.epoch


async def test_a_job_whose_owner_lives_is_left_alone(shop):
    shop.jobs.put(job := theirs(State.QUEUED, request_id="r-1"))

    await shop.round()

    assert shop.jobs.only == job
    assert shop.queue.asked == []


async def test_a_submit_is_given_the_time_that_it_may_take(shop):
    """Before that its owner, slow but alive, may still be waiting for the vendor's answer."""
    job = theirs(State.SUBMITTING, submit_started_at=NOW)
    shop.jobs.put(job)
    shop.jobs.let_lapse(job)

    shop.clock.now = NOW + 30 + SUBMIT_GRACE
    await shop.round()
    assert shop.jobs.only == job

    shop.clock.now += 1
    await shop.round()
    await until(shop.at_rest)
    assert shop.jobs.only.state is State.UNCERTAIN


async def test_leases_are_renewed_before_anything_is_taken_over(shop):
    """A process that was slow must not take its own jobs from itself."""
    job = theirs(State.QUEUED, request_id="r-1", owner=OWNER)
    shop.jobs.put(job)
    shop.jobs.let_lapse(job)

    await shop.round()

    assert shop.jobs.lease_of(job) > time.time()
    assert shop.jobs.only == job


async def test_an_order_whose_member_was_never_answered_is_cancelled(shop):
    shop.jobs.put(a_job(created_at=NOW))

    shop.clock.now = NOW + UNANSWERED
    await shop.round()
    assert shop.jobs.only.state is State.WAITING

    shop.clock.now += 1
    await shop.round()
    await until(shop.at_rest)

    job = shop.jobs.only
    assert (job.state, job.end_reason, job.billed) == (
        State.CANCELLED,
        EndReason.UNANSWERED,
        Billed.NO,
    )
    assert [job.state for job in shop.presenter.settled] == [State.CANCELLED]


async def test_an_order_that_waited_past_its_deadline_is_refused(shop):
    shop.jobs.put(a_job(created_at=NOW, answered_at=NOW))

    shop.clock.now = NOW + 3600
    await shop.round()
    assert shop.jobs.only.state is State.WAITING

    shop.clock.now += 1
    await shop.round()
    await until(shop.at_rest)

    job = shop.jobs.only
    assert (job.state, job.end_reason, job.billed) == (
        State.REFUSED,
        EndReason.WAITED_TOO_LONG,
        Billed.NO,
    )


async def test_a_store_that_is_away_only_delays_a_round(shop):
    job = theirs(State.QUEUED, request_id="r-1")
    shop.jobs.put(job)
    shop.jobs.let_lapse(job)
    shop.jobs.away = True
    running = asyncio.create_task(shop.recovery.run())
    await until(lambda: shop.jobs.calls)

    shop.jobs.away = False
    shop.rounds.set()
    await until(lambda: "stale_waiting" in shop.jobs.calls)
    await until(shop.at_rest)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert shop.jobs.only.state is State.DELIVERED


@pytest.mark.parametrize("state", [State.DELIVERED, State.UNCERTAIN, State.EXPIRED, State.REFUSED])
async def test_what_is_told_and_done_is_left_alone(shop, state):
    shop.jobs.put(job := theirs(state, owner=None))
    shop.clock.now = NOW + 100_000

    await shop.round()

    assert shop.jobs.only == changed_job(job, interaction_token=None)
    assert shop.presenter.settled == []


async def test_the_tokens_of_old_interactions_are_erased(shop):
    """They open nothing any more, so what could once write as the bot is not kept."""
    old = theirs(State.DELIVERED, owner=None, created_at=NOW - 901)
    young = theirs(State.DELIVERED, owner=None, created_at=NOW - 600)
    shop.jobs.put(old, young)

    await shop.round()

    assert shop.jobs.rows[old.id].reply.interaction_token is None
    assert shop.jobs.rows[young.id].reply.interaction_token is not None
