"""What the vendor's answers do to a lane, and how it tries again by itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import lane_transitions
from bot.domain.job import State
from bot.domain.lane import (
    CHECKED,
    GIVES_BACK,
    LONGEST_ASKED,
    LONGEST_WAIT,
    PROBE_PATIENCE,
    REFUSES,
    ClosedReason,
    Lane,
    closed_reason,
    may_probe,
    may_submit,
    needs_check,
    one_at_a_time,
    opens_at,
)
from bot.domain.lane_transitions import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    after_admission,
    after_back_off,
    after_claim,
    after_refusal,
    after_success,
    check_begun,
    check_passed,
    key_rejected,
    opened,
    out_of_credit,
    probe_due_now,
    probe_resolved,
    restarted,
)
from tests.samples import NOW

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
moments = st.floats(min_value=NOW - 1000, max_value=NOW + 1000)
pauses = st.none() | st.floats(min_value=0, max_value=3000)
jitters = st.floats(min_value=0, max_value=1)
lanes = st.builds(Lane, paused_until=moments, refusals=st.integers(min_value=0, max_value=5000))


def unknown(lane, job_id="a", *, now=NOW):
    return lane_transitions.outcome_unknown(lane, job_id, now=now, jitter=0.0)


def denied(lane, job_id="a", *, wall=False, now=NOW):
    return lane_transitions.denied(lane, job_id, wall=wall, now=now, jitter=0.0)


def unfetchable(lane, job_id="a", *, now=NOW):
    return lane_transitions.pictures_unfetchable(lane, job_id, now=now, jitter=0.0)


def busy(lane, job_id="a", *, retry_after=None, now=NOW):
    return after_back_off(lane, job_id, retry_after=retry_after, now=now, jitter=0.0)


def empty(now=NOW):
    """Return a lane that a 402 shut at *now*."""
    return out_of_credit(Lane(), "first", now=now, probe_after=300)


SHUT = {
    ClosedReason.CREDIT: empty(),
    ClosedReason.KEY: key_rejected(Lane(), now=NOW),
    ClosedReason.BUSY: busy(Lane()),
    ClosedReason.UNKNOWN: unknown(unknown(Lane())),
    ClosedReason.MEDIA: unfetchable(unfetchable(unfetchable(Lane()))),
    ClosedReason.DENIED: denied(Lane(), wall=True),
}


def tried(lane, job_id="probe", *, since=NOW):
    """Return the closed lane with that job as its probe, and the time at which it is claimed."""
    now = lane.next_try_at(since) or since
    if lane.closed is ClosedReason.CREDIT:
        return after_admission(lane, job_id, now=now), now
    if needs_check(lane, now):
        lane = check_passed(check_begun(lane, now=now, jitter=0.0))
    assert may_submit(lane, job_id, now)
    return after_claim(lane, job_id, now=now), now


# Pauses.


@given(lanes, pauses, moments, jitters)
def test_a_pause_is_never_shortened(lane, retry_after, now, jitter):
    """One process hears "10 seconds", another "an hour": the hour holds for both."""
    after = after_back_off(lane, retry_after=retry_after, now=now, jitter=jitter)

    assert after.paused_until >= lane.paused_until


@given(lanes, st.floats(min_value=0, max_value=3000), jitters)
def test_what_the_vendor_asks_for_is_obeyed(lane, retry_after, jitter):
    after = after_back_off(lane, retry_after=retry_after, now=NOW, jitter=jitter)

    assert after.paused_until == max(lane.paused_until, NOW + retry_after)


def test_a_day_is_the_longest_pause_that_is_believed_without_a_try():
    assert busy(Lane(), retry_after=31 * DAY).next_try_at(NOW) == NOW + DAY


@given(lanes, jitters)
def test_a_pause_of_our_own_choice_is_bounded(lane, jitter):
    after = after_back_off(lane, retry_after=None, now=NOW, jitter=jitter)

    assert after.paused_until >= (lane.paused_until if lane.paused(NOW) else NOW + FIRST_PAUSE)
    assert after.paused_until <= max(lane.paused_until, NOW + LONGEST_PAUSE * 1.5)


def test_a_burst_of_429s_is_one_refusal():
    """What was sent before the pause began, and is refused in it, tells nothing new."""
    lane = Lane()
    for _ in range(10):
        lane = busy(lane)

    assert (lane.paused_until, lane.refusals) == (NOW + FIRST_PAUSE, 1)


def test_pauses_double_until_the_vendor_takes_an_order():
    lane, lengths = Lane(), []
    for _ in range(5):
        now = max(NOW, lane.paused_until)
        lane = busy(lane, now=now)
        lengths.append(lane.paused_until - now)

    assert lengths == pytest.approx([2, 4, 8, 16, 32])

    lane = busy(after_success(lane, "a"), now=NOW + 1000)

    assert lane.paused_until == NOW + 1000 + FIRST_PAUSE


@given(lanes)
def test_an_order_that_was_taken_ends_no_pause(lane):
    assert after_success(lane, "a") == Lane(paused_until=lane.paused_until, refusals=0)


def test_a_lane_is_open_from_the_moment_that_its_pause_ends():
    lane = Lane(paused_until=NOW)

    assert lane.paused(NOW - 0.001)
    assert not lane.paused(NOW)
    assert not Lane().paused(NOW)


@pytest.mark.parametrize(
    ("seconds", "reason"), [(LONGEST_WAIT, None), (LONGEST_WAIT + 1, ClosedReason.BUSY)]
)
def test_a_pause_too_long_to_wait_for_closes_the_lane(seconds, reason):
    lane = busy(Lane(), retry_after=seconds)

    assert closed_reason(lane, NOW) is reason
    assert lane.shut_at == (NOW if reason else 0.0)
    assert closed_reason(lane, NOW + 2) is None


def test_a_long_pause_is_one_episode_however_often_it_is_heard_of():
    lane = busy(Lane(), retry_after=1000)
    again = busy(lane, retry_after=2000, now=NOW + 1)

    assert again.shut_at == NOW
    assert opens_at(again, NOW + 1) == NOW + 2001


# Clocks.


@pytest.mark.parametrize("ahead", [-5 * MINUTE, DAY, 400 * DAY], ids=["5 min", "a day", "long"])
@pytest.mark.parametrize("reason", ClosedReason)
def test_a_back_off_that_a_wrong_clock_wrote_is_dropped(reason, ahead):
    """It was set back five minutes afterwards, or had been ahead."""
    now = NOW - abs(ahead)
    lane = replace(SHUT[reason], failed_at=NOW, probe_at=NOW + 9, paused_until=NOW + 9)

    assert lane.next_try_at(now) is None
    assert not lane.paused(now)
    assert lane.probe_due(now)


def test_a_pause_longer_than_the_vendor_could_have_asked_for_is_dropped():
    """An earlier version recorded it, without the time at which it began."""
    assert not Lane(paused_until=NOW + LONGEST_ASKED + HOUR).paused(NOW)
    assert Lane(paused_until=NOW + LONGEST_ASKED).paused(NOW)


def test_two_clocks_25_seconds_apart_agree_on_a_pause():
    assert busy(Lane(), retry_after=30).paused(NOW - 25)


# Every reason: a back-off, one probe, and what becomes of it.


@pytest.mark.parametrize("reason", ClosedReason)
def test_every_reason_shuts_the_lane_and_names_its_next_try(reason):
    lane = SHUT[reason]

    assert lane.closed is reason
    assert NOW < lane.next_try_at(NOW) <= NOW + 300
    assert not may_submit(lane, "b", NOW)
    assert (reason in GIVES_BACK, reason in REFUSES, reason in CHECKED) == {
        ClosedReason.CREDIT: (True, True, False),
        ClosedReason.BUSY: (True, True, False),
        ClosedReason.KEY: (False, True, True),
        ClosedReason.UNKNOWN: (False, False, True),
        ClosedReason.MEDIA: (False, False, False),
        ClosedReason.DENIED: (False, False, True),
    }[reason]


@pytest.mark.parametrize("reason", ClosedReason)
def test_one_order_is_the_probe_and_no_other_while_it_has_no_answer(reason):
    lane, now = tried(SHUT[reason])

    assert lane.probe == "probe"
    assert lane.next_try_at(now) is None
    assert not may_submit(lane, "other", now)
    assert not may_submit(lane, "other", now + PROBE_PATIENCE - 1)
    assert not may_probe(lane, now)


@pytest.mark.parametrize("reason", sorted(set(ClosedReason) - {ClosedReason.MEDIA}))
def test_the_probes_success_opens_the_lane(reason):
    lane, now = tried(SHUT[reason])
    after = after_success(lane, "probe")

    assert (after.closed, after.probe, after.refusals) == (None, None, 0)
    assert not one_at_a_time(after)
    assert may_submit(after, "b", now)


@pytest.mark.parametrize("reason", ClosedReason)
def test_a_late_success_opens_nothing(reason):
    """A 202 that was on its way when the lane closed tells nothing of now."""
    lane, _ = tried(SHUT[reason])

    assert after_success(lane, "late").closed is lane.closed
    assert after_success(SHUT[reason], "late").closed is reason


def test_a_late_success_makes_the_next_try_due_where_no_submit_was_answered():
    assert may_submit(after_success(SHUT[ClosedReason.UNKNOWN], "late"), "b", NOW + 3)


FAIL = {
    ClosedReason.CREDIT: lambda lane, job_id, now: out_of_credit(
        lane, job_id, now=now, probe_after=300
    ),
    ClosedReason.BUSY: lambda lane, job_id, now: busy(lane, job_id, now=now),
    ClosedReason.UNKNOWN: lambda lane, job_id, now: unknown(lane, job_id, now=now),
    ClosedReason.MEDIA: lambda lane, job_id, now: unfetchable(lane, job_id, now=now),
    ClosedReason.DENIED: lambda lane, job_id, now: denied(lane, job_id, now=now),
}


@pytest.mark.parametrize("reason", FAIL)
def test_a_probe_that_fails_makes_the_next_wait_longer_in_the_same_episode(reason):
    lane, now, waits = SHUT[reason], NOW, []
    for number in range(12):
        waits.append(lane.next_try_at(now) - now)
        lane, now = tried(lane, f"probe {number}", since=now)
        lane = FAIL[reason](lane, f"probe {number}", now)
        assert (lane.closed, lane.probe, lane.shut_at) == (reason, None, SHUT[reason].shut_at)

    assert waits == sorted(waits)
    assert waits[-1] == {ClosedReason.CREDIT: 300, ClosedReason.BUSY: 300}.get(
        reason, 600 if reason is ClosedReason.DENIED else HOUR
    )


@pytest.mark.parametrize("reason", FAIL)
def test_what_fails_late_changes_nothing(reason):
    """It was sent before the lane closed, and fails for the same reason."""
    lane, now = tried(SHUT[reason])
    late = FAIL[reason](lane, "late", now)

    assert (late.closed, late.probe, late.shut_at) == (reason, "probe", lane.shut_at)


def test_the_probe_of_a_busy_vendor_tries_again_after_the_next_pause():
    lane, now = tried(SHUT[ClosedReason.BUSY])
    lane = busy(lane, "probe", retry_after=60, now=now)

    assert (lane.probe, lane.next_try_at(now)) == (None, now + 60)


@pytest.mark.parametrize("state", [*State, None])
@pytest.mark.parametrize("reason", ClosedReason)
def test_a_probe_is_resolved_although_its_process_died(reason, state):
    """``None``: it is not on record."""
    lane, now = tried(SHUT[reason])
    after = probe_resolved(lane, state)

    no_outcome = {None, State.CANCELLED, State.REFUSED, State.UNCERTAIN}
    at_work, ends = {State.SUBMITTING}, set[State]()
    if reason is ClosedReason.CREDIT:
        at_work |= {State.WAITING}
    else:
        no_outcome |= {State.WAITING}
    if reason is ClosedReason.MEDIA:  # its pictures tell, not the submit
        at_work |= {State.QUEUED, State.PROCESSING, State.COMPLETED}
        ends = {State.FAILED, State.ERROR, State.EXPIRED}
    if state in at_work:
        assert after == lane
    elif state in no_outcome | ends:
        assert after == replace(lane, probe=None)
        assert after.probe_due(now)
    else:
        assert closed_reason(after, now) is None


def test_a_probe_without_an_outcome_makes_room_after_a_while():
    lane, now = tried(SHUT[ClosedReason.MEDIA])

    assert may_submit(lane, "b", now + PROBE_PATIENCE)


@pytest.mark.parametrize("reason", ClosedReason)
def test_a_start_and_a_moderator_have_the_lane_try_at_once(reason):
    """A pause that the vendor asked for, and an empty wallet, outlast a start."""
    lane = SHUT[reason]
    asked = probe_due_now(lane, now=NOW + 1)
    started = restarted(lane, now=NOW + 1)

    assert asked.closed is reason
    assert asked.next_try_at(NOW + 1) is None
    assert probe_due_now(asked, now=NOW + 50).probe_at == asked.probe_at
    if reason in GIVES_BACK:
        assert started == lane
    else:
        assert started.next_try_at(NOW + 1) is None


@pytest.mark.parametrize("reason", ClosedReason)
def test_the_operator_opens_a_lane_and_the_next_failure_shuts_it_again(reason):
    lane = opened(SHUT[reason])

    assert (lane.closed, lane.paused(NOW), lane.next_try_at(NOW)) == (None, False, None)
    assert may_submit(lane, "a", NOW)
    if reason in FAIL:
        assert FAIL[reason](lane, "a", NOW).closed is reason


def test_a_stronger_reason_replaces_the_first():
    lane, now = tried(SHUT[ClosedReason.UNKNOWN])

    after = out_of_credit(lane, "probe", now=now, probe_after=300)
    assert (after.closed, after.shut_at, after.probe) == (ClosedReason.CREDIT, now, None)
    after = key_rejected(lane, now=now)
    assert (after.closed, after.shut_at, after.probe) == (ClosedReason.KEY, now, None)


# An empty wallet.


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
    assert opens_at(after_admission(lane, "probe", now=NOW + 300), NOW + 300) is None


def test_no_order_tries_an_empty_wallet_in_a_pause_too_long_to_wait_for():
    lane = busy(empty(), retry_after=DAY)

    assert not may_probe(lane, NOW + 301)
    assert opens_at(lane, NOW + 301) == NOW + DAY
    assert may_probe(lane, NOW + DAY - LONGEST_WAIT)


def test_a_probe_that_is_asked_to_wait_remains_the_probe_of_an_empty_wallet():
    lane, now = tried(empty())

    assert busy(lane, "probe", retry_after=60, now=now).probe == "probe"


# Unknown outcomes.


def test_after_an_unknown_outcome_submits_go_one_at_a_time_and_the_second_shuts_the_lane():
    first = unknown(Lane())

    assert closed_reason(first, NOW) is None
    assert (first.paused(NOW), first.paused(NOW + 2)) == (True, False)
    assert one_at_a_time(first)
    assert not one_at_a_time(after_success(first, "b"))
    assert unknown(first, "b", now=NOW + 3).closed is ClosedReason.UNKNOWN
    assert unknown(after_refusal(first, "b"), "c", now=NOW + 3).closed is None


def test_three_minutes_of_outage_cost_one_order_beyond_the_two_that_shut_the_lane():
    """Even if status calls are answered all the time, and so an order tries."""
    lane, trials = SHUT[ClosedReason.UNKNOWN], [NOW]
    for _ in range(4):
        lane, now = tried(lane, since=trials[-1])
        lane = unknown(lane, "probe", now=now)
        trials.append(now)

    assert [round(now - NOW) for now in trials[1:]] == [5, 185, 785, 1985]


def test_no_order_tries_while_status_calls_fail_too_for_ten_minutes():
    lane, now, checks = SHUT[ClosedReason.UNKNOWN], NOW + 5, []
    while needs_check(lane, now):
        assert not may_submit(lane, "b", now)
        checks.append(now - NOW)
        lane = check_begun(lane, now=now, jitter=0.0)
        now = lane.next_try_at(now) or now

    assert checks[:6] == [5, 10, 20, 40, 70, 100]
    assert now >= NOW + 600
    assert may_submit(lane, "b", now)


# The key.


def test_a_key_that_a_status_call_accepts_lets_one_order_try_first():
    lane = SHUT[ClosedReason.KEY]
    now = lane.next_try_at(NOW)
    assert needs_check(lane, now)
    assert not may_submit(lane, "a", now)

    failed = check_begun(lane, now=now, jitter=0.0)
    passed = check_passed(failed)

    assert (failed.closed, failed.next_try_at(now)) == (ClosedReason.KEY, now + 10)
    assert closed_reason(passed, now) is None
    assert may_submit(passed, "a", now)
    assert not may_submit(after_claim(passed, "a", now=now), "b", now)


def test_a_key_that_only_status_calls_accept_is_tried_more_and_more_rarely():
    lane, now = SHUT[ClosedReason.KEY], NOW
    for _ in range(9):
        now = lane.next_try_at(now)
        lane = check_passed(check_begun(lane, now=now, jitter=0.0))
        lane = key_rejected(after_claim(lane, "probe", now=now), now=now)

    assert lane.next_try_at(now) == now + 900
    assert key_rejected(lane, now=now + 5) == lane


# 403 without a reason.


def test_three_denials_in_a_row_shut_the_lane_and_a_wall_does_at_once():
    """One may be for the prompt: the other orders are not affected."""
    twice = denied(denied(Lane()), "b")

    assert twice.closed is None
    assert denied(twice, "c").closed is ClosedReason.DENIED
    assert denied(after_success(twice, "c"), "d").closed is None
    assert denied(Lane(), wall=True).closed is ClosedReason.DENIED


# Pictures.


def test_a_fetched_picture_opens_a_lane_that_closed_for_pictures():
    shut = SHUT[ClosedReason.MEDIA]

    assert lane_transitions.pictures_fetched(shut).closed is None
    assert (
        unfetchable(lane_transitions.pictures_fetched(unfetchable(unfetchable(Lane())))).closed
        is None
    )
    assert lane_transitions.pictures_fetched(SHUT[ClosedReason.KEY]) == SHUT[ClosedReason.KEY]


def test_the_probe_of_pictures_waits_for_its_pictures():
    lane, now = tried(SHUT[ClosedReason.MEDIA])
    taken = after_success(lane, "probe")

    assert (taken.closed, taken.probe) == (ClosedReason.MEDIA, "probe")
    assert unfetchable(taken, "another", now=now).probe == "probe"
    assert unfetchable(taken, "probe", now=now).next_try_at(now) == now + 20


# Anything.


EVENTS = {
    "admit": lambda lane, job, now: after_admission(lane, job, now=now),
    "claim": lambda lane, job, now: (
        after_claim(lane, job, now=now) if may_submit(lane, job, now) else lane
    ),
    "202": lambda lane, job, _: after_success(lane, job),
    "402": FAIL[ClosedReason.CREDIT],
    "429": FAIL[ClosedReason.BUSY],
    "long pause": lambda lane, job, now: busy(lane, job, retry_after=1500, now=now),
    "502": FAIL[ClosedReason.UNKNOWN],
    "403": FAIL[ClosedReason.DENIED],
    "wall": lambda lane, job, now: denied(lane, job, wall=True, now=now),
    "401": lambda lane, _, now: key_rejected(lane, now=now),
    "400": lambda lane, job, _: after_refusal(lane, job),
    "fetched": lambda lane, *_: lane_transitions.pictures_fetched(lane),
    "unfetchable": FAIL[ClosedReason.MEDIA],
    "resume": lambda lane, _, now: probe_due_now(lane, now=now),
    "lost": lambda lane, *_: probe_resolved(lane, State.UNCERTAIN),
    "start": lambda lane, _, now: restarted(lane, now=now),
    "check": lambda lane, _, now: check_begun(lane, now=now, jitter=0.5),
    "check passed": lambda lane, *_: check_passed(lane),
    "open": lambda lane, *_: opened(lane),
}
sequences = st.lists(
    st.tuples(st.sampled_from(list(EVENTS)), st.sampled_from("abc"), st.sampled_from([0, 5, 200])),
    max_size=40,
)


@given(sequences)
def test_no_sequence_of_events_leaves_a_lane_shut_for_ever(sequence):
    """Whatever happened: time, and one order whose pictures come, always open it again."""
    lane, now = Lane(), NOW
    for event, job, seconds in sequence:
        now += seconds
        lane = EVENTS[event](lane, job, now)

    lane, now = probe_resolved(lane, State.UNCERTAIN), now + 10_000
    if needs_check(lane, now):
        lane = check_passed(check_begun(lane, now=now, jitter=0.0))
    lane = after_admission(lane, "last", now=now)
    assert may_submit(lane, "last", now)
    lane = lane_transitions.pictures_fetched(
        after_success(after_claim(lane, "last", now=now), "last")
    )
    assert closed_reason(lane, now) is None
    assert may_submit(lane, "anybody", now)
