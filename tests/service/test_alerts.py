"""The operator is told of each trouble once, when it begins and when it is over."""

import itertools
import logging

import pytest

from bot.domain.admission import Caps
from bot.domain.alerts import CALM, AlertKind, AlertState
from bot.domain.job import Billed, State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.money import Budget, Price, period_end
from bot.log import fault, watching_faults
from bot.service.alert_outbox import KEEP_TRYING, LEASE
from bot.service.alert_watch import AWAY_LASTS, OUTSTANDING_LASTS, UNCONNECTED_LASTS
from bot.service.alerts import HOUR
from bot.service.port_errors import AlertNotTaken, StoreUnavailable
from bot.service.retention import DAY
from bot.service.tracker import LISTEN
from tests.samples import NOW, a_job, changed_job
from tests.service.conftest import on_each_engine
from tests.service.harness import background, until

OPEN, OVER, EVENT = AlertState.OPEN, AlertState.OVER, AlertState.EVENT
AWAY = AlertNotTaken("answered 503", status=503)
SIGNING = AlertKind.SIGNING


def service(app):
    return app.services.alerting.alerts


async def later(app, seconds, *, step=5.0):
    """Let time pass, with the looks of the loop."""
    for _ in range(int(seconds / step)):
        app.clock.now += step
        await app.alert()


def break_(app):
    service(app).open(SIGNING, "", "Pictures can't be signed.", over="Signed again.")


@on_each_engine
async def test_an_episode_is_told_once_and_its_end_once_by_whatever_process(open_process):
    first, second = open_process(), open_process()
    second.services.alerting.outbox._sender = first.receiver
    for _ in range(3):
        for app in (first, second):
            break_(app)
            await app.alert()
    assert first.receiver.told == [("signing", "", OPEN)]

    for app in (first, second):
        service(app).close(SIGNING)
        app.clock.now += 1
        await app.alert()
    assert len(first.receiver.told) == 1
    for app in (first, second):
        await later(app, CALM)

    assert first.receiver.told == [("signing", "", OPEN), ("signing", "", OVER)]
    opened, over = first.receiver.taken
    assert (opened.text, over.text) == ("Pictures can't be signed.", "Signed again.")
    assert (opened.id, opened.opened_at) == (over.id, over.opened_at)
    assert over.closed_at > over.opened_at
    assert await first.alerts.pending() == 0


async def test_what_began_and_ended_before_it_was_recorded_is_told_all_the_same(app):
    break_(app)
    service(app).close(SIGNING)
    await app.alert()
    await later(app, CALM)

    assert app.receiver.told == [("signing", "", OPEN), ("signing", "", OVER)]


async def test_a_trouble_that_flaps_is_one_episode_and_needs_ever_more_calm(app):
    for _ in range(30):
        break_(app)
        await later(app, 1, step=1)
        service(app).close(SIGNING)
        await later(app, 1, step=1)
    assert app.receiver.told == [("signing", "", OPEN)]

    calms = []
    for _ in range(4):
        break_(app)
        await app.alert()
        since = app.clock.now
        service(app).close(SIGNING)
        while app.receiver.taken[-1].state is not OVER:
            await later(app, 5)
        calms.append(app.clock.now - since)

    assert calms == [CALM, 2 * CALM, 4 * CALM, 8 * CALM]
    app.clock.now += 2 * HOUR
    break_(app)
    service(app).close(SIGNING)
    await later(app, 2 * CALM)
    assert app.receiver.told[-2:] == [("signing", "", OPEN), ("signing", "", OVER)]


@on_each_engine
async def test_what_a_process_recorded_before_it_died_is_told_by_the_next(open_process):
    first = open_process()
    break_(first)
    await first.services.alerting.watch.look()

    second = open_process()
    await second.alert()
    assert second.receiver.told == [("signing", "", OPEN)]

    first.clock.now += LEASE  # it dies over the next one
    service(second).tell(AlertKind.MIGRATION, "2", "Migrated.")
    await second.services.alerting.watch.look()
    assert await first.alerts.claim(now=second.clock(), lease=LEASE)
    await second.alert()
    assert len(second.receiver.told) == 1
    await later(second, LEASE + 5)
    assert second.receiver.told[1:] == [("migration", "2", EVENT)]


@on_each_engine
async def test_while_the_receiver_is_away_it_is_tried_once_a_minute_at_most(open_process):
    """Across restarts, and however much is to be told."""
    app, tries = open_process(), []
    for minute in range(60):
        app.receiver.error = AWAY
        service(app).tell(AlertKind.ERROR, str(minute), "One more.")
        for _ in range(12):
            before = app.receiver.tries
            await later(app, 5)
            tries += [app.clock.now] * (app.receiver.tries - before)
        if minute % 7 == 0:
            at = app.clock.now
            app = open_process()
            app.clock.now = at
    assert min(after - before for before, after in itertools.pairwise(tries)) >= 60
    assert len(tries) > 60 * 60 / 400

    app.receiver.error = None
    await later(app, 400)
    assert [subject for _, subject, _ in app.receiver.told] == [str(one) for one in range(60)]


