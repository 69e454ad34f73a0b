"""The submit of a claimed job to the vendor, and the record of what came of it."""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus

from bot.domain.card_status import CardStatus
from bot.domain.job import EndReason, Job, State, Update
from bot.domain.lane import ClosedReason
from bot.service.circuit_breaker import LaneCircuitBreaker
from bot.service.persistence import retry_store, swap_with_retry
from bot.service.port_errors import (
    ContentRefused,
    KeyRejected,
    NotSent,
    OutcomeUnknown,
    OutOfCredit,
    RateLimited,
    VendorRefused,
)
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs
from bot.service.ports.vendor import Callback, VendorQueue
from bot.service.settings import ServiceSettings
from bot.service.tracker import JobTracker

log = logging.getLogger(__name__)


class Submitter:
    """Sends each claimed job to the vendor at most once.

    If the outcome of a submit is unknown, the job becomes UNCERTAIN and is never sent again. What
    was learned of a paid job is retried until the store has it.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        queue: VendorQueue,
        presenter: CardPresenter,
        tracker: JobTracker,
        breaker: LaneCircuitBreaker,
        now: Callable[[], float],
        wake_recovery: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._queue = queue
        self._presenter = presenter
        self._tracker = tracker
        self._breaker = breaker
        self._now = now
        self._wake_recovery = wake_recovery  # it refuses what waits in a closed lane

    async def submit(self, job: Job) -> Job:
        """Send *job*, SUBMITTING, to the vendor and return it as the store then has it.

        WAITING again if nothing reached the vendor or it asked to back off, UNCERTAIN if no usable
        answer came.
        """
        try:
            update = await self._queue.submit(job.order, self._callback(job))
        except VendorRefused as error:
            return await self._refused(job, error)
        except (RateLimited, NotSent) as error:
            return await self._requeued(job, error)
        except OutcomeUnknown as error:
            log.warning("submit uncertain, not sent again: job=%s error=%s", job.id, error)
            # Before the job ends: an ended job is no longer recognisable as the probe.
            await self._breaker.outcome_unknown(job.id)
            uncertain = job.transition(State.UNCERTAIN, now=self._now())
            return await self._reload(await self._swap(job, uncertain))
        log.info("submit accepted: job=%s request=%s", job.id, update.request_id)
        after = await self._record(job, update)
        await self._breaker.success(job.id)
        return after

    async def mark_uncertain(self, job: Job) -> Job:
        """Make a job UNCERTAIN whose submit was cut short: its outcome is unknown."""
        log.warning("submit cut short, not sent again: job=%s", job.id)
        return await self._swap(job, job.transition(State.UNCERTAIN, now=self._now()))

    async def _refused(self, job: Job, error: VendorRefused) -> Job:
        """End the job as REFUSED; close the lane if the reason holds for every job."""
        log.info("submit refused: job=%s error=%s", job.id, error)
        refused_at = self._now()
        end_reason = EndReason.CONTENT if isinstance(error, ContentRefused) else EndReason.VENDOR
        # The lane before the job: an ended job is no longer recognisable as the probe.
        match await self._lane_obstacle(error):
            case ClosedReason.CREDIT:
                end_reason = EndReason.OUT_OF_CREDIT
                await self._breaker.out_of_credit(job.id, at=refused_at)
            case ClosedReason.KEY:
                end_reason = EndReason.KEY_REFUSED
                await self._breaker.key_rejected(at=refused_at)
            case obstacle if isinstance(error, KeyRejected):
                wall = obstacle is ClosedReason.DENIED
                tries_at = await self._breaker.denied(job.id, wall=wall)
                if tries_at is not None:
                    status = CardStatus(closed=ClosedReason.DENIED, paused_until=tries_at)
                    return await self._wait_again(job, status)
            case _:
                await self._breaker.refused(job.id)
        refused = job.transition(
            State.REFUSED, now=refused_at, end_reason=end_reason, error=error.reason or None
        )
        after = await self._reload(await self._swap(job, refused))
        self._wake_recovery()  # the next round writes to the server's log channel
        return after

    async def _lane_obstacle(self, error: VendorRefused) -> ClosedReason | None:
        """Return what the vendor has against every order; ``None``: it refuses just this one.

        A 403 may come from a firewall in front of the vendor that dislikes a prompt. A status call
        costs nothing and carries no prompt.
        """
        if isinstance(error, OutOfCredit):
            return ClosedReason.CREDIT
        if not isinstance(error, KeyRejected):
            return None
        if error.status != HTTPStatus.FORBIDDEN:
            return ClosedReason.KEY
        return await self._breaker.diagnose()

    async def _requeued(self, job: Job, error: RateLimited | NotSent) -> Job:
        """Put the job back into its queue, and pause the lane."""
        log.info("submit requeued: job=%s error=%s", job.id, error)
        # Pause first: as soon as the job waits again, any process may claim it.
        paused_until = await self._breaker.back_off(
            error.retry_after if isinstance(error, RateLimited) else None, job_id=job.id
        )
        return await self._wait_again(job, CardStatus(paused_until=paused_until))

    async def _wait_again(self, job: Job, status: CardStatus) -> Job:
        """Put the job back into its queue; cancel it if its member withdrew it meanwhile."""
        requeued = await self._swap(job, job.requeued(now=self._now()))
        if requeued.state is not State.WAITING:
            return requeued
        after = await self._reload(requeued)
        withdrawn = after.state is State.WAITING and after.withdrawn
        if withdrawn:
            after = await self._swap(after, after.cancel_withdrawn(now=self._now()))
        if after.lease.owner is not None:
            return requeued  # it was claimed again, and is another task's
        if after.state is State.WAITING:
            self._presenter.show(after, status)
            self._wake_recovery()
        elif withdrawn:
            self._presenter.show(after)
        return after

    async def _record(self, job: Job, update: Update) -> Job:
        """Record the vendor's answer to a paid submit, whichever process owns the job by now."""
        try:
            return await retry_store(
                lambda: self._tracker.report(job.id, update, known=job),
                self._settings.store_backoff,
            )
        except asyncio.CancelledError:
            log.critical(
                "paid submit not recorded: job=%s request=%s media=%s",
                job.id,
                update.request_id,
                update.media,
            )
            raise

    def _callback(self, job: Job) -> Callback | None:
        if self._settings.public_url is None:
            return None
        url = f"{self._settings.public_url}/callbacks/{job.id}/{job.callback_token}"
        return Callback(url=url, mode=self._settings.callback_mode)

    async def _swap(self, before: Job, after: Job) -> Job:
        return await swap_with_retry(self._jobs, before, after, self._settings.store_backoff)

    async def _reload(self, job: Job) -> Job:
        """Return *job* as stored: it may have been withdrawn while it was at the vendor."""
        backoff = self._settings.store_backoff
        return await retry_store(lambda: self._jobs.get(job.id), backoff) or job
