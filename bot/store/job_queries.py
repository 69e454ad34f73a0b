"""Counts, lists and bulk deletion of jobs."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.engine import Connection

from bot.domain.job import ENDED, EndReason, Job, State, member_queue_key
from bot.domain.lane import Lane
from bot.service.ports.store import Counts, OrderPage
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.deeds import forget_reports, redraw
from bot.store.job_rows import jobs_of
from bot.store.lanes import lane_of
from bot.store.tables import (
    is_at_vendor,
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
    "error": None,
    "media": [],
    "interaction_token": None,
    "hidden": True,  # withdrawn: the vendor may still answer, and nothing of it is shown
}
_GIVEN_UP: Final = {
    "state": State.FAILED.value,
    "cause": EndReason.KEPT_TOO_LONG.value,
    "kept_at": None,
}
_IS_OVER: Final = and_(is_settled, ~is_owned, jobs.c.next_try_at.is_(None))
_IN_QUEUE: Final = and_(is_waiting, jobs.c.answered_at.is_not(None))


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
        in_queue = func.sum(case((and_(_IN_QUEUE, jobs.c.lane == lane), 1), else_=0))
        query = select(jobs.c.state, func.count(), in_queue).where(is_open).group_by(jobs.c.state)
        rows = connection.execute(query).all()
        return Counts(
            orders={State(state): count for state, count, _ in rows},
            waiting=sum(int(waiting) for _, _, waiting in rows),
        )

    @read_transaction
    def stale_undelivered(
        self, connection: Connection, *, kept_before: float, most: int
    ) -> Sequence[Job]:
        """Return some jobs whose pictures have been kept since before that time."""
        kept = and_(is_undelivered, jobs.c.state == State.COMPLETED.value)
        query = select(jobs).where(kept, jobs.c.kept_at < kept_before).limit(most)
        return jobs_of(connection.execute(query).mappings())

    @write_transaction
    def erase_ended(self, connection: Connection, *, made_before: float, most: int) -> int:
        """Erase some ended jobs without an owner, made before that time; return how many."""
        ids = (
            select(jobs.c.id)
            .where(is_settled, jobs.c.created_at < made_before, ~is_owned)
            .order_by(jobs.c.created_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        return _erase(connection, jobs.c.id.in_(ids))

    @read_transaction
    def over_in(
        self, connection: Connection, guild_id: int, *, made_before: float, most: int
    ) -> Sequence[str]:
        """Return the ids of some jobs of a server that are over and were made before that time.

        Jobs without an owner, with nothing that is kept for their member or tried again.
        """
        in_guild = and_(jobs.c.guild_id == guild_id, jobs.c.created_at < made_before)
        query = select(jobs.c.id).where(in_guild, _IS_OVER).order_by(jobs.c.created_at).limit(most)
        return connection.scalars(query).all()

    @write_transaction
    def erase_over(self, connection: Connection, job_ids: Sequence[str]) -> int:
        """Erase these jobs as far as they are over; return how many were."""
        ids = sorted(job_ids)  # fixed lock order, to avoid deadlocks
        return _erase(connection, and_(jobs.c.id.in_(ids), _IS_OVER))

    @read_transaction
    def recent_durations(self, connection: Connection, *, most: int) -> Sequence[float]:
        """Return how many seconds the vendor took for the last jobs that it completed.

        The newest come first. A bounded number of jobs is read: few of them may be completed.
        """
        newest = (
            select(jobs.c.completed_at, jobs.c.queued_at)
            .order_by(jobs.c.interaction_id.desc())
            .limit(most * self._among)
        )
        durations = [
            row.completed_at - row.queued_at
            for row in connection.execute(newest)
            if row.completed_at is not None and row.queued_at is not None
        ]
        return durations[:most]

    @read_transaction
    def page(
        self, connection: Connection, member_id: int, *, word: str, skip: int, most: int
    ) -> OrderPage:
        """Return a member's orders whose prompts contain *word*, without erased ones."""
        newest = (
            select(jobs.c.id, jobs.c.prompt)
            .where(_listed(member_id))
            .order_by(*_NEWEST)
            .limit(self._searched)
        )
        if not word:
            ids = newest.with_only_columns(jobs.c.id)
            total = connection.scalar(select(func.count()).select_from(ids.subquery())) or 0
            chosen = ids.offset(skip).limit(max(min(most, total - skip), 0)).subquery()
            which = jobs.c.id.in_(select(chosen.c.id))
        else:
            wanted = word.casefold()  # the databases fold the case of ASCII letters only
            rows = connection.execute(newest)
            matching = [row.id for row in rows if wanted in row.prompt.casefold()]
            total = len(matching)
            which = jobs.c.id.in_(matching[skip : skip + most])
        query = select(jobs).where(which).order_by(*_NEWEST)
        return OrderPage(jobs=jobs_of(connection.execute(query).mappings()), total=total)

    @read_transaction
    def orders_of(self, connection: Connection, member_id: int) -> Sequence[Job]:
        """Return everything recorded about a member's orders."""
        query = select(jobs).where(jobs.c.member_id == member_id).order_by(*_NEWEST)
        return jobs_of(connection.execute(query).mappings())

    @write_transaction
    def erase_member(
        self, connection: Connection, member_id: int, *, made_before: float, today: float
    ) -> Sequence[str]:
        """Erase a member's ended orders that were made before that time; return their ids."""
        erasable = and_(
            _of_member(member_id, made_before), ~is_owned, or_(is_settled, is_undelivered)
        )
        old = delete(jobs).where(erasable, jobs.c.created_at < today).returning(jobs.c.id)
        deleted = connection.scalars(old).all()
        connection.execute(update(jobs).where(erasable, is_undelivered).values(_GIVEN_UP))
        rest = update(jobs).where(erasable).values(_BLANK).returning(jobs.c.id)
        blanked = connection.scalars(rest).all()
        forget_reports(connection, member_id)
        left = select(jobs.c.id).where(jobs.c.member_id == member_id).limit(1)
        if connection.scalar(left) is None:
            in_lanes = lane_queues.c.lane.in_(select(lanes.c.lane))
            queue = lane_queues.c.line == member_queue_key(member_id)
            connection.execute(delete(lane_queues).where(in_lanes, queue))
        return [*deleted, *blanked]

    @read_transaction
    def erasure_pending(
        self, connection: Connection, member_id: int, *, made_before: float
    ) -> bool:
        """Tell whether orders of the member are left that were made before that time."""
        query = select(jobs.c.id).where(_of_member(member_id, made_before)).limit(1)
        return connection.scalar(query) is not None

    @read_transaction
    def newest(self, connection: Connection, state: State | None, *, most: int) -> Sequence[Job]:
        """Return the newest jobs in that state; ``None``: in any.

        By their interactions' ids, which grow with the time and have an index.
        """
        query = select(jobs).order_by(jobs.c.interaction_id.desc()).limit(most)
        if state is not None:
            query = query.where(jobs.c.state == state.value)
        if state is not None and state not in ENDED:
            query = query.where(is_open)  # few: their own index is quicker
        return jobs_of(connection.execute(query).mappings())

    @read_transaction
    def lanes(self, connection: Connection) -> Sequence[LaneRecord]:
        """Return every lane that is recorded or that has open jobs, by name."""
        known = set(connection.scalars(select(lanes.c.lane)))
        waiting = _by_lane(connection, is_waiting)
        at_vendor = _by_lane(connection, is_at_vendor)
        return [
            LaneRecord(
                name=name,
                lane=lane_of(connection, name),
                waiting=waiting.get(name, 0),
                at_vendor=at_vendor.get(name, 0),
            )
            for name in sorted(known | waiting.keys() | at_vendor.keys())
        ]


def _erase(connection: Connection, which: ColumnElement[bool]) -> int:
    """Erase jobs, and have the entries of those that were reported drawn anew; count them."""
    erased = connection.scalars(delete(jobs).where(which).returning(jobs.c.id)).all()
    redraw(connection, erased)
    return len(erased)


def _listed(member_id: int) -> ColumnElement[bool]:
    return and_(jobs.c.member_id == member_id, jobs.c.prompt != "")


def _of_member(member_id: int, made_before: float) -> ColumnElement[bool]:
    return and_(jobs.c.member_id == member_id, jobs.c.created_at <= made_before)


def _by_lane(connection: Connection, which: ColumnElement[bool]) -> dict[str, int]:
    query = select(jobs.c.lane, func.count()).where(which).group_by(jobs.c.lane)
    return {row[0]: row[1] for row in connection.execute(query)}
