"""Pauses that hold for all processes, and through restarts."""

import asyncio
from functools import partial

from bot.domain import pressure
from bot.domain.pressure import FIRST_PAUSE, Lane
from bot.store.lanes import Lanes
from tests.samples import LANE, NOW


async def press(lanes, lane, **how):
    """Note that the vendor asked for patience; return the lane as it then is."""
    _, after = await lanes.turn(lane, partial(pressure.pressed, jitter=0, **how))
    return after


async def ease(lanes, lane):
    """Note that the vendor took an order."""
    await lanes.turn(lane, partial(pressure.eased, job_id="1"))


async def test_a_lane_that_nothing_is_known_of_is_open(lanes):
    assert await lanes.get(LANE) == Lane()


async def test_a_pause_holds_for_other_processes_too(lanes, other_database):
    pressed = await press(lanes, LANE, retry_after=60, now=NOW)

    assert pressed == Lane(paused_until=NOW + 60)
    assert await Lanes(other_database).get(LANE) == pressed
    assert await lanes.get("another") == Lane()


async def test_a_pause_is_never_shortened_by_a_process_that_knows_less(lanes, other_database):
    await press(lanes, LANE, retry_after=600, now=NOW)

    await press(Lanes(other_database), LANE, retry_after=1, now=NOW + 1)

    assert (await lanes.get(LANE)).paused_until == NOW + 600


async def test_refusals_count_across_processes(lanes, other_database):
    """Two processes that press at the same time lose neither's word."""
    others = Lanes(other_database)

    await asyncio.gather(
        *(press(who, LANE, retry_after=None, now=NOW) for who in (lanes, others) * 3)
    )

    assert (await lanes.get(LANE)).refusals == 6


async def test_an_order_that_was_taken_makes_the_next_pause_small_again(lanes):
    for _ in range(3):
        await press(lanes, LANE, retry_after=None, now=NOW)

    await ease(lanes, LANE)
    again = await press(lanes, LANE, retry_after=None, now=NOW + 1000)

    assert again == Lane(paused_until=NOW + 1000 + FIRST_PAUSE, refusals=1)


async def test_easing_a_lane_ends_no_pause(lanes):
    await press(lanes, LANE, retry_after=60, now=NOW)
    await ease(lanes, LANE)
    await ease(lanes, "another")

    assert (await lanes.get(LANE)).paused_until == NOW + 60


async def test_no_slot_is_drawn_twice(lanes, other_database):
    """Two processes together stay within the rate that the vendor allows."""
    others = Lanes(other_database)

    first = await asyncio.gather(
        *(who.draw(LANE, count=2, interval=0.5, now=NOW) for who in (lanes, others) * 4)
    )

    assert sorted(first) == [NOW + number for number in range(8)]


async def test_slots_that_nobody_drew_are_lost(lanes):
    """A quiet night must not be followed by a burst."""
    await lanes.draw(LANE, count=1, interval=1.0, now=NOW)

    assert await lanes.draw(LANE, count=1, interval=1.0, now=NOW + 3600) == NOW + 3600


async def test_slots_and_pauses_leave_each_other_alone(lanes):
    await lanes.draw(LANE, count=10, interval=1.0, now=NOW)
    await press(lanes, LANE, retry_after=60, now=NOW)
    await ease(lanes, LANE)

    assert await lanes.draw(LANE, count=1, interval=1.0, now=NOW) == NOW + 10
    assert (await lanes.get(LANE)).paused_until == NOW + 60
