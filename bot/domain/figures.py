"""What the orders of a server came to in some days, for its moderators. Days are UTC days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.admission import Rule

DAY: Final = 86400  # seconds


@dataclass(frozen=True, kw_only=True)
class DayFigures:
    """The figures of one day. Costs are millionths of a dollar."""

    day: int  # when it began, in Unix seconds
    orders: int = 0  # that were taken
    members: int = 0  # who made them
    images: int = 0  # of those that did not fail and were not given back
    failures: int = 0  # orders that ended without pictures, but for cancelled ones
    reports: int = 0
    cost: int = 0
    refusals: Mapping[Rule, int] = field(default_factory=dict)  # by the rule that decided

    @property
    def refused(self) -> int:
        """How many orders were refused, by whatever rule."""
        return sum(self.refusals.values())


@dataclass(frozen=True, kw_only=True)
class MemberFigures:
    """What one member ordered. The cost is in millionths of a dollar."""

    member_id: int
    orders: int
    images: int
    cost: int


@dataclass(frozen=True, kw_only=True)
class ServerFigures:
    """The figures of a server: each day of a period, the oldest first, and its busiest members.

    Members who had their data erased are counted as far as their orders are on record, not named.
    """

    days: Sequence[DayFigures]
    members: int  # who ordered
    top: Sequence[MemberFigures] = ()  # the most images first

    @property
    def total(self) -> DayFigures:
        """The sums of all days."""
        names = ("orders", "images", "failures", "reports", "cost")
        sums = {name: sum(getattr(day, name) for day in self.days) for name in names}
        refusals: dict[Rule, int] = {}
        for day in self.days:
            for rule, count in day.refusals.items():
                refusals[rule] = refusals.get(rule, 0) + count
        return DayFigures(day=self.days[0].day, members=self.members, refusals=refusals, **sums)
