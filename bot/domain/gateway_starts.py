"""When a shard may start a session at Discord's gateway, by the starts on record.

Discord counts the starts (IDENTIFY) of all processes with the same token: one in five seconds, and
1,000 a day, after which it resets the token. A RESUME is no start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DAY: Final = 86400.0
SPACING: Final = 5.5  # seconds between two starts of a bucket; Discord wants five
STEADY: Final = 120.0  # seconds after which a session shows that sessions last
# Seconds since the last start before a shard starts again, by the number of starts since a session
# lasted. Two shards whose sessions all end too soon start 3 times in their first 10 minutes, then
# once in 10 minutes.
PAUSES: Final = (0.0, 0.0, 120.0, 600.0)
# Where no session ended too soon, but processes did, as when somebody kills them.
KILLS: Final = 10  # starts without a pause
KILLED_PAUSE: Final = 300.0  # seconds
RESERVE: Final = 0.05  # of the day's starts, for the operator
LOW: Final = 0.2  # of the day's starts: with fewer left, the operator is told
SCARCE: Final = 0.5  # of the day's starts: with fewer, those left are spread over the day's rest
MOST_APART: Final = 3600.0  # seconds, of starts that are spread
MOST_AHEAD: Final = 60.0  # seconds; a start on record farther ahead comes from a wrong clock


class Wait(StrEnum):
    """Why a start has to wait."""

    SPACING = "spacing"
    UNSTEADY = "sessions do not last"
    SCARCE = "few starts left"
    RESERVE = "no starts left"


@dataclass(frozen=True)
class GatewayStart:
    """A start on record, in Unix seconds.

    Where its session neither lasted nor failed, it goes on, or its process ended with it.
    """

    at: float
    shard_id: int
    steady_at: float | None = None  # when its session had lasted
    failed: bool = False  # its session ended before


@dataclass(frozen=True, kw_only=True)
class StartLimit:
    """Discord's limit (``session_start_limit``), as it was at *asked_at*."""

    total: int = 1000
    remaining: int = 1000
    resets_at: float = 0.0
    concurrency: int = 1  # buckets that are spaced independently
    asked_at: float = 0.0  # 0: never; the starts on record tell what remains

    def left(self, starts: Sequence[GatewayStart], now: float) -> int:
        """Return how many starts remain at *now*.

        What Discord said may come from a proxy's memory, so the starts on record count, too.
        """
        is_told = self.asked_at and (now < self.resets_at or not self.resets_at)
        since = max(now - DAY, self.resets_at - DAY if is_told else self.resets_at)
        left = self.total - sum(start.at >= since for start in starts)
        if is_told:
            left = min(left, self.remaining - sum(start.at >= self.asked_at for start in starts))
        return max(left, 0)

    def is_low(self, left: int) -> bool:
        """Tell whether so few starts are left that the operator is told."""
        return left < self.total * LOW

    @property
    def reserve(self) -> int:
        """The number of starts that the bot leaves to the operator."""
        return int(self.total * RESERVE)


@dataclass(frozen=True, kw_only=True)
class Permit:
    """The earliest time of a start, and what it waits for."""

    at: float
    wait: Wait = Wait.SPACING
    left: int = 0  # starts that remain for the day, without this one


def permit(starts: Sequence[GatewayStart], shard_id: int, limit: StartLimit, now: float) -> Permit:
    """Return when *shard_id* may start, if that is decided at *now*."""
    starts = [start for start in starts if start.at <= now + MOST_AHEAD]
    left = limit.left(starts, now)
    times = {Wait.SPACING: now}
    if starts:
        last = max(start.at for start in starts)
        times |= {
            Wait.SPACING: max(now, _spaced(starts, shard_id, limit)),
            Wait.UNSTEADY: last + _pause(starts, shard_id),
        }
        if left < limit.total * SCARCE:
            times[Wait.SCARCE] = last + _apart(left, limit, now)
    if left <= limit.reserve:
        # Discord may have said no time, or one that is over: it is asked again.
        times[Wait.RESERVE] = max(limit.resets_at, now + MOST_AHEAD)
    wait = max(times, key=lambda why: times[why])
    return Permit(at=times[wait], wait=wait, left=left)


def _spaced(starts: Sequence[GatewayStart], shard_id: int, limit: StartLimit) -> float:
    bucket = shard_id % limit.concurrency
    same = [start.at for start in starts if start.shard_id % limit.concurrency == bucket]
    return max(same, default=-SPACING) + SPACING


def _pause(starts: Sequence[GatewayStart], shard_id: int) -> float:
    """Return the pause after the last start; none for a shard's first after one that lasted."""
    lasted = max((start.steady_at for start in starts if start.steady_at), default=0.0)
    unsteady = [start for start in starts if start.at > lasted]
    if not any(start.shard_id == shard_id for start in unsteady):
        return 0.0
    if not any(start.failed for start in unsteady):
        return KILLED_PAUSE if len(unsteady) > KILLS else 0.0
    return PAUSES[min(len(unsteady), len(PAUSES) - 1)]


def _apart(left: int, limit: StartLimit, now: float) -> float:
    rest = max(limit.resets_at - now, 0.0) if limit.resets_at else DAY
    return min(rest / max(left - limit.reserve, 1), MOST_APART)
