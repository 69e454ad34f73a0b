"""What refusals do to a lane."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job import State
from bot.domain.lane import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_WAIT,
    ClosedReason,
    Lane,
    after_admission,
    after_back_off,
    after_success,
    closed_reason,
    key_accepted,
    key_rejected,
    may_probe,
    may_submit,
    opens_at,
    out_of_credit,
    probe_due_now,
    probe_resolved,
)
from tests.samples import NOW

moments = st.floats(min_value=NOW - 1000, max_value=NOW + 1000)
pauses = st.none() | st.floats(min_value=0, max_value=3000)
jitters = st.floats(min_value=0, max_value=1)
lanes = st.builds(Lane, paused_until=moments, refusals=st.integers(min_value=0, max_value=5000))


@given(lanes, pauses, moments, jitters)
def test_a_pause_is_never_shortened(lane, retry_after, now, jitter):
    """One process hears "10 seconds", another "an hour": the hour holds for both."""
    after = after_back_off(lane, retry_after=retry_after, now=now, jitter=jitter)

    assert after.paused_until >= lane.paused_until


@given(lanes, st.floats(min_value=0, max_value=3000), jitters)
def test_what_the_vendor_asks_for_is_obeyed(lane, retry_after, jitter):
    after = after_back_off(lane, retry_after=retry_after, now=NOW, jitter=jitter)

    assert after.paused_until == max(lane.paused_until, NOW + retry_after)


@given(lanes, jitters)
def test_a_pause_of_our_own_choice_is_bounded(lane, jitter):
    after = after_back_off(lane, retry_after=None, now=NOW, jitter=jitter)

    assert after.paused_until >= (lane.paused_until if lane.paused(NOW) else NOW + FIRST_PAUSE)
    assert after.paused_until <= max(lane.paused_until, NOW + LONGEST_PAUSE * 1.5)


def test_a_burst_of_429s_is_one_refusal():
    """What was sent before the pause began, and is refused in it, tells nothing new."""
    lane = Lane()
    for _ in range(10):
        lane = after_back_off(lane, retry_after=None, now=NOW, jitter=0.0)

    assert lane == Lane(paused_until=NOW + FIRST_PAUSE, refusals=1)


def test_pauses_double_until_the_vendor_takes_an_order():
    lane, lengths = Lane(), []
    for _ in range(5):
        now = max(NOW, lane.paused_until)
        lane = after_back_off(lane, retry_after=None, now=now, jitter=0.0)
        lengths.append(lane.paused_until - now)

    assert lengths == pytest.approx([2, 4, 8, 16, 32])

    lane = after_back_off(after_success(lane, "a"), retry_after=None, now=NOW + 1000, jitter=0.0)

    assert lane.paused_until == NOW + 1000 + FIRST_PAUSE


@given(lanes)
def test_an_order_that_was_taken_ends_no_pause(lane):
    assert after_success(lane, "a") == Lane(paused_until=lane.paused_until, refusals=0)


def test_a_lane_is_open_from_the_moment_that_its_pause_ends():
    lane = Lane(paused_until=NOW)

    assert lane.paused(NOW - 0.001)
    assert not lane.paused(NOW)
    assert not Lane().paused(NOW)


def empty(now=NOW):
    """Return a lane that a 402 shut at *now*."""
    return out_of_credit(Lane(), "first", now=now, probe_after=300)


def test_an_empty_wallet_shuts_the_lane_until_the_time_of_the_probe():
    lane = empty()

    assert (closed_reason(lane, NOW), lane.shut_at, opens_at(lane, NOW)) == (
        ClosedReason.CREDIT,
        NOW,
        NOW + 300,
    )
    assert not may_submit(lane, "b", NOW + 1000)
    assert not may_probe(lane, NOW + 299)
    assert may_probe(lane, NOW + 300)


def test_one_order_is_the_probe_and_no_other_while_it_has_no_answer():
    lane = after_admission(empty(), "probe", now=NOW + 300)

    assert lane.probe == "probe"
    assert may_submit(lane, "probe", NOW + 300)
    assert not may_submit(lane, "other", NOW + 300)
    assert not may_probe(lane, NOW + 9999)
    assert opens_at(lane, NOW + 300) is None
    assert after_admission(lane, "other", now=NOW + 300) == lane


def test_no_order_tries_an_empty_wallet_in_a_pause_too_long_to_wait_for():
    lane = after_back_off(empty(), retry_after=86400, now=NOW, jitter=0.0)

    assert not may_probe(lane, NOW + 301)
    assert opens_at(lane, NOW + 301) == NOW + 86400
    assert may_probe(lane, NOW + 86400 - LONGEST_WAIT)


def test_only_the_probes_success_opens_the_lane():
    """A 202 that was on its way when the wallet ran dry tells nothing of now."""
    lane = after_admission(empty(), "probe", now=NOW + 300)

    assert closed_reason(after_success(lane, "late"), NOW + 301) is ClosedReason.CREDIT
    assert closed_reason(after_success(empty(), "late"), NOW + 301) is ClosedReason.CREDIT
    assert closed_reason(after_success(lane, "probe"), NOW + 301) is None


def test_a_probe_that_finds_no_credit_starts_the_wait_anew_within_the_same_episode():
    lane = after_admission(empty(), "probe", now=NOW + 300)
    lane = out_of_credit(lane, "probe", now=NOW + 310, probe_after=300)

    assert (lane.shut_at, lane.probe_at, lane.probe) == (NOW, NOW + 610, None)


def test_what_is_refused_late_changes_nothing():
    lane = empty()
    trying = after_admission(lane, "probe", now=NOW + 300)

    assert out_of_credit(lane, "late", now=NOW + 50, probe_after=300) == lane
    assert out_of_credit(trying, "late", now=NOW + 301, probe_after=300) == trying


def test_a_moderator_may_end_the_wait_but_does_not_open_the_lane():
    lane = probe_due_now(empty(), now=NOW + 10)

    assert may_probe(lane, NOW + 10)
    assert closed_reason(lane, NOW + 10) is ClosedReason.CREDIT
    assert probe_due_now(lane, now=NOW + 50).probe_at == NOW + 10


@pytest.mark.parametrize("state", [*State, None])
def test_a_probe_is_resolved_although_its_process_died(state):
    """``None``: it is not on record."""
    lane = probe_resolved(after_admission(empty(), "probe", now=NOW + 300), state)

    if state in {State.WAITING, State.SUBMITTING}:
        assert lane.probe == "probe"
    elif state in {State.CANCELLED, State.REFUSED, State.UNCERTAIN, None}:
        assert may_probe(lane, NOW + 300)
    else:
        assert closed_reason(lane, NOW + 300) is None


def test_a_refused_key_shuts_the_lane_until_a_start():
    lane = key_rejected(Lane(), now=NOW)

    assert closed_reason(lane, NOW + 10**6) is ClosedReason.KEY
    assert not may_submit(lane, "a", NOW + 10**6)
    assert not may_probe(lane, NOW + 10**6)
    assert closed_reason(after_success(lane, "late"), NOW) is ClosedReason.KEY
    assert key_rejected(lane, now=NOW + 5) == lane
    assert closed_reason(key_accepted(lane), NOW) is None
    assert key_accepted(empty()) == empty()


@pytest.mark.parametrize(
    ("seconds", "reason"), [(LONGEST_WAIT, None), (LONGEST_WAIT + 1, ClosedReason.BUSY)]
)
def test_a_pause_too_long_to_wait_for_closes_the_lane(seconds, reason):
    lane = after_back_off(Lane(), retry_after=seconds, now=NOW, jitter=0.0)

    assert closed_reason(lane, NOW) is reason
    assert lane.shut_at == (NOW if reason else 0.0)
    assert closed_reason(lane, NOW + 2) is None


def test_a_long_pause_is_one_episode_however_often_it_is_heard_of():
    lane = after_back_off(Lane(), retry_after=1000, now=NOW, jitter=0.0)
    again = after_back_off(lane, retry_after=2000, now=NOW + 1, jitter=0.0)

    assert again.shut_at == NOW
    assert opens_at(again, NOW + 1) == NOW + 2001


events = st.lists(
    st.tuples(
        st.sampled_from(["admit", "402", "202", "429", "resume", "lost", "key", "start", "tick"]),
        st.integers(min_value=0, max_value=3),
    ),
    max_size=30,
)


@given(events)
def test_no_sequence_of_events_leaves_a_lane_shut_for_ever(sequence):  # noqa: C901 - a table
    """Whatever happened: a start, time, and one order that is taken always open it again."""
    lane, now = Lane(), NOW
    for event, number in sequence:
        job = f"job {number}"
        match event:
            case "admit":
                lane = after_admission(lane, job, now=now)
            case "402":
                lane = out_of_credit(lane, job, now=now, probe_after=300)
            case "202":
                lane = after_success(lane, job)
            case "429":
                lane = after_back_off(lane, retry_after=number * 500.0, now=now, jitter=0.5)
            case "resume":
                lane = probe_due_now(lane, now=now)
            case "lost":
                lane = probe_resolved(lane, State.UNCERTAIN)
            case "key":
                lane = key_rejected(lane, now=now)
            case "start":
                lane = key_accepted(lane)
            case "tick":
                now += 100.0 * number
        assert not (lane.probe and lane.closed is not ClosedReason.CREDIT)

    lane, now = key_accepted(probe_resolved(lane, State.UNCERTAIN)), now + 10_000
    if closed_reason(lane, now) is not None:
        lane = after_admission(lane, "last", now=now)
        assert may_submit(lane, "last", now)
        lane = after_success(lane, "last")
    assert closed_reason(lane, now) is None
    assert may_submit(lane, "anybody", now)
