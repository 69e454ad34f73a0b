"""Jobs without a live owner are adopted, and orders that wait in vain are ended."""

import pytest

from bot.domain.job import Billed, EndReason, State
from bot.service.blocking import BlockTarget
from bot.service.moderation import Moderator
from bot.service.recovery import SUBMIT_GRACE, TOKEN_LIFE, UNANSWERED
from tests.samples import NOW, OWNER, a_job, changed_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import PICTURE
from tests.service.harness import DEADLINE, background, until


def of_another(state, **changes):
    """Return a job of another process."""
    return a_job(**{"state": state, "owner": "dead", "epoch": 1, "answered_at": NOW} | changes)


@on_each_engine
async def test_a_starting_process_resumes_the_jobs_of_its_predecessor(open_process):
    app = open_process(owner="1:new")
    await app.put(
        of_another(State.QUEUED, owner="1:old", request_id="r-1"),
        of_another(State.COMPLETED, owner="1:old", request_id="r-2", media=(PICTURE,)),
        of_another(State.SUBMITTING, owner="1:old", submit_started_at=NOW),
        of_another(State.FAILED, owner="1:old"),
    )

    await app.services.recovery.inherit()
    await until(app.at_rest)

    assert await app.states() == [
        State.DELIVERED,
        State.DELIVERED,
        State.UNCERTAIN,
        State.FAILED,
    ]
    assert app.queue.submitted == []


async def test_a_start_tries_outstanding_jobs_at_once(app):
    far = {"owner": None, "next_try_at": NOW * 2}
    await app.put(
        of_another(State.COMPLETED, request_id="r-1", media=(PICTURE,), **far),
        of_another(State.EXPIRED, request_id="r-2", **far),
    )

    await app.services.recovery.inherit()
    await until(app.at_rest)

    assert await app.states() == [State.DELIVERED, State.DELIVERED]


async def test_an_order_that_waited_too_long_is_refused_before_the_first_claim(app):
    """A store that was restored from a copy may hold orders that were served long ago."""
    await app.put(a_job(answered_at=NOW))
    app.clock.now = NOW + DEADLINE + 1

    await app.services.recovery.inherit()

    job = await app.only_job()
    assert (job.state, job.end_reason) == (State.REFUSED, EndReason.WAITED_TOO_LONG)


@on_each_engine
async def test_only_a_job_whose_lease_has_expired_is_taken_over(app):
    lapsed = of_another(State.QUEUED, request_id="r-1")
    live = of_another(State.QUEUED, request_id="r-2")
    await app.put(lapsed, lapsed=True)
    await app.put(live)

    await app.services.recovery.sweep()
    await until(app.is_in(lapsed.id, State.DELIVERED))

    assert (await app.job(lapsed.id)).lease.epoch > lapsed.lease.epoch
    assert await app.job(live.id) == live
    assert "r-2" not in app.queue.asked


@on_each_engine
async def test_a_lapsed_job_is_taken_over_by_one_of_two_processes(open_process):
    apps = [open_process(owner=f"here:{number}") for number in range(2)]
    await apps[0].put(
        *(of_another(State.COMPLETED, media=(PICTURE,)) for _ in range(20)), lapsed=True
    )

    async with background(*(app.services.recovery.run() for app in apps)):
        await until(apps[0].at_rest)

    delivered = [job.id for app in apps for job, _ in app.cards.delivered]
    assert len(delivered) == len(set(delivered)) == 20


@on_each_engine
async def test_a_submit_is_given_the_time_that_it_may_take(app):
    """Until then its owner, slow but alive, may still be waiting for the vendor's answer."""
    job = of_another(State.SUBMITTING, submit_started_at=NOW)
    await app.put(job, lapsed=True)

    app.clock.now = NOW + app.settings.submit_timeout + SUBMIT_GRACE
    await app.services.recovery.sweep()
    assert await app.only_job() == job

    app.clock.now += 1
    await app.services.recovery.sweep()
    await until(app.at_rest)
    assert (await app.only_job()).state is State.UNCERTAIN


