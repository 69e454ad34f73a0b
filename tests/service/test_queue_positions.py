"""Those who wait are told where they stand, when that changes and not more often."""

import asyncio

import pytest

from bot.domain import lane as breaker
from bot.domain.card_status import CardStatus
from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.shards import Shards
from bot.service.port_errors import StoreUnavailable
from bot.service.queue_positions import CHANGE_EVERY, MOST, QueuePositionUpdater
from tests.samples import LANE, NOW, a_job, changed_job
from tests.service.conftest import FakeReplies, service_settings, until


def at(place, **changes):
    return CardStatus(place=place, **changes)


class Cards(FakeReplies):
    """Cards that remember all that they were told, since they were last looked at."""

    def __init__(self):
        super().__init__()
        self._told = {}

    def show(self, job, status=None):
        assert job.state is State.WAITING
        assert job.id not in self._told  # once a look is enough
        self._told[job.id] = status

    def told(self):
        told, self._told = self._told, {}
        return told


@pytest.fixture
def cards():
    return Cards()


@pytest.fixture
def open_board(shop, cards):
    """Hang up the board of the process that has these shards."""

    def open_board(shards):
        return QueuePositionUpdater(
            settings=service_settings(shards=shards, positions_every=0.0),
            jobs=shop.jobs,
            lanes=shop.lanes,
            presenter=cards,
            runner=shop.runner,
            now=shop.clock,
        )

    return open_board


@pytest.fixture
def board(open_board):
    return open_board(Shards())


@pytest.fixture
def look(board, cards):
    """Look once; return what cards were told."""

    async def look():
        await board.look()
        return cards.told()

    return look


@pytest.fixture
def wait_in_line(shop):
    """Put so many answered orders in one line, one second after the other."""

    def wait_in_line(count, **changes):
        jobs = [
            a_job(**{"answered_at": NOW, "created_at": NOW + number, **changes})
            for number in range(count)
        ]
        shop.jobs.put(*jobs)
        return [job.id for job in jobs]

    return wait_in_line


def end(shop, job_id):
    shop.jobs.put(shop.jobs.rows[job_id].transition(State.CANCELLED, now=NOW))


async def test_everybody_in_line_is_told_their_place(look, wait_in_line):
    first, second, third = wait_in_line(3)

    assert await look() == {first: at(1), second: at(2), third: at(3)}


async def test_places_are_those_in_which_lines_are_served(look, wait_in_line):
    """A server with many orders keeps nobody waiting but itself, and the places say so."""
    busy = wait_in_line(3)
    (quiet,) = wait_in_line(1, guild_id=101, created_at=NOW + 10)

    told = await look()

    assert [told[job_id].place for job_id in (*busy, quiet)] == [1, 3, 4, 2]


async def test_what_did_not_change_is_not_told_again(look, shop, wait_in_line):
    wait_in_line(3)
    await look()

    shop.clock.now += 1000

    assert await look() == {}


async def test_those_behind_move_up_and_only_they_are_told(look, shop, wait_in_line):
    _, second, third = wait_in_line(3)
    await look()
    shop.clock.now += CHANGE_EVERY

    end(shop, second)

    assert await look() == {third: at(2)}


async def test_a_card_that_was_just_told_waits_a_little_and_then_tells_the_newest(
    look, shop, wait_in_line
):
    """Discord lets few edits through: those in between are nobody's news."""
    first, second, third = wait_in_line(3)
    await look()

    end(shop, first)
    shop.clock.now += CHANGE_EVERY - 0.1
    assert await look() == {}
    end(shop, second)
    shop.clock.now += 0.1

    assert await look() == {third: at(1)}


async def test_who_is_far_behind_is_told_less_often(look, shop, wait_in_line):
    line = wait_in_line(40)
    await look()

    end(shop, line[0])
    shop.clock.now += CHANGE_EVERY

    assert set(await look()) == set(line[1:10])

    shop.clock.now += 3 * CHANGE_EVERY
    assert set(await look()) == set(line[10:])


async def test_who_is_beyond_the_board_is_told_when_they_come_nearer(look, shop, wait_in_line):
    line = wait_in_line(MOST + 1)
    assert set(await look()) == set(line[:MOST])

    end(shop, line[0])

    assert await look() == {line[MOST]: at(MOST)}


