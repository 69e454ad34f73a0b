"""What an operator looks at and settles, beside a bot that runs: ``python -m bot jobs``, ``lanes``.

Works on the store alone, by the same steps as the bot: who is slower than the bot changes nothing.
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

# Nobody's lease: whoever runs takes the order over at once, and shows its member how it ended.
OPERATOR: Final = "operator"

# The columns of a job in the order in which they are printed; no token is among them.
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


async def listed(settings: Settings, state: State | None, *, most: int) -> AsyncIterator[str]:
    """Yield the newest jobs, in that state where one is named, a line each."""
    async with _store(settings) as database:
        found = await JobQueries(database).newest(state, most=most)
    yield f"{'job':<16}  {'state':<10}  {'since':<20}  {'server':<20}  images"
    for job in found:
        end_reason = f"  {job.end_reason}" if job.end_reason else ""
        server = job.guild_id if job.guild_id is not None else "-"
        yield (
            f"{job.id:<16}  {job.state:<10}  {_moment(job.state_since):<20}  {server:<20}"
            f"  {job.order.images:>6}{end_reason}"
        )


async def shown(settings: Settings, job_id: str) -> AsyncIterator[str]:
    """Yield all that is known of a job, but its secrets."""
    async with _store(settings) as database:
        job = await _find(Jobs(database), job_id)
    row = row_of(job)
    for column in _SHOWN:
        yield _line(column, row[column])


async def settled(settings: Settings, job_id: str, *, request_id: str | None) -> AsyncIterator[str]:
    """Settle an UNCERTAIN job: the vendor knows it by *request_id*; ``None``: it took nothing.

    Whichever bot runs carries on from there, within a third of LEASE_SECONDS.
    """
    async with _store(settings) as database:
        jobs, now = Jobs(database), time.time()
        job = await _find(jobs, job_id)
        if job.state is not State.UNCERTAIN:
            raise AdminActionFailed(
                f"job {job.id} is {job.state}: only an UNCERTAIN one can be settled"
            )
        if request_id is None:
            refused = job.transition(State.REFUSED, now=now, end_reason=EndReason.SETTLED)
            done = await jobs.swap(job, refused.owned_by(OPERATOR))
        elif not REQUEST_ID.fullmatch(request_id):
            raise AdminActionFailed("that is no request id")
        else:
            done = await jobs.record_request_id(job.id, request_id, now=now)
        if not done:
            raise AdminActionFailed(
                f"job {job.id} changed just now, or another has that request id"
            )
    if request_id is None:
        yield f"job {job.id} is REFUSED, nothing was charged; a running bot tells its member"
    else:
        yield f"job {job.id} is QUEUED as {request_id}; a running bot follows and delivers it"


async def lanes(settings: Settings) -> AsyncIterator[str]:
    """Yield how every lane stands, a line each, that of the configured key first."""
    ours = breaker.lane_name(settings.pixazo_api_key.get_secret_value())
    async with _store(settings) as database:
        found = {record.name: record for record in await JobQueries(database).lanes()}
    first = found.pop(ours, LaneRecord(name=ours, lane=Lane(), waiting=0, at_vendor=0))
    now = time.time()
    yield _standing(first, now, "of PIXAZO_API_KEY")
    for record in found.values():
        yield _standing(record, now, "of another key")


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[Database]:
    async with Database.open(settings.database_url.get_secret_value()) as database:
        yield database


async def _find(jobs: Jobs, job_id: str) -> Job:
    if (job := await jobs.get(job_id)) is None:
        raise AdminActionFailed(f"there is no job {job_id}")
    return job


def _standing(record: LaneRecord, now: float, whose: str) -> str:
    lane, reason = record.lane, breaker.closed_reason(record.lane, now)
    words = "open" if reason is None else f"shut ({reason}) since {_moment(lane.shut_at)}"
    if reason is breaker.ClosedReason.CREDIT:
        words += (
            f", order {lane.probe} is trying whether there is credit"
            if lane.probe is not None
            else f", the next order from {_moment(lane.probe_at)} on tries again"
        )
    if lane.paused(now):
        words += f", paused until {_moment(lane.paused_until)}"
    counts = f"{record.waiting} waiting, {record.at_vendor} at the vendor"
    return f"lane {record.name} ({whose}): {words}; {counts}"


def _line(name: str, value: object) -> str:
    match value:
        case None:
            words = "-"
        case float() if name in _TIMES:
            words = _moment(value)
        case str() if name in {"prompt", "error"}:
            words = repr(value)  # a stranger's, and terminals obey control characters
        case list():
            words = " ".join(map(repr, value)) or "-"
        case _:
            words = str(value)
    return f"{name:<18} {words}"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
