"""The claim of the next job of a lane, by fair order and the lane's rate."""

import asyncio
import contextlib
import math
from collections.abc import Callable
from typing import Any, Final

from bot.domain.job import Job
from bot.retry import wait_at_most
from bot.service.circuit_breaker import LaneCircuitBreaker
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Jobs
from bot.service.rate_limiter import LaneRateLimiter
from bot.service.settings import ServiceSettings

FREED_SOON: Final = 0.05  # seconds, in which others may leave the vendor too
LOOK_AGAIN: Final = 5.0  # seconds; other processes fill and empty the lane too


class Dispatcher:
    """Scheduler of one lane: claims the next job once the lane has room and a slot.

    While the store is unavailable it waits; a claim is never left half done.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        limiter: LaneRateLimiter,
        breaker: LaneCircuitBreaker,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._limiter = limiter
        self._breaker = breaker
        self._now = now
        self._changed = asyncio.Event()
        self._more = False  # to claim, by what is known: maybe, without a look
        self._waiting = True  # by the last look; whoever arrived since has woken this
        self._look_again = LOOK_AGAIN  # seconds after a look that found none
        self._looks_at: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Claim a job at once, without a look: one arrived."""
        self._more = True
        self._changed.set()

    def freed(self) -> None:
        """Look for a job soon: one left the vendor, which matters only to those that wait."""
        if self._waiting and self._looks_at is None:
            self._looks_at = asyncio.get_running_loop().call_later(FREED_SOON, self._look)

    def _look(self) -> None:
        self._looks_at = None
        self._changed.set()

    async def next(self) -> Job:
        """Wait for the next job; return it, SUBMITTING and owned by this process.

        If this is cancelled, no job is left in that state.
        """
        delays = self._settings.store_backoff.delays()
        while True:
            self._changed.clear()
            looked = not self._more
            try:
                if await self._may_claim():
                    job = await self._claim()
                    self._more = job is not None
                    if job is not None:
                        return job
                    self._limiter.give_back()
                    if not looked:
                        continue
                wait = self._look_again  # also if none of those that wait can be read
                delays = self._settings.store_backoff.delays()
            except StoreUnavailable:
                self._more, wait = False, next(delays)
            await wait_at_most(self._changed, wait)

    async def _may_claim(self) -> bool:
        """Look for a job, unless there was one just now, and take a slot for it."""
        if self._more and await self._limiter.take_submit():
            return True
        view = await self._jobs.look(**self._capacity())
        lane = await self._breaker.checked(view.lane)
        if lane != view.lane:
            view = await self._jobs.look(**self._capacity())  # the lane may have reopened
        now, self._waiting = self._now(), view.waiting
        self._look_again = min((lane.next_try_at(now) or math.inf) - now, LOOK_AGAIN)
        if not view.claimable:
            return False
        await self._limiter.acquire_submit()
        return True

    async def _claim(self) -> Job | None:
        """Claim a job; if this is cancelled meanwhile, put the job back."""
        claiming = asyncio.create_task(
            self._jobs.claim(self._settings.owner, lease=self._settings.lease, **self._capacity()),
            name="claim",
        )
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with contextlib.suppress(StoreUnavailable):
                if (job := await claiming) is not None:
                    await self._jobs.swap(job, job.requeued(now=self._now()))
            raise

    def _capacity(self) -> dict[str, Any]:
        settings = self._settings
        return {"lane": settings.lane, "width": settings.width, "now": self._now()}
