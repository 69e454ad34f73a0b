"""The operator's commands ``jobs``, ``lanes``, ``deny`` and ``backup``; and ``restored``.

All but the last are safe beside a running bot. They access the store only, by compare-and-swap like
the bot: a change that loses a race against the bot has no effect.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.domain import lane as breaker
from bot.domain import lane_transitions
from bot.domain.denials import DeniedKind
from bot.domain.job import EndReason, Job, Outstanding, State, Update, advance
from bot.domain.lane import ClosedReason, Lane
from bot.domain.owner import OPERATOR
from bot.errors import InvalidSettings
from bot.pixazo import request_ids
from bot.service.denials import DenialService
from bot.service.errors import AdminActionFailed
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
    *("price", "kept_at", "withdrawn_by", "deleted_at", "deleted_by", "reported_at"),
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
    """Yield a line for each field of a job, without its secrets; raises AdminActionFailed."""
    async with _store(settings) as database:
        job = await _get(Jobs(database), job_id)
    row = row_of(job)
    for column in _SHOWN:
        yield _column_line(column, row[column])


async def settle_job(
    settings: Settings, job_id: str, *, request_id: str | None
) -> AsyncIterator[str]:
    """Settle a job: the vendor has it as *request_id*; ``None``: it does not have or bill it.

    A running bot continues the job within a third of LEASE_SECONDS. Raises AdminActionFailed.
    """
    if request_id is not None and request_ids.valid(request_id) != request_id:
        raise AdminActionFailed("that is no request id")
    async with _store(settings) as database:
        jobs, now = Jobs(database), await database.now()
        job = await _get(jobs, job_id)
        if not _may_be_settled(job):
            raise AdminActionFailed(
                f"job {job.id} is {job.state}: only one that may still be at the vendor, or that"
                " failed without a picture, can be settled"
            )
        after = _refused(job, now) if request_id is None else _named(job, request_id, now)
        if not await jobs.swap(job, after):
            raise AdminActionFailed(
                f"job {job.id} changed just now, or another has that request id"
            )
    if request_id is None:
        yield f"job {job.id} is REFUSED, nothing was charged; a running bot tells its member"
    else:
        state = after.state
        yield f"job {job.id} is {state} as {request_id}; a running bot follows and delivers it"


async def refuse_uncertain(settings: Settings, *, since: str) -> AsyncIterator[str]:
    """Settle all jobs that became UNCERTAIN since then: the vendor has none of them.

    *since* is a duration like ``2h`` or a time in ISO 8601. Raises AdminActionFailed.
    """
    async with _store(settings) as database:
        jobs, now = Jobs(database), await database.now()
        began = _since(since, now)
        uncertain = await JobQueries(database).newest(State.UNCERTAIN, most=MOST)
        recent = [job for job in uncertain if job.state_since >= began]
        settled = [await jobs.swap(job, _refused(job, now)) is not None for job in recent]
    yield (
        f"{sum(settled)} jobs that were UNCERTAIN since {_timestamp(began)} are REFUSED, nothing"
        " was charged; a running bot tells their members"
    )


async def retry_jobs(settings: Settings, job_id: str | None) -> AsyncIterator[str]:
    """Make the next try of an outstanding job due, of all without *job_id*.

    Raises AdminActionFailed if that job is not outstanding.
    """
    async with _store(settings) as database:
        jobs = Jobs(database)
        count = await jobs.retry_now(job_id)
        if job_id is not None and not count:
            state = (await _get(jobs, job_id)).state
            raise AdminActionFailed(f"job {job_id} is {state}: nothing of it is outstanding")
    yield f"jobs that a running bot tries again within seconds: {count}"


def _may_be_settled(job: Job) -> bool:
    if job.state is State.FAILED:
        return job.end_reason in {EndReason.VENDOR, EndReason.NO_PICTURE}
    return job.state in {State.QUEUED, State.PROCESSING, State.UNCERTAIN, State.EXPIRED}


def _refused(job: Job, now: float) -> Job:
    refused = job.transition(State.REFUSED, now=now, end_reason=EndReason.SETTLED)
    return refused.owned_by(OPERATOR)


def _named(job: Job, request_id: str, now: float) -> Job:
    """Return the job as the vendor's *request_id*, to be followed or delivered by any process."""
    if job.state is State.UNCERTAIN:
        return advance(job, Update(state=State.QUEUED, request_id=request_id), now=now)
    named = replace(job, request_id=request_id).fenced().released()
    if job.state is State.EXPIRED:
        return named.due()
    if job.state is State.FAILED:  # the delivery asks for its pictures
        anew: dict[str, Any] = {"media": (), "outstanding": Outstanding()}
        return named.transition(State.COMPLETED, now=now, end_reason=None, error=None, **anew)
    return named


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
    async with _store(settings) as database:
        now = await database.now()
        lane = await Lanes(database).get(name)
        shut_for = lane.closed or (ClosedReason.BUSY if lane.paused(now) else None)
        if shut_for is None:
            yield f"lane {name} is open already"
            return
        if reason not in {None, shut_for}:
            raise AdminActionFailed(f"lane {name} is shut ({shut_for}), not for {reason}")
        await Lanes(database).update(
            name,
            lambda lane: lane_transitions.opened(lane) if lane.closed in {None, shut_for} else lane,
        )
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
