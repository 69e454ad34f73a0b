"""Health checks: whether the bot can accept orders, and what prevents it."""

import pytest

from bot.domain.admission import Caps
from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.money import Budget
from bot.service.health import FRESH, LASTING, BudgetUse
from tests.samples import NOW, a_job
from tests.store.record import record


@pytest.fixture
def health(app):
    return app.services.health


async def test_a_bot_that_can_accept_orders_is_ready(health):
    assert (await health.readiness()).ready


async def test_without_the_gateway_the_bot_is_not_ready(app, health):
    app.gateway.clear()

    readiness = await health.readiness()

    assert (readiness.ready, readiness.gateway, readiness.store) == (False, False, True)


@pytest.mark.parametrize("port", ["database", "lanes"])
async def test_without_the_store_the_bot_is_not_ready_and_the_lane_is_unknown(app, health, port):
    """The database may be readable and not writable: its disk is full."""
    await app.set_lane(Lane(closed=ClosedReason.KEY, shut_at=NOW))
    getattr(app.faults, port).away = True

    readiness = await health.readiness()

    assert (readiness.ready, readiness.store, readiness.closed) == (False, False, None)


@pytest.mark.parametrize("away", [False, True])
async def test_descriptors_that_run_out_are_reported_with_and_without_the_store(app, health, away):
    app.faults.database.away = away
    assert not (await health.readiness()).descriptors_low

    app.descriptors_low.set()

    readiness = await health.readiness()
    assert (readiness.descriptors_low, readiness.ready) == (True, not away)


@pytest.mark.parametrize("away", [False, True])
async def test_status_calls_that_are_rejected_for_a_while_are_reported(app, health, away):
    app.faults.database.away = away
    app.pipeline.tracker.status_calls_rejected_since = NOW
    app.clock.now = NOW + LASTING
    assert not (await health.readiness()).status_calls_rejected

    app.clock.now += 1

    readiness = await health.readiness()
    assert (readiness.status_calls_rejected, readiness.ready) == (True, not away)


@pytest.mark.parametrize("reason", [ClosedReason.CREDIT, ClosedReason.KEY])
async def test_with_a_closed_lane_the_bot_is_not_ready(app, health, reason):
    await app.set_lane(Lane(closed=reason, shut_at=NOW))

    readiness = await health.readiness()

    assert (readiness.ready, readiness.closed) == (False, reason)


async def test_with_a_short_pause_the_bot_is_ready_and_with_a_long_one_it_is_not(app, health):
    """Orders wait for the end of a short one, and it raises no alarm."""
    await app.set_lane(Lane(paused_until=NOW + 30))
    readiness = await health.readiness()
    assert (readiness.ready, readiness.paused) == (True, True)

    await app.set_lane(Lane(paused_until=NOW + 3600))
    assert (await health.readiness()).closed is ClosedReason.BUSY


async def test_orders_are_counted_once_in_some_seconds_however_many_ask(app, health):
    """Someone who finds the port cannot keep the store busy with it."""
    await app.put(a_job(answered_at=NOW), a_job(answered_at=NOW), a_job(state=State.QUEUED))
    snapshot = await health.snapshot()
    assert (snapshot.orders, snapshot.waiting) == ({State.WAITING: 2, State.QUEUED: 1}, 2)

    for job in await app.all_jobs():
        await app.erase(job.id)
    assert await health.snapshot() == snapshot
    app.gateway.clear()  # what costs nothing is asked each time
    assert not (await health.snapshot()).readiness.gateway

    app.clock.now += FRESH
    assert (await health.snapshot()).waiting == 0


async def test_budgets_of_all_servers_are_told_with_what_is_spent(open_process):
    app = open_process(caps=Caps(usd_per_day=7, usd_per_guild_per_month=9))
    await record(app.jobs, a_job(price=5))

    snapshot = await app.services.health.snapshot()

    assert snapshot.budgets == {
        Budget.DAY: BudgetUse(spent=5, cap=7),
        Budget.MONTH: BudgetUse(spent=5, cap=0),
    }


async def test_a_store_that_cannot_count_is_reported_as_away(app, health):
    app.faults.queries.away = True

    snapshot = await health.snapshot()

    assert not snapshot.readiness.store
    assert snapshot.orders == {}