async def test_a_pause_is_told_with_its_end_and_at_once(look, shop, wait_in_line):
    """It changes for how long one waits, so no card keeps it back."""
    first, second = wait_in_line(2)
    await look()
    shop.lanes.lanes[LANE] = Lane(paused_until=NOW + 60)

    assert await look() == {
        first: at(1, paused_until=NOW + 60),
        second: at(2, paused_until=NOW + 60),
    }
    shop.clock.now += 30
    assert await look() == {}

    shop.lanes.lanes[LANE] = Lane(paused_until=NOW + 90)
    assert await look() == {
        first: at(1, paused_until=NOW + 90),
        second: at(2, paused_until=NOW + 90),
    }

    shop.clock.now += 60
    assert await look() == {first: at(1), second: at(2)}


async def test_a_key_that_is_not_accepted_is_told_until_it_is_mended(look, shop, wait_in_line):
    """There is no end to count to: it takes the operator."""
    (job_id,) = wait_in_line(1)
    await shop.lanes.update(LANE, lambda lane: breaker.key_rejected(lane, now=NOW))
    assert await look() == {job_id: at(1, key_rejected=True)}
    assert await look() == {}

    await shop.lanes.update(LANE, breaker.key_accepted)

    assert await look() == {job_id: at(1)}


async def test_the_probe_of_an_empty_wallet_is_told_its_place(look, shop, wait_in_line):
    (probe,) = wait_in_line(1)
    shop.lanes.lanes[LANE] = Lane(closed=ClosedReason.CREDIT, probe=probe)

    assert await look() == {probe: at(1)}


async def test_a_job_whose_turn_has_come_is_never_told_that_it_waits(look, shop, wait_in_line):
    """The look into the store was a moment ago; a later card must not be undone by it."""
    first, second = wait_in_line(2)
    stale = [shop.jobs.rows[first], shop.jobs.rows[second]]
    shop.queue.hold = asyncio.Event()

    async with shop.working():
        await until(lambda: shop.runner.is_running(first))
        await until(lambda: shop.runner.is_running(second))
        shop.jobs.put(*stale)
        assert await look() == {}

        shop.queue.hold.set()


async def test_an_order_that_nobody_was_answered_is_not_in_line(look, wait_in_line):
    wait_in_line(1, answered_at=None)

    assert await look() == {}


async def test_another_lane_is_another_line(look, wait_in_line):
    wait_in_line(1, lane="other")
    (job_id,) = wait_in_line(1)

    assert await look() == {job_id: at(1)}


async def test_what_left_the_line_and_came_back_is_told_anew(look, shop, wait_in_line):
    (job_id,) = wait_in_line(1)
    await look()
    waiting = shop.jobs.rows[job_id]
    shop.jobs.put(waiting.claimed("there", now=NOW))
    assert await look() == {}

    shop.jobs.put(changed_job(waiting, state_since=NOW + 1))

    assert await look() == {job_id: at(1)}


async def test_of_several_processes_each_order_is_told_its_place_by_one(
    open_board, cards, wait_in_line
):
    """Places count everybody; two that edit one card would only use up Discord's patience."""
    jobs = [wait_in_line(1, guild_id=number << 22)[0] for number in range(4)]
    boards = [open_board(Shards(count=2, ids=frozenset({number}))) for number in range(2)]

    told = []
    for board in boards:
        await board.look()
        told.append(cards.told())

    assert told[0] == {jobs[0]: at(1), jobs[2]: at(3)}
    assert told[1] == {jobs[1]: at(2), jobs[3]: at(4)}


async def test_a_store_that_is_away_only_delays_the_board(board, cards, shop, wait_in_line):
    (job_id,) = wait_in_line(1)
    shop.jobs.away = True
    with pytest.raises(StoreUnavailable):
        await board.look()
    running = asyncio.create_task(board.run())
    looks = shop.jobs.calls.count("waiting_jobs")
    await until(lambda: shop.jobs.calls.count("waiting_jobs") > looks + 2)
    assert cards.told() == {}

    shop.jobs.away = False
    looks = shop.jobs.calls.count("waiting_jobs")
    await until(lambda: shop.jobs.calls.count("waiting_jobs") > looks + 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert cards.told() == {job_id: at(1)}
