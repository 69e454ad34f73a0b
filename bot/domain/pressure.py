"""What the vendor's refusals do to a lane: how long it pauses, and when it goes on."""

from dataclasses import dataclass
from typing import Final

FIRST_PAUSE: Final = 2.0  # seconds, when the vendor does not say how long
LONGEST_PAUSE: Final = 300.0  # seconds, of our own choice; the vendor may ask for more
ENOUGH: Final = 16  # doublings that lead beyond the longest pause


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The state of the queue in front of one API key. Times are Unix seconds."""

    paused_until: float = 0.0
    refusals: int = 0  # in a row, without a word on how long

    def paused(self, now: float) -> bool:
        """Tell whether nothing may be submitted at *now*."""
        return now < self.paused_until


def pressed(lane: Lane, *, retry_after: float | None, now: float, jitter: float) -> Lane:
    """Return *lane* after the vendor took nothing and asked for patience.

    *retry_after* in seconds is obeyed; without it pauses double. *jitter*, from 0 to 1, spreads
    the processes that share the lane. A pause never shortens one that is in force.
    """
    if retry_after is None:
        doubled = FIRST_PAUSE * 2.0 ** min(lane.refusals, ENOUGH)
        pause = min(doubled, LONGEST_PAUSE) * (1.0 + jitter / 2)
        refusals = lane.refusals + 1
    else:
        pause, refusals = retry_after, 0
    return Lane(paused_until=max(lane.paused_until, now + pause), refusals=refusals)


def eased(lane: Lane) -> Lane:
    """Return *lane* after the vendor took an order: the next pause starts small again."""
    return Lane(paused_until=lane.paused_until, refusals=0)
