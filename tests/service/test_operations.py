"""What an operator does to orders and the lane, and what they see of the bot."""

import pytest

from bot.domain import lane_transitions
from bot.domain.admission import Caps
from bot.domain.alerts import AlertKind
from bot.domain.denials import DeniedKind
from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.money import Price
from bot.domain.shards import Shards
from bot.service.alerts import new_alert, new_event
from bot.service.errors import OperationFailed, OperationFault
from bot.service.operations import ON_PAGE
from bot.service.operator_status import LATELY
from bot.service.ports.store import ProcessSeen
from bot.store.alerts import Alerts
from bot.store.processes import Processes
from tests.samples import NOW, OWNER, a_job
from tests.service.conftest import on_each_engine
from tests.service.harness import background, until

BY = 7


@pytest.fixture
def operations(app):
    return app.cogs.operations


async def test_orders_are_listed_in_pages_newest_first_and_by_state(app, operations):
    jobs = [a_job(state=State.DELIVERED) for _ in range(ON_PAGE + 1)]
    uncertain = a_job(state=State.UNCERTAIN)
    await app.put(*jobs, uncertain)

    first, second = await operations.orders(None, 0), await operations.orders(None, 1)

    listed = [job.id for job in (*first.jobs, *second.jobs)]
    assert listed == [uncertain.id, *(job.id for job in reversed(jobs))]
    assert (first.more, second.more) == (True, False)
    assert [job.id for job in (await operations.orders(State.UNCERTAIN, 0)).jobs] == [uncertain.id]


async def test_an_order_that_was_not_charged_is_given_back_and_its_member_told(app, operations):
    job = a_job(state=State.UNCERTAIN, answered_at=NOW)
    await app.put(job)

    await operations.settle(job.id, None, by=BY)
    await app.sweep()

    settled = await app.job(job.id)
    assert (settled.state, settled.end_reason, settled.billed) == ("REFUSED", "settled", "no")
    assert app.queue.submitted == []


async def test_an_order_that_was_charged_is_followed_and_never_submitted_again(app, operations):
    job = a_job(state=State.UNCERTAIN, answered_at=NOW)
    await app.put(job)

    settled = await operations.settle(job.id, "r-77", by=BY)
    assert (settled.state, settled.request_id) == (State.QUEUED, "r-77")
    await app.sweep()
    await until(app.is_in(job.id, State.DELIVERED))

    assert set(app.queue.asked) == {"r-77"}
    assert app.queue.submitted == []


@pytest.mark.parametrize("state", State)
async def test_a_retry_fetches_what_is_outstanding_and_submits_nothing(app, operations, state):
    outstanding = state in {State.COMPLETED, State.EXPIRED}
    due = NOW + 3600 if outstanding else None
    job = a_job(state=state, answered_at=NOW, request_id="r-1", next_try_at=due)
    await app.put(job)

    if outstanding:
        assert await operations.retry(job.id, by=BY) == 1
    else:
        with pytest.raises(OperationFailed) as failed:
            await operations.retry(job.id, by=BY)
        assert (failed.value.fault, failed.value.state) == (OperationFault.NOT_OUTSTANDING, state)

    assert (await app.job(job.id)).state is state
    assert app.queue.submitted == []


async def test_what_changed_meanwhile_is_not_settled(app, operations):
    job = a_job(state=State.UNCERTAIN)
    await app.put(a_job(state=State.QUEUED, request_id="r-1"), job)

    for job_id, request_id, fault in (
        (job.id, "r-1", OperationFault.CHANGED),  # another order's
        (job.id, "r/1", OperationFault.NO_REQUEST_ID),
        (job.id, "", OperationFault.NO_REQUEST_ID),
        ("0" * 16, None, OperationFault.NO_ORDER),
    ):
        with pytest.raises(OperationFailed) as failed:
            await operations.settle(job_id, request_id, by=BY)
        assert failed.value.fault is fault
    assert (await app.job(job.id)).state is State.UNCERTAIN


async def test_a_closed_lane_is_opened_once(app, operations):
    await app.set_lane(lane_transitions.key_rejected(Lane(), now=NOW))

    assert await operations.open_lane(ClosedReason.CREDIT, by=BY) == (ClosedReason.KEY, False)
    assert await operations.open_lane(None, by=BY) == (ClosedReason.KEY, True)
    assert await operations.open_lane(None, by=BY) == (None, False)
    assert (await app.lane()).closed is None


@on_each_engine
async def test_the_status_has_the_lane_the_money_the_queue_the_bars_and_the_processes(
    open_process,
):
    caps = Caps(price=Price(amount=1000), usd_per_day=10_000, usd_per_month=20_000)
    app = open_process(caps=caps, version="1.2")
    await app.order()
    await app.put(a_job(state=State.UNCERTAIN))
    await app.set_lane(lane_transitions.out_of_credit(Lane(), "a", now=NOW, probe_after=300))
    await app.cogs.denials.bar(DeniedKind.MEMBER, 1, by=BY, hours=1, reason="")
    alerts = Alerts(app.database)
    await alerts.open(new_alert(AlertKind.LANE, "The wallet is empty.", at=NOW))
    await alerts.open(new_event(AlertKind.MIGRATION, "Done.", at=NOW))
    gone = ProcessSeen("gone:1", "1.1", "0 / 1", NOW - LATELY - 60, NOW - LATELY)
    processes = Processes(app.database)
    await processes.record(gone)
    async with background(app.services.heartbeat.run()):
        await until(lambda: processes.recent(since=NOW - 1))

    status = await app.cogs.status.status()

    assert status.service.closed is ClosedReason.CREDIT
    assert (status.usage.everywhere, status.usage.spent_today) == (1, 1000)
    assert status.caps == caps
    assert (status.orders[State.WAITING], status.orders[State.UNCERTAIN]) == (1, 1)
    assert status.barred == 1
    assert [alert.text for alert in status.alerts] == ["The wallet is empty."]
    [seen] = status.processes
    assert (seen.owner, seen.version, seen.shards) == (OWNER, "1.2", "0 / 1")
    assert status.own == OWNER
    assert (seen.started_at, seen.seen_at) == (NOW, NOW)


async def test_shards_that_change_are_seen_soon(open_process, monkeypatch):
    monkeypatch.setattr("bot.service.operator_status.LOOK_EVERY", 0.01)
    shards = Shards(count=40, ids=frozenset(), leased=True)
    app = open_process(shards=shards)

    async def shown():
        return [seen.shards for seen in await Processes(app.database).recent(since=0)]

    async def shows(text):
        return await shown() == [text]

    async with background(app.services.heartbeat.run()):
        await until(lambda: shows("- / 40"))
        shards.ids = frozenset({3, 1})
        await until(lambda: shows("1, 3 / 40"))
        shards.ids = frozenset(range(40))
        await until(lambda: shows("0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, … / 40"))
