"""Rows of the table ``jobs``: data mapper to :class:`Job`, compare-and-swap and bulk changes.

Columns keep the names of the first migration. A row has them in the order of the table.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Float, and_, insert, select, update
from sqlalchemy.engine import Connection

from bot.domain.job import (
    Billed,
    EndReason,
    Job,
    Lease,
    Obstacle,
    Outstanding,
    ReplyTarget,
    Screening,
    State,
)
from bot.domain.order import Order
from bot.store.dialects import DatabaseClock
from bot.store.spending import charge
from bot.store.statements import MOST_SHAPES, Row, Statement, given
from bot.store.tables import jobs

log = logging.getLogger(__name__)

T = TypeVar("T", Order, ReplyTarget, Lease, Outstanding)

COLUMNS: Final = tuple(jobs.c.keys())

# Column by attribute of the job itself. Columns of its parts have the names of their fields.
_SAME_NAME: Final = (
    *("id", "guild_id", "member_id", "lane", "state", "billed", "error", "request_id"),
    *("callback_token", "media", "created_at", "queued_at", "completed_at", "price"),
    "screening",
)
_JOB: Final = {name: name for name in _SAME_NAME} | {
    "end_reason": "cause",
    "state_since": "since",
    "withdrawn": "hidden",
}
_KINDS: Final[Mapping[str, Mapping[str | None, StrEnum | None]]] = {
    "state": {state.value: state for state in State},
    "billed": {billed.value: billed for billed in Billed},
    "cause": {None: None} | {reason.value: reason for reason in EndReason},
    "screening": {None: None} | {screening.value: screening for screening in Screening},
    "obstacle": {None: None} | {obstacle.value: obstacle for obstacle in Obstacle},
}


def _picker(columns: Iterable[str]) -> Callable[[Row], tuple[Any, ...]]:
    """Return what picks *columns* out of a row."""
    pick: Callable[[Row], tuple[Any, ...]] = itemgetter(*map(COLUMNS.index, columns))
    return pick


def _part(kind: type[T]) -> Callable[[Row], T]:
    """Return what makes a part of the job out of a row."""
    names = tuple(field.name for field in fields(kind))
    pick = _picker(names)
    return lambda row: kind(**dict(zip(names, pick(row), strict=True)))


_pick_own: Final = _picker(_JOB.values())
_order, _reply = _part(Order), _part(ReplyTarget)
_lease, _outstanding = _part(Lease), _part(Outstanding)
_places: Final = tuple((COLUMNS.index(column), kind) for column, kind in _KINDS.items())
_MEDIA: Final = COLUMNS.index("media")
_ID: Final = COLUMNS.index("id")

INSERT: Final = Statement(
    insert(jobs).values({name: given(name) for name in COLUMNS if name != "lease_until"})
)


def row_of(job: Job) -> dict[str, Any]:
    """Return the columns of *job*; not among them: ``lease_until``, which the database sets."""
    return {column: value for part in _parts(job) for column, value in part.items()}


def _parts(job: Job) -> Sequence[Mapping[str, Any]]:
    """Return the columns of *job*: its own, and those of each part."""
    own = {column: getattr(job, attribute) for attribute, column in _JOB.items()}
    own |= {"line": job.queue_key, "media": list(job.media)}
    return own, vars(job.order), vars(job.reply), vars(job.lease), vars(job.outstanding)


class UnknownValueError(ValueError):
    """A column holds a value that this version does not know: a newer one wrote it."""

    def __init__(self, column: str, value: object) -> None:
        super().__init__(f"column={column} value={value}")


def job_of(row: Row) -> Job:
    """Return the job of a row.

    Raises UnknownValueError if this version cannot tell what the row means.
    """
    values = list(row)
    for place, kind in _places:
        try:
            values[place] = kind[values[place]]
        except KeyError as error:
            raise UnknownValueError(COLUMNS[place], values[place]) from error
    values[_MEDIA] = _addresses(values[_MEDIA])
    return Job(
        **dict(zip(_JOB, _pick_own(values), strict=True)),
        order=_order(values),
        reply=_reply(values),
        lease=_lease(values),
        outstanding=_outstanding(values),
    )


def _addresses(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise UnknownValueError("media", value)
    return tuple(value)


def jobs_of(rows: Iterable[Row]) -> list[Job]:
    """Return the jobs of *rows*; skip and log rows with unknown values."""
    return [job for row in rows if (job := known_job(row)) is not None]


def known_job(row: Row | None) -> Job | None:
    """Return the job of a row; log it and return ``None`` if it has unknown values."""
    if row is None:
        return None
    try:
        return job_of(row)
    except UnknownValueError as error:
        log.error("job row skipped, unknown value: job=%s %s", row[_ID], error)  # noqa: TRY400 - no bug
        return None


def swap(connection: Connection, before: Job, after: Job, *, lease: float | None = None) -> bool:
    """Replace *before* by *after* if state, owner and epoch are unchanged; tell whether it was.

    Only columns that differ are written, and the epoch: an UPDATE needs one. A new owner's lease
    ends *lease* seconds from now; ``None``: at once, until it is renewed.
    """
    return _swap(connection, before, after, lease, read=False) is not None


def exchange(connection: Connection, before: Job, after: Job) -> Job | None:
    """Do the same, and return the job as stored then: columns that differ not may have changed."""
    row = _swap(connection, before, after, None, read=True)
    return None if row is None else known_job(row) or after


def _swap(
    connection: Connection, before: Job, after: Job, lease: float | None, *, read: bool
) -> Row | None:
    columns: dict[str, Any] = {"epoch": after.lease.epoch}
    for old, new in zip(_parts(before), _parts(after), strict=True):
        if old is not new:
            columns |= {name: value for name, value in new.items() if old[name] != value}
    if after.lease.owner != before.lease.owner:
        columns["lease_until"] = 0.0 if after.lease.owner is not None else None
    if lease is not None:
        columns["lease_until"] = lease
    statement = _swapping(tuple(columns), leased=lease is not None, read=read)
    parameters = columns | {
        "old_id": before.id,
        "old_state": before.state,
        "old_owner": before.lease.owner,
        "old_epoch": before.lease.epoch,
    }
    if read:
        row = statement.first(connection, **parameters)
    else:
        row = () if statement.change(connection, **parameters) else None
    if row is not None:
        charge(connection, after, after.charged - before.charged)
    return row


@lru_cache(MOST_SHAPES)
def _swapping(columns: Sequence[str], *, leased: bool, read: bool) -> Statement:
    """Return the statement that replaces *columns* of a job; *leased*: its lease by the clock."""
    is_unchanged = and_(
        jobs.c.id == given("old_id"),
        jobs.c.state == given("old_state"),
        jobs.c.owner.is_not_distinct_from(given("old_owner")),
        jobs.c.epoch == given("old_epoch"),
    )
    values: dict[str, Any] = {name: given(name) for name in columns}
    if leased:
        values["lease_until"] = DatabaseClock() + given("lease_until", type_=Float())
    change = update(jobs).where(is_unchanged).values(values)
    return Statement(change.returning(*jobs.c) if read else change)


def changing_all(where: ColumnElement[bool], columns: Mapping[str, Any]) -> Statement:
    """Return what sets *columns* in several rows, locked in a fixed order, to avoid deadlocks."""
    ids = select(jobs.c.id).where(where).order_by(jobs.c.created_at, jobs.c.id).with_for_update()
    return Statement(update(jobs).where(jobs.c.id.in_(ids)).values(columns))
