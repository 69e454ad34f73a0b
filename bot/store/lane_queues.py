"""The queues of a lane: one per guild, served in turn; the least recently served comes first."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.engine import Connection

from bot.domain import lane as breaker
from bot.domain.job import Job, State
from bot.domain.lane import ClosedReason, Lane
from bot.store.job_rows import jobs_of, known_job
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
_submitting: Final = jobs.c.state == State.SUBMITTING.value
# How many jobs are at the vendor, and how many of them are being submitted.
_AT_VENDOR: Final = Statement(
    select(func.count(), func.count().filter(_submitting))
    .select_from(jobs)
    .where(_IN_LANE, is_at_vendor)
)


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
    at_vendor, submitting = _AT_VENDOR.first(connection, lane=lane) or (0, 0)
    if at_vendor >= width or (submitting and breaker.one_at_a_time(recorded_lane)):
        return None
    only = recorded_lane.probe if recorded_lane.closed is ClosedReason.CREDIT else None
    query, passed_over = _next(one=only is not None, lock=lock), 0
    while True:
        row = query.first(connection, lane=lane, only=only, skip=passed_over)
        if row is None:
            return None
        if (job := known_job(row)) is not None:
            return job if breaker.may_submit(recorded_lane, job.id, now) else None
        passed_over += 1


@cache
def _next(*, one: bool, lock: bool) -> Statement:
    """Return the query for the next job, or for *one* if it may be claimed."""
    query = (
        select(jobs)
        .outerjoin(lane_queues, _QUEUE_OF_JOB)
        .where(_CLAIMABLE)
        .order_by(_SERVED_AT, jobs.c.created_at, jobs.c.id)
        .limit(1)
        .offset(given("skip"))
    )
    if one:
        query = query.where(jobs.c.id == given("only"))
    return Statement(query.with_for_update(of=jobs) if lock else query)


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
