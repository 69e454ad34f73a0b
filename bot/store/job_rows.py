"""Data mapper between rows of the table ``jobs`` and :class:`Job`: the one place that names both.

Columns keep the names of the first migration; attributes may be renamed and regrouped freely.
"""

from collections.abc import Mapping
from typing import Any, Final

from bot.domain.job import Billed, EndReason, Job, Lease, ReplyTarget, State, delivery_of
from bot.domain.order import Order

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


def job_of(row: Mapping[Any, Any]) -> Job:
    """Return the job of a row."""
    state = State(row["state"])
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
        billed=Billed(row["billed"]),
        end_reason=EndReason(row["cause"]) if row["cause"] else None,
        media=tuple(row["media"]),
    )


def _written(value: object, columns: Mapping[str, str]) -> dict[str, Any]:
    return {column: getattr(value, attribute) for attribute, column in columns.items()}


def _read(row: Mapping[Any, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    return {attribute: row[column] for attribute, column in columns.items()}
