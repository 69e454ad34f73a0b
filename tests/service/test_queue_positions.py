"""Waiting members see their position when it changes, and not more often."""

from functools import partial

import pytest

from bot.domain import lane_transitions
from bot.domain.card_status import CardStatus
from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.shards import Shards
from bot.service.port_errors import StoreUnavailable
from bot.service.queue_positions import CHANGE_EVERY, MOST
from tests.samples import LANE, NOW, a_job
from tests.service.conftest import on_each_engine
from tests.service.harness import background, until


def at(place, **changes):
    return CardStatus(place=place, **changes)


async def look(app):
    """Look once; return what cards were shown, by job."""
    app.cards.shown.clear()
    await app.services.positions.look()
    assert {job.state for job in app.cards.shown_jobs} <= {State.WAITING}
    shown = {job.id: status for job, status in app.cards.shown}
    assert len(shown) == len(app.cards.shown)  # a card is changed once in a look
    return shown


@pytest.fixture
def enqueue(app):
    """Put answered orders into one queue, one second after the other; return their ids."""

    async def enqueue(count, **changes):
        jobs = [
            a_job(**{"answered_at": NOW - 60, "created_at": NOW + number, **changes})
            for number in range(count)
        ]
        await app.put(*jobs)
        return [job.id for job in jobs]

    return enqueue


async def end(app, job_id):
    await app.put((await app.job(job_id)).transition(State.CANCELLED, now=NOW))


@on_each_engine
async def test_positions_are_in_the_order_in_which_queues_are_served(app, enqueue):
    """A server with many orders delays only its own, and the positions say so."""
    busy = await enqueue(3)
    (quiet,) = await enqueue(1, guild_id=101, created_at=NOW + 10)

    assert await look(app) == {busy[0]: at(1), quiet: at(2), busy[1]: at(3), busy[2]: at(4)}


async def test_who_may_go_on_at_once_is_shown_no_position_yet(app, enqueue):
    """In a burst that the lane takes at once, each card would be changed twice."""
    (job_id,) = await enqueue(1, answered_at=NOW)
    assert await look(app) == {}

    app.clock.now += 1.0
    assert await look(app) == {job_id: at(1)}


async def test_who_came_into_a_pause_is_told_of_it_at_once(app, enqueue):
    await app.set_lane(Lane(paused_until=NOW + 3))
    (job_id,) = await enqueue(1, answered_at=NOW)

    assert await look(app) == {job_id: at(1, paused_until=NOW + 3)}


async def test_a_status_that_did_not_change_is_not_shown_again(app, enqueue):
    await enqueue(3)
    await look(app)

    app.clock.now += 1000

    assert await look(app) == {}


async def test_only_those_who_move_up_are_shown_their_new_position(app, enqueue):
    _, second, third = await enqueue(3)
    await look(app)
    app.clock.now += CHANGE_EVERY

    await end(app, second)

    assert await look(app) == {third: at(2)}


async def test_a_card_that_just_changed_waits_a_little_and_then_shows_the_newest(app, enqueue):
    """Discord lets few edits through: those in between are of no use."""
    first, second, third = await enqueue(3)
    await look(app)

    await end(app, first)
    app.clock.now += CHANGE_EVERY - 0.1
    assert await look(app) == {}
    await end(app, second)
    app.clock.now += 0.1

    assert await look(app) == {third: at(1)}


async def test_cards_far_back_change_less_often(app, enqueue):
    queue = await enqueue(40)
    await look(app)

    await end(app, queue[0])
    app.clock.now += CHANGE_EVERY

    assert set(await look(app)) == set(queue[1:10])

    app.clock.now += 3 * CHANGE_EVERY
    assert set(await look(app)) == set(queue[10:])


async def test_a_card_beyond_the_last_position_is_shown_one_when_it_comes_nearer(app, enqueue):
    queue = await enqueue(MOST + 1)
    assert set(await look(app)) == set(queue[:MOST])

    await end(app, queue[0])

    assert await look(app) == {queue[MOST]: at(MOST)}


