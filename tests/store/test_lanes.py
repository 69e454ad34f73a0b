"""Pauses that hold for all processes, and through restarts."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from bot.domain import lane_transitions
from bot.domain.job import EndReason, State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.lane_transitions import FIRST_PAUSE
from bot.service.ports.store import ClosureNotice
from bot.store.lanes import Lanes
from tests.samples import LANE, NOW


async def press(lanes, lane, **how):
    """Note that the vendor asked for patience; return the lane as it then is."""
    _, after = await lanes.update(lane, partial(lane_transitions.after_back_off, jitter=0, **how))
    return after


async def ease(lanes, lane):
    """Note that the vendor took an order."""
    await lanes.update(lane, partial(lane_transitions.after_success, job_id="1"))


async def test_a_lane_that_nothing_is_known_of_is_open(lanes):
    assert await lanes.get(LANE) == Lane()


async def test_a_pause_holds_for_other_processes_too(lanes, other_database):
    pressed = await press(lanes, LANE, retry_after=60, now=NOW)

    assert pressed == Lane(closed=ClosedReason.BUSY, paused_until=NOW + 60, failed_at=NOW)
    assert await Lanes(other_database).get(LANE) == pressed
    assert await lanes.get("another") == Lane()


async def test_a_pause_is_never_shortened_by_a_process_that_knows_less(lanes, other_database):
    await press(lanes, LANE, retry_after=600, now=NOW)

    await press(Lanes(other_database), LANE, retry_after=1, now=NOW + 1)

    assert (await lanes.get(LANE)).paused_until == NOW + 600


async def test_refusals_count_across_processes(lanes, other_database):
    """One that comes after another's pause makes the next one longer."""
    now = NOW
    for who in (lanes, Lanes(other_database)) * 3:
        await press(who, LANE, retry_after=None, now=now)
        now = (await lanes.get(LANE)).paused_until

    assert (await lanes.get(LANE)).refusals == 6


async def test_refusals_at_one_moment_count_once(lanes, other_database):
    others = Lanes(other_database)

    await asyncio.gather(
        *(press(who, LANE, retry_after=None, now=NOW) for who in (lanes, others) * 3)
    )

    assert (await lanes.get(LANE)).refusals == 1


async def test_an_order_that_was_taken_makes_the_next_pause_small_again(lanes):
    for _ in range(3):
        await press(lanes, LANE, retry_after=None, now=NOW)

    await ease(lanes, LANE)
    again = await press(lanes, LANE, retry_after=None, now=NOW + 1000)

    assert (again.paused_until, again.refusals) == (NOW + 1000 + FIRST_PAUSE, 1)


async def test_easing_a_lane_ends_no_pause(lanes):
    await press(lanes, LANE, retry_after=60, now=NOW)
    await ease(lanes, LANE)
    await ease(lanes, "another")

    assert (await lanes.get(LANE)).paused_until == NOW + 60


async def test_no_slot_is_drawn_twice(lanes, other_database):
    """Two processes together stay within the rate that the vendor allows."""
    others = Lanes(other_database)

    first = await asyncio.gather(
        *(who.reserve_slots(LANE, count=2, interval=0.5, now=NOW) for who in (lanes, others) * 4)
    )

    assert sorted(first) == [NOW + number for number in range(8)]


async def test_unused_slots_are_lost(lanes):
    """A quiet night must not be followed by a burst."""
    await lanes.reserve_slots(LANE, count=1, interval=1.0, now=NOW)

    assert await lanes.reserve_slots(LANE, count=1, interval=1.0, now=NOW + 3600) == NOW + 3600


async def test_slots_that_a_wrong_clock_reserved_are_forgotten(lanes):
    await lanes.reserve_slots(LANE, count=1, interval=1.0, now=NOW)

    first = await lanes.reserve_slots(LANE, count=1, interval=1.0, now=NOW - 300)

    assert first == NOW - 300


async def test_slots_and_pauses_leave_each_other_alone(lanes):
    await lanes.reserve_slots(LANE, count=10, interval=1.0, now=NOW)
    await press(lanes, LANE, retry_after=60, now=NOW)
    await ease(lanes, LANE)

    assert await lanes.reserve_slots(LANE, count=1, interval=1.0, now=NOW) == NOW + 10
    assert (await lanes.get(LANE)).paused_until == NOW + 60


# An empty wallet.


@pytest.fixture
def drain(lanes):
    """Note that the wallet could not pay for an order."""

    async def drain(job_id="first", *, by=lanes, at=NOW):
        how = partial(lane_transitions.out_of_credit, job_id=job_id, now=at, probe_after=300)
        return await by.update(LANE, how)

    return drain


@pytest.fixture
def set_lane(lanes):
    """Record a lane with these values."""

    async def set_lane(**changes):
        await lanes.update(LANE, lambda lane: replace(lane, **changes))

    return set_lane


