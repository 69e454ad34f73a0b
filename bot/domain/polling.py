"""When to poll the vendor again: often enough to be quick, rarely enough for its rate limits."""

from typing import Final

JITTER: Final = 0.2  # of each wait, up or down
OLD: Final = 300.0  # seconds at the vendor after which a job is polled ever more slowly
SLOWEST: Final = 60.0  # seconds between two calls for one job
FIRST: Final = 1.5  # intervals, before any duration is known
WITH_CALLBACKS: Final = 24.0  # intervals: a safety net behind the callbacks
AGAIN: Final = 2.0  # intervals: the first wait after the deadline
RAREST: Final = 4 * 3600.0  # seconds between two calls for a job past its deadline
MOST_DOUBLINGS: Final = 20  # leads beyond the rarest


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


def wait_again(poll: float, *, tries: int, jitter: float) -> float:
    """Return the seconds until a job past its deadline is asked about again: doubled each time."""
    seconds = min(poll * AGAIN * 2.0 ** min(tries, MOST_DOUBLINGS), max(poll, RAREST))
    return seconds * (1.0 + JITTER * (2.0 * jitter - 1.0))
