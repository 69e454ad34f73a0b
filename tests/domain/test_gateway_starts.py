"""When shards may start sessions at Discord's gateway: simulations without a clock."""

import heapq
from dataclasses import replace

import pytest

from bot.domain.gateway_starts import (
    DAY,
    MOST_AHEAD,
    SPACING,
    STEADY,
    GatewayStart,
    StartLimit,
    Wait,
    permit,
)

NOW = 1_800_000_000.0
MINUTE = 60.0


def simulate(shards, lasts, *, until, limit=None, life=0.0):
    """Let shards start whenever they may; sessions end after *life*, marked steady if they last.

    *limit* is asked for at each decision, as Discord would tell it.
    """
    starts: list[GatewayStart] = []
    waiting = [(NOW, shard) for shard in range(shards)]
    while waiting:
        now, shard = heapq.heappop(waiting)
        if now > NOW + until:
            break
        known = limit(starts, now) if limit else StartLimit()
        recent = [start for start in starts[-1000:] if start.at > now - DAY]
        allowed = permit(recent, shard, known, now)
        if allowed.at > now:
            heapq.heappush(waiting, (min(allowed.at, now + 600.0), shard))
            continue
        steady_at = now + life if lasts else None
        starts.append(GatewayStart(at=now, shard_id=shard, steady_at=steady_at, failed=not lasts))
        heapq.heappush(waiting, (now + life, shard))
    return starts


def told(starts, now):
    """Return the limit as Discord tells it, for a day that begins with NOW."""
    day = (now - NOW) // DAY
    used = sum((start.at - NOW) // DAY == day for start in starts)
    return StartLimit(remaining=1000 - used, resets_at=NOW + (day + 1) * DAY, asked_at=now + 0.001)


@pytest.mark.parametrize("shards", [1, 2, 4])
def test_sessions_that_never_last_cost_few_starts(shards):
    starts = simulate(shards, lasts=False, until=DAY)

    first = [start for start in starts if start.at <= NOW + 10 * MINUTE]
    assert len(first) <= max(shards + 1, 3)
    assert len(starts) < 150 + shards


def test_two_shards_start_three_times_in_the_first_ten_minutes():
    starts = simulate(2, lasts=False, until=10 * MINUTE)

    assert sorted(start.shard_id for start in starts) in ([0, 0, 1], [0, 1, 1])
    assert len(starts) * 144 < 500  # a day


def test_sessions_that_last_just_long_enough_never_reach_the_reserve():
    """Each of them looks healthy: what is left of the day's starts is spread over it."""
    starts = simulate(4, lasts=True, until=2 * DAY, life=STEADY, limit=told)

    for day in range(2):
        used = sum((start.at - NOW) // DAY == day for start in starts)
        assert 500 < used <= 950


@pytest.mark.parametrize("shards", [1, 16])
def test_a_healthy_first_start_waits_for_no_more_than_the_others(shards):
    starts = simulate(shards, lasts=True, until=shards * SPACING, life=DAY)

    assert [start.at for start in starts] == pytest.approx(
        [NOW + SPACING * number for number in range(shards)]
    )


def test_a_restart_is_not_delayed_after_a_session_that_lasted():
    before = [GatewayStart(at=NOW - 3 * MINUTE, shard_id=0, steady_at=NOW - MINUTE)]

    assert permit(before, 0, StartLimit(), NOW).at == NOW


def test_one_shards_lasting_session_frees_the_others():
    broken = [
        GatewayStart(at=NOW - 200 + number, shard_id=number % 4, failed=True) for number in range(8)
    ]
    assert permit(broken, 1, StartLimit(), NOW).at > NOW

    mended = [*broken, GatewayStart(at=NOW - 150, shard_id=0, steady_at=NOW - 30)]
    assert permit(mended, 1, StartLimit(), NOW).at == NOW


def test_shards_of_different_buckets_start_at_once():
    starts = [GatewayStart(at=NOW, shard_id=0)]

    assert permit(starts, 1, StartLimit(concurrency=16), NOW).at == NOW
    assert permit(starts, 16, StartLimit(concurrency=16), NOW).at == NOW + SPACING
    assert permit(starts, 1, StartLimit(), NOW).at == NOW + SPACING


@pytest.mark.parametrize(
    ("remaining", "waits"), [(1000, False), (51, False), (50, True), (0, True), (-1, True)]
)
def test_a_reserve_is_left_until_discord_resets_the_limit(remaining, waits):
    limit = StartLimit(remaining=remaining, resets_at=NOW + DAY, asked_at=NOW)

    decided = permit([], 0, limit, NOW)

    assert (decided.wait is Wait.RESERVE) is waits
    assert decided.at == (NOW + DAY if waits else NOW)
    assert decided.left == max(remaining, 0)


def test_what_was_started_since_discord_was_asked_is_counted():
    limit = StartLimit(remaining=51, resets_at=NOW + DAY, asked_at=NOW - 10)
    starts = [GatewayStart(at=NOW - 5, shard_id=1), GatewayStart(at=NOW - 99, shard_id=2)]

    assert permit(starts, 0, limit, NOW).left == 50
    assert permit(starts, 0, replace(limit, resets_at=NOW - 1), NOW).left == 1000


def test_a_start_far_ahead_comes_from_a_wrong_clock():
    starts = [GatewayStart(at=NOW + MOST_AHEAD + 1, shard_id=0)]

    assert permit(starts, 0, StartLimit(), NOW).at == NOW


def test_an_old_answer_hides_no_start_on_record():
    """A proxy may answer from its memory, as if it were now."""
    starts = [GatewayStart(at=NOW - 60.0 * number, shard_id=0) for number in range(30)]
    limit = StartLimit(remaining=1000, resets_at=NOW + DAY / 2, asked_at=NOW + 1)

    assert permit(starts, 0, limit, NOW + 2).left == 970
    before = [replace(start, at=start.at - DAY / 2) for start in starts]  # of another window
    assert permit(before, 0, limit, NOW + 2).left == 999