async def test_an_empty_wallet_is_one_for_all_processes_and_through_restarts(
    lanes, drain, other_database
):
    _, shut = await drain()

    assert (shut.closed, shut.shut_at, shut.probe_at) == (ClosedReason.CREDIT, NOW, NOW + 300)
    assert await Lanes(other_database).get(LANE) == shut


async def test_of_two_processes_that_are_refused_at_once_one_shuts_the_lane(
    drain, lanes, other_database
):
    """The other's refusal is of the same episode: the operator is warned once."""
    others = Lanes(other_database)

    ends = await asyncio.gather(
        *(drain(str(number), by=by) for number, by in enumerate([lanes, others] * 3))
    )

    assert sum(before.shut_at != after.shut_at for before, after in ends) == 1


async def test_a_lane_changes_with_what_became_of_its_probe(lanes, set_lane, add):
    """The process that submitted it may have died before it recorded that."""
    for state in [None, *State]:  # None: it is not on record any more
        probe_id = "gone" if state is None else (await add(state=state)).id
        recorded = Lane(closed=ClosedReason.CREDIT, shut_at=NOW, probe_at=NOW, probe=probe_id)
        await set_lane(**vars(recorded))

        assert await lanes.get(LANE) == lane_transitions.probe_resolved(recorded, state)


async def test_what_is_turned_is_the_lane_as_it_set_lane_and_what_is_told_is_what_was_recorded(
    lanes, set_lane, add
):
    """The caller learns that its change opened the lane, although the probe already says so."""
    probe = await add(state=State.QUEUED)
    await set_lane(closed=ClosedReason.CREDIT, shut_at=NOW, probe=probe.id)

    before, after = await lanes.update(
        LANE, partial(lane_transitions.after_success, job_id=probe.id)
    )
    again = await lanes.update(LANE, partial(lane_transitions.after_success, job_id=probe.id))

    assert (before.closed, after.closed, after.probe) == (ClosedReason.CREDIT, None, None)
    assert again == (after, after)


async def test_a_lane_that_was_opened_stays_open_when_its_probe_is_forgotten(
    lanes, set_lane, add, jobs
):
    """Orders are not kept for ever, and a lane that remembered only its probe would shut again."""
    probe = await add(state=State.SUBMITTING)
    await set_lane(closed=ClosedReason.CREDIT, probe=probe.id)
    assert await jobs.record_request_id(probe.id, "r-1", now=NOW)

    await lanes.update(LANE, partial(lane_transitions.after_success, job_id=probe.id))

    assert await lanes.get(LANE) == Lane()


# What was given back.


@pytest.fixture
def give_back(add):
    """Record orders that were refused because their lane was shut."""

    async def give_back(*guild_ids, cause=EndReason.OUT_OF_CREDIT, since=NOW, **changes):
        values = {"state": State.REFUSED, "end_reason": cause, "state_since": since} | changes
        return [
            await add(guild_id=guild_id, channel_id=guild_id + 1, message_id=77, **values)
            for guild_id in guild_ids
        ]

    return give_back


async def test_each_server_is_told_once_an_episode(lanes, guilds, give_back):
    await guilds.change(101, lambda rules: replace(rules, log_channel=900, language="de"))
    await give_back(100, 101, 100)

    notices = await lanes.closure_notices(LANE, shut_at=NOW)

    assert sorted(notices, key=lambda given: given.guild_id) == [
        ClosureNotice(guild_id=100, log_channel=None, orders=2, channel_id=101, message_id=77),
        ClosureNotice(
            guild_id=101,
            log_channel=900,
            orders=1,
            channel_id=102,
            message_id=77,
            language="de",
        ),
    ]
    for notice in notices:
        await lanes.record_notice(LANE, notice.guild_id, shut_at=NOW)
    await give_back(100, state_since=NOW + 1)
    assert list(await lanes.closure_notices(LANE, shut_at=NOW)) == []

    await give_back(100, state_since=NOW + 60)
    (again,) = await lanes.closure_notices(LANE, shut_at=NOW + 60)
    assert (again.guild_id, again.orders) == (100, 1)


async def test_a_private_cards_language_is_not_its_servers(lanes, give_back):
    await give_back(100, private=True, language="de")

    (notice,) = await lanes.closure_notices(LANE, shut_at=NOW)
    assert (notice.message_id, notice.language) == (None, None)


async def test_only_what_that_lane_gave_back_is_told(lanes, give_back, add):
    await give_back(100, state_since=NOW - 1)
    await give_back(101, end_reason=EndReason.VENDOR)
    await give_back(102, end_reason=EndReason.WAITED_TOO_LONG)
    await give_back(103, lane="other")
    await give_back(104, state=State.UNCERTAIN)
    await add(guild_id=None, state=State.REFUSED, end_reason=EndReason.BUSY)
    assert list(await lanes.closure_notices(LANE, shut_at=NOW)) == []

    await give_back(105, end_reason=EndReason.BUSY)

    assert [given.guild_id for given in await lanes.closure_notices(LANE, shut_at=NOW)] == [105]
