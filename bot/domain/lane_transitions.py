"""Circuit breaker of one lane: what happens at the vendor changes its :class:`Lane`. Pure.

The breaker opens for a :class:`ClosedReason` and tries again by itself: after a back-off with
jitter one order is the probe, and nothing else is sent until its outcome is known. Its success
closes the breaker, its failure makes the next back-off longer. Where a status call tells
(`CHECKED`), it comes first, because it costs nothing.
"""

from dataclasses import replace
from typing import Final

from bot.domain.job import State
from bot.domain.lane import (
    CHECKED,
    GIVES_BACK,
    LONGEST_ASKED,
    MOST_UNKNOWN,
    ClosedReason,
    Lane,
    closed_reason,
    may_probe,
    needs_check,
    trial_delay,
)

FIRST_PAUSE: Final = 2.0  # seconds, where the vendor names no duration
LONGEST_PAUSE: Final = 300.0  # seconds, of the back-off; the vendor may ask for more

# In a row, until the breaker opens.
MOST_UNFETCHED: Final = 3
MOST_DENIED: Final = 3


# The first and the longest delay of a back-off, in seconds. Delays double.
_BACKOFFS: Final = {
    ClosedReason.BUSY: (FIRST_PAUSE, LONGEST_PAUSE),
    ClosedReason.KEY: (5.0, 900.0),
    ClosedReason.UNKNOWN: (5.0, 30.0),  # of status calls
    ClosedReason.MEDIA: (10.0, 3600.0),
    ClosedReason.DENIED: (5.0, 600.0),
}
_MOST_DOUBLINGS: Final = 16  # leads beyond the longest delay


def after_claim(lane: Lane, job_id: str, *, now: float) -> Lane:
    """Return *lane* after that job was claimed: in a closed lane it is the probe."""
    if lane.closed in {None, ClosedReason.CREDIT}:
        return lane
    return replace(lane, probe=job_id, probe_at=now)


def after_back_off(
    lane: Lane, job_id: str | None = None, *, retry_after: float | None, now: float, jitter: float
) -> Lane:
    """Return *lane* after the vendor rejected a call for a while: exponential back-off.

    *retry_after* in seconds is obeyed; without it pauses double. *jitter*, from 0 to 1, spreads
    the processes that share the lane. A pause never shortens the current one. *job_id* is of a
    submit: the probe's place becomes free, except in a lane without credit.
    """
    if lane.probe == job_id and lane.closed is not ClosedReason.CREDIT:
        lane = replace(lane, probe=None)
    if retry_after is None and lane.paused(now):
        return lane  # it was sent before the pause began
    if retry_after is None:
        pause = _delay(ClosedReason.BUSY, lane.refusals, jitter)
        refusals = lane.refusals + 1
    else:
        pause, refusals = min(retry_after, LONGEST_ASKED), 0
    after = replace(
        lane,
        closed=lane.closed or ClosedReason.BUSY,
        paused_until=max(lane.pause_ends_at(now), now + pause),
        refusals=refusals,
        failed_at=now,
    )
    if closed_reason(lane, now) is None and closed_reason(after, now) is not None:
        return replace(after, shut_at=now)
    return after


def outcome_unknown(lane: Lane, job_id: str, *, now: float, jitter: float) -> Lane:
    """Return *lane* after a submit whose outcome is unknown.

    The first one pauses the lane for a moment, and then submits go one at a time; the second in a
    row opens the breaker.
    """
    if lane.closed is not None and lane.probe != job_id:
        return lane  # it was sent before the lane closed
    lane = replace(lane, probe=None)
    if lane.closed is ClosedReason.CREDIT:
        return lane
    lane = replace(lane, unknown_in_row=lane.unknown_in_row + 1)
    if lane.unknown_in_row >= MOST_UNKNOWN:
        delay = trial_delay(lane) * (1.0 + jitter / 4)
        return replace(_closed(lane, ClosedReason.UNKNOWN, now=now, delay=delay), refusals=0)
    if lane.closed is not None:
        return _backed_off(lane, lane.closed, now=now, jitter=jitter)
    pause = _delay(ClosedReason.BUSY, 0, jitter)
    return replace(
        lane,
        paused_until=max(lane.pause_ends_at(now), now + pause),
        refusals=lane.refusals + 1,
        failed_at=now,
    )


