"""Discord's ids: the time of their making in the upper bits, so that they sort by age."""

import itertools
import time
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000  # the first second of 2015, from which Discord counts
_counter = itertools.count()


def new() -> str:
    """Return an id that is later than each one made before it."""
    milliseconds = int(time.time() * 1000) - EPOCH_MS
    return str((milliseconds << 22) + (next(_counter) & 0x3FFFFF))


def created_at(snowflake: str) -> datetime:
    """Return when *snowflake* was made."""
    return datetime.fromtimestamp(((int(snowflake) >> 22) + EPOCH_MS) / 1000, UTC)
