"""The state of a job at the vendor, learned by polls and callbacks, until the vendor is done."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from bot.domain import polling
from bot.domain.card_status import CardStatus
from bot.domain.job import (
    FOLLOWED,
    Job,
    Obstacle,
    State,
    Update,
    advance,
    completed_after_all,
)
from bot.retry import Backoff, WakeUp
from bot.service.circuit_breaker import LaneCircuitBreaker
from bot.service.estimates import Estimates, Phase
from bot.service.persistence import swap_with_retry
from bot.service.port_errors import (
    KeyRejected,
    PixazoError,
    RateLimited,
    StoreUnavailable,
)
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs
from bot.service.ports.vendor import VendorQueue
from bot.service.rate_limiter import LaneRateLimiter
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

LISTEN: Final = 300.0  # seconds to wait for a callback after a submit without an answer
LOOK_AGAIN: Final = 10.0  # seconds; another process may have received the callback
REJECTED: Final = Backoff(first=3.0, most=120.0)  # seconds of rest after a rejected status call
SILENT: Final = 10  # status calls in a row without a readable answer; then the deadline holds
NOT_URGENT: Final = 3600.0  # seconds that a later try's status call lets others go first
ASKED_AFTER_END: Final = 3  # status calls that callbacks trigger for a job that failed
ATTEMPTS: Final = 5  # to apply one update while other tasks change the job


@dataclass
class _Silence:
    """The status calls for one job that brought no readable answer."""

    calls: int = 0  # in a row
    denied_at: float = 0.0  # when the vendor last refused to answer, in Unix seconds


@dataclass
class _Card:
    """What the card of a followed job was last told to show."""

    job: Job
    phase: Phase


class _Change(Protocol):
    """How a job becomes what an update says; the job itself if that changes nothing."""

    def __call__(self, job: Job, update: Update, *, now: float) -> Job: ...


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
        self._estimates = Estimates()
        self._cards: dict[str, _Card] = {}  # of followed jobs, by their ids
        self._clocks: dict[str, asyncio.TimerHandle | asyncio.Task[None]] = {}  # as well
        self._rejected_until = 0.0
        self._rejected_delays = REJECTED.delays()
        self._accepted_at = 0.0  # when a status call last had a readable answer
        self.status_calls_rejected_since: float | None = None  # None: the last one was not
        self._callbacks_expected = settings.public_url is not None
        self._callbacks_arrive = self._callbacks_expected  # by what was seen last

    async def follow(self, job: Job, news: WakeUp) -> Job:
        """Poll until the vendor is done with the job or another process owns it; return it then.

        *news* cuts a wait short.
        """
        silence = _Silence()
        delay = self._poll_delay(job, silence, first=True)
        unknown = self._estimates.median is None  # else another process's card may say it
        phase = Phase.UNKNOWN if unknown else Phase.ESTIMATED
        self._cards.setdefault(job.id, _Card(job=job, phase=phase))
        self._keep_time_true(job.id)
        try:
            while job.state in FOLLOWED and job.lease.owner == self._settings.owner:
                woken = await _wait_for(news, delay)
                job = await self._poll(job, silence, woken=woken)
                if job.state in FOLLOWED and silence.calls >= SILENT:
                    job = await self._expire_if_overdue(job)
                self._cards[job.id].job = job
                delay = self._poll_delay(job, silence, first=False)
        finally:
            self._cards.pop(job.id, None)
            if (clock := self._clocks.pop(job.id, None)) is not None:
                clock.cancel()
        return job

    def _keep_time_true(self, job_id: str, age: float = 0.0) -> None:
        """Have the card changed whenever what it says of the time is over. No poll delays this.

        A timer waits for that: the task for each job would take four times the memory.
        """
        card = self._cards[job_id]
        age = max(age, self._age(card.job))
        if self._estimates.phase(age) > card.phase:
            changing = self._change_time(job_id, age)
            self._clocks[job_id] = asyncio.create_task(changing, name=f"time {job_id}")
        else:
            self._await_time(job_id, age)

    async def _change_time(self, job_id: str, age: float) -> None:
        with contextlib.suppress(LookupError):
            if not (job := await self._stored(self._cards[job_id].job)).withdrawn:
                self._show_progress(job, age)
        self._await_time(job_id, age)

    def _await_time(self, job_id: str, age: float) -> None:
        moment = min((end for end in self._estimates.phase_ends() if end > age), default=None)
        if moment is not None:
            loop = asyncio.get_running_loop()
            self._clocks[job_id] = loop.call_later(
                moment - age, self._keep_time_true, job_id, moment
            )

    async def ask_again(self, job: Job, news: WakeUp) -> Job:
        """Ask once about an EXPIRED job whose next try is due; return the job then.

        If it is still EXPIRED, it waits for the next try without an owner. A job that has just
        expired is not asked about but shown.
        """
        if job.outstanding.next_try_at is None:
            await self._presenter.settle(job)
        else:
            news.clear()
            job = await self._poll(job, _Silence(), woken=False)
        if job.state is not State.EXPIRED or job.lease.owner != self._settings.owner:
            return job
        jitter = random.random()  # noqa: S311 - spreads load, keeps no secret
        wait = polling.wait_again(self._settings.poll, tries=job.outstanding.tries, jitter=jitter)
        now = self._now()
        after = job.postponed(Obstacle.STATUS, now=now, next_try_at=now + wait)
        if news.is_set():
            after = after.due()  # a callback that came during the call may be the last one
        return await swap_with_retry(self._jobs, job, after, self._settings.store_backoff)

    async def ask_after_end(self, job: Job) -> Job:
        """Ask about a failed job that a callback calls COMPLETED; return the job then.

        Only the answer counts, and only a few callbacks have the vendor asked. Raises PixazoError
        if no usable answer came, StoreUnavailable if it was not recorded.
        """
        for _ in range(ATTEMPTS):  # its owner may be about to release it
            if not job.may_complete or job.outstanding.tries >= ASKED_AFTER_END:
                break
            tried = replace(job.outstanding, tries=job.outstanding.tries + 1)
            if await self._jobs.swap(job, replace(job, outstanding=tried)):
                assert job.request_id is not None  # the callback named it
                update = await self._queue.status(job.request_id)
                return await self._apply(job.id, update, completed_after_all)
            job = await self._find(job.id)
        return job

    async def _poll(self, job: Job, silence: _Silence, *, woken: bool) -> Job:
        """Make one status call; return the job then, whether the call succeeded or not."""
        urgent = job.state in FOLLOWED
        await self._limiter.acquire_poll(due=self._now() + (0.0 if urgent else NOT_URGENT))
        if self._now() < self._rejected_until and not woken:
            return await self._stored(job)
        try:
            after = await self.ask(job)
        except KeyRejected as error:
            self._deny(silence)
            self._rest(error)
            if (since := self.status_calls_rejected_since) is not None:
                await self._breaker.status_calls_rejected(since=since)
        except RateLimited as error:
            self._deny(silence)
            await self._breaker.back_off(error.retry_after)
        except PixazoError as error:
            silence.calls += 1
            log.info("status call failed: job=%s error=%s", job.id, error)
        except StoreUnavailable as error:
            log.info("status call not recorded: job=%s error=%s", job.id, error)
        else:
            silence.calls = 0
            if urgent and after.state not in FOLLOWED and not woken:
                self._callbacks_arrive = False  # the vendor was done, and no callback said so
            return after
        return await self._stored(job)

    def _deny(self, silence: _Silence) -> None:
        """Count a refusal as silence if the vendor answers the calls for other jobs."""
        silence.calls += self._accepted_at > silence.denied_at > 0.0
        silence.denied_at = self._now()

    def _rest(self, error: KeyRejected) -> None:
        """Let all status calls rest after one that rejected the key; longer each time."""
        now = self._now()
        if now < self._rejected_until:
            return  # the call was made before the rest began
        if self.status_calls_rejected_since is None:
            self.status_calls_rejected_since = now
        delay = next(self._rejected_delays)
        self._rejected_until = now + delay
        log.warning("status calls paused: seconds=%.1f error=%s", delay, error)

    async def ask(self, job: Job) -> Job:
        """Make one status call, apply the answer, and return the job then.

        Raises PixazoError if no usable answer came, StoreUnavailable if it was not recorded.
        """
        if job.request_id is None:
            raise LookupError(f"job {job.id} is followed without a request id")
        update = await self._queue.status(job.request_id)
        self._accepted_at, self._rejected_until = self._now(), 0.0
        self._rejected_delays = REJECTED.delays()
        self.status_calls_rejected_since = None
        if update.state is None:
            log.warning("status unknown to the contract: job=%s", job.id)
        known = self.followed(job.id)
        return await self._expire_if_overdue(await self.report(job.id, update, known=known))

    async def report(self, job_id: str, update: Update, *, known: Job | None = None) -> Job:
        """Apply *update* once, whether a poll or a callback brought it; return the job then.

        *known* is the job as last seen. The caller need not own the job. Raises StoreUnavailable
        if the update may not be recorded.
        """
        return await self._apply(job_id, update, advance, known=known)

    async def _apply(
        self, job_id: str, update: Update, change: _Change, *, known: Job | None = None
    ) -> Job:
        before = known or await self._find(job_id)
        for _ in range(ATTEMPTS):
            after = change(before, update, now=self._now())
            if after is not before:
                if (stored := await self._jobs.swap(before, after)) is not None:
                    self.announce(stored)
                    return stored
            elif before is not known:
                return before
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
            self._estimates.add([job.completed_at - job.queued_at])

    def callback_overdue(self, job: Job) -> bool:
        """Tell whether an UNCERTAIN job no longer waits for a callback with its request id."""
        return not self._callbacks_expected or self._now() >= job.state_since + LISTEN

    async def await_callback(self, job: Job, news: WakeUp, *, fault_id: str | None = None) -> Job:
        """Wait for a callback with the request id of an UNCERTAIN job; return the job then."""
        given_up_at = job.state_since + LISTEN
        self._presenter.show(job, CardStatus(given_up_at=given_up_at, fault_id=fault_id))
        while job.state is State.UNCERTAIN and not self.callback_overdue(job):
            await _wait_for(news, min(given_up_at - self._now(), LOOK_AGAIN))
            job = await self._stored(job)
        if job.request_id is not None:
            await self._breaker.success(job.id)  # it was accepted, although its answer was lost
        self._show_progress(job)
        return job

    async def ask_for_media(self, job: Job) -> Update | None:
        """Ask what the vendor says now of a COMPLETED job; ``None``: no usable answer came."""
        if job.request_id is None:
            return None  # it was answered at once, and cannot be asked about
        lets_go_first = NOT_URGENT if job.outstanding.tries else 0.0
        await self._limiter.acquire_poll(due=self._now() + lets_go_first)
        try:
            return await self._queue.status(job.request_id)
        except RateLimited as error:
            await self._breaker.back_off(error.retry_after)
        except PixazoError as error:
            log.info("pictures not asked for: job=%s error=%s", job.id, error)
        return None

    def followed(self, job_id: str) -> Job | None:
        """Return a job that is followed here, as last seen; ``None``: there is none of that id.

        Its state may be another one by now; its address and its request id stay what they are.
        """
        card = self._cards.get(job_id)
        return None if card is None else card.job

    def callback_arrived(self) -> None:
        """Note that a callback arrived: polls are the slow fallback again."""
        self._callbacks_arrive = self._callbacks_expected

    def remember_durations(self, durations: Iterable[float]) -> None:
        """Start with the vendor's last durations, in seconds, the newest first."""
        self._estimates.add(reversed(list(durations)))

    async def _find(self, job_id: str) -> Job:
        if (job := await self._jobs.get(job_id)) is None:
            raise LookupError(job_id)
        return job

    async def _stored(self, job: Job) -> Job:
        """Return the job as stored, since an operator or its member may have changed it."""
        try:
            return await self._find(job.id)
        except StoreUnavailable as error:
            log.warning("job not read: job=%s error=%s", job.id, error)
            return job

    async def _expire_if_overdue(self, job: Job) -> Job:
        """Make a job EXPIRED that the vendor did not end by its deadline."""
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

    def _show_progress(self, job: Job, age: float | None = None) -> None:
        if job.state in FOLLOWED and job.lease.owner == self._settings.owner:
            phase = self._estimates.phase(self._age(job) if age is None else age)
            self._cards[job.id] = _Card(job=job, phase=phase)
            self._presenter.show(job, self._estimates.status(phase))

    def _age(self, job: Job) -> float:
        return self._now() - (job.queued_at or job.created_at)

    def _poll_delay(self, job: Job, silence: _Silence, *, first: bool) -> float:
        if (rest := self._rejected_until - self._now()) > 0:
            return rest
        return polling.wait(
            poll=self._settings.poll,
            age=self._age(job),
            first=first,
            median=self._estimates.median,
            callbacks=self._callbacks_arrive and not silence.calls,
            jitter=random.random(),  # noqa: S311 - spreads load, keeps no secret
        )


async def _wait_for(news: WakeUp, seconds: float) -> bool:
    """Wait for *news*, at most *seconds*; clear it, and tell whether it was set."""
    await news.wait_at_most(seconds)
    woken = news.is_set()
    news.clear()
    return woken
