"""The time of day of both stand-ins, which the panel moves forward together with the bot's."""

import time
from datetime import UTC, datetime

_ahead = 0.0  # seconds


def now() -> float:
    """Return the unix time."""
    return time.time() + _ahead


def today() -> datetime:
    """Return the same as a date and time in UTC."""
    return datetime.fromtimestamp(now(), UTC)


def set_ahead(seconds: float) -> None:
    """Set by how much this clock is ahead of the machine's."""
    global _ahead  # noqa: PLW0603  one time of day for all of the process, as the machine has
    _ahead = seconds
