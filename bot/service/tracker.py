"""Following a job at the vendor, by its callbacks and by polling, until the vendor is done."""

import asyncio
import contextlib
import logging
import random
import statistics
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bot.domain import polling
from bot.domain.card_status import CardStatus
from bot.domain.job import FOLLOWED, Job, State, Update, advance
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

log = logging.getLogger(__name__)

REMEMBERED: Final = 50  # durations that the median is taken of
LATE: Final = 600.0  # seconds at the vendor after which a member is told that it takes long
LISTEN: Final = 300.0  # seconds that a callback is waited for when a submit's answer was lost
LOOK_AGAIN: Final = 10.0  # seconds; another process may have taken the callback
REFUSED_WAIT: Final = 300.0  # seconds without any status call after one that refused the key
ATTEMPTS: Final = 5  # to apply one update while others change the job


@dataclass(frozen=True, kw_only=True)
class TrackerSettings:
    """How a process follows jobs. Times are in seconds."""

    owner: str
    poll: float
    deadline: float
    callbacks: bool


class JobTracker:
    """The one place where news of the vendor reach a job."""

    def __init__(
        self,
        *,
        settings: TrackerSettings,
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
        self._refused_until = 0.0
        self._called_back = settings.callbacks  # whether callbacks seem to arrive

    async def follow(self, job: Job, news: asyncio.Event) -> Job:
        """Ask for *job* until the vendor is done with it, and return it as it then stands.

        *news* cuts a wait short. A call that fails changes nothing. Returns early when another
        process took the job over; raises nothing that the vendor or the store could cause.
        """
        first, late = True, False
        while job.state in FOLLOWED and job.lease.owner == self._settings.owner:
            nudged = await _within(self._wait(job, first=first), news)
            first = False
            try:
                await self._limiter.acquire_poll(due=self._now())
                if self._now() < self._refused_until and not nudged:
                    continue
                job = await self.ask(job)
                if job.state not in FOLLOWED and not nudged:
                    self._called_back = False  # the vendor was done, and had not said so
                if job.state in FOLLOWED and not late and self._age(job) > LATE:
                    late = True
                    self._presenter.show(job, CardStatus(late=True))
            except KeyRejected as error:
                log.error("status calls rest for %.0f s: %s", REFUSED_WAIT, error)  # noqa: TRY400 - no bug of ours
                self._refused_until = self._now() + REFUSED_WAIT
            except RequestNotFound as error:
                log.warning("job %s: the vendor does not know it: %s", job.id, error)
                job = await self._give_up(job)
            except RateLimited as error:
                await self._breaker.back_off(error.retry_after)
            except PixazoError as error:
                log.info("job %s: no news: %s", job.id, error)
            except StoreUnavailable as error:
                log.warning("job %s: %s", job.id, error)
        return job

    def remember(self, durations: Iterable[float]) -> None:
        """Take over how many seconds the vendor took for the last orders, the newest first."""
        self._durations.extend(reversed(list(durations)))

    def heard_out(self, job: Job) -> bool:
        """Tell whether no callback is to be waited for that would name an UNCERTAIN job."""
        return not self._settings.callbacks or self._now() >= job.state_since + LISTEN

    async def listen(self, job: Job, news: asyncio.Event, *, fault_id: str | None = None) -> Job:
        """Wait for a callback to name an UNCERTAIN job, and return it as it then stands."""
        given_up_at = job.state_since + LISTEN
        self._presenter.show(job, CardStatus(given_up_at=given_up_at, fault_id=fault_id))
        while job.state is State.UNCERTAIN and not self.heard_out(job):
            await _within(min(job.state_since + LISTEN - self._now(), LOOK_AGAIN), news)
            try:
                job = await self._find(job.id)
            except StoreUnavailable as error:
                log.warning("job %s: %s", job.id, error)
        return job

    def called_back(self) -> None:
        """Note that a callback arrived, so that polling may be the slow safety net again."""
        self._called_back = self._settings.callbacks

    async def report(self, job_id: str, update: Update, *, found: Job | None = None) -> Job:
        """Apply *update* once, by whichever road it came, and return the job as it then stands.

        *found* is the job as the store had it just now, where that is known. Needs no ownership:
        whoever learns of a request id may record it. Raises
        StoreUnavailable, and :class:`LookupError` for a job that does not exist.
        """
        before = found or await self._find(job_id)
        for _ in range(ATTEMPTS):
            after = advance(before, update, now=self._now())
            if after is before:
                return before
            if await self._jobs.swap(before, after):
                self.announce(after)
                return after
            before = await self._find(job_id)
        log.error(
            "job %s: request %s, %s, found no place: %s",
            job_id,
            update.request_id,
            update.state,
            update.media,
        )
        return before

    async def _find(self, job_id: str) -> Job:
        if (job := await self._jobs.get(job_id)) is None:
            raise LookupError(job_id)
        return job

    async def ask(self, job: Job) -> Job:
        """Ask the vendor once, apply what it says, and return the job as it then stands.

        Raises PixazoError and StoreUnavailable.
        """
        if job.request_id is None:
            raise LookupError(f"job {job.id} is followed without a request id")
        update = await self._queue.status(job.request_id)
        if update.state is None:
            log.warning("job %s: the vendor named a status outside its contract", job.id)
        after = await self.report(job.id, update)
        return await self._give_up(after)

    async def _give_up(self, job: Job) -> Job:
        """Make a job EXPIRED that the vendor has answered about and not ended by its deadline."""
        if job.state not in FOLLOWED or self._age(job) <= self._settings.deadline:
            return job
        after = job.transition(State.EXPIRED, now=self._now())
        try:
            if not await self._jobs.swap(job, after):
                return await self._find(job.id)
        except StoreUnavailable as error:
            log.warning("job %s: %s", job.id, error)
            return job
        log.warning("job %s: expired, the vendor did not end it", job.id)
        return after

    def announce(self, job: Job) -> None:
        """Show a job whose state changed, and remember the duration of a completed one."""
        log.info("job %s: %s", job.id, job.state)
        if job.state in FOLLOWED and job.lease.owner == self._settings.owner:
            self._presenter.show(job, CardStatus(ready_at=self._ready_at(job)))
        if job.state is State.COMPLETED and job.queued_at and job.completed_at:
            self._durations.append(job.completed_at - job.queued_at)

    def _ready_at(self, job: Job) -> float | None:
        """Return when the job will be done, about; ``None``: nobody knows, or that time is over."""
        median = self._median()
        if median is None or job.queued_at is None or self._age(job) >= median:
            return None
        return job.queued_at + median

    def _median(self) -> float | None:
        return statistics.median(self._durations) if self._durations else None

    def _age(self, job: Job) -> float:
        return self._now() - (job.queued_at or job.created_at)

    def _wait(self, job: Job, *, first: bool) -> float:
        if (rest := self._refused_until - self._now()) > 0:
            return rest
        return polling.wait(
            poll=self._settings.poll,
            age=self._age(job),
            first=first,
            median=self._median(),
            callbacks=self._called_back,
            jitter=random.random(),  # noqa: S311 - spreads load, keeps no secret
        )


async def _within(seconds: float, news: asyncio.Event) -> bool:
    """Wait for *news*, *seconds* at most; tell whether there are any, and take note of them."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
    came = news.is_set()
    news.clear()
    return came
