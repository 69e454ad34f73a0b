"""Rows of the table ``jobs``: data mapper to :class:`Job`, compare-and-swap and bulk changes.

Columns keep the names of the first migration.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.engine import Connection

from bot.domain.job import (
    Billed,
    EndReason,
    Job,
    Lease,
    Obstacle,
    Outstanding,
    ReplyTarget,
    State,
)
from bot.domain.order import Order
from bot.store.dialects import DatabaseClock
from bot.store.tables import jobs

log = logging.getLogger(__name__)

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T", Order, ReplyTarget, Lease, Outstanding)

# Column by attribute of the job itself. Columns of its parts have the names of their fields; enums
# and tuples are converted in the functions below.
_SAME_NAME: Final = (
    *("id", "guild_id", "member_id", "lane", "error", "request_id", "callback_token"),
    *("created_at", "queued_at", "completed_at"),
)
_JOB: Final = {name: name for name in _SAME_NAME} | {
    "state_since": "since",
    "withdrawn": "hidden",
}


def row_of(job: Job) -> dict[str, Any]:
    """Return the columns of *job*; not among them: ``lease_until``, which the database sets."""
    return {
        **{column: getattr(job, attribute) for attribute, column in _JOB.items()},
        **vars(job.order),
        **vars(job.reply),
        **vars(job.lease),
        **vars(job.outstanding),
        "line": job.queue_key,
        "state": job.state,
        "billed": job.billed,
        "cause": job.end_reason,
        "media": list(job.media),
    }


class UnknownValueError(ValueError):
    """A column holds a value that this version does not know: a newer one wrote it."""

    def __init__(self, column: str, value: object) -> None:
        super().__init__(f"column={column} value={value}")


def job_of(row: Mapping[Any, Any]) -> Job:
    """Return the job of a row.

    Raises UnknownValueError if this version cannot tell what the row means.
    """
    return Job(
        **{attribute: row[column] for attribute, column in _JOB.items()},
        order=_part(Order, row),
        reply=_part(ReplyTarget, row),
        lease=_part(Lease, row),
        outstanding=replace(
            _part(Outstanding, row),
            obstacle=_known(Obstacle, row, "obstacle") if row["obstacle"] else None,
        ),
        state=_known(State, row, "state"),
        billed=_known(Billed, row, "billed"),
        end_reason=_known(EndReason, row, "cause") if row["cause"] else None,
        media=_addresses(row, "media"),
    )


def jobs_of(rows: Iterable[Mapping[Any, Any]]) -> list[Job]:
    """Return the jobs of *rows*; skip and log rows with unknown values."""
    return [job for row in rows if (job := known_job(row)) is not None]


def known_job(row: Mapping[Any, Any]) -> Job | None:
    """Return the job of a row; log it and return ``None`` if it has unknown values."""
    try:
        return job_of(row)
    except UnknownValueError as error:
        log.error("job row skipped, unknown value: job=%s %s", row["id"], error)  # noqa: TRY400 - no bug
        return None


def swap(connection: Connection, before: Job, after: Job, *, lease: float | None = None) -> bool:
    """Replace *before* by *after* if state, owner and epoch are unchanged; tell whether it was.

    Only columns that differ are written, and the epoch: an UPDATE needs one. A new owner's lease
    ends *lease* seconds from now; ``None``: at once, until it is renewed.
    """
    old, new = row_of(before), row_of(after)
    columns = {name: value for name, value in new.items() if name == "epoch" or old[name] != value}
    if after.lease.owner != before.lease.owner:
        columns["lease_until"] = 0.0 if after.lease.owner is not None else None
    if lease is not None:
        columns["lease_until"] = DatabaseClock() + lease
    is_unchanged = and_(
        jobs.c.id == before.id,
        jobs.c.state == before.state.value,
        jobs.c.owner.is_not_distinct_from(before.lease.owner),
        jobs.c.epoch == before.lease.epoch,
    )
    return connection.execute(update(jobs).where(is_unchanged).values(**columns)).rowcount > 0


def change_all(
    connection: Connection, where: ColumnElement[bool], columns: Mapping[str, Any]
) -> None:
    """Set *columns* in several rows, locked in a fixed order, to avoid deadlocks."""
    ids = select(jobs.c.id).where(where).order_by(jobs.c.created_at, jobs.c.id).with_for_update()
    connection.execute(update(jobs).where(jobs.c.id.in_(ids)).values(**columns))


def _known(kind: type[E], row: Mapping[Any, Any], column: str) -> E:
    try:
        return kind(row[column])
    except ValueError as error:
        raise UnknownValueError(column, row[column]) from error


def _addresses(row: Mapping[Any, Any], column: str) -> tuple[str, ...]:
    value = row[column]
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise UnknownValueError(column, value)
    return tuple(value)


def _part(kind: type[T], row: Mapping[Any, Any]) -> T:
    """Return a part of the job: its fields have the names of their columns."""
    return kind(**{field.name: row[field.name] for field in fields(kind)})
