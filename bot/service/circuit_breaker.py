"""What the vendor's answers do to one lane: it pauses, closes and reopens."""

import logging
import random
from collections.abc import Callable
from typing import Final

from bot.domain import lane as lane_rules
from bot.domain.lane import ClosedReason, Lane
from bot.retry import retry
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Lanes
from bot.service.rate_limiter import LaneRateLimiter
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

UNTIL_RECORDED: Final = 1.0  # seconds that submits rest here before all processes see the pause

_CLOSED: Final = {
    ClosedReason.CREDIT: "lane closed, the wallet is empty: lane=%s",
    ClosedReason.KEY: "lane closed, the vendor rejects PIXAZO_API_KEY: lane=%s",
    ClosedReason.BUSY: "lane closed, the vendor asked for a long pause: lane=%s",
}


class LaneCircuitBreaker:
    """Circuit breaker of one lane, shared through the store.

    A change that stops submits is retried until the store has it. One that lets them go on is
    not: if it is lost, the next order finds the probe's outcome in the store.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        lanes: Lanes,
        limiter: LaneRateLimiter,
        now: Callable[[], float],
        wake_recovery: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._lanes = lanes
        self._limiter = limiter
        self._now = now
        self._wake_recovery = wake_recovery  # it refuses what waits in a closed lane

    async def back_off(self, retry_after: float | None) -> float:
        """Pause the lane, because the vendor asked for it; return until when, in Unix seconds.

        *retry_after* is in seconds; ``None``: the vendor did not say how long. Status calls rest
        for at most a minute: results that are paid for must not wait for days until a quota is
        new.
        """
        jitter = random.random()  # noqa: S311 - spreads load, keeps no secret
        now = self._now()
        self._limiter.pause(submits_until=max(self._limiter.submits_open_at, now + UNTIL_RECORDED))
        lane = await self._update_with_retry(
            lambda lane: lane_rules.after_back_off(
                lane, retry_after=retry_after, now=now, jitter=jitter
            )
        )
        paused_until = lane.paused_until
        self._limiter.pause(
            submits_until=paused_until,
            polls_until=min(paused_until, self._now() + self._settings.longest_poll_pause),
        )
        log.info(
            "lane paused: lane=%s seconds=%.1f", self._settings.lane, paused_until - self._now()
        )
        return paused_until

    async def out_of_credit(self, job_id: str, *, at: float) -> None:
        """Close the lane, because the wallet could not pay for that job."""
        probe_after = self._settings.probe_after
        await self._update_with_retry(
            lambda lane: lane_rules.out_of_credit(lane, job_id, now=at, probe_after=probe_after)
        )

    async def key_rejected(self, *, at: float) -> None:
        """Close the lane, because the vendor rejects the key."""
        await self._update_with_retry(lambda lane: lane_rules.key_rejected(lane, now=at))

    async def success(self, job_id: str) -> None:
        """Note that the vendor accepted that job: reset the back-off; reopen a probed lane."""
        try:
            await self._update(lambda lane: lane_rules.after_success(lane, job_id))
        except StoreUnavailable as error:
            log.warning("lane update failed: lane=%s error=%s", self._settings.lane, error)

    async def pictures_unfetchable(self, job_id: str) -> None:
        """Note that no picture of a paid order can be fetched for now; call once per order.

        Three such orders in a row close the lane: no more money for pictures that can't be fetched.
        Returns at once if the store is unavailable; the next order is counted.
        """
        log.info("pictures can't be fetched: lane=%s job=%s", self._settings.lane, job_id)

    async def pictures_fetched(self, job_id: str) -> None:
        """Note that a picture of that order was fetched: a lane closed for that reason reopens."""
        log.debug("pictures fetched: lane=%s job=%s", self._settings.lane, job_id)

    async def seconds_until_open(self) -> float:
        """Return the seconds until the lane's pause ends; 0: it does not pause."""
        lane = await self._lanes.get(self._settings.lane)
        return max(lane.paused_until - self._now(), 0.0)

    async def _update_with_retry(self, change: Callable[[Lane], Lane]) -> Lane:
        return await retry(
            lambda: self._update(change),
            on=StoreUnavailable,
            backoff=self._settings.store_backoff,
            failed=lambda error: log.warning(
                "lane update failed, retrying: lane=%s error=%s", self._settings.lane, error
            ),
        )

    async def _update(self, change: Callable[[Lane], Lane]) -> Lane:
        """Change the lane. Log when it closes or reopens; wake recovery while it is closed."""
        before, after = await self._lanes.update(self._settings.lane, change)
        reason = lane_rules.closed_reason(after, self._now())
        if reason is not None:
            if after.shut_at != before.shut_at:
                log.warning(_CLOSED[reason], self._settings.lane)
            self._wake_recovery()
        elif before.closed is not None:
            log.warning("lane reopened, there is credit again: lane=%s", self._settings.lane)
        return after
