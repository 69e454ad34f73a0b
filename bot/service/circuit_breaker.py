"""What the vendor's answers do to one lane: it pauses, closes, tries again and reopens."""

import logging
import random
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

from bot.domain import lane as lane_rules
from bot.domain import lane_transitions
from bot.domain.lane import ClosedReason, Lane
from bot.retry import retry
from bot.service.port_errors import (
    KeyRejected,
    PixazoError,
    RateLimited,
    StoreUnavailable,
    VendorRefused,
)
from bot.service.ports.store import Lanes
from bot.service.ports.vendor import NO_REQUEST, VendorQueue
from bot.service.rate_limiter import LaneRateLimiter
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

UNTIL_RECORDED: Final = 1.0  # seconds that submits rest here before all processes see the pause
LONGEST_HOLD: Final = 5.0  # seconds that slots rest here; the store says when a pause ends early
REJECTED_FOR: Final = 10.0  # seconds of status calls that reject the key until the lane closes

_CLOSED: Final = {
    ClosedReason.CREDIT: "lane closed, the wallet is empty: lane=%s",
    ClosedReason.KEY: "lane closed, the vendor rejects PIXAZO_API_KEY: lane=%s",
    ClosedReason.BUSY: "lane closed, the vendor asked for a long pause: lane=%s",
    ClosedReason.UNKNOWN: "lane closed, submits get no usable answer: lane=%s",
    ClosedReason.MEDIA: "lane closed, paid pictures can't be fetched: lane=%s",
    ClosedReason.DENIED: "lane closed, the vendor denies every submit: lane=%s",
}
_REOPENED: Final = {
    ClosedReason.CREDIT: "lane reopened, there is credit again: lane=%s",
    ClosedReason.KEY: "lane reopened, the vendor accepts PIXAZO_API_KEY: lane=%s",
    ClosedReason.BUSY: "lane reopened, the vendor accepts orders again: lane=%s",
    ClosedReason.UNKNOWN: "lane reopened, submits are answered again: lane=%s",
    ClosedReason.MEDIA: "lane reopened, pictures can be fetched again: lane=%s",
    ClosedReason.DENIED: "lane reopened, the vendor accepts orders again: lane=%s",
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
        queue: VendorQueue,
        limiter: LaneRateLimiter,
        now: Callable[[], float],
        wake_recovery: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._lanes = lanes
        self._queue = queue
        self._limiter = limiter
        self._now = now
        self._wake_recovery = wake_recovery  # it refuses what waits in a closed lane
        self.accepted = False  # whether the vendor accepted an order of this process

    # Submits.

    async def back_off(self, retry_after: float | None, *, job_id: str | None = None) -> float:
        """Pause the lane, because the vendor asked for it; return when it tries again.

        *retry_after* is in seconds; ``None``: the vendor did not say how long. *job_id* is of the
        submit that was rejected; ``None``: it was a status call. Status calls rest for at most a
        minute: results that are paid for must not wait for days until a quota is new.
        """
        now = self._now()
        lane = await self._stop(
            partial(
                lane_transitions.after_back_off,
                job_id=job_id,
                retry_after=retry_after,
                now=now,
                jitter=_jitter(),
            )
        )
        paused_until = lane.pause_ends_at(now)
        self._limiter.pause_polls(until=min(paused_until, now + self._settings.longest_poll_pause))
        log.info("lane paused: lane=%s seconds=%.1f", self._settings.lane, paused_until - now)
        return lane.next_try_at(now) or paused_until

    async def outcome_unknown(self, job_id: str) -> None:
        """Note that the outcome of that job's submit is unknown; two in a row close the lane."""
        await self._stop(
            partial(
                lane_transitions.outcome_unknown, job_id=job_id, now=self._now(), jitter=_jitter()
            )
        )

    async def out_of_credit(self, job_id: str, *, at: float) -> None:
        """Close the lane, because the wallet could not pay for that job."""
        probe_after = self._settings.probe_after
        await self._stop(
            partial(lane_transitions.out_of_credit, job_id=job_id, now=at, probe_after=probe_after)
        )

    async def key_rejected(self, *, at: float) -> None:
        """Close the lane, because the vendor rejects the key."""
        await self._stop(partial(lane_transitions.key_rejected, now=at, jitter=_jitter()))

    async def denied(self, job_id: str, *, wall: bool) -> float | None:
        """Note a 403 for that job that is not for the key; three in a row close the lane.

        *wall*: a status call is denied likewise, which closes it at once.

        Returns when the lane tries again, in Unix seconds; ``None``: it stays open, so the job was
        refused for itself.
        """
        now = self._now()
        lane = await self._stop(
            partial(lane_transitions.denied, job_id=job_id, wall=wall, now=now, jitter=_jitter())
        )
        return (lane.next_try_at(now) or now) if lane.closed is ClosedReason.DENIED else None

    async def success(self, job_id: str) -> None:
        """Note that the vendor accepted that job: reset the back-off; reopen a probed lane."""
        self.accepted = True
        await self._try_update(lambda lane: lane_transitions.after_success(lane, job_id))

    async def refused(self, job_id: str) -> None:
        """Note that the vendor refused that job for itself: it answers submits."""
        await self._try_update(lambda lane: lane_transitions.after_refusal(lane, job_id))

    # Pictures.

    async def pictures_unfetchable(self, job_id: str) -> None:
        """Note that no picture of a paid order can be fetched for now; call once per order.

        Three such orders in a row close the lane: no more money for pictures that can't be fetched.
        Returns at once if the store is unavailable; the next order is counted.
        """
        await self._try_update(
            partial(
                lane_transitions.pictures_unfetchable,
                job_id=job_id,
                now=self._now(),
                jitter=_jitter(),
            )
        )

    async def pictures_fetched(self, job_id: str) -> None:
        """Note that a picture of that order was fetched: a lane closed for that reason reopens."""
        log.debug("pictures fetched: lane=%s job=%s", self._settings.lane, job_id)
        await self._try_update(lane_transitions.pictures_fetched)

    # Status calls.

    async def status_calls_rejected(self, *, since: float) -> None:
        """Note that status calls reject the key, all *since* then: when that lasts, close the lane.

        It shows in ``/readyz``, and no more money is spent on pictures that can't be asked for.
        """
        now = self._now()
        if now - since < REJECTED_FOR:
            return
        match await self.diagnose():
            case ClosedReason.KEY:
                await self.key_rejected(at=now)
            case ClosedReason.DENIED:
                await self.denied("", wall=True)

    async def diagnose(self) -> ClosedReason | None:
        """Find out by a status call, which costs nothing, what the vendor has against the bot.

        KEY: it rejects the key. DENIED: it answers 403 and names no reason. UNKNOWN: no usable
        answer. ``None``: nothing.
        """
        try:
            await self._queue.status(NO_REQUEST)
        except VendorRefused as error:
            if not isinstance(error, KeyRejected):
                return None
            # A firewall in front of the vendor names no reason.
            denied = error.status == HTTPStatus.FORBIDDEN and not error.reason
            return ClosedReason.DENIED if denied else ClosedReason.KEY
        except PixazoError as error:
            log.info("status call failed: lane=%s error=%s", self._settings.lane, error)
            refused = error.status is not None and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
            return None if refused and not isinstance(error, RateLimited) else ClosedReason.UNKNOWN
        return None

    # Time.

    async def checked(self, lane: Lane) -> Lane:
        """Return *lane*, as just read, after a status call if that is due before its next try."""
        now = self._now()
        if not lane.paused(now):  # the operator may have ended the pause early
            held_until = min(self._limiter.submits_open_at, now + UNTIL_RECORDED)
            self._limiter.pause_submits(until=held_until)
        return await self._check(now) if lane_rules.needs_check(lane, now) else lane

    async def _check(self, now: float) -> Lane:
        """Make the status call, unless another process makes it; return the lane then."""
        before, lane = await self._update(
            partial(lane_transitions.check_begun, now=now, jitter=_jitter())
        )
        if lane.probe_at == before.probe_at or (obstacle := await self.diagnose()) == lane.closed:
            return lane
        match obstacle:
            case None:
                return (await self._update(lane_transitions.check_passed))[1]
            case ClosedReason.KEY:
                return (await self._update(partial(lane_transitions.key_rejected, now=now)))[1]
            case _:
                return lane

    async def _try_update(self, change: Callable[[Lane], Lane]) -> None:
        try:
            await self._update(change)
        except StoreUnavailable as error:
            log.warning("lane update failed: lane=%s error=%s", self._settings.lane, error)

    async def _stop(self, change: Callable[[Lane], Lane]) -> Lane:
        """Make a change that stops submits; those of this process rest until it is recorded."""
        hold = max(self._limiter.submits_open_at, self._now() + UNTIL_RECORDED)
        self._limiter.pause_submits(until=hold)
        _, lane = await retry(
            lambda: self._update(change),
            on=StoreUnavailable,
            backoff=self._settings.store_backoff,
            failed=lambda error: log.warning(
                "lane update failed, retrying: lane=%s error=%s", self._settings.lane, error
            ),
        )
        now = self._now()
        self._limiter.pause_submits(until=min(lane.pause_ends_at(now), now + LONGEST_HOLD))
        return lane

    async def _update(self, change: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        """Change the lane. Log when it closes or reopens; wake recovery then, too."""
        before, after = await self._lanes.update(self._settings.lane, change)
        reason = lane_rules.closed_reason(after, self._now())
        if reason is not None:
            if after.shut_at != before.shut_at:
                log.warning(_CLOSED[reason], self._settings.lane)
            self._wake_recovery()
        elif before.closed not in {None, after.closed}:
            if before.closed is not ClosedReason.BUSY or lane_rules.was_long_pause(before):
                log.warning(_REOPENED[before.closed], self._settings.lane)
            self._wake_recovery()  # it tells servers
        return before, after


def _jitter() -> float:
    return random.random()  # noqa: S311 - spreads load, keeps no secret
