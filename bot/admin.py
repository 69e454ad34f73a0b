"""The operator's commands ``python -m bot jobs`` and ``lanes``, safe beside a running bot.

They access the store only, by compare-and-swap like the bot: a change that loses a race against
the bot has no effect.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from bot.domain import lane as breaker
from bot.domain.job import EndReason, Job, State
from bot.domain.lane import Lane
from bot.pixazo.wire import REQUEST_ID
from bot.service.errors import AdminActionFailed
from bot.settings import Settings
from bot.store.database import Database
from bot.store.job_queries import JobQueries, LaneRecord
from bot.store.job_rows import row_of
from bot.store.jobs import Jobs

# No process has this name: a running bot takes the order over at once and updates its card.
OPERATOR: Final = "operator"

# The columns to print, in this order. Columns with tokens are left out.
_SHOWN: Final = (
    *("id", "interaction_id", "application_id", "guild_id", "channel_id", "member_id", "lane"),
    *("created_at", "state", "billed", "cause", "error", "request_id", "media"),
    *("private", "spoiler", "language", "answers_only", "hidden", "left_today", "message_id"),
    *("file_limit", "owner", "epoch", "since", "answered_at", "submit_started_at", "queued_at"),
    *("completed_at", "kept_at", "deleted_at", "reported_at"),
    *("prompt", "images", "guidance", "steps", "enhance", "style", "sent"),
)
_TIMES: Final = frozenset({"created_at", "since", "kept_at"}) | {
    "answered_at",
    "submit_started_at",
    "queued_at",
    "completed_at",
}


async def list_jobs(settings: Settings, state: State | None, *, most: int) -> AsyncIterator[str]:
    """Yield a table of the newest jobs, at most *most*; *state* selects those in one state."""
    async with _store(settings) as database:
        jobs = await JobQueries(database).newest(state, most=most)
    yield f"{'job':<16}  {'state':<10}  {'since':<20}  {'server':<20}  images"
    for job in jobs:
        end_reason = f"  {job.end_reason}" if job.end_reason else ""
        server = job.guild_id if job.guild_id is not None else "-"
        yield (
            f"{job.id:<16}  {job.state:<10}  {_timestamp(job.state_since):<20}  {server:<20}"
            f"  {job.order.images:>6}{end_reason}"
        )


async def show_job(settings: Settings, job_id: str) -> AsyncIterator[str]:
    """Yield a line for each field of a job, without its secrets; raises AdminActionFailed."""
    async with _store(settings) as database:
        job = await _get(Jobs(database), job_id)
    row = row_of(job)
    for column in _SHOWN:
        yield _column_line(column, row[column])


async def settle_job(
    settings: Settings, job_id: str, *, request_id: str | None
) -> AsyncIterator[str]:
    """Settle an UNCERTAIN job: the vendor has it as *request_id*; ``None``: it does not have it.

    A running bot continues the job within a third of LEASE_SECONDS. Raises AdminActionFailed.
    """
    async with _store(settings) as database:
        jobs, now = Jobs(database), time.time()
        job = await _get(jobs, job_id)
        if job.state is not State.UNCERTAIN:
            raise AdminActionFailed(
                f"job {job.id} is {job.state}: only an UNCERTAIN one can be settled"
            )
        if request_id is None:
            refused = job.transition(State.REFUSED, now=now, end_reason=EndReason.SETTLED)
            settled = await jobs.swap(job, refused.owned_by(OPERATOR))
        elif not REQUEST_ID.fullmatch(request_id):
            raise AdminActionFailed("that is no request id")
        else:
            settled = await jobs.record_request_id(job.id, request_id, now=now) is not None
        if not settled:
            raise AdminActionFailed(
                f"job {job.id} changed just now, or another has that request id"
            )
    if request_id is None:
        yield f"job {job.id} is REFUSED, nothing was charged; a running bot tells its member"
    else:
        yield f"job {job.id} is QUEUED as {request_id}; a running bot follows and delivers it"


async def list_lanes(settings: Settings) -> AsyncIterator[str]:
    """Yield a line for each lane, that of PIXAZO_API_KEY first."""
    ours = breaker.lane_name(settings.pixazo_api_key.get_secret_value())
    async with _store(settings) as database:
        records = {record.name: record for record in await JobQueries(database).lanes()}
    configured = records.pop(ours, LaneRecord(name=ours, lane=Lane(), waiting=0, at_vendor=0))
    now = time.time()
    yield _lane_line(configured, now, "of PIXAZO_API_KEY")
    for record in records.values():
        yield _lane_line(record, now, "of another key")


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[Database]:
    async with Database.open(settings.database_url.get_secret_value()) as database:
        yield database


async def _get(jobs: Jobs, job_id: str) -> Job:
    if (job := await jobs.get(job_id)) is None:
        raise AdminActionFailed(f"there is no job {job_id}")
    return job


def _lane_line(record: LaneRecord, now: float, whose: str) -> str:
    lane, reason = record.lane, breaker.closed_reason(record.lane, now)
    state = "open" if reason is None else f"shut ({reason}) since {_timestamp(lane.shut_at)}"
    if reason is breaker.ClosedReason.CREDIT:
        state += (
            f", order {lane.probe} is trying whether there is credit"
            if lane.probe is not None
            else f", the next order from {_timestamp(lane.probe_at)} on tries again"
        )
    if lane.paused(now):
        state += f", paused until {_timestamp(lane.paused_until)}"
    counts = f"{record.waiting} waiting, {record.at_vendor} at the vendor"
    return f"lane {record.name} ({whose}): {state}; {counts}"


def _column_line(name: str, value: object) -> str:
    match value:
        case None:
            text = "-"
        case float() if name in _TIMES:
            text = _timestamp(value)
        case str() if name in {"prompt", "error"}:
            text = repr(value)  # foreign text: a terminal would execute its control characters
        case list():
            text = " ".join(map(repr, value)) or "-"
        case _:
            text = str(value)
    return f"{name:<18} {text}"


def _timestamp(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
