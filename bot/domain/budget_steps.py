"""Steps of a budget of which somebody is warned: half of it is used, most of it, all of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.admission import BUDGETS, Rule, RuleResult
from bot.domain.money import Budget, period_end, period_start

STEPS: Final = (50, 80, 100)  # percent


@dataclass(frozen=True, kw_only=True)
class BudgetReached:
    """A budget is used to a step, in its current period. Amounts are millionths of a dollar."""

    rule: Rule
    guild_id: int | None  # of a server's budget; None: of all servers, or outside of servers
    since: int  # when the period began, in Unix seconds
    ends_at: int
    percent: int  # one of STEPS
    cap: int
    used: int

    @property
    def key(self) -> tuple[Rule, int, int, int]:
        """What is warned of once for each step: another cap is another budget."""
        return self.rule, self.guild_id or 0, self.since, self.cap


def budgets_reached(
    results: Iterable[RuleResult], *, guild_id: int | None, admitted: bool, now: float
) -> Iterator[BudgetReached]:
    """Yield the highest step that each budget reached with an order, *admitted* or not.

    A budget whose rest is too little for an order is used up.
    """
    for result in results:
        if result.rule not in BUDGETS or not result.limit:
            continue
        budget = BUDGETS[result.rule]
        used = result.used + (result.wanted if admitted else 0)
        reached = [step for step in STEPS if used * 100 >= step * result.limit]
        if result.refuses and result.wanted <= result.limit:
            reached.append(STEPS[-1])
        if reached:
            yield BudgetReached(
                rule=result.rule,
                guild_id=guild_id if budget is Budget.SERVER_MONTH else None,
                since=period_start(budget, now),
                ends_at=period_end(budget, now),
                percent=max(reached),
                cap=result.limit,
                used=used,
            )
