"""Data mapper between rows of the table ``jobs`` and :class:`Job`: the one place that names both.

Columns keep the names of the first migration; attributes may be renamed and regrouped freely.
"""

import logging
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from bot.domain.job import Billed, EndReason, Job, Lease, ReplyTarget, State, delivery_of
from bot.domain.order import Order

log = logging.getLogger(__name__)

E = TypeVar("E", bound=StrEnum)

# Column by attribute. Enums, tuples and flags that need a conversion are in the functions below.
_JOB: Final = {
    "id": "id",
    "guild_id": "guild_id",
    "member_id": "member_id",
    "lane": "lane",
    "error": "error",
    "request_id": "request_id",
    "callback_token": "callback_token",
    "created_at": "created_at",
    "state_since": "since",
    "queued_at": "queued_at",
    "completed_at": "completed_at",
    "undeliverable_since": "kept_at",
}
_ORDER: Final = {
    "prompt": "prompt",
    "images": "images",
    "guidance": "guidance",
    "steps": "steps",
    "enhance": "enhance",
    "style": "style",
    "sent": "sent",
}
_REPLY: Final = {
    "interaction_id": "interaction_id",
    "application_id": "application_id",
    "interaction_token": "interaction_token",
    "channel_id": "channel_id",
    "message_id": "message_id",
    "answered_at": "answered_at",
    "private": "private",
    "spoiler": "spoiler",
    "language": "language",
    "answers_only": "answers_only",
    "file_limit": "file_limit",
    "left_today": "left_today",
    "deleted_at": "deleted_at",
    "reported_at": "reported_at",
}
_LEASE: Final = {
    "owner": "owner",
    "epoch": "epoch",
    "submit_started_at": "submit_started_at",
}


def row_of(job: Job) -> dict[str, Any]:
    """Return the columns of *job*; not among them: ``lease_until``, which the database sets."""
    return {
        **_written(job, _JOB),
        **_written(job.order, _ORDER),
        **_written(job.reply, _REPLY),
        **_written(job.lease, _LEASE),
        "line": job.queue_key,
        "state": job.state,
        "billed": job.billed,
        "cause": job.end_reason,
        "media": list(job.media),
        "hidden": job.withdrawn,
    }


class UnknownValueError(ValueError):
    """A column holds a value that this version does not know: a newer one wrote it."""

    def __init__(self, column: str, value: object) -> None:
        super().__init__(f"column={column} value={value}")


def job_of(row: Mapping[Any, Any]) -> Job:
    """Return the job of a row.

    Raises:
        UnknownValueError: This version cannot tell what the row means.

    """
    state = _known(State, row, "state")
    delivery = delivery_of(
        state,
        owned=row["owner"] is not None,
        withdrawn=row["hidden"],
        undeliverable=row["kept_at"] is not None,
    )
    return Job(
        **_read(row, _JOB),
        order=Order(**_read(row, _ORDER)),
        reply=ReplyTarget(**_read(row, _REPLY)),
        lease=Lease(**_read(row, _LEASE)),
        state=state,
        delivery=delivery,
        billed=_known(Billed, row, "billed"),
        end_reason=_known(EndReason, row, "cause") if row["cause"] else None,
        media=tuple(row["media"]),
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


def _known(kind: type[E], row: Mapping[Any, Any], column: str) -> E:
    try:
        return kind(row[column])
    except ValueError as error:
        raise UnknownValueError(column, row[column]) from error


def _written(value: object, columns: Mapping[str, str]) -> dict[str, Any]:
    return {column: getattr(value, attribute) for attribute, column in columns.items()}


def _read(row: Mapping[Any, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    return {attribute: row[column] for attribute, column in columns.items()}
