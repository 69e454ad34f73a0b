"""Changes of rows of jobs: compare-and-swap of one, and bulk changes in a fixed lock order."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.engine import Connection

from bot.domain.job import Job
from bot.store.clock import clock
from bot.store.job_rows import row_of
from bot.store.tables import jobs


def swap(connection: Connection, before: Job, after: Job, *, lease: float | None = None) -> bool:
    """Replace *before* by *after* if state, owner and epoch are unchanged; tell whether it was.

    Only columns that differ are written. A new owner's lease ends *lease* seconds from now;
    ``None``: at once, until it is renewed.
    """
    columns = _differences(before, after)
    if lease is not None:
        columns["lease_until"] = clock() + lease
    return change(connection, _is_unchanged(before), columns)


def change(connection: Connection, where: ColumnElement[bool], columns: Mapping[str, Any]) -> bool:
    """Set *columns* in rows; tell whether there are any."""
    return connection.execute(update(jobs).where(where).values(**columns)).rowcount > 0


def change_all(
    connection: Connection, where: ColumnElement[bool], columns: Mapping[str, Any]
) -> None:
    """Set *columns* in several rows, locked in a fixed order, to avoid deadlocks."""
    ids = select(jobs.c.id).where(where).order_by(jobs.c.created_at, jobs.c.id).with_for_update()
    change(connection, jobs.c.id.in_(ids), columns)


def _is_unchanged(job: Job) -> ColumnElement[bool]:
    return and_(
        jobs.c.id == job.id,
        jobs.c.state == job.state.value,
        jobs.c.owner.is_not_distinct_from(job.lease.owner),
        jobs.c.epoch == job.lease.epoch,
    )


def _differences(before: Job, after: Job) -> dict[str, Any]:
    old, new = row_of(before), row_of(after)
    columns = {name: value for name, value in new.items() if old[name] != value}
    if after.lease.owner != before.lease.owner:
        columns["lease_until"] = clock() if after.lease.owner is not None else None
    return columns
