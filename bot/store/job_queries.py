"""Jobs as a heap: counted for whoever measures, listed for operators, and cleared away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.engine import Connection

from bot.domain.job import ENDED, EndReason, Job, State
from bot.domain.lane import Lane
from bot.service.ports.store import Counts, OrderPage
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.job_rows import job_of
from bot.store.lanes import lane_of
from bot.store.tables import (
    is_at_vendor,
    is_kept,
    is_open,
    is_over,
    is_owned,
    is_waiting,
    jobs,
    lanes,
    lines,
)

MOST_LEAFED: Final = 5000  # orders of one member that are looked through
_NEWEST: Final = (jobs.c.created_at.desc(), jobs.c.id)
# What is left of an order that is forgotten, for as long as limits count it.
_BLANK: Final[dict[str, Any]] = {
    "prompt": "",
    "sent": None,
    "style": None,
    "error": None,
    "media": [],
    "interaction_token": None,
    "hidden": True,  # should the vendor's word on it come yet, nothing is to be shown
}
DURATIONS_AMONG: Final = 20  # times as many of the newest orders are looked at for durations
_IN_LINE: Final = and_(is_waiting, jobs.c.answered_at.is_not(None))


@dataclass(frozen=True, kw_only=True)
class LaneRecord:
    """A lane, and how many orders are in it."""

    name: str
    lane: Lane
    waiting: int
    at_vendor: int


class JobQueries:
    """All the jobs that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def count(self, connection: Connection, lane: str) -> Counts:
        """Count all that have not ended, and those who may go in that lane's lines."""
        in_line = func.sum(case((and_(_IN_LINE, jobs.c.lane == lane), 1), else_=0))
        query = select(jobs.c.state, func.count(), in_line).where(is_open).group_by(jobs.c.state)
        rows = connection.execute(query).all()
        return Counts(
            orders={State(state): count for state, count, _ in rows},
            waiting=sum(int(waiting) for _, _, waiting in rows),
        )

    @read_transaction
    def stale_undelivered(
        self, connection: Connection, *, kept_before: float, most: int
    ) -> Sequence[Job]:
        """Return some jobs whose pictures are kept since before that time."""
        query = select(jobs).where(is_kept, jobs.c.kept_at < kept_before).limit(most)
        found = connection.execute(query)
        return [job_of(row) for row in found.mappings()]

    @write_transaction
    def erase_ended(self, connection: Connection, *, made_before: float, most: int) -> int:
        """Erase some jobs that nobody works on any more, made before that time; return how many.

        One that has an owner is still being shown, and stays.
        """
        old = (
            select(jobs.c.id)
            .where(is_over, jobs.c.created_at < made_before, ~is_owned)
            .order_by(jobs.c.created_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        erased = connection.execute(delete(jobs).where(jobs.c.id.in_(old)))
        return erased.rowcount

    @read_transaction
    def recent_durations(self, connection: Connection, *, most: int) -> Sequence[float]:
        """Return how many seconds the vendor took for the last jobs that it completed.

        The newest come first. Only so many are looked at: it may have completed none for long.
        """
        newest = (
            select(jobs.c.completed_at, jobs.c.queued_at)
            .order_by(jobs.c.interaction_id.desc())
            .limit(most * DURATIONS_AMONG)
        )
        took = [
            row.completed_at - row.queued_at
            for row in connection.execute(newest)
            if row.completed_at is not None and row.queued_at is not None
        ]
        return took[:most]

    @read_transaction
    def page(
        self, connection: Connection, member_id: int, *, word: str, skip: int, most: int
    ) -> OrderPage:
        """Return a member's orders whose prompts hold *word*, but not those that were deleted.

        Databases fold the case of English letters alone, so it is done here.
        """
        query = select(jobs.c.id, jobs.c.prompt).where(_shown(member_id)).order_by(*_NEWEST)
        wanted = word.casefold()
        found = [
            row.id
            for row in connection.execute(query.limit(MOST_LEAFED))
            if wanted in row.prompt.casefold()
        ]
        chosen = select(jobs).where(jobs.c.id.in_(found[skip : skip + most])).order_by(*_NEWEST)
        rows = connection.execute(chosen).mappings()
        return OrderPage(jobs=[job_of(row) for row in rows], total=len(found))

    @read_transaction
    def orders_of(self, connection: Connection, member_id: int) -> Sequence[Job]:
        """Return all that is on record of a member's orders."""
        query = select(jobs).where(jobs.c.member_id == member_id).order_by(*_NEWEST)
        return [job_of(row) for row in connection.execute(query).mappings()]

    @write_transaction
    def erase_member(
        self, connection: Connection, member_id: int, *, made_before: float, today: float
    ) -> Sequence[str]:
        """Erase a member's orders that are over and were made before that time; return their ids.

        Of those made since *today*, which limits count, only what the member wrote is erased.
        """
        over = and_(_to_forget(member_id, made_before), ~is_owned, or_(is_over, is_kept))
        old = and_(over, jobs.c.created_at < today)
        found = connection.execute(select(jobs.c.id, jobs.c.lane).where(over)).all()
        connection.execute(delete(jobs).where(old))
        gone = {
            "state": State.FAILED.value,
            "cause": EndReason.KEPT_TOO_LONG.value,
            "kept_at": None,
        }
        connection.execute(update(jobs).where(over, is_kept).values(gone))
        connection.execute(update(jobs).where(over).values(_BLANK))
        rest = select(jobs.c.id).where(jobs.c.member_id == member_id).limit(1)
        if found and connection.scalar(rest) is None:  # nor do they stand in any line
            its_lanes = lines.c.lane.in_({row.lane for row in found})
            connection.execute(delete(lines).where(its_lanes, lines.c.line == f"m{member_id}"))
        return [row.id for row in found]

    @read_transaction
    def erasure_pending(
        self, connection: Connection, member_id: int, *, made_before: float
    ) -> bool:
        """Tell whether there is anything left to forget."""
        query = select(jobs.c.id).where(_to_forget(member_id, made_before)).limit(1)
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
        found = connection.execute(query)
        return [job_of(row) for row in found.mappings()]

    @read_transaction
    def lanes(self, connection: Connection) -> Sequence[LaneRecord]:
        """Return every lane that something is known of, by name."""
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


def _shown(member_id: int) -> ColumnElement[bool]:
    return and_(jobs.c.member_id == member_id, jobs.c.deleted_at.is_(None), jobs.c.prompt != "")


def _to_forget(member_id: int, made_before: float) -> ColumnElement[bool]:
    return and_(jobs.c.member_id == member_id, jobs.c.created_at <= made_before)


def _by_lane(connection: Connection, which: ColumnElement[bool]) -> dict[str, int]:
    query = select(jobs.c.lane, func.count()).where(which).group_by(jobs.c.lane)
    found = connection.execute(query)
    return {lane: count for lane, count in found}  # noqa: C416 - rows are no pairs to mypy
