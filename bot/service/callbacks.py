"""The vendor's webhook callbacks."""

import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import TypeGuard

from bot.domain.job import FOLLOWED, Job, State, Update
from bot.log import about
from bot.service.job_runner import JobRunner
from bot.service.ports.store import JobNotifier, Jobs
from bot.service.tracker import JobTracker

log = logging.getLogger(__name__)


class CallbackHandler:
    """Handles the vendor's webhook callbacks.

    A callback is a hint: only our own status call decides. Repeated, late and forged callbacks do
    no harm. If handling fails, the vendor calls again.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        tracker: JobTracker,
        runner: JobRunner,
        notifier: JobNotifier,
        give_way: Callable[[], Awaitable[None]],
        now: Callable[[], float],
        wake_recovery: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._tracker = tracker
        self._runner = runner
        self._notifier = notifier
        self._give_way = give_way
        self._now = now
        self._wake_recovery = wake_recovery  # a recovery round adopts jobs without an owner

    async def is_address(self, job_id: str, token: str) -> bool:
        """Return whether that is the address of a job's callbacks; raises StoreUnavailable."""
        await self._give_way()
        known = self._tracker.followed(job_id)
        return _is_of(known, token) or await self._find(job_id, token) is not None

    async def handle(self, job_id: str, token: str, update: Update) -> bool:
        """Handle a callback to the address of *job_id*; ``False``: there is no such address.

        On return a new request id is committed. A final state causes a status call at once, any
        other state changes the card. Raises StoreUnavailable or PixazoError: call back again.
        """
        known = self._tracker.followed(job_id)
        if _is_of(known, token) and known.request_id == update.request_id:
            self._tracker.callback_arrived()
            if update.state in FOLLOWED:
                with about(job=job_id, guild=known.guild_id):
                    await self._tracker.report(job_id, Update(state=update.state), known=known)
            else:
                self._runner.wake(job_id)  # its own status call decides
            return True
        job = await self._find(job_id, token)
        if job is None:
            return False
        with about(job=job.id, guild=job.guild_id):
            await self._apply(job, update)
        return True

    async def _find(self, job_id: str, token: str) -> Job | None:
        job = await self._jobs.get(job_id)
        return job if _is_of(job, token) else None

    async def _apply(self, job: Job, update: Update) -> None:
        if update.request_id is None:
            return
        if update.state is State.COMPLETED and update.request_id == job.request_id:
            job = await self._tracker.ask_after_end(job)
        if job.ended:
            return
        self._tracker.callback_arrived()
        known: Job | None = job
        if job.request_id is None:
            known = await self._jobs.record_request_id(job.id, update.request_id, now=self._now())
            if known is not None:
                log.info("callback named a job: job=%s request=%s", job.id, known.request_id)
                self._tracker.announce(known)
        elif job.request_id != update.request_id:
            log.warning("callback of another request: job=%s request=%s", job.id, update.request_id)
            return
        if update.state in FOLLOWED:
            await self._tracker.report(job.id, Update(state=update.state), known=known)
        elif job.state is State.EXPIRED and job.lease.owner is None:
            await self._jobs.swap(job, job.due())
        else:
            self._runner.wake(job.id)
        if not self._runner.is_running(job.id):
            await self._pass_on(job)

    async def _pass_on(self, job: Job) -> None:
        """Have a job taken over that has no owner, or its owner told that there is news."""
        if job.lease.owner is None:
            self._wake_recovery()
        await self._notifier.notify(job.id)


def _is_of(job: Job | None, token: str) -> TypeGuard[Job]:
    return job is not None and hmac.compare_digest(token.encode(), job.callback_token.encode())