async def test_a_receiver_that_asks_for_a_pause_gets_it(app):
    app.receiver.error = AlertNotTaken("answered 429", status=429, retry_after=900)
    break_(app)
    await later(app, 890)
    assert app.receiver.tries == 1
    app.receiver.error = None
    await later(app, 15)
    assert app.receiver.told == [("signing", "", OPEN)]


async def test_what_is_not_taken_for_days_is_given_up(app, caplog):
    app.receiver.error = AWAY
    break_(app)
    await app.alert()
    app.clock.now += KEEP_TRYING + 1
    await app.alert()

    assert await app.alerts.pending() == 0
    assert "alert given up: kind=signing" in caplog.text


async def test_a_sender_that_fails_in_an_unexpected_way_is_not_tried_at_once(app, caplog):
    app.receiver.error = KeyError("planted")
    break_(app)
    await app.alert()
    await app.alert()

    assert app.receiver.tries == 1
    assert "alert not sent: kind=signing" in caplog.text


async def test_a_store_that_is_away_is_told_directly_and_recorded_when_it_is_back(app):
    await app.alert()
    app.faults.set_away(away=True)
    watch = app.services.alerting.watch
    app.clock.now += 6  # the last snapshot is old
    await watch.look()
    assert app.receiver.tries == 0
    app.receiver.error = AWAY
    for _ in range(6):
        app.clock.now += AWAY_LASTS
        await watch.look()
    assert app.receiver.tries == 1
    app.receiver.error = None
    for _ in range(4):
        app.clock.now += AWAY_LASTS
        await watch.look()
    assert app.receiver.told == [("store", "", OPEN)]

    app.faults.set_away(away=False)
    await later(app, 3 * CALM)

    assert app.receiver.told == [("store", "", OPEN), ("store", "", OVER)]


async def test_what_happens_while_the_store_is_away_is_told_when_it_is_back(app):
    app.faults.set_away(away=True)
    break_(app)
    service(app).tell(AlertKind.ERROR, "bot/app.py:1", "Unexpected error.")
    await app.services.alerting.watch.look()
    with pytest.raises(StoreUnavailable):
        await app.services.alerting.outbox.sweep()
    app.faults.set_away(away=False)
    await later(app, 10)

    assert {kind for kind, _, _ in app.receiver.told} == {"error", "signing"}


async def test_an_unexpected_error_is_told_with_its_id_once_an_hour_for_each_place(open_process):
    app = open_process()
    log = logging.getLogger(__name__)

    def fail(number):
        try:
            return int(f"a secret {number}")
        except ValueError as error:
            return fault(log, "planted", error)

    with watching_faults(service(app).fault):
        error_id = fail(1)
        fail(2)
    await app.alert()
    assert [one.state for one in app.receiver.taken] == [EVENT]
    assert error_id in app.receiver.taken[0].text
    assert "ValueError at tests/service/test_alerts.py:" in app.receiver.taken[0].text
    assert "secret" not in app.receiver.taken[0].text

    again = open_process()
    again.receiver.taken = app.receiver.taken
    with watching_faults(service(again).fault):
        fail(3)
        await again.alert()
        assert len(app.receiver.taken) == 1
        again.clock.now += HOUR
        fail(4)
        await again.alert()
    assert len(app.receiver.taken) == 2


@pytest.mark.parametrize("reason", ClosedReason)
async def test_a_closed_lane_is_told_with_its_reason_and_its_end(app, reason):
    now = app.clock.now
    closed = Lane(closed=reason, shut_at=now, failed_at=now, paused_until=now + 700)
    await app.set_lane(closed)
    await later(app, 20)
    await app.set_lane(Lane())
    await later(app, 20)

    assert app.receiver.told == [("lane", reason, OPEN), ("lane", reason, OVER)]


async def test_a_lane_that_closes_for_another_reason_is_another_episode(app):
    now = app.clock.now
    await app.set_lane(Lane(closed=ClosedReason.CREDIT, shut_at=now))
    await later(app, 10)
    await app.set_lane(Lane(closed=ClosedReason.KEY, shut_at=now + 10))
    await later(app, 20)

    assert app.receiver.told == [
        ("lane", "credit", OPEN),
        ("lane", "key", OPEN),
        ("lane", "credit", OVER),
    ]


