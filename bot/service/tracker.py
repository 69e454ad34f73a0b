"""The state of a job at the vendor, learned by polls and callbacks, until the vendor is done."""

import asyncio
import logging
import random
import statistics
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from bot.domain import polling
from bot.domain.card_status import CardStatus
from bot.domain.job import FOLLOWED, Job, State, Update, advance
from bot.retry import wait_at_most
from bot.service.circuit_breaker import LaneCircuitBreaker
from bot.service.port_errors import (
    KeyRejected,
    PixazoError,
    RateLimited,
    RequestNotFound,
    StoreUnavailable,
)
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs
from bot.service.ports.vendor import VendorQueue
from bot.service.rate_limiter import LaneRateLimiter
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

REMEMBERED: Final = 50  # durations whose median is the estimate
LATE: Final = 600.0  # seconds at the vendor after which a member is told that it takes long
LISTEN: Final = 300.0  # seconds to wait for a callback after a submit without an answer
LOOK_AGAIN: Final = 10.0  # seconds; another process may have received the callback
REJECTED_WAIT: Final = 300.0  # seconds without status calls after one that rejected the key
ATTEMPTS: Final = 5  # to apply one update while other tasks change the job


class JobTracker:
    """Applies the vendor's news to jobs; the only place that does.

    A status call that fails changes nothing: the next one asks again.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        queue: VendorQueue,
        presenter: CardPresenter,
        limiter: LaneRateLimiter,
        breaker: LaneCircuitBreaker,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._queue = queue
        self._presenter = presenter
        self._limiter = limiter
        self._breaker = breaker
        self._now = now
        self._durations: deque[float] = deque(maxlen=REMEMBERED)
        self._rejected_until = 0.0
        self._callbacks_expected = settings.public_url is not None
        self._callbacks_arrive = self._callbacks_expected  # by what was seen last

    async def follow(self, job: Job, news: asyncio.Event) -> Job:
        """Poll until the vendor is done with the job or another process owns it; return it then.

        *news* cuts a wait short.
        """
        delay, late = self._poll_delay(job, first=True), False
        while job.state in FOLLOWED and job.lease.owner == self._settings.owner:
            woken = await _wait_for(news, delay)
            job = await self._poll(job, woken=woken)
            if job.state in FOLLOWED and not late and self._age(job) > LATE:
                late = True
                self._presenter.show(job, CardStatus(late=True))
            delay = self._poll_delay(job, first=False)
        return job

    async def _poll(self, job: Job, *, woken: bool) -> Job:
        """Make one status call; return the job then, or as it is if the call failed."""
        await self._limiter.acquire_poll(due=self._now())
        if self._now() < self._rejected_until and not woken:
            return job
        try:
            after = await self.ask(job)
        except KeyRejected as error:
            self._rejected_until = self._now() + REJECTED_WAIT
            log.error("status calls paused: seconds=%.0f error=%s", REJECTED_WAIT, error)  # noqa: TRY400 - no fault of ours
        except RequestNotFound as error:
            log.warning("vendor does not know the job: job=%s error=%s", job.id, error)
            return await self._expire_if_overdue(job)
        except RateLimited as error:
            await self._breaker.back_off(error.retry_after)
        except (PixazoError, StoreUnavailable) as error:
            log.info("status call failed: job=%s error=%s", job.id, error)
        else:
            if after.state not in FOLLOWED and not woken:
                self._callbacks_arrive = False  # the vendor was done, and no callback said so
            return after
        return job

    async def ask(self, job: Job) -> Job:
        """Make one status call, apply the answer, and return the job then.

        Raises PixazoError if no usable answer came, StoreUnavailable if it was not recorded.
        """
        if job.request_id is None:
            raise LookupError(f"job {job.id} is followed without a request id")
        update = await self._queue.status(job.request_id)
        if update.state is None:
            log.warning("status unknown to the contract: job=%s", job.id)
        return await self._expire_if_overdue(await self.report(job.id, update))

    async def report(self, job_id: str, update: Update, *, known: Job | None = None) -> Job:
        """Apply *update* once, whether a poll or a callback brought it; return the job then.

        *known* is the job as just read. The caller need not own the job. Raises StoreUnavailable
        if the update may not be recorded.
        """
        before = known or await self._find(job_id)
        for _ in range(ATTEMPTS):
            after = advance(before, update, now=self._now())
            if after is before:
                return before
            if await self._jobs.swap(before, after):
                self.announce(after)
                return after
            before = await self._find(job_id)
        log.error(
            "vendor update not recorded: job=%s request=%s state=%s media=%s",
            job_id,
            update.request_id,
            update.state,
            update.media,
        )
        return before

    def announce(self, job: Job) -> None:
        """Show a job whose state changed, and remember the duration of a completed one."""
        log.info("job changed: job=%s state=%s", job.id, job.state)
        self._show_progress(job)
        if job.state is State.COMPLETED and job.queued_at and job.completed_at:
            self._durations.append(job.completed_at - job.queued_at)

    def callback_overdue(self, job: Job) -> bool:
        """Tell whether an UNCERTAIN job no longer waits for a callback with its request id."""
        return not self._callbacks_expected or self._now() >= job.state_since + LISTEN

    async def await_callback(
        self, job: Job, news: asyncio.Event, *, fault_id: str | None = None
    ) -> Job:
        """Wait for a callback with the request id of an UNCERTAIN job; return the job then."""
        given_up_at = job.state_since + LISTEN
        self._presenter.show(job, CardStatus(given_up_at=given_up_at, fault_id=fault_id))
        while job.state is State.UNCERTAIN and not self.callback_overdue(job):
            await _wait_for(news, min(given_up_at - self._now(), LOOK_AGAIN))
            try:
                job = await self._find(job.id)
            except StoreUnavailable as error:
                log.warning("job not read: job=%s error=%s", job.id, error)
        self._show_progress(job)
        return job

    def callback_arrived(self) -> None:
        """Note that a callback arrived: polls are the slow fallback again."""
        self._callbacks_arrive = self._callbacks_expected

    def remember_durations(self, durations: Iterable[float]) -> None:
        """Start with the vendor's last durations, in seconds, the newest first."""
        self._durations.extend(reversed(list(durations)))

    async def _find(self, job_id: str) -> Job:
        if (job := await self._jobs.get(job_id)) is None:
            raise LookupError(job_id)
        return job

    async def _expire_if_overdue(self, job: Job) -> Job:
        """Make a job EXPIRED that the vendor answered about but did not end by its deadline."""
        if job.state not in FOLLOWED or self._age(job) <= self._settings.deadline:
            return job
        after = job.transition(State.EXPIRED, now=self._now())
        try:
            if not await self._jobs.swap(job, after):
                return await self._find(job.id)
        except StoreUnavailable as error:
            log.warning("job not expired: job=%s error=%s", job.id, error)
            return job
        log.warning("job expired, the vendor did not end it: job=%s", job.id)
        return after

    def _show_progress(self, job: Job) -> None:
        if job.state in FOLLOWED and job.lease.owner == self._settings.owner:
            self._presenter.show(job, CardStatus(ready_at=self._ready_at(job)))

    def _ready_at(self, job: Job) -> float | None:
        """Return the estimated time of completion; ``None``: unknown, or already past."""
        median = self._median_duration()
        if median is None or job.queued_at is None or self._age(job) >= median:
            return None
        return job.queued_at + median

    def _median_duration(self) -> float | None:
        return statistics.median(self._durations) if self._durations else None

    def _age(self, job: Job) -> float:
        return self._now() - (job.queued_at or job.created_at)

    def _poll_delay(self, job: Job, *, first: bool) -> float:
        if (rest := self._rejected_until - self._now()) > 0:
            return rest
        return polling.wait(
            poll=self._settings.poll,
            age=self._age(job),
            first=first,
            median=self._median_duration(),
            callbacks=self._callbacks_arrive,
            jitter=random.random(),  # noqa: S311 - spreads load, keeps no secret
        )


async def _wait_for(news: asyncio.Event, seconds: float) -> bool:
    """Wait for *news*, at most *seconds*; clear it, and tell whether it was set."""
    await wait_at_most(news, seconds)
    woken = news.is_set()
    news.clear()
    return woken
