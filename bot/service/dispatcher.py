"""The lane: gives each line its turn, and sends what it is given to the vendor, once."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from bot.domain.card_status import CardStatus
from bot.domain.job import EndReason, Job, State, Update
from bot.service.pace import Pace
from bot.service.persistence import swap_with_retry
from bot.service.port_errors import (
    KeyRejected,
    NotSent,
    OutcomeUnknown,
    OutOfCredit,
    PixazoError,
    RateLimited,
    StoreUnavailable,
    VendorRefused,
)
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs
from bot.service.ports.vendor import NO_REQUEST, Callback, VendorQueue
from bot.service.tracker import JobTracker

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 5.0  # seconds; other processes fill and empty the lane too
STORE_AWAY: Final = 1.0  # seconds until the store is asked again


@dataclass(frozen=True, kw_only=True)
class DispatcherSettings:
    """What a process must know of its lane."""

    lane: str  # its name: a fingerprint of the key
    owner: str  # this process
    width: int  # jobs at the vendor at once, of all processes together
    lease: float  # seconds
    public_url: str | None  # None: the vendor is not asked to call back
    callback_mode: str


class Dispatcher:
    """Sends waiting jobs, and never one of them twice."""

    def __init__(
        self,
        *,
        settings: DispatcherSettings,
        jobs: Jobs,
        queue: VendorQueue,
        presenter: CardPresenter,
        tracker: JobTracker,
        pace: Pace,
        now: Callable[[], float],
        wake_rounds: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._queue = queue
        self._presenter = presenter
        self._tracker = tracker
        self._pace = pace
        self._now = now
        self._wake_rounds = wake_rounds  # a lane that is shut gives back what waits in it
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Have the lane look at once whether a job may go: one came, or one made room."""
        self._news.set()

    async def next(self) -> Job:
        """Wait until a line has its turn and the lane's rate allows it.

        Returns its job, SUBMITTING and ours. When this is cancelled, no job is left so.
        """
        while True:
            self._news.clear()
            try:
                # Read before the look: a pause that ends in between shall not cost LOOK_AGAIN.
                wait = min(await self._pace.until_open() or LOOK_AGAIN, LOOK_AGAIN)
                if await self._jobs.has_claimable(**self._room()):
                    await self._pace.submit()
                    if (job := await self._claim()) is not None:
                        return job
                    continue
            except StoreUnavailable:
                wait = STORE_AWAY
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    async def submit(self, job: Job) -> Job:
        """Send *job* to the vendor and return it as the store then has it.

        Back in its line where the vendor took nothing and asked for patience. UNCERTAIN where its
        answer was lost: it may be running and billed, so nobody sends it again.
        """
        try:
            update = await self._queue.submit(job.order, self._callback(job))
        except VendorRefused as error:
            log.info("job %s: refused by the vendor (%s)", job.id, error)
            if isinstance(error, KeyRejected) and not await self._key_is_refused(error):
                error = VendorRefused(status=error.status, reason=error.reason)
            refused = self._refused(job, error)
            # Shut first: once it has ended, nobody could tell any more that it was the probe.
            match error:
                case OutOfCredit():
                    await self._pace.drain(job.id, at=refused.state_since)
                case KeyRejected():
                    await self._pace.lock(at=refused.state_since)
            after = await self._found(await swap_with_retry(self._jobs, job, refused))
            self._wake_rounds()  # its server is told in the next one
            return after
        except (RateLimited, NotSent) as error:
            log.info("job %s: back in its line: %s", job.id, error)
            # Paused first: from the moment when it waits again, anybody may take it.
            until = await self._pace.press(
                error.retry_after if isinstance(error, RateLimited) else None
            )
            after = await self._unless_withdrawn(
                await swap_with_retry(self._jobs, job, self._back(job))
            )
            if after.state is State.WAITING:
                self._presenter.show(after, CardStatus(paused_until=until))
                self._wake_rounds()
            return after
        except OutcomeUnknown as error:
            log.warning("job %s: uncertain, it is not sent again: %s", job.id, error)
            uncertain = job.transition(State.UNCERTAIN, now=self._now())
            return await self._found(await swap_with_retry(self._jobs, job, uncertain))
        log.info("job %s: the vendor took it as %s", job.id, update.request_id)
        after = await self._keep(job, update)
        await self._pace.ease(job.id)
        return after

    async def _key_is_refused(self, error: KeyRejected) -> bool:
        """Tell whether it is the key, and not just this order, that the vendor does not accept.

        A 403 may also be of a wall in front of the vendor that dislikes a prompt. A status call
        costs nothing and carries no prompt.
        """
        if error.status != HTTPStatus.FORBIDDEN:
            return True
        try:
            await self._queue.status(NO_REQUEST)
        except KeyRejected:
            return True
        except PixazoError as other:
            log.info("the key is not what the vendor refused: %s", other)
        return False

    async def _unless_withdrawn(self, job: Job) -> Job:
        """Return a job that is back in its line, cancelled if that was asked for meanwhile."""
        if job.state is not State.WAITING:
            return job
        found = await self._found(job)
        if found.state is not State.WAITING or not found.withdrawn:
            return found
        cancelled = found.cancel_withdrawn(now=self._now())
        after = await swap_with_retry(self._jobs, found, cancelled)
        self._presenter.show(after)
        return after

    async def _found(self, job: Job) -> Job:
        """Return *job* as it is on record: it may have been hidden while it was on its way."""
        while True:
            try:
                return await self._jobs.get(job.id) or job
            except StoreUnavailable:
                await asyncio.sleep(STORE_AWAY)

    async def lost(self, job: Job) -> Job:
        """Make a job UNCERTAIN whose submit's outcome nobody can tell any more."""
        log.warning("job %s: uncertain, its submit was cut short; it is not sent again", job.id)
        return await swap_with_retry(
            self._jobs, job, job.transition(State.UNCERTAIN, now=self._now())
        )

    async def _claim(self) -> Job | None:
        """Claim a job, or give it back when we are cancelled before anybody knows of it."""
        claiming = asyncio.create_task(
            self._jobs.claim(self._settings.owner, lease=self._settings.lease, **self._room()),
            name="claim",
        )
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with contextlib.suppress(StoreUnavailable):
                if (job := await claiming) is not None:
                    await self._jobs.swap(job, self._back(job))
            raise

    def _room(self) -> dict[str, Any]:
        settings = self._settings
        return {"lane": settings.lane, "width": settings.width, "now": self._now()}

    def _callback(self, job: Job) -> Callback | None:
        if self._settings.public_url is None:
            return None
        url = f"{self._settings.public_url}/callbacks/{job.id}/{job.callback_token}"
        return Callback(url=url, mode=self._settings.callback_mode)

    def _refused(self, job: Job, error: VendorRefused) -> Job:
        match error:
            case OutOfCredit():
                end_reason = EndReason.OUT_OF_CREDIT
            case KeyRejected():
                end_reason = EndReason.KEY_REFUSED
            case _:
                end_reason = EndReason.VENDOR
        return job.transition(
            State.REFUSED, now=self._now(), end_reason=end_reason, error=error.reason or None
        )

    def _back(self, job: Job) -> Job:
        return job.requeued(now=self._now())

    async def _keep(self, job: Job, update: Update) -> Job:
        """Record what was learned of a paid job, whoever owns it by now, however long it takes."""
        try:
            while True:
                try:
                    return await self._tracker.report(job.id, update)
                except StoreUnavailable:
                    await asyncio.sleep(STORE_AWAY)
        except asyncio.CancelledError:
            log.critical(
                "job %s: not recorded before the end: request id %s, pictures %s",
                job.id,
                update.request_id,
                update.media,
            )
            raise
