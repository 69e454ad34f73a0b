"""What orders cost, by budget and period: running sums, so that admission reads three rows.

They change in the transaction that records an order or changes whether it counts, so they are exact
whatever is erased later.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Executable, Select, cast, func, select
from sqlalchemy.engine import Connection

from bot.domain.job import Job
from bot.domain.money import OF_ALL_SERVERS, Budget, period_start
from bot.store.statements import Insert, Statement, given
from bot.store.tables import spending

ALL: Final = 0  # of all servers; of a server's budget: outside of servers
_KEY: Final = (spending.c.budget, spending.c.guild_id, spending.c.since)


def _charging(insert: Insert) -> Executable:
    """Return the statement that adds to a job's three sums; always in this order: no deadlock."""
    rows = [
        {
            "budget": budget.value,
            "guild_id": given("guild_id") if budget is Budget.SERVER_MONTH else ALL,
            "since": given(f"since_{budget}"),
            "spent": given("price"),
        }
        for budget in Budget
    ]
    adding = insert(spending).values(rows)
    total = spending.c.spent + adding.excluded.spent
    added: Executable = adding.on_conflict_do_update(index_elements=_KEY, set_={"spent": total})
    return added


_CHARGE: Final = Statement(_charging)


def charge(connection: Connection, job: Job, amount: int) -> None:
    """Add *amount* to the sums of the periods in which *job* was made; below 0: give it back."""
    if amount:
        made = periods(job.created_at)
        _CHARGE.change(connection, guild_id=job.guild_id or ALL, price=amount, **made)


def periods(now: float) -> Mapping[str, int]:
    """Return when the period of each budget began, as the parameters of :func:`spent`."""
    return {f"since_{budget}": period_start(budget, now) for budget in Budget}


def spent(budget: Budget, guild_id: Any = ALL) -> Select[Any]:
    """Return the query for a sum; what a clock that was ahead put into later periods counts too."""
    total = cast(func.coalesce(func.sum(spending.c.spent), 0), BigInteger)
    return select(total).where(
        spending.c.budget == budget.value,
        spending.c.guild_id == guild_id,
        spending.c.since >= given(f"since_{budget}"),
    )


_TOTALS: Final = Statement(select(*(spent(budget).scalar_subquery() for budget in OF_ALL_SERVERS)))


def totals(connection: Connection, now: float) -> Mapping[Budget, int]:
    """Return what is spent of the budgets of all servers together."""
    row = _TOTALS.first(connection, **periods(now)) or ()
    return dict(zip(OF_ALL_SERVERS, map(int, row), strict=True))
