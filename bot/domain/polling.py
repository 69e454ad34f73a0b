"""When to ask the vendor again: often enough to be quick, seldom enough to be welcome."""

from typing import Final

JITTER: Final = 0.2  # of each wait, up or down
OLD: Final = 300.0  # seconds at the vendor after which a job is asked for ever more slowly
SLOWEST: Final = 60.0  # seconds between two calls for one job
FIRST: Final = 1.5  # intervals, where nothing is known yet: no picture is drawn in a moment
WITH_CALLBACKS: Final = 24.0  # intervals: a safety net, since a callback will come first


def wait(
    *, poll: float, age: float, first: bool, median: float | None, callbacks: bool, jitter: float
) -> float:
    """Return the seconds until the next status call for a job.

    *poll* is the configured interval and *age* the time since the vendor took the job; *median* is
    how long such jobs took recently, ``None`` where that is not known; *jitter* lies in 0 to 1.
    """
    if callbacks:
        seconds = max(poll * WITH_CALLBACKS, 2.0 * (median or 0.0))
    elif first:
        seconds = max(poll, median / 2 if median is not None else poll * FIRST)
    elif age > OLD:
        seconds = min(poll * age / OLD, max(poll, SLOWEST))
    else:
        seconds = poll
    return seconds * (1.0 + JITTER * (2.0 * jitter - 1.0))
