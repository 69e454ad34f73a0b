"""Counts, lists and bulk deletion of jobs."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Select,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection

from bot.domain.job import ENDED, EndReason, Job, State, member_queue_key
from bot.domain.lane import Lane
from bot.domain.money import Budget
from bot.service.ports.store import Counts, OrderPage
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.deeds import forget_reports, redraw
from bot.store.job_rows import jobs_of
from bot.store.lanes import lane_of
from bot.store.spending import totals
from bot.store.statements import Statement, given
from bot.store.tables import (
    is_at_vendor,
    is_held,
    is_not_held,
    is_open,
    is_owned,
    is_settled,
    is_undelivered,
    is_waiting,
    jobs,
    lane_queues,
    lanes,
)

log = logging.getLogger(__name__)

SEARCHED: Final = 5000  # newest orders of one member
DURATIONS_AMONG: Final = 20  # times as many of the newest orders are read for durations
_NEWEST: Final = (jobs.c.created_at.desc(), jobs.c.id)
# What is left of an erased order for as long as limits count it.
_BLANK: Final[dict[str, Any]] = {
    "prompt": "",
    "sent": None,
    "style": None,
    "suffix": None,
    "defaulted": None,
    "error": None,
    "media": [],
    "interaction_token": None,
    "hidden": True,  # withdrawn: the vendor may still answer, and nothing of it is shown
}
_GIVEN_UP: Final = {
    "state": State.FAILED.value,
    "cause": EndReason.KEPT_TOO_LONG.value,
    "kept_at": None,
    "obstacle": None,
    "next_try_at": None,
}
_IS_OVER: Final = and_(is_settled, ~is_owned, jobs.c.next_try_at.is_(None))
_IN_QUEUE: Final = and_(is_waiting, jobs.c.answered_at.is_not(None))
_MOST: Final = given("most")
_BEFORE: Final = jobs.c.created_at < given("made_before")
_MEMBER: Final = jobs.c.member_id == given("member_id")

_IS_AWAITED: Final = and_(jobs.c.kept_at.is_(None), is_not_held)
_COUNT: Final = Statement(
    select(
        jobs.c.state,
        func.count(),
        func.sum(case((and_(_IN_QUEUE, jobs.c.lane == given("lane")), 1), else_=0)),
        func.min(jobs.c.since),
        func.max(jobs.c.since),
        # Where an outstanding job is kept for its member, pictures were fetched.
        func.min(case((_IS_AWAITED, jobs.c.outstanding_since))),
        func.count(case((_IS_AWAITED, jobs.c.outstanding_since))),
    )
    .where(is_open)
    .group_by(jobs.c.state)
)
_STALE: Final = Statement(
    select(jobs)
    .where(
        is_undelivered,
        jobs.c.state == State.COMPLETED.value,
        jobs.c.kept_at < given("kept_before"),
    )
    .limit(_MOST)
)
_ERASE_ENDED: Final = Statement(
    delete(jobs)
    .where(
        jobs.c.id.in_(
            select(jobs.c.id)
            .where(is_settled, _BEFORE, ~is_owned)
            .order_by(jobs.c.created_at)
            .limit(_MOST)
            .with_for_update(skip_locked=True)
        )
    )
    .returning(jobs.c.id)
)
_OVER_IN: Final = Statement(
    select(jobs.c.id)
    .where(jobs.c.guild_id == given("guild_id"), _BEFORE, _IS_OVER)
    .order_by(jobs.c.created_at)
    .limit(_MOST)
)
_ERASE_OVER: Final = Statement(
    delete(jobs).where(jobs.c.id.in_(given("ids", many=True)), _IS_OVER).returning(jobs.c.id)
)
_DURATIONS: Final = Statement(
    select(jobs.c.completed_at, jobs.c.queued_at)
    .order_by(jobs.c.interaction_id.desc())
    .limit(_MOST)
)


def _newest(*columns: Any) -> Select[Any]:
    """Return the query for the newest orders of a member that are listed."""
    listed = select(*columns).where(_MEMBER, jobs.c.prompt != "")
    return listed.order_by(*_NEWEST).limit(given("searched"))


_SEARCH: Final = Statement(_newest(jobs.c.id, jobs.c.prompt))
_TOTAL: Final = Statement(select(func.count()).select_from(_newest(jobs.c.id).subquery()))
_PAGE: Final = Statement(
    select(jobs)
    .where(_MEMBER, jobs.c.prompt != "")
    .order_by(*_NEWEST)
    .offset(given("skip"))
    .limit(_MOST)
)
_CHOSEN: Final = Statement(
    select(jobs).where(jobs.c.id.in_(given("ids", many=True))).order_by(*_NEWEST)
)
_ORDERS: Final = Statement(select(jobs).where(_MEMBER).order_by(*_NEWEST))

_MADE_BY_THEN: Final = and_(_MEMBER, jobs.c.created_at <= given("made_before"))
_UNSEEN: Final = or_(is_undelivered, is_held)
_ERASABLE: Final = and_(_MADE_BY_THEN, ~is_owned, or_(is_settled, _UNSEEN))
_DELETE: Final = Statement(
    delete(jobs).where(_ERASABLE, jobs.c.created_at < given("today")).returning(jobs.c.id)
)
_GIVE_UP: Final = Statement(update(jobs).where(_ERASABLE, _UNSEEN).values(_GIVEN_UP))
_BLANK_OUT: Final = Statement(update(jobs).where(_ERASABLE).values(_BLANK).returning(jobs.c.id))
_ANY_LEFT: Final = Statement(select(jobs.c.id).where(_MEMBER).limit(1))
_FORGET_QUEUE: Final = Statement(
    delete(lane_queues).where(
        lane_queues.c.lane.in_(select(lanes.c.lane)), lane_queues.c.line == given("line")
    )
)
_ANY_PENDING: Final = Statement(select(jobs.c.id).where(_MADE_BY_THEN).limit(1))

_LANES: Final = Statement(select(lanes.c.lane))
_WAITING_BY_LANE, _AT_VENDOR_BY_LANE = (
    Statement(select(jobs.c.lane, func.count()).where(which).group_by(jobs.c.lane))
    for which in (is_waiting, is_at_vendor)
)


@cache
def _newest_in(state: State | None) -> Statement:
    query = select(jobs).order_by(jobs.c.interaction_id.desc()).offset(given("skip")).limit(_MOST)
    if state is not None:
        query = query.where(jobs.c.state == state.value)
    if state is not None and state not in ENDED:
        query = query.where(is_open)  # few: their own index is quicker
    return Statement(query)


@dataclass(frozen=True, kw_only=True)
class LaneRecord:
    """A lane, and how many orders are in it."""

    name: str
    lane: Lane
    waiting: int
    at_vendor: int


class JobQueries:
    """Queries over the jobs of all processes that share the database."""

    def __init__(
        self, database: Database, *, searched: int = SEARCHED, among: int = DURATIONS_AMONG
    ) -> None:
        self._database = database
        self._searched = searched
        self._among = among

    @read_transaction
    def count(self, connection: Connection, lane: str) -> Counts:
        """Count open jobs by state, and the jobs that wait in that lane."""
        rows = {State(row[0]): row[1:] for row in _COUNT.rows(connection, lane=lane)}
        uncertain, completed = rows.get(State.UNCERTAIN), rows.get(State.COMPLETED)
        return Counts(
            orders={state: row[0] for state, row in rows.items()},
            waiting=sum(int(row[1]) for row in rows.values()),
            oldest_uncertain=uncertain[2] if uncertain else None,
            newest_uncertain=uncertain[3] if uncertain else None,
            oldest_outstanding=completed[4] if completed else None,
            outstanding=completed[5] if completed else 0,
        )

    @read_transaction
    def spent(self, connection: Connection, *, now: float) -> Mapping[Budget, int]:
        """Return what is spent of the budgets of all servers together, in their periods."""
        return totals(connection, now)

    @read_transaction
    def stale_undelivered(
        self, connection: Connection, *, kept_before: float, most: int
    ) -> Sequence[Job]:
        """Return some jobs whose pictures have been kept since before that time."""
        return jobs_of(_STALE.rows(connection, kept_before=kept_before, most=most))

    @write_transaction
    def erase_ended(self, connection: Connection, *, made_before: float, most: int) -> int:
        """Erase some ended jobs without an owner, made before that time; return how many."""
        erased = _ERASE_ENDED.values(connection, made_before=made_before, most=most)
        redraw(connection, erased)
        return len(erased)

    @read_transaction
    def over_in(
        self, connection: Connection, guild_id: int, *, made_before: float, most: int
    ) -> Sequence[str]:
        """Return the ids of some jobs of a server that are over and were made before that time.

        Jobs without an owner, with nothing that is kept for their member or tried again.
        """
        return _OVER_IN.values(connection, guild_id=guild_id, made_before=made_before, most=most)

    @write_transaction
    def erase_over(self, connection: Connection, job_ids: Sequence[str]) -> int:
        """Erase these jobs as far as they are over; return how many were."""
        ids = sorted(job_ids)  # fixed lock order, to avoid deadlocks
        erased = _ERASE_OVER.values(connection, ids=ids)
        redraw(connection, erased)
        return len(erased)

    @read_transaction
    def recent_durations(self, connection: Connection, *, most: int) -> Sequence[float]:
        """Return how many seconds the vendor took for the last jobs that it completed.

        The newest come first. A bounded number of jobs is read: few of them may be completed.
        """
        durations = [
            completed_at - queued_at
            for completed_at, queued_at in _DURATIONS.rows(connection, most=most * self._among)
            if completed_at is not None and queued_at is not None
        ]
        return durations[:most]

    @read_transaction
    def page(
        self, connection: Connection, member_id: int, *, word: str, skip: int, most: int
    ) -> OrderPage:
        """Return a member's orders whose prompts contain *word*, without erased ones."""
        member = {"member_id": member_id, "searched": self._searched}
        if not word:
            total = _TOTAL.value(connection, **member)
            shown = max(min(most, total - skip), 0)
            rows = _PAGE.rows(connection, member_id=member_id, skip=skip, most=shown)
        else:
            wanted = word.casefold()  # the databases fold the case of ASCII letters only
            found = _SEARCH.rows(connection, **member)
            matching = [job_id for job_id, prompt in found if wanted in prompt.casefold()]
            total = len(matching)
            rows = _CHOSEN.rows(connection, ids=matching[skip : skip + most])
        return OrderPage(jobs=jobs_of(rows), total=total)

    @read_transaction
    def orders_of(self, connection: Connection, member_id: int) -> Sequence[Job]:
        """Return everything recorded about a member's orders."""
        return jobs_of(_ORDERS.rows(connection, member_id=member_id))

    @write_transaction
    def erase_member(
        self, connection: Connection, member_id: int, *, made_before: float, today: float
    ) -> Sequence[str]:
        """Erase a member's ended orders that were made before that time; return their ids."""
        erased = {"member_id": member_id, "made_before": made_before}
        deleted = _DELETE.values(connection, **erased, today=today)
        _GIVE_UP.change(connection, **erased)
        blanked = _BLANK_OUT.values(connection, **erased)
        forget_reports(connection, member_id)
        if _ANY_LEFT.value(connection, member_id=member_id) is None:
            _FORGET_QUEUE.change(connection, line=member_queue_key(member_id))
        return [*deleted, *blanked]

    @read_transaction
    def erasure_pending(
        self, connection: Connection, member_id: int, *, made_before: float
    ) -> bool:
        """Tell whether orders of the member are left that were made before that time."""
        pending = _ANY_PENDING.value(connection, member_id=member_id, made_before=made_before)
        return pending is not None

    @read_transaction
    def newest(
        self, connection: Connection, state: State | None, *, most: int, skip: int = 0
    ) -> Sequence[Job]:
        """Return the newest jobs in that state, without the first *skip*; ``None``: in any.

        By their interactions' ids, which grow with the time and have an index.
        """
        return jobs_of(_newest_in(state).rows(connection, most=most, skip=skip))

    @read_transaction
    def lanes(self, connection: Connection) -> Sequence[LaneRecord]:
        """Return every lane that is recorded or that has open jobs, by name."""
        known = set(_LANES.values(connection))
        waiting: dict[str, int] = dict(_WAITING_BY_LANE.rows(connection))  # type: ignore[arg-type]
        at_vendor: dict[str, int] = dict(_AT_VENDOR_BY_LANE.rows(connection))  # type: ignore[arg-type]
        return [
            LaneRecord(
                name=name,
                lane=lane_of(connection, name),
                waiting=waiting.get(name, 0),
                at_vendor=at_vendor.get(name, 0),
            )
            for name in sorted(known | waiting.keys() | at_vendor.keys())
        ]
