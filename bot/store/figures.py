"""What a server's orders came to, by day and by member; and the numbers of refused orders.

The database sums up; its indexes give it the rows of one server and period alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Executable, and_, case, func, select, union_all
from sqlalchemy.engine import Connection

from bot.domain.admission import Rule
from bot.domain.deeds import DeedKind
from bot.domain.figures import DAY, DayFigures, MemberFigures, ServerFigures
from bot.domain.job import State
from bot.service.ports.figures import Refused
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.dialects import DayOf
from bot.store.statements import Insert, Statement, given
from bot.store.tables import (
    counts,
    deeds,
    is_open,
    is_settled,
    jobs,
    members,
    one_of,
    refusals,
    to_forget,
)

_RULES: Final = frozenset(Rule)
_KEY: Final = ("guild_id", "day", "rule")

_FAILED: Final = one_of(State.REFUSED, State.ERROR, State.FAILED)
# What its member had erased, or wants erased.
_NAMED: Final = and_(
    jobs.c.prompt != "", jobs.c.member_id.not_in(select(members.c.member_id).where(to_forget))
)
_FIGURES: Final = (
    DayOf(jobs.c.created_at).label("day"),
    jobs.c.member_id,
    case((and_(counts, ~_FAILED), jobs.c.images), else_=0).label("images"),
    case((_FAILED, 1), else_=0).label("failures"),
    case((counts, func.coalesce(jobs.c.price, 0)), else_=0).label("cost"),
    case((_NAMED, 1), else_=0).label("named"),
)
_IN_PERIOD: Final = and_(jobs.c.guild_id == given("of_guild"), jobs.c.created_at >= given("since"))
# Each part has an index, all orders of a server have none.
_ORDERS: Final = union_all(
    *(select(*_FIGURES).where(_IN_PERIOD, which) for which in (is_settled, is_open & ~is_settled))
).subquery()
_SUMS: Final = (
    func.count().label("orders"),
    func.sum(_ORDERS.c.images).label("images"),
    func.sum(_ORDERS.c.cost).label("cost"),
)
_BY_DAY: Final = Statement(
    select(
        _ORDERS.c.day,
        *_SUMS,
        func.sum(_ORDERS.c.failures),
        func.count(_ORDERS.c.member_id.distinct()),
    ).group_by(_ORDERS.c.day)
)
_NAMED_SUMS: Final = tuple(
    func.sum(_ORDERS.c.named * figure) for figure in (_ORDERS.c.images, 1, _ORDERS.c.cost)
)
# In each row, how many members there are in all: another look at all orders takes as long.
_TOP: Final = Statement(
    select(_ORDERS.c.member_id, *_NAMED_SUMS, func.count().over())
    .group_by(_ORDERS.c.member_id)
    .order_by(*(figure.desc() for figure in _NAMED_SUMS[:2]), _ORDERS.c.member_id)
    .limit(given("most"))
)
_REPORTS: Final = Statement(
    select(DayOf(deeds.c.at).label("day"), func.count())
    .where(
        deeds.c.guild_id == given("of_guild"),
        deeds.c.at >= given("since"),
        deeds.c.kind == DeedKind.REPORT.value,
    )
    .group_by("day")
)
_REFUSALS: Final = Statement(
    select(refusals.c.day, refusals.c.rule, refusals.c.orders).where(
        refusals.c.guild_id == given("of_guild"), refusals.c.day >= given("since")
    )
)


def _adding(insert: Insert) -> Executable:
    row = insert(refusals).values({column.name: given(column.name) for column in refusals.c})
    total = refusals.c.orders + row.excluded.orders
    added: Executable = row.on_conflict_do_update(index_elements=_KEY, set_={"orders": total})
    return added


_ADD: Final = Statement(_adding)


class Figures:
    """The figures of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def of_server(
        self, connection: Connection, guild_id: int, *, since: int, days: int, top: int
    ) -> ServerFigures:
        """Return the figures of so many days from *since*, when a day began; *top* members."""
        period: dict[str, Any] = {"of_guild": guild_id, "since": since}
        by_day = {int(day): sums for day, *sums in _BY_DAY.rows(connection, **period)}
        reports: dict[int, int] = dict(_REPORTS.rows(connection, **period))  # type: ignore[arg-type]
        refused = _by_day(_REFUSALS.rows(connection, **period))
        members = _TOP.rows(connection, **period, most=max(top, 1))
        return ServerFigures(
            days=[
                _day(day, by_day.get(day), reports.get(day, 0), refused.get(day, {}))
                for day in range(since, since + days * DAY, DAY)
            ],
            members=members[0][-1] if members else 0,
            top=[
                MemberFigures(member_id=who, images=int(images), orders=int(orders), cost=int(cost))
                for who, images, orders, cost, _ in members[:top]
                if orders  # that may be named
            ],
        )

    @write_transaction
    def count_refusals(self, connection: Connection, counts: Mapping[Refused, int]) -> None:
        """Add to the numbers of refused orders."""
        for key in sorted(counts):  # fixed lock order, to avoid deadlocks
            _ADD.change(connection, **dict(zip(_KEY, key, strict=True)), orders=counts[key])


def _by_day(rows: Sequence[Sequence[Any]]) -> Mapping[int, Mapping[Rule, int]]:
    """Return the numbers of refused orders by day; of rules that are known to this version."""
    by_day: dict[int, dict[Rule, int]] = {}
    for day, rule, orders in rows:
        if rule in _RULES:
            by_day.setdefault(day, {})[Rule(rule)] = orders
    return by_day


def _day(
    day: int, sums: Sequence[Any] | None, reports: int, refused: Mapping[Rule, int]
) -> DayFigures:
    orders, images, cost, failures, who = map(int, sums or (0, 0, 0, 0, 0))
    return DayFigures(
        day=day,
        orders=orders,
        members=who,
        images=images,
        failures=failures,
        reports=reports,
        cost=cost,
        refusals=refused,
    )