async def test_a_pause_is_shown_with_its_end_and_at_once(app, enqueue):
    """It changes how long one waits, so no card holds it back."""
    first, second = await enqueue(2)
    await look(app)

    for paused_until in (NOW + 60, NOW + 90):
        await app.set_lane(Lane(paused_until=paused_until))
        assert await look(app) == {
            first: at(1, paused_until=paused_until),
            second: at(2, paused_until=paused_until),
        }
        assert await look(app) == {}

    app.clock.now += 90
    assert await look(app) == {first: at(1), second: at(2)}


async def test_a_rejected_key_is_shown_until_it_is_replaced(app, enqueue):
    (job_id,) = await enqueue(1)
    await app.lanes.update(LANE, lambda lane: lane_transitions.key_rejected(lane, now=NOW))
    assert await look(app) == {job_id: at(1, closed=ClosedReason.KEY, paused_until=NOW + 5)}
    assert await look(app) == {}

    await app.lanes.update(LANE, partial(lane_transitions.restarted, now=NOW))

    assert await look(app) == {job_id: at(1)}


async def test_the_probe_of_an_empty_wallet_is_shown_its_position(app, enqueue):
    (probe,) = await enqueue(1)
    await app.set_lane(Lane(closed=ClosedReason.CREDIT, probe=probe))

    assert await look(app) == {probe: at(1)}


async def test_a_job_that_was_claimed_meanwhile_is_never_shown_as_waiting(app, enqueue):
    """The store was read a moment ago; a later card must not be undone by that."""
    first, second = await enqueue(2)
    stale = await app.all_jobs()
    app.queue.gate.close()

    async with app.claiming():
        await until(lambda: app.pipeline.runner.is_running(first))
        await until(lambda: app.pipeline.runner.is_running(second))
        await app.put(*stale)
        assert await look(app) == {}

        app.queue.gate.open()


@pytest.mark.parametrize("changes", [{"answered_at": None}, {"lane": "other"}])
async def test_unanswered_orders_and_those_of_other_lanes_have_no_position(app, enqueue, changes):
    await enqueue(1, **changes)
    (job_id,) = await enqueue(1)

    assert await look(app) == {job_id: at(1)}


async def test_a_job_that_left_the_queue_and_came_back_is_shown_anew(app, enqueue):
    (job_id,) = await enqueue(1)
    await look(app)
    waiting = await app.job(job_id)
    await app.put(waiting.claimed("there", now=NOW))
    assert await look(app) == {}

    await app.put(waiting)

    assert await look(app) == {job_id: at(1)}


async def test_each_order_is_shown_its_position_by_one_of_several_processes(open_process):
    """Positions count all orders; two that edit one card would only use up the rate limit."""
    apps = [open_process(shards=Shards(count=2, ids=frozenset({number}))) for number in range(2)]
    jobs = [a_job(answered_at=NOW - 60, guild_id=number << 22) for number in range(4)]
    await apps[0].put(*jobs)

    assert [await look(app) for app in apps] == [
        {jobs[0].id: at(1), jobs[2].id: at(3)},
        {jobs[1].id: at(2), jobs[3].id: at(4)},
    ]


async def test_a_store_that_is_away_only_delays_the_positions(app, enqueue):
    (job_id,) = await enqueue(1)
    app.faults.jobs.away = True
    with pytest.raises(StoreUnavailable):
        await app.services.positions.look()

    async with background(app.services.positions.run()):
        await app.faults.jobs.refused("waiting_jobs", times=2)
        assert app.cards.shown == []

        app.faults.jobs.away = False
        await until(lambda: app.cards.shown)
        await app.faults.jobs.returned("waiting_jobs")

    assert [(job.id, status) for job, status in app.cards.shown] == [(job_id, at(1))]
