"""Jobs as a heap: counted for whoever measures, listed for operators, and cleared away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, case, delete, func, select
from sqlalchemy.engine import Connection

from bot.domain.job import ENDED, Job, State
from bot.domain.pressure import Lane
from bot.service.ports import Counts
from bot.store.database import Database, reads, writes
from bot.store.jobs import job_of
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
)

_IN_LINE: Final = and_(is_waiting, jobs.c.answered_at.is_not(None))


@dataclass(frozen=True, kw_only=True)
class LaneRecord:
    """A lane, and how many orders are in it."""

    name: str
    lane: Lane
    waiting: int
    at_vendor: int


class Records:
    """All the jobs that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def count(self, connection: Connection, lane: str) -> Counts:
        """Count all that have not ended, and those who may go in that lane's lines."""
        in_line = func.sum(case((and_(_IN_LINE, jobs.c.lane == lane), 1), else_=0))
        query = select(jobs.c.state, func.count(), in_line).where(is_open).group_by(jobs.c.state)
        rows = connection.execute(query).all()
        return Counts(
            orders={State(state): count for state, count, _ in rows},
            line=sum(int(waiting) for _, _, waiting in rows),
        )

    @reads
    def forgotten(self, connection: Connection, *, kept_before: float, most: int) -> Sequence[Job]:
        """Return some jobs whose pictures are kept since before that time."""
        query = select(jobs).where(is_kept, jobs.c.kept_at < kept_before).limit(most)
        found = connection.execute(query)
        return [job_of(row) for row in found.mappings()]

    @writes
    def erase(self, connection: Connection, *, made_before: float, most: int) -> int:
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

    @reads
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

    @reads
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


def _by_lane(connection: Connection, which: ColumnElement[bool]) -> dict[str, int]:
    query = select(jobs.c.lane, func.count()).where(which).group_by(jobs.c.lane)
    found = connection.execute(query)
    return {lane: count for lane, count in found}  # noqa: C416 - rows are no pairs to mypy
