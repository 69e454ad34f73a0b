"""The operator's commands ``jobs``, ``lanes``, ``deny`` and ``backup``; and ``restored``.

All but the last are safe beside a running bot. They access the store only, by compare-and-swap like
the bot: a change that loses a race against the bot has no effect.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.domain import lane as breaker
from bot.domain.denials import DeniedKind
from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.errors import InvalidSettings
from bot.pixazo import request_ids
from bot.service.denials import DenialService
from bot.service.errors import AdminActionFailed
from bot.service.operations import COMMAND_LINE, Operations
from bot.settings import Settings
from bot.store.backup import copy_file, settle_restored
from bot.store.database import Database
from bot.store.denials import Denials
from bot.store.job_queries import JobQueries, LaneRecord
from bot.store.job_rows import row_of
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from bot.store.process_lock import process_lock

MOST: Final = 100_000  # orders that are settled at once

_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")
_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

# The columns to print, in this order. Columns with tokens are left out.
_SHOWN: Final = (
    *("id", "interaction_id", "application_id", "guild_id", "channel_id", "member_id", "lane"),
    *("created_at", "state", "billed", "cause", "error", "request_id", "media"),
    *("private", "spoiler", "language", "answers_only", "hidden", "left_today", "message_id"),
    *("file_limit", "owner", "epoch", "since", "answered_at", "submit_started_at", "queued_at"),
    *("completed_at", "obstacle", "outstanding_since", "next_try_at", "tries", "pictures_shown"),
    *("screening", "price", "kept_at", "withdrawn_by", "deleted_at", "deleted_by", "reported_at"),
    *("prompt", "images", "guidance", "steps", "enhance", "style", "sent"),
)
_TIMES: Final = frozenset({"created_at", "since", "kept_at"}) | {
    "outstanding_since",
    "next_try_at",
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
        reason = job.end_reason or job.outstanding.obstacle or ""
        server = job.guild_id if job.guild_id is not None else "-"
        yield (
            f"{job.id:<16}  {job.state:<10}  {_timestamp(job.state_since):<20}  {server:<20}"
            f"  {job.order.images:>6}  {reason}".rstrip()
        )


async def show_job(settings: Settings, job_id: str) -> AsyncIterator[str]:
    """Yield a line for each field of a job, without its secrets; raises OperationFailed."""
    async with _operations(settings) as operations:
        job = await operations.order(job_id)
    row = row_of(job)
    for column in _SHOWN:
        yield _column_line(column, row[column])


async def settle_job(
    settings: Settings, job_id: str, *, request_id: str | None
) -> AsyncIterator[str]:
    """Settle a job: the vendor has it as *request_id*; ``None``: it does not have or bill it.

    A running bot continues the job within a third of LEASE_SECONDS. Raises OperationFailed.
    """
    async with _operations(settings) as operations:
        job = await operations.settle(job_id, request_id, by=COMMAND_LINE)
    if request_id is None:
        yield f"job {job.id} is REFUSED, nothing was charged; a running bot tells its member"
    else:
        yield f"job {job.id} is {job.state} as {request_id}; a running bot follows and delivers it"


async def refuse_uncertain(settings: Settings, *, since: str) -> AsyncIterator[str]:
    """Settle all jobs that became UNCERTAIN since then: the vendor has none of them.

    *since* is a duration like ``2h`` or a time in ISO 8601. Raises AdminActionFailed.
    """
    async with _operations(settings) as operations:
        began = _since(since, operations.now())
        count = await operations.refuse_uncertain(since=began, most=MOST, by=COMMAND_LINE)
    yield (
        f"{count} jobs that were UNCERTAIN since {_timestamp(began)} are REFUSED, nothing"
        " was charged; a running bot tells their members"
    )


async def retry_jobs(settings: Settings, job_id: str | None) -> AsyncIterator[str]:
    """Make the next try of an outstanding job due, of all without *job_id*.

    Raises OperationFailed if that job is not outstanding.
    """
    async with _operations(settings) as operations:
        count = await operations.retry(job_id, by=COMMAND_LINE)
    yield f"jobs that a running bot tries again within seconds: {count}"


def _since(text: str, now: float) -> float:
    """Return the Unix time that *text* names: a duration before *now*, or a time."""
    if (duration := _DURATION.fullmatch(text)) is not None:
        return now - float(duration[1]) * _UNITS[duration[2]]
    try:
        named = datetime.fromisoformat(text)
        return named.replace(tzinfo=named.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError) as error:
        message = f"{text!r} is neither a duration like 2h nor a time like 2026-01-31T12:00"
        raise AdminActionFailed(message) from error


async def list_lanes(settings: Settings) -> AsyncIterator[str]:
    """Yield a line for each lane, that of PIXAZO_API_KEY first."""
    ours = breaker.lane_name(settings.pixazo_api_key.get_secret_value())
    async with _store(settings) as database:
        records = {record.name: record for record in await JobQueries(database).lanes()}
        now = await database.now()
    configured = records.pop(ours, LaneRecord(name=ours, lane=Lane(), waiting=0, at_vendor=0))
    yield _lane_line(configured, now, "of PIXAZO_API_KEY")
    for record in records.values():
        yield _lane_line(record, now, "of another key")


async def open_lane(settings: Settings, reason: ClosedReason | None) -> AsyncIterator[str]:
    """Open the lane of PIXAZO_API_KEY if it is shut or paused for *reason*; ``None``: for any.

    A running bot sends what waits within seconds. Raises AdminActionFailed for another reason.
    """
    name = breaker.lane_name(settings.pixazo_api_key.get_secret_value())
    async with _operations(settings) as operations:
        shut_for, opened = await operations.open_lane(reason, by=COMMAND_LINE)
    if shut_for is None:
        yield f"lane {name} is open already"
        return
    if not opened:
        raise AdminActionFailed(f"lane {name} is shut ({shut_for}), not for {reason}")
    yield f"lane {name} is open, it was shut ({shut_for}); the next failure shuts it again"


async def backup(settings: Settings, file: str) -> AsyncIterator[str]:
    """Copy the SQLite store to *file*, beside a running bot or not.

    Raises InvalidSettings if the store is on PostgreSQL, StoreUnavailable if it can't be copied.
    """
    url = settings.database_url.get_secret_value()
    if not url.startswith("sqlite"):
        raise InvalidSettings(
            setting="DATABASE_URL", reason="is a PostgreSQL database: back it up with pg_dump"
        )
    size = await asyncio.to_thread(copy_file, url, Path(file))
    yield f"the store is copied to {file} ({size} bytes); it holds members' orders and tokens"


async def restored(settings: Settings) -> AsyncIterator[str]:
    """Make a restored store safe to start the bot on, which must not run.

    Raises AlreadyRunning if it does.
    """
    url = settings.database_url.get_secret_value()
    async with process_lock(url, instance=settings.instance), _store(settings) as database:
        counts = await settle_restored(database)
    yield f"waiting orders cancelled, unbilled: {counts.cancelled}"
    yield f"orders whose submit may have arrived, now UNCERTAIN: {counts.uncertain}"
    yield f"orders at the vendor, followed from the next start on: {counts.followed}"
    yield f"orders whose outcome is outstanding, tried at the next start: {counts.tried}"
    yield "nothing that was open in the backup is submitted again; start the bot"


async def list_denied(settings: Settings) -> AsyncIterator[str]:
    """Yield a line for each server and member that is barred from ordering, the newest first."""
    async with _store(settings) as database:
        denials, _ = await Denials(database).page(now=await database.now(), skip=0, most=MOST)
    for denial in denials:
        until = "lifted" if denial.until is None else _timestamp(denial.until)
        by = "the command line" if denial.by is None else denial.by
        since = f"since {_timestamp(denial.since)} by {by}"
        yield f"{denial.kind} {denial.id}: barred until {until}, {since} {denial.reason!r}"
    if not denials:
        yield "nobody is barred from ordering"


async def deny(
    settings: Settings, kind: DeniedKind, subject_id: int, *, hours: int | None, reason: str
) -> AsyncIterator[str]:
    """Bar a server or member from ordering; a running bot gives back what waits in seconds."""
    async with _denials(settings) as service:
        denial = await service.bar(kind, subject_id, by=None, hours=hours, reason=reason)
    until = "it is lifted" if denial.until is None else _timestamp(denial.until)
    yield f"{kind} {subject_id} is barred from ordering until {until}"


async def allow(settings: Settings, kind: DeniedKind, subject_id: int) -> AsyncIterator[str]:
    """Let a barred server or member order again; raises AdminActionFailed if it is not barred."""
    async with _denials(settings) as service:
        if not await service.lift(kind, subject_id, by=None):
            raise AdminActionFailed(f"{kind} {subject_id} is not barred")
    yield f"{kind} {subject_id} may order again"


@asynccontextmanager
async def _denials(settings: Settings) -> AsyncIterator[DenialService]:
    async with _store(settings) as database:
        now = await database.now()
        yield DenialService(denials=Denials(database), now=lambda: now)


@asynccontextmanager
async def _operations(settings: Settings) -> AsyncIterator[Operations]:
    async with _store(settings) as database:
        now = await database.now()
        yield Operations(
            lane=breaker.lane_name(settings.pixazo_api_key.get_secret_value()),
            jobs=Jobs(database),
            queries=JobQueries(database),
            lanes=Lanes(database),
            is_request_id=request_ids.is_valid,
            now=lambda: now,
        )


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[Database]:
    async with Database.open(settings.database_url.get_secret_value()) as database:
        yield database


def _lane_line(record: LaneRecord, now: float, whose: str) -> str:
    lane, reason = record.lane, breaker.closed_reason(record.lane, now)
    state = "open" if reason is None else f"shut ({reason}) since {_timestamp(lane.shut_at)}"
    if reason is ClosedReason.CREDIT:
        state += (
            f", order {lane.probe} is trying whether there is credit"
            if lane.probe is not None
            else f", the next order from {_timestamp(lane.probe_at)} on tries again"
        )
    elif reason is not None and lane.probing(now):
        state += f", order {lane.probe} is trying"
    elif reason not in {None, ClosedReason.BUSY}:
        state += f", next try at {_timestamp(lane.next_try_at(now) or now)}"
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
