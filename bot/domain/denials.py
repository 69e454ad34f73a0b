"""Servers and members that the operator barred from ordering."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.errors import InvalidLimit
from bot.domain.order import clean
from bot.domain.rules import BLOCK_HOURS, LONGEST_REASON


class DeniedKind(StrEnum):
    """Who is barred. The values are stored: keep them."""

    SERVER = "server"  # everybody in it
    MEMBER = "member"  # everywhere


@dataclass(frozen=True, kw_only=True)
class Denial:
    """A server or member that may not order, by the operator's word. Times are Unix seconds."""

    kind: DeniedKind
    id: int  # Discord's, of the server or the member
    by: int | None  # who of the operators did it; None: by the command line
    since: float
    until: float | None = None  # None: until the operator lifts it
    reason: str = ""

    def holds(self, now: float) -> bool:
        """Tell whether it still holds at *now*."""
        return self.until is None or now < self.until


def denial_of(
    kind: DeniedKind, subject_id: int, *, by: int | None, now: float, hours: int | None, reason: str
) -> Denial:
    """Return a denial from *now* on, for *hours* or without an end. Raises InvalidLimit."""
    if hours is not None and hours not in BLOCK_HOURS:
        raise InvalidLimit(name="hours", low=BLOCK_HOURS.low, high=BLOCK_HOURS.high)
    return Denial(
        kind=kind,
        id=subject_id,
        by=by,
        since=now,
        until=None if hours is None else now + hours * 3600.0,
        reason=clean(reason)[:LONGEST_REASON],
    )