@on_each_engine
async def test_leases_are_renewed_before_jobs_are_taken_over(app):
    """A process that was slow must not take its own jobs from itself."""
    job = of_another(State.QUEUED, request_id="r-1", owner=OWNER)
    await app.put(job, lapsed=True)

    await app.services.recovery.sweep()

    assert await app.only_job() == job
    assert await app.jobs.take_over("there", lease=30, submitted_before=NOW) == []


@pytest.mark.parametrize(
    ("changes", "seconds", "state", "reason"),
    [
        ({}, UNANSWERED, State.CANCELLED, EndReason.UNANSWERED),
        ({"answered_at": NOW}, DEADLINE, State.REFUSED, EndReason.WAITED_TOO_LONG),
    ],
    ids=["not answered", "answered"],
)
async def test_an_order_that_waits_in_vain_is_ended_unbilled(app, changes, seconds, state, reason):
    await app.put(a_job(created_at=NOW, **changes))

    app.clock.now = NOW + seconds
    await app.services.recovery.sweep()
    assert (await app.only_job()).state is State.WAITING

    app.clock.now += 1
    await app.services.recovery.sweep()
    await until(app.at_rest)

    job = await app.only_job()
    assert (job.state, job.end_reason, job.billed) == (state, reason, Billed.NO)
    assert [settled.state for settled in app.cards.settled] == [state]


async def test_what_a_blocked_member_waits_for_is_given_back_and_the_rest_goes_on(app):
    waiting = a_job(answered_at=NOW)
    sent = a_job(state=State.QUEUED, request_id="r-1", owner=OWNER)
    elsewhere = a_job(guild_id=101, answered_at=NOW)
    await app.put(waiting, sent, elsewhere)
    by = Moderator(id=1, guild_id=100)

    await app.cogs.blocks.block(by, BlockTarget(id=waiting.member_id), hours=1, reason="")
    await app.services.recovery.sweep()

    await until(lambda: app.cards.settled)
    ended = await app.job(waiting.id)
    assert (ended.state, ended.billed) == (State.REFUSED, Billed.NO)
    assert ended.end_reason is EndReason.BLOCKED
    assert (await app.job(sent.id)).state is State.QUEUED
    assert (await app.job(elsewhere.id)).state is State.WAITING


async def test_a_store_that_is_away_only_delays_a_round(open_process):
    app = open_process(lease=0.03)  # a round each hundredth of a second
    job = of_another(State.QUEUED, request_id="r-1")
    await app.put(job, lapsed=True)
    app.faults.jobs.away = True

    async with background(app.services.recovery.run()):
        await app.faults.jobs.refused("renew_leases", times=2)
        app.faults.jobs.away = False
        await until(app.is_in(job.id, State.DELIVERED))


async def test_leases_are_kept_although_the_store_was_away(open_process):
    app = open_process(lease=0.03)
    await app.put(job := of_another(State.QUEUED, owner=OWNER, request_id="r-1"), lapsed=True)
    app.faults.jobs.away = True

    async with background(app.services.recovery.keep_leases()):
        await app.faults.jobs.refused("renew_leases", times=2)
        app.faults.jobs.away = False
        await app.faults.jobs.returned("renew_leases")

    assert await app.only_job() == job


@pytest.mark.parametrize("state", [State.DELIVERED, State.UNCERTAIN, State.EXPIRED, State.REFUSED])
async def test_a_job_without_work_is_left_alone(app, state):
    job = of_another(state, owner=None)
    await app.put(job)
    app.clock.now = NOW + 100_000

    await app.services.recovery.sweep()

    assert await app.only_job() == changed_job(job, interaction_token=None)
    assert app.cards.settled == []


async def test_the_tokens_of_old_interactions_are_erased(app):
    """They have expired, and a secret that is of no use is not kept."""
    old = of_another(State.DELIVERED, owner=None, created_at=NOW - TOKEN_LIFE - 1)
    young = of_another(State.DELIVERED, owner=None, created_at=NOW - TOKEN_LIFE + 1)
    await app.put(old, young)

    await app.services.recovery.sweep()

    assert await app.all_jobs() == [changed_job(old, interaction_token=None), young]
