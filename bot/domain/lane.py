"""The state of one lane's circuit breaker, and what it allows now; a probe is its half-open trial.

A lane is the queue in front of one API key. `bot.domain.lane_transitions` changes its state.
"""

import hashlib
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_WAIT: Final = 600.0  # seconds; for a longer pause no order is kept waiting
LONGEST_ASKED: Final = 86400.0  # seconds of a pause that the vendor asks for; then one order tries
LASTS: Final = 10.0  # seconds of a closure that may pass by itself, until somebody is told
CLOCK_SKEW: Final = 60.0  # seconds by which the clocks of two processes may differ
MOST_UNKNOWN: Final = 2  # outcomes in a row, until the breaker opens
PROBE_PATIENCE: Final = 600.0  # seconds after which another order may be the probe
LONGEST_DELAY: Final = 5400.0  # seconds until a probe, except of an empty wallet


class ClosedReason(StrEnum):
    """Why a lane takes no orders, or keeps them waiting: its circuit breaker is open."""

    CREDIT = "credit"  # the wallet is empty
    KEY = "key"  # the vendor does not accept the key
    BUSY = "busy"  # the vendor asked for a pause; after it one order tries first
    UNKNOWN = "unknown"  # submits get no usable answer, and may be billed
    MEDIA = "media"  # paid pictures cannot be fetched
    DENIED = "denied"  # a 403 refuses every submit, and not for the key


# Waiting orders are given back for these; for the others they wait.
GIVES_BACK: Final = frozenset({ClosedReason.CREDIT, ClosedReason.BUSY})
# New orders are refused for these; for the others they are accepted, and wait.
REFUSES: Final = GIVES_BACK | {ClosedReason.KEY}
# A status call tells whether it is worth to send an order.
CHECKED: Final = frozenset({ClosedReason.KEY, ClosedReason.UNKNOWN, ClosedReason.DENIED})

# Until an order tries whether submits are answered again, by the number of unknown outcomes. It may
# be lost, so the delays grow quickly.
_TRIAL_DELAYS: Final = (5.0, 180.0, 600.0, 1200.0, 2400.0, 3600.0)  # seconds
# Some gateways answer no status call for an unknown request: then an order tries without one.
_UNCHECKED_AFTER: Final = 600.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The state of the queue in front of one API key. Times are Unix seconds."""

    paused_until: float = 0.0
    refusals: int = 0  # steps of the back-off in a row
    closed: ClosedReason | None = None
    shut_at: float = 0.0  # when it closed last; identifies that closure
    failed_at: float = 0.0  # when the back-off of a pause or of a closure began
    probe_at: float = 0.0  # when one order may probe; 0: at once, without a status call
    probe: str | None = None  # the id of the job that probes
    # In a row:
    unknown_in_row: int = 0  # submits whose outcome is unknown
    unfetched_in_row: int = 0  # paid orders whose pictures could not be fetched
    denied_in_row: int = 0  # submits that a 403 refused, and not for the key

    def paused(self, now: float) -> bool:
        """Tell whether nothing may be submitted at *now*."""
        return now < self.pause_ends_at(now)

    def pause_ends_at(self, now: float) -> float:
        """Return the end of the pause; 0: a clock that was wrong wrote it."""
        return self._believed(self.paused_until, now + LONGEST_ASKED, now)

    def probe_opens_at(self, now: float) -> float:
        """Return when one order may probe; 0: at once, or a clock that was wrong wrote it."""
        # The operator chooses how long an empty wallet is left alone.
        longest = math.inf if self.closed is ClosedReason.CREDIT else LONGEST_DELAY
        return self._believed(self.probe_at, now + longest, now)

    def probing(self, now: float) -> bool:
        """Tell whether a probe's outcome is awaited."""
        if self.probe is None or self.closed is ClosedReason.CREDIT:
            return self.probe is not None
        return now < self.probe_at + PROBE_PATIENCE

    def probe_due(self, now: float) -> bool:
        """Tell whether one order may be sent into the closed lane."""
        if self.closed is None or self.probing(now) or self.paused(now):
            return False
        return now >= self.probe_opens_at(now)

    def next_try_at(self, now: float) -> float | None:
        """Return when a closed or paused lane tries again; ``None``: it does now."""
        if self.probing(now):
            return None
        due_at = self.pause_ends_at(now)
        if self.closed is not None:
            due_at = max(due_at, self.probe_opens_at(now))
        return due_at if due_at > now else None

    def _believed(self, moment: float, latest: float, now: float) -> float:
        set_back = now < self.failed_at - CLOCK_SKEW
        return 0.0 if set_back or moment > latest + CLOCK_SKEW else moment


