"""Looking after what nobody looks after: leases, the jobs of dead processes, neglected orders."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.job import Cause, Job, State
from bot.errors import StoreAway
from bot.service.crew import Crew
from bot.service.ports import Jobs

log = logging.getLogger(__name__)

UNANSWERED: Final = 15.0  # seconds after which an order whose member got no answer is cancelled
TOKEN_LIFE: Final = 15 * 60.0  # seconds that Discord takes an interaction's token
SUBMIT_GRACE: Final = 10.0  # seconds past its time-out until a submit is surely over


@dataclass(frozen=True, kw_only=True)
class RecoverSettings:
    """What a process must know to look after jobs. Times are in seconds."""

    owner: str
    lease: float
    submit_timeout: float
    deadline: float


class Recover:
    """The round that a process makes, three times a lease."""

    def __init__(
        self, *, settings: RecoverSettings, jobs: Jobs, crew: Crew, now: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._crew = crew
        self._now = now
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Have the round made at once: there is news of a job that may be without an owner."""
        self._news.set()

    async def inherit(self) -> None:
        """Take all open jobs, for a process that knows every other one to be dead.

        Raises :class:`~bot.errors.StoreAway`.
        """
        count = 0
        while jobs := await self._jobs.inherit(self._settings.owner, lease=self._settings.lease):
            self._crew.take(jobs)
            count += len(jobs)
        if count:
            log.info("carrying on with %d jobs from before", count)

    async def run(self) -> None:
        """Make the round for ever. What fails is done in the next one."""
        while True:
            self._news.clear()
            try:
                await self._round()
            except StoreAway as error:
                log.warning("no round was made: %s", error)
            try:
                async with asyncio.timeout(self._settings.lease / 3):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _round(self) -> None:
        now = self._now()
        await self._jobs.renew(self._settings.owner, lease=self._settings.lease)
        taken = await self._jobs.take_over(
            self._settings.owner,
            lease=self._settings.lease,
            submitted_before=now - self._settings.submit_timeout - SUBMIT_GRACE,
        )
        self._crew.take(taken)
        unanswered_since = now - UNANSWERED
        await self._jobs.erase_tokens(before=now - TOKEN_LIFE)
        for job in await self._jobs.neglected(
            unanswered_since=unanswered_since, waiting_since=now - self._settings.deadline
        ):
            await self._end(job)

    async def _end(self, job: Job) -> None:
        """End a waiting job, unbilled, and have its member told."""
        if job.answered_at is None:
            ended = job.turn(State.CANCELLED, now=self._now(), cause=Cause.UNANSWERED)
        else:
            ended = job.turn(State.REFUSED, now=self._now(), cause=Cause.WAITED_TOO_LONG)
        after = replace(ended, owner=self._settings.owner, epoch=job.epoch + 1)
        if await self._jobs.swap(job, after):
            log.warning("job %s: %s, %s", job.id, after.state, after.cause)
            self._crew.take([after])
