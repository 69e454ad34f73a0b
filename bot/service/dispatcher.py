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

    def wake(self) -> None:
        """Look for a job at once: one arrived, or one left the vendor."""
        self._changed.set()

    async def next(self) -> Job:
        """Wait for the next job; return it, SUBMITTING and owned by this process.

        If this is cancelled, no job is left in that state.
        """
        delays = self._settings.store_backoff.delays()
        while True:
            self._changed.clear()
            try:
                # Read before the look for jobs: a pause that ends meanwhile must not be missed.
                lane = await self._breaker.state()
                now = self._now()
                wait = min((lane.next_try_at(now) or math.inf) - now, LOOK_AGAIN)
                if await self._jobs.has_claimable(**self._capacity()):
                    await self._limiter.acquire_submit()
                    if (job := await self._claim()) is not None:
                        return job
                    continue
                delays = self._settings.store_backoff.delays()
            except StoreUnavailable:
                wait = next(delays)
            await wait_at_most(self._changed, wait)

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