async def test_the_gateway_and_the_disk_are_told_of_when_they_are_bad(app):
    app.gateway.clear()
    app.disk_nearly_full.set()
    await later(app, UNCONNECTED_LASTS - 5)
    assert app.receiver.told == [("disk", "", OPEN)]
    await later(app, 15)
    app.gateway.set()
    app.disk_nearly_full.clear()
    await later(app, 2 * CALM)

    assert app.receiver.told[1:] == [
        ("gateway", "", OPEN),
        ("disk", "", OVER),
        ("gateway", "", OVER),
    ]


def an_order(state, since, **changes):
    completed = {"billed": Billed.YES, "completed_at": since, "request_id": "r-1"}
    more = completed if state is State.COMPLETED else {}
    return a_job(answered_at=NOW, state=state, state_since=since, **more | changes)


@on_each_engine
async def test_orders_with_an_unknown_outcome_are_one_episode_until_none_is_left(app):
    first, second = (an_order(State.UNCERTAIN, app.clock.now + more) for more in (0, 60))
    await app.put(first)
    await later(app, 10)
    await app.put(second)
    await later(app, 30)
    assert app.receiver.told == [("uncertain", "", OPEN)]
    assert app.receiver.taken[0].text.startswith("1 order with an unknown outcome")

    app.clock.now += HOUR
    await later(app, 30)
    assert app.receiver.told[1:] == [("uncertain", "more", EVENT)]
    assert app.receiver.taken[1].text.startswith("2 orders with an unknown outcome")
    app.clock.now += HOUR
    await later(app, 30)
    assert len(app.receiver.taken) == 2

    for job in (first, second):
        await app.erase(job.id)
    await later(app, 30)
    assert app.receiver.told[2:] == [("uncertain", "", OVER)]


async def test_while_a_callback_may_tell_the_outcome_the_operator_is_not_told(open_process):
    app = open_process(public_url="https://bot.example")
    await app.put(an_order(State.UNCERTAIN, app.clock.now))
    await later(app, LISTEN - 10)
    assert app.receiver.taken == []
    await later(app, 20)
    assert app.receiver.told == [("uncertain", "", OPEN)]


@on_each_engine
async def test_paid_pictures_that_cant_be_fetched_are_told_once_that_lasts(app):
    now = app.clock.now
    kept = an_order(State.COMPLETED, now, outstanding_since=now, kept_at=now)
    await app.put(kept)
    await later(app, 60)
    assert app.receiver.taken == []
    since = app.clock.now
    job = an_order(State.COMPLETED, since, outstanding_since=since, next_try_at=since + 5)
    await app.put(changed_job(job, request_id="r-2"))
    await later(app, OUTSTANDING_LASTS - 10)
    assert app.receiver.taken == []
    await later(app, 20)
    assert app.receiver.taken[0].text.startswith("1 paid order whose pictures")
    await app.erase(job.id)
    await later(app, 20)

    assert app.receiver.told == [("outstanding", "", OPEN), ("outstanding", "", OVER)]


@on_each_engine
async def test_a_budget_is_told_at_each_step_and_when_a_new_period_begins(open_process):
    caps = Caps(price=Price(amount=1000), usd_per_day=4000)
    first = open_process(caps=caps)
    for images in (2, 1, 1):
        await first.order(images=images)
        await first.services.budgets.sweep()

    app = open_process(caps=caps)  # the first one died after that
    await app.alert()
    app.clock.now = float(period_end(Budget.DAY, app.clock.now))
    await later(app, 5)

    steps = [f"operator_usd_per_day, {step} % of 0.004" for step in (50, 100)]
    assert sorted(app.receiver.told) == sorted(
        [("budget", steps[0], EVENT), ("budget", steps[1], OPEN), ("budget", steps[1], OVER)]
    )


async def test_alerts_are_erased_after_their_retention_time(app):
    service(app).tell(AlertKind.MIGRATION, "2", "Migrated.")
    break_(app)
    await app.alert()
    app.clock.now += 91 * DAY
    await app.alert()

    assert await app.alerts.erase(before=app.clock.now, most=10) == 0
    assert [one.kind for one in await app.alerts.episodes()] == ["signing"]


async def test_without_a_receiver_nothing_piles_up(app):
    app.services.alerting.outbox._sender = None
    break_(app)
    await app.alert()

    assert await app.alerts.pending() == 0
    assert [one.kind for one in await app.alerts.episodes()] == ["signing"]


async def test_the_loops_tell_at_once(app):
    async with background(app.services.alerting.watch.run(), app.services.alerting.outbox.run()):
        await until(lambda: service(app)._open is not None)
        break_(app)
        await until(lambda: app.receiver.told == [("signing", "", OPEN)], within=4)