def lane_name(key: str) -> str:
    """Return the name of the lane in front of *key*: a fingerprint that does not give it away."""
    return hashlib.sha256(b"lane:" + key.encode()).hexdigest()[:16]


def closed_reason(lane: Lane, now: float) -> ClosedReason | None:
    """Return why the lane is closed at *now*; ``None``: it is open, or pauses for a moment."""
    if lane.closed in {None, ClosedReason.BUSY}:
        return ClosedReason.BUSY if _pauses_long(lane, now) else None
    return lane.closed


def lasts(lane: Lane, reason: ClosedReason, now: float) -> bool:
    """Tell whether a closure for that reason is to be told of already."""
    return reason in REFUSES or now >= lane.shut_at + LASTS


def was_long_pause(lane: Lane) -> bool:
    """Tell whether orders were given back for the pause that *lane* is in, or was in last."""
    return lane.closed is ClosedReason.BUSY and lane.paused_until - lane.failed_at > LONGEST_WAIT


def _pauses_long(lane: Lane, now: float) -> bool:
    return lane.pause_ends_at(now) - now > LONGEST_WAIT


def may_submit(lane: Lane, job_id: str, now: float) -> bool:
    """Tell whether a job of that id may be sent at *now*: into a closed lane, only the probe."""
    if lane.paused(now):
        return False
    match lane.closed:
        case None:
            return True
        case ClosedReason.CREDIT:
            return lane.probe == job_id  # chosen when it was admitted
        case ClosedReason.KEY:
            return False  # a status call finds out
        case _:
            return lane.probe_due(now) and not needs_check(lane, now)


def one_at_a_time(lane: Lane) -> bool:
    """Tell whether a submit must be answered before the next one: the last outcome is unknown."""
    return lane.unknown_in_row > 0


def may_probe(lane: Lane, now: float) -> bool:
    """Tell whether the next order that is admitted becomes the probe of an empty wallet."""
    free = lane.closed is ClosedReason.CREDIT and lane.probe is None and not _pauses_long(lane, now)
    return free and now >= lane.probe_opens_at(now)


def opens_at(lane: Lane, now: float) -> float | None:
    """Return when a lane that refuses orders takes one again; ``None``: unknown."""
    match closed_reason(lane, now):
        case ClosedReason.BUSY:
            return lane.paused_until
        case ClosedReason.CREDIT if lane.probe is None:
            return max(lane.probe_at, lane.paused_until if _pauses_long(lane, now) else 0.0)
        case _:
            return None


def needs_check(lane: Lane, now: float) -> bool:
    """Tell whether a status call shall find out whether an order may try."""
    if lane.closed not in CHECKED or not lane.probe_due(now):
        return False
    if lane.closed is ClosedReason.KEY:
        return True
    if lane.probe_at == 0.0:
        return False
    longest = max(_UNCHECKED_AFTER, 2 * trial_delay(lane))
    return lane.failed_at - CLOCK_SKEW <= now < lane.failed_at + min(longest, _TRIAL_DELAYS[-1])


def trial_delay(lane: Lane) -> float:
    """Return the seconds until an order tries whether submits are answered again."""
    step = max(lane.unknown_in_row - MOST_UNKNOWN, 0)
    return _TRIAL_DELAYS[min(step, len(_TRIAL_DELAYS) - 1)]
