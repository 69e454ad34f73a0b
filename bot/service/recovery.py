"""Looking after what nobody looks after: leases, the jobs of dead processes, neglected orders."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.domain import lane as breaker
from bot.domain.job import EndReason, Job, State
from bot.domain.lane import GIVES_BACK, ClosedReason, Lane
from bot.domain.log_entries import LaneClosed
from bot.log import about
from bot.service.job_runner import JobRunner
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.discord import LogChannel
from bot.service.ports.store import Guilds, Jobs, Lanes

log = logging.getLogger(__name__)

UNANSWERED: Final = 15.0  # seconds after which an order whose member got no answer is cancelled
TOKEN_LIFE: Final = 15 * 60.0  # seconds that Discord takes an interaction's token
SUBMIT_GRACE: Final = 10.0  # seconds past its time-out until a submit is surely over
DRAFT_LIFE: Final = 86400.0  # seconds that a moderator has to save a change
MOST: Final = 100  # orders that are given back at once

_END_REASONS: Final = {
    ClosedReason.CREDIT: EndReason.OUT_OF_CREDIT,
    ClosedReason.BUSY: EndReason.BUSY,
}


@dataclass(frozen=True, kw_only=True)
class RecoverySettings:
    """What a process must know to look after jobs. Times are in seconds."""

    owner: str
    lane: str
    lease: float
    submit_timeout: float
    deadline: float


class RecoveryLoop:
    """The round that a process makes, three times a lease."""

    def __init__(
        self,
        *,
        settings: RecoverySettings,
        jobs: Jobs,
        lanes: Lanes,
        guilds: Guilds,
        log_channel: LogChannel,
        runner: JobRunner,
        news: asyncio.Event,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._lanes = lanes
        self._guilds = guilds
        self._log_channel = log_channel
        self._runner = runner
        self._news = news  # set by whoever wants a round to be made at once
        self._now = now

    async def inherit(self) -> None:
        """Take all open jobs, for a process that knows every other one to be dead.

        Raises StoreUnavailable.
        """
        count = 0
        while jobs := await self._jobs.inherit(self._settings.owner, lease=self._settings.lease):
            self._runner.adopt(jobs)
            count += len(jobs)
        if count:
            log.info("carrying on with %d jobs from before", count)
        # Before the lane begins: what waited for too long, in a restored store maybe, is not sent.
        await self._round()

    async def keep_leases(self) -> None:
        """Renew the leases for ever, three times a lease, however long a round may take."""
        while True:
            try:
                await self._jobs.renew_leases(self._settings.owner, lease=self._settings.lease)
            except StoreUnavailable as error:
                log.warning("no lease was renewed: %s", error)
            await asyncio.sleep(self._settings.lease / 3)

    async def run(self) -> None:
        """Make the round for ever. What fails is done in the next one."""
        while True:
            self._news.clear()
            try:
                await self._round()
            except StoreUnavailable as error:
                log.warning("no round was made: %s", error)
            try:
                async with asyncio.timeout(self._settings.lease / 3):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _round(self) -> None:
        now = self._now()
        await self._jobs.renew_leases(self._settings.owner, lease=self._settings.lease)
        taken = await self._jobs.take_over(
            self._settings.owner,
            lease=self._settings.lease,
            submitted_before=now - self._settings.submit_timeout - SUBMIT_GRACE,
        )
        self._runner.adopt(taken)
        unanswered_since = now - UNANSWERED
        await self._jobs.erase_tokens(before=now - TOKEN_LIFE)
        for job in await self._jobs.stale_waiting(
            unanswered_since=unanswered_since, waiting_since=now - self._settings.deadline
        ):
            if job.reply.answered_at is None:
                await self._end(job, State.CANCELLED, EndReason.UNANSWERED)
            else:
                await self._end(job, State.REFUSED, EndReason.WAITED_TOO_LONG)
        await self._guilds.erase_drafts(before=now - DRAFT_LIFE)
        lane = await self._lanes.get(self._settings.lane)
        reason = breaker.closed_reason(lane, now)
        if reason in GIVES_BACK:
            await self._give_back()
            await self._tell(lane, reason)

    async def _give_back(self) -> None:
        """End what waits in the lane while it is shut, but for what finds out if it opens."""
        while True:
            waiting = await self._jobs.waiting_jobs(self._settings.lane, most=MOST)
            lane = await self._lanes.get(self._settings.lane)  # it may have opened meanwhile
            reason = breaker.closed_reason(lane, self._now())
            waiting = [job for job in waiting if job.id != lane.probe]
            if reason not in GIVES_BACK or not waiting:
                return
            for job in waiting:
                await self._end(job, State.REFUSED, _END_REASONS[reason])

    async def _tell(self, lane: Lane, reason: ClosedReason) -> None:
        """Tell each server whose orders were given back, once, in its log channel."""
        # Nothing is awaited in between: whom the store has down as told is told.
        for given in await self._lanes.closure_notices(self._settings.lane, shut_at=lane.shut_at):
            if given.log_channel is not None:
                notice = LaneClosed(
                    reason=reason,
                    guild_id=given.guild_id,
                    orders=given.orders,
                    channel_id=given.channel_id,
                    message_id=given.message_id,
                    until=lane.paused_until if reason is ClosedReason.BUSY else None,
                    language=given.language,
                )
                self._log_channel.enqueue(given.log_channel, notice)

    async def _end(self, job: Job, state: State, end_reason: EndReason) -> None:
        """End a waiting job, unbilled, and have its member told."""
        ended = job.transition(state, now=self._now(), end_reason=end_reason)
        after = ended.owned_by(self._settings.owner)
        with about(job=job.id, guild=job.guild_id):
            if await self._jobs.swap(job, after):
                log.info("job %s: %s, %s", job.id, after.state, after.end_reason)
                self._runner.adopt([after])
