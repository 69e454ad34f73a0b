"""The queues of a lane: one per guild, served in turn; the least recently served comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import and_, exists, func, select
from sqlalchemy.engine import Connection

from bot.domain import lane as breaker
from bot.domain.job import Job, State
from bot.domain.lane import ClosedReason, Lane
from bot.store.job_rows import jobs_of, known_job
from bot.store.lanes import LANE_COLUMNS, LANE_ROW, read_lane
from bot.store.statements import Statement, given, upsert
from bot.store.tables import is_at_vendor, is_waiting, jobs, lane_queues

_QUEUE_OF_JOB: Final = and_(lane_queues.c.lane == jobs.c.lane, lane_queues.c.line == jobs.c.line)
_SERVED_AT: Final = func.coalesce(lane_queues.c.served_at, 0.0)
_IN_LANE: Final = jobs.c.lane == given("lane")
_CLAIMABLE: Final = and_(
    _IN_LANE,
    is_waiting,
    jobs.c.answered_at.is_not(None),
    # A withdrawn job came back from the vendor's refusal, and is about to be cancelled.
    jobs.c.hidden.is_(False),
)
_AT_VENDOR: Final = and_(_IN_LANE, is_at_vendor)
_SNAPSHOT: Final = Statement(
    select(
        *LANE_COLUMNS,
        select(func.count()).select_from(jobs).where(_AT_VENDOR).scalar_subquery(),
        exists().where(_CLAIMABLE),
    ).select_from(LANE_ROW)
)
_SUBMITTING: Final = Statement(
    select(jobs.c.id).where(_AT_VENDOR, jobs.c.state == State.SUBMITTING.value).limit(1)
)


@dataclass(frozen=True, kw_only=True)
class LaneSnapshot:
    """A lane, and what is in it."""

    lane: Lane
    at_vendor: int  # jobs
    has_waiting: bool  # a job that may be next


def read_snapshot(connection: Connection, lane: str) -> LaneSnapshot:
    """Return what the lane is now."""
    row = _SNAPSHOT.first(connection, lane=lane)
    assert row is not None
    *columns, at_vendor, has_waiting = row
    _, current = read_lane(lane, columns)
    return LaneSnapshot(lane=current, at_vendor=at_vendor, has_waiting=bool(has_waiting))


def has_room(
    connection: Connection, lane: str, snapshot: LaneSnapshot, *, width: int, now: float
) -> bool:
    """Tell whether a job waits, and the lane has room for it and is not paused."""
    state = snapshot.lane
    if not snapshot.has_waiting or snapshot.at_vendor >= width or state.paused(now):
        return False
    return not (breaker.one_at_a_time(state) and _SUBMITTING.value(connection, lane=lane))


def next_job(
    connection: Connection, lane: str, state: Lane, *, now: float, lock: bool = False
) -> Job | None:
    """Return the next job that the state of the lane lets through; ``None``: there is none.

    With *lock* the row is locked until the transaction ends.
    """
    only = state.probe if state.closed is ClosedReason.CREDIT else None
    query, passed_over = _next(one=only is not None, lock=lock), 0
    while True:
        row = query.first(connection, lane=lane, only=only, skip=passed_over)
        if row is None:
            return None
        if (job := known_job(row)) is not None:
            return job if breaker.may_submit(state, job.id, now) else None
        passed_over += 1


@cache
def _next(*, one: bool, lock: bool) -> Statement:
    """Return the query for the next job, or for *one* if it may be claimed."""
    first = (
        select(jobs.c.id)
        .outerjoin(lane_queues, _QUEUE_OF_JOB)
        .where(_CLAIMABLE)
        .order_by(_SERVED_AT, jobs.c.created_at, jobs.c.id)
        .limit(1)
        .offset(given("skip"))
    )
    if one:
        first = first.where(jobs.c.id == given("only"))
    # To sort whole rows takes twice as long. When the row is locked it may be another's by now.
    query = select(jobs).where(jobs.c.id == first.scalar_subquery(), _CLAIMABLE)
    return Statement(query.with_for_update() if lock else query)


def _places() -> Statement:
    """Return the query for the first jobs, in the order in which they will be served."""
    within_queue: dict[str, Any] = {
        "partition_by": jobs.c.line,
        "order_by": (jobs.c.created_at, jobs.c.id),
    }
    places = (
        select(
            jobs.c.id,
            func.row_number().over(**within_queue).label("place"),
            func.first_value(jobs.c.created_at).over(**within_queue).label("first_at"),
            func.first_value(jobs.c.id).over(**within_queue).label("first_id"),
            _SERVED_AT.label("served_at"),
        )
        .outerjoin(lane_queues, _QUEUE_OF_JOB)
        .where(_CLAIMABLE)
        .subquery()
    )
    return Statement(
        select(jobs)
        .join(places, places.c.id == jobs.c.id)
        .order_by(places.c.place, places.c.served_at, places.c.first_at, places.c.first_id)
        .limit(given("most"))
    )


_FIRST: Final = _places()


def waiting_jobs(connection: Connection, lane: str, *, most: int) -> Sequence[Job]:
    """Return the first jobs that wait in the lane, in the order in which they will be served."""
    return jobs_of(_FIRST.rows(connection, lane=lane, most=most))


def mark_served(connection: Connection, job: Job, now: float) -> None:
    """Record that the job's queue was served: the others of its lane come first now."""
    key = {"lane": job.lane, "line": job.queue_key}
    upsert(connection, lane_queues, key, {"served_at": now})