def out_of_credit(lane: Lane, job_id: str, *, now: float, probe_after: float) -> Lane:
    """Return *lane* after the vendor rejected that job for lack of credit.

    In *probe_after* seconds one order may probe. A late rejection of a job that was sent before
    the lane closed changes nothing.
    """
    if lane.closed is ClosedReason.KEY or (
        lane.closed is ClosedReason.CREDIT and lane.probe != job_id
    ):
        return lane
    lane = replace(lane, unknown_in_row=0, denied_in_row=0)
    return _closed(lane, ClosedReason.CREDIT, now=now, delay=probe_after)


def key_rejected(lane: Lane, *, now: float, jitter: float = 0.0) -> Lane:
    """Return *lane* after the vendor rejected the key."""
    if lane.closed is ClosedReason.KEY:
        return lane
    lane = replace(lane, unknown_in_row=0, denied_in_row=0)
    return _backed_off(lane, ClosedReason.KEY, now=now, jitter=jitter)


def denied(lane: Lane, job_id: str, *, wall: bool, now: float, jitter: float) -> Lane:
    """Return *lane* after a 403 refused that job's submit, and not for the key.

    *wall*: a status call was refused likewise, so it is not for the order. Otherwise several in a
    row tell that.
    """
    if lane.closed is not None and lane.probe != job_id:
        return lane  # it was sent before the lane closed
    in_row = lane.denied_in_row + 1
    shuts = wall or in_row >= MOST_DENIED or lane.closed is ClosedReason.DENIED
    if lane.closed is ClosedReason.CREDIT or not shuts:
        return replace(after_refusal(lane, job_id), denied_in_row=in_row)
    lane = replace(lane, denied_in_row=in_row, unknown_in_row=0)
    return _backed_off(lane, ClosedReason.DENIED, now=now, jitter=jitter)


def pictures_unfetchable(lane: Lane, job_id: str, *, now: float, jitter: float) -> Lane:
    """Return *lane* after a paid order's pictures could not be fetched."""
    lane = replace(lane, unfetched_in_row=lane.unfetched_in_row + 1)
    opens = lane.closed is None and lane.unfetched_in_row >= MOST_UNFETCHED
    if opens or (lane.closed is ClosedReason.MEDIA and lane.probe == job_id):
        return _backed_off(lane, ClosedReason.MEDIA, now=now, jitter=jitter)
    return lane


def pictures_fetched(lane: Lane) -> Lane:
    """Return *lane* after a picture was fetched, of whichever order."""
    lane = replace(lane, unfetched_in_row=0)
    return _reopened(lane) if lane.closed is ClosedReason.MEDIA else lane


def after_success(lane: Lane, job_id: str) -> Lane:
    """Return *lane* after the vendor took that job: the back-off starts anew.

    Only the probe's success opens a closed lane: other jobs were sent before it closed. Where no
    submit was answered, any answer makes the next try due.
    """
    if lane.closed is ClosedReason.CREDIT and lane.probe == job_id:
        return _reopened(lane)
    if lane.closed is ClosedReason.MEDIA:  # until its pictures are fetched
        return replace(lane, unknown_in_row=0, denied_in_row=0)
    if lane.probe is None and lane.closed is ClosedReason.UNKNOWN:
        return replace(lane, probe_at=0.0)
    if lane.probe != job_id and lane.closed is ClosedReason.BUSY:
        return replace(lane, refusals=0)
    return after_refusal(lane, job_id)


def after_refusal(lane: Lane, job_id: str) -> Lane:
    """Return *lane* after the vendor refused that job for reasons of its own: it answers.

    That tells nothing of the wallet or of the pictures: another order may probe.
    """
    if lane.closed is None:
        return replace(lane, refusals=0, unknown_in_row=0, denied_in_row=0)
    if lane.probe != job_id:
        return lane
    if lane.closed in {ClosedReason.CREDIT, ClosedReason.MEDIA}:
        return replace(lane, probe=None)
    return _reopened(lane)


