"""Leases, the jobs of dead processes, and orders that wait in vain."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bot.domain import lane as lane_rules
from bot.domain.job import EndReason, Job, State
from bot.domain.lane import GIVES_BACK, ClosedReason
from bot.log import about
from bot.retry import wait_at_most
from bot.service.job_runner import JobRunner
from bot.service.lane_announcer import LaneAnnouncer
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Guilds, Jobs, Lanes
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

UNANSWERED: Final = 15.0  # seconds after which an order whose member got no answer is cancelled
AHEAD: Final = 3600.0  # seconds by which a clock that wrote an order's time is believed
TOKEN_LIFE: Final = 15 * 60.0  # seconds that Discord accepts an interaction's token
SUBMIT_GRACE: Final = 10.0  # seconds past its time-out after which a submit is surely over
DRAFT_LIFE: Final = 86400.0  # seconds that a moderator has to save a change
MOST: Final = 100  # orders that are refused at once

_END_REASONS: Final = {
    ClosedReason.CREDIT: EndReason.OUT_OF_CREDIT,
    ClosedReason.BUSY: EndReason.BUSY,
}


class RecoveryLoop:
    """Lease keeper and reaper: adopts jobs without a live owner, ends orders that wait in vain.

    A round runs three times a lease. What fails in one round is done in the next.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        lanes: Lanes,
        guilds: Guilds,
        announcer: LaneAnnouncer,
        runner: JobRunner,
        due: asyncio.Event,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._lanes = lanes
        self._guilds = guilds
        self._announcer = announcer
        self._runner = runner
        self._due = due  # set to have a round made at once
        self._now = now

    async def inherit(self) -> None:
        """Adopt all open jobs of processes that are known to be dead, and make a round.

        Outstanding jobs are tried at once: the operator may have removed the obstacle.
        """
        await self._jobs.retry_now()
        count = 0
        while jobs := await self._jobs.inherit(self._settings.owner, lease=self._settings.lease):
            self._runner.adopt(jobs)
            count += len(jobs)
        if count:
            log.info("jobs inherited: count=%d", count)
        # Before the first claim: an order that waited for too long must not be sent, for example
        # after a restore of the database.
        await self.sweep()

    async def keep_leases(self) -> None:
        """Renew the leases three times a lease, until cancelled; a slow round does not delay it."""
        while True:
            try:
                await self._jobs.renew_leases(self._settings.owner, lease=self._settings.lease)
            except StoreUnavailable as error:
                log.warning("leases not renewed: error=%s", error)
            await asyncio.sleep(self._settings.lease / 3)

    async def run(self) -> None:
        """Make rounds until cancelled."""
        while True:
            self._due.clear()
            try:
                await self.sweep()
            except StoreUnavailable as error:
                log.warning("recovery round failed: error=%s", error)
            await wait_at_most(self._due, self._settings.lease / 3)

    async def sweep(self) -> None:
        """Make one round. Raises StoreUnavailable if it is incomplete."""
        now = self._now()
        await self._jobs.renew_leases(self._settings.owner, lease=self._settings.lease)
        adopted = await self._jobs.take_over(
            self._settings.owner,
            lease=self._settings.lease,
            submitted_before=now - self._settings.submit_timeout - SUBMIT_GRACE,
            due_before=now,
        )
        self._runner.adopt(adopted)
        await self._jobs.erase_tokens(before=now - TOKEN_LIFE)
        await self._end_stale_orders(now)
        await self._guilds.erase_drafts(before=now - DRAFT_LIFE)
        lane = await self._lanes.get(self._settings.lane)
        if lane_rules.closed_reason(lane, now) in GIVES_BACK:
            await self._refuse_waiting()
        self._announcer.announce(lane)

    async def _end_stale_orders(self, now: float) -> None:
        """Cancel orders whose member was not answered; refuse those that wait in vain.

        They waited too long, in a server that the bot was removed from, or are barred by now.
        """
        for job in await self._jobs.stale_waiting(
            unanswered_since=now - UNANSWERED,
            unanswered_until=now + AHEAD,
            waiting_since=now - self._settings.deadline,
        ):
            if job.reply.answered_at is None:
                await self._end(job, State.CANCELLED, EndReason.UNANSWERED)
            else:
                await self._end(job, State.REFUSED, EndReason.WAITED_TOO_LONG)
        for job in await self._jobs.waiting_in_departed(most=MOST):
            await self._end(job, State.REFUSED, EndReason.SERVER_LEFT)
        for job in await self._jobs.waiting_in_denied(now=now, most=MOST):
            await self._end(job, State.REFUSED, EndReason.DENIED)

    async def _refuse_waiting(self) -> None:
        """Refuse the orders that wait in the closed lane, except its probe."""
        while True:
            waiting = await self._jobs.waiting_jobs(self._settings.lane, most=MOST)
            lane = await self._lanes.get(self._settings.lane)  # it may have reopened meanwhile
            reason = lane_rules.closed_reason(lane, self._now())
            waiting = [job for job in waiting if job.id != lane.probe]
            if reason not in GIVES_BACK or not waiting:
                return
            for job in waiting:
                await self._end(job, State.REFUSED, _END_REASONS[reason])

    async def _end(self, job: Job, state: State, end_reason: EndReason) -> None:
        """End a waiting job, unbilled; adopt it so that its end is shown."""
        ended = job.transition(state, now=self._now(), end_reason=end_reason)
        after = ended.owned_by(self._settings.owner)
        with about(job=job.id, guild=job.guild_id):
            if await self._jobs.swap(job, after):
                log.info(
                    "waiting order ended: job=%s state=%s reason=%s", job.id, state, end_reason
                )
                self._runner.adopt([after])
