"""The queues of a lane: one per guild, served in turn; the least recently served comes first."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.engine import Connection

from bot.domain import lane as breaker
from bot.domain.job import Job, State
from bot.domain.lane import ClosedReason, Lane
from bot.store.dialects import upsert
from bot.store.job_rows import jobs_of, known_job
from bot.store.tables import is_at_vendor, is_waiting, jobs, lane_queues

_QUEUE_OF_JOB: Final = and_(lane_queues.c.lane == jobs.c.lane, lane_queues.c.line == jobs.c.line)
_SERVED_AT: Final = func.coalesce(lane_queues.c.served_at, 0.0)


def next_job(
    connection: Connection,
    lane: str,
    recorded_lane: Lane,
    *,
    width: int,
    now: float,
    lock: bool = False,
) -> Job | None:
    """Return the next job of the lane; ``None``: none waits, or the lane has no room or is closed.

    With *lock* the row is locked until the transaction ends.
    """
    if recorded_lane.paused(now):
        return None
    at_vendor = and_(jobs.c.lane == lane, is_at_vendor)
    counted = connection.scalar(select(func.count()).select_from(jobs).where(at_vendor))
    if (counted or 0) >= width:
        return None
    if breaker.one_at_a_time(recorded_lane):
        submitting = select(jobs.c.id).where(at_vendor, jobs.c.state == State.SUBMITTING.value)
        if connection.execute(submitting.limit(1)).first() is not None:
            return None
    claimable = _claimable(lane)
    if recorded_lane.closed is ClosedReason.CREDIT:
        claimable = and_(claimable, jobs.c.id == recorded_lane.probe)
    query = (
        select(jobs)
        .outerjoin(lane_queues, _QUEUE_OF_JOB)
        .order_by(_SERVED_AT, jobs.c.created_at, jobs.c.id)
        .limit(1)
    )
    if lock:
        query = query.with_for_update(of=jobs)
    while True:
        row = connection.execute(query.where(claimable)).mappings().first()
        if row is None or not breaker.may_submit(recorded_lane, row["id"], now):
            return None
        if (job := known_job(row)) is not None:
            return job
        claimable = and_(claimable, jobs.c.id != row["id"])


def waiting_jobs(connection: Connection, lane: str, *, most: int) -> Sequence[Job]:
    """Return the first jobs that wait in the lane, in the order in which they will be served."""
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
        .where(_claimable(lane))
        .subquery()
    )
    rows = connection.execute(
        select(jobs)
        .join(places, places.c.id == jobs.c.id)
        .order_by(places.c.place, places.c.served_at, places.c.first_at, places.c.first_id)
        .limit(most)
    )
    return jobs_of(rows.mappings())


def mark_served(connection: Connection, job: Job, now: float) -> None:
    """Record that the job's queue was served: the others of its lane come first now."""
    key = {"lane": job.lane, "line": job.queue_key}
    upsert(connection, lane_queues, key, {"served_at": now})


def _claimable(lane: str) -> ColumnElement[bool]:
    # A withdrawn job came back from the vendor's refusal, and is about to be cancelled.
    not_withdrawn = jobs.c.hidden.is_(False)
    return and_(jobs.c.lane == lane, is_waiting, jobs.c.answered_at.is_not(None), not_withdrawn)