def probe_resolved(lane: Lane, state: State | None) -> Lane:
    """Return *lane* for the state of its probe; ``None``: the probe's job is not stored.

    The process that submitted the probe may have died before it recorded the outcome. A probe that
    ended without one makes room for the next.
    """
    if lane.probe is None or state is State.SUBMITTING:
        return lane
    if state is State.WAITING and lane.closed is ClosedReason.CREDIT:
        return lane
    if state in {None, State.WAITING, State.CANCELLED, State.REFUSED, State.UNCERTAIN}:
        return replace(lane, probe=None)
    if lane.closed is ClosedReason.MEDIA:
        match state:
            case State.DELIVERED:
                return pictures_fetched(lane)
            case State.QUEUED | State.PROCESSING | State.COMPLETED:
                return lane
            case _:
                return replace(lane, probe=None)
    return after_success(lane, lane.probe)


def after_admission(lane: Lane, job_id: str, *, now: float) -> Lane:
    """Return *lane* after an order was admitted: in a lane without credit it is the probe."""
    return replace(lane, probe=job_id) if may_probe(lane, now) else lane


def check_begun(lane: Lane, *, now: float, jitter: float) -> Lane:
    """Return *lane* with the next status call in a while: unless this one passes, it is needed."""
    if not needs_check(lane, now) or lane.closed is None:
        return lane
    delay = _delay(lane.closed, lane.refusals, jitter)
    return replace(lane, probe_at=now + delay, refusals=lane.refusals + 1)


def check_passed(lane: Lane) -> Lane:
    """Return *lane* after a status call was answered: one order may try."""
    if lane.closed is ClosedReason.KEY:
        return replace(lane, closed=ClosedReason.BUSY, probe_at=0.0)
    if lane.closed in CHECKED and lane.probe is None:
        return replace(lane, probe_at=0.0)
    return lane


def probe_due_now(lane: Lane, *, now: float) -> Lane:
    """Return *lane* after a moderator asked for the next try at once."""
    closed = lane.closed or (ClosedReason.BUSY if lane.paused(now) else None)
    return replace(
        lane,
        closed=closed,
        paused_until=min(lane.paused_until, now),
        probe_at=min(lane.probe_at, now),
    )


def restarted(lane: Lane, *, now: float) -> Lane:
    """Return *lane* after a start: what the operator may have changed is tried at once."""
    if lane.closed is ClosedReason.KEY:
        return check_passed(lane)
    return lane if lane.closed in {None, *GIVES_BACK} else probe_due_now(lane, now=now)


def opened(lane: Lane) -> Lane:
    """Return *lane* after the operator opened it; the next failure closes it again."""
    return replace(
        _reopened(lane),
        paused_until=0.0,
        unknown_in_row=MOST_UNKNOWN - 1 if lane.closed is ClosedReason.UNKNOWN else 0,
        unfetched_in_row=min(lane.unfetched_in_row, MOST_UNFETCHED - 1),
        denied_in_row=MOST_DENIED - 1 if lane.closed is ClosedReason.DENIED else 0,
    )


def _reopened(lane: Lane) -> Lane:
    return replace(
        lane,
        closed=None,
        refusals=0,
        probe_at=0.0,
        probe=None,
        unknown_in_row=0,
        denied_in_row=0,
    )


def _closed(lane: Lane, reason: ClosedReason, *, now: float, delay: float) -> Lane:
    shut_at = lane.shut_at if lane.closed is reason else now
    return replace(
        lane, closed=reason, shut_at=shut_at, failed_at=now, probe_at=now + delay, probe=None
    )


def _backed_off(lane: Lane, reason: ClosedReason, *, now: float, jitter: float) -> Lane:
    """Return *lane* closed for *reason*, with the next step of its back-off."""
    delay = _delay(reason, lane.refusals, jitter)
    return replace(_closed(lane, reason, now=now, delay=delay), refusals=lane.refusals + 1)


def _delay(reason: ClosedReason, step: int, jitter: float) -> float:
    first, longest = _BACKOFFS[reason]
    return min(first * 2.0 ** min(step, _MOST_DOUBLINGS), longest) * (1.0 + jitter / 2)
