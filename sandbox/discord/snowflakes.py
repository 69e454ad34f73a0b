"""Discord's ids: the upper bits hold the creation time, so ids sort by age."""

import itertools

from sandbox import time_of_day

EPOCH_MS = 1_420_070_400_000  # 2015-01-01T00:00:00Z, Discord's epoch
_counter = itertools.count()


def new() -> str:
    """Return an id greater than all earlier ones."""
    milliseconds = int(time_of_day.now() * 1000) - EPOCH_MS
    return str((milliseconds << 22) + (next(_counter) & 0x3FFFFF))


def age(snowflake: str) -> float:
    """Return the seconds since the creation of *snowflake*."""
    return time_of_day.now() - ((int(snowflake) >> 22) + EPOCH_MS) / 1000
