"""Circuit breaker of one lane; a probe is its half-open trial. Pure transitions of :class:`Lane`.

A lane is the queue in front of one API key. The breaker opens when the vendor reports an empty
wallet or a rejected key, or asks for a very long pause. Without credit, one order at a time may
probe: it is sent, and its success closes the breaker.
"""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.domain.job import State

FIRST_PAUSE: Final = 2.0  # seconds, where the vendor names no duration
LONGEST_PAUSE: Final = 300.0  # seconds, of the back-off; the vendor may ask for more
MOST_DOUBLINGS: Final = 16  # leads beyond the longest pause
LONGEST_WAIT: Final = 600.0  # seconds; for a longer pause no order is kept waiting


class ClosedReason(StrEnum):
    """Why a lane takes no orders: its circuit breaker is open."""

    CREDIT = "credit"  # the wallet is empty
    KEY = "key"  # the vendor does not accept the key
    BUSY = "busy"  # the vendor asked for a pause longer than LONGEST_WAIT


# Waiting orders are given back for these. For a rejected key they wait: a restart replaces it.
GIVES_BACK: Final = frozenset({ClosedReason.CREDIT, ClosedReason.BUSY})


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The state of the queue in front of one API key. Times are Unix seconds."""

    paused_until: float = 0.0
    refusals: int = 0  # in a row, without a duration
    closed: ClosedReason | None = None  # CREDIT or KEY; BUSY follows from paused_until
    shut_at: float = 0.0  # when it closed last; identifies that closure
    probe_at: float = 0.0  # CREDIT: when one order may probe
    probe: str | None = None  # CREDIT: the id of the job that probes
    # In a row:
    unknown_in_row: int = 0  # submits whose outcome is unknown
    unfetched_in_row: int = 0  # paid orders whose pictures could not be fetched
    denied_in_row: int = 0  # submits that a 403 refused without naming the reason

    def paused(self, now: float) -> bool:
        """Tell whether nothing may be submitted at *now*."""
        return now < self.paused_until


def lane_name(key: str) -> str:
    """Return the name of the lane in front of *key*: a fingerprint that does not give it away."""
    return hashlib.sha256(b"lane:" + key.encode()).hexdigest()[:16]


def closed_reason(lane: Lane, now: float) -> ClosedReason | None:
    """Return why the lane takes no orders at *now*; ``None``: it takes them."""
    if lane.closed is None and _pauses_long(lane, now):
        return ClosedReason.BUSY
    return lane.closed


def _pauses_long(lane: Lane, now: float) -> bool:
    return lane.paused_until - now > LONGEST_WAIT


def may_submit(lane: Lane, job_id: str, now: float) -> bool:
    """Tell whether a job of that id may be sent at *now*: in a closed lane, only the probe."""
    if lane.paused(now):
        return False
    return lane.closed is None or (lane.closed is ClosedReason.CREDIT and lane.probe == job_id)


def may_probe(lane: Lane, now: float) -> bool:
    """Tell whether the next order becomes the probe."""
    free = lane.closed is ClosedReason.CREDIT and lane.probe is None and not _pauses_long(lane, now)
    return free and now >= lane.probe_at


def opens_at(lane: Lane, now: float) -> float | None:
    """Return when a closed lane takes an order again; ``None``: unknown."""
    match closed_reason(lane, now):
        case ClosedReason.BUSY:
            return lane.paused_until
        case ClosedReason.CREDIT if lane.probe is None:
            return max(lane.probe_at, lane.paused_until if _pauses_long(lane, now) else 0.0)
        case _:
            return None


def after_back_off(lane: Lane, *, retry_after: float | None, now: float, jitter: float) -> Lane:
    """Return *lane* after the vendor rejected a submit for a while: exponential back-off.

    *retry_after* in seconds is obeyed; without it pauses double. *jitter*, from 0 to 1, spreads
    the processes that share the lane. A pause never shortens the current one.
    """
    if retry_after is None and lane.paused(now):
        return lane  # it was sent before the pause began
    if retry_after is None:
        doubled = FIRST_PAUSE * 2.0 ** min(lane.refusals, MOST_DOUBLINGS)
        pause = min(doubled, LONGEST_PAUSE) * (1.0 + jitter / 2)
        refusals = lane.refusals + 1
    else:
        pause, refusals = retry_after, 0
    after = replace(lane, paused_until=max(lane.paused_until, now + pause), refusals=refusals)
    if closed_reason(lane, now) is None and closed_reason(after, now) is not None:
        return replace(after, shut_at=now)
    return after


def out_of_credit(lane: Lane, job_id: str, *, now: float, probe_after: float) -> Lane:
    """Return *lane* after the vendor rejected that job for lack of credit.

    In *probe_after* seconds one order may probe. A late rejection of a job that was sent before
    the lane closed changes nothing.
    """
    if lane.closed is ClosedReason.KEY or (
        lane.closed is ClosedReason.CREDIT and lane.probe != job_id
    ):
        return lane
    shut_at = lane.shut_at if lane.closed is ClosedReason.CREDIT else now
    return replace(
        lane, closed=ClosedReason.CREDIT, shut_at=shut_at, probe_at=now + probe_after, probe=None
    )


def key_rejected(lane: Lane, *, now: float) -> Lane:
    """Return *lane* after the vendor rejected the key."""
    if lane.closed is ClosedReason.KEY:
        return lane
    return replace(lane, closed=ClosedReason.KEY, shut_at=now, probe=None)


def after_success(lane: Lane, job_id: str) -> Lane:
    """Return *lane* after the vendor took that job: the back-off starts anew.

    Only the probe's success opens a lane without credit: other jobs were sent before it closed.
    """
    if lane.closed is ClosedReason.CREDIT and lane.probe == job_id:
        lane = replace(lane, closed=None, probe=None)
    return replace(lane, refusals=0)


def probe_resolved(lane: Lane, state: State | None) -> Lane:
    """Return *lane* for the state of its probe; ``None``: the probe's job is not stored.

    The process that submitted the probe may have died before it recorded the outcome. A probe that
    ended without one makes room for the next.
    """
    if lane.probe is None or state in {State.WAITING, State.SUBMITTING}:
        return lane
    if state in {None, State.CANCELLED, State.REFUSED, State.UNCERTAIN}:
        return replace(lane, probe=None)
    return after_success(lane, lane.probe)


def after_admission(lane: Lane, job_id: str, *, now: float) -> Lane:
    """Return *lane* after an order was admitted: in a lane without credit it is the probe."""
    return replace(lane, probe=job_id) if may_probe(lane, now) else lane


def probe_due_now(lane: Lane, *, now: float) -> Lane:
    """Return *lane* after a moderator asked for the next probe at once."""
    return replace(lane, probe_at=min(lane.probe_at, now))


def key_accepted(lane: Lane) -> Lane:
    """Return *lane* after a start: the operator may have replaced the key, so it is tried again."""
    return replace(lane, closed=None) if lane.closed is ClosedReason.KEY else lane
