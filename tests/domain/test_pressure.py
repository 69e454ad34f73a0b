"""What refusals do to a lane."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pressure import FIRST_PAUSE, LONGEST_PAUSE, Lane, eased, pressed
from tests.samples import NOW

moments = st.floats(min_value=NOW - 1000, max_value=NOW + 1000)
pauses = st.none() | st.floats(min_value=0, max_value=3000)
jitters = st.floats(min_value=0, max_value=1)
lanes = st.builds(Lane, paused_until=moments, refusals=st.integers(min_value=0, max_value=5000))


@given(lanes, pauses, moments, jitters)
def test_a_pause_is_never_shortened(lane, retry_after, now, jitter):
    """One process hears "10 seconds", another "an hour": the hour holds for both."""
    after = pressed(lane, retry_after=retry_after, now=now, jitter=jitter)

    assert after.paused_until >= lane.paused_until


@given(lanes, st.floats(min_value=0, max_value=3000), jitters)
def test_what_the_vendor_asks_for_is_obeyed(lane, retry_after, jitter):
    after = pressed(lane, retry_after=retry_after, now=NOW, jitter=jitter)

    assert after.paused_until == max(lane.paused_until, NOW + retry_after)


@given(lanes, jitters)
def test_a_pause_of_our_own_choice_is_bounded(lane, jitter):
    after = pressed(lane, retry_after=None, now=NOW, jitter=jitter)

    assert after.paused_until >= NOW + FIRST_PAUSE
    assert after.paused_until <= max(lane.paused_until, NOW + LONGEST_PAUSE * 1.5)


def test_pauses_double_until_the_vendor_takes_an_order():
    lane, lengths = Lane(), []
    for _ in range(5):
        now = max(NOW, lane.paused_until)
        lane = pressed(lane, retry_after=None, now=now, jitter=0.0)
        lengths.append(lane.paused_until - now)

    assert lengths == pytest.approx([2, 4, 8, 16, 32])

    lane = pressed(eased(lane), retry_after=None, now=NOW + 1000, jitter=0.0)

    assert lane.paused_until == NOW + 1000 + FIRST_PAUSE


@given(lanes)
def test_an_order_that_was_taken_ends_no_pause(lane):
    assert eased(lane) == Lane(paused_until=lane.paused_until, refusals=0)


def test_a_lane_is_open_from_the_moment_that_its_pause_ends():
    lane = Lane(paused_until=NOW)

    assert lane.paused(NOW - 0.001)
    assert not lane.paused(NOW)
    assert not Lane().paused(NOW)
