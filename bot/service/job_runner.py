"""One task for each job that this process owns, from wherever the job stands to its end."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Iterable
from typing import Any, Final

from bot.domain.job import FOLLOWED, Job, State
from bot.log import fault, mark
from bot.service.delivery import DeliveryService
from bot.service.dispatcher import Dispatcher
from bot.service.persistence import swap_with_retry
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs
from bot.service.submitter import Submitter
from bot.service.tracker import JobTracker

log = logging.getLogger(__name__)

SUBMITS_END_WITHIN: Final = 5.0  # seconds at shutdown; a lost answer would be an uncertain order
AFTER_A_BUG: Final = 30.0  # seconds until a job is tried again


class JobRunner:
    """The tasks that carry jobs, and who may talk to them."""

    def __init__(
        self,
        *,
        owner: str,
        jobs: Jobs,
        presenter: CardPresenter,
        dispatcher: Dispatcher,
        submitter: Submitter,
        tracker: JobTracker,
        delivery: DeliveryService,
    ) -> None:
        self._owner = owner
        self._jobs = jobs
        self._presenter = presenter
        self._dispatcher = dispatcher
        self._submitter = submitter
        self._tracker = tracker
        self._delivery = delivery
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._news: dict[str, asyncio.Event] = {}
        self._submitting: set[asyncio.Task[Job]] = set()

    async def run(self) -> None:
        """Take what the lane gives, for ever. Only a job that comes this way is ever submitted."""
        while True:
            job = await self._dispatcher.next()
            self._start(job, self._begin(job))

    def take(self, jobs: Iterable[Job]) -> None:
        """Carry *jobs*, which became this process's, on from where they stand."""
        for job in jobs:
            if job.id not in self._tasks:
                self._start(job, self._carry(job))
                self.nudge(job.id)  # a callback that its last owner took will not come again

    def carries(self, job_id: str) -> bool:
        """Tell whether the job is in this crew's hands."""
        return job_id in self._tasks

    def nudge(self, job_id: str) -> None:
        """Have the job look for news at once, if this crew carries it."""
        if (news := self._news.get(job_id)) is not None:
            news.set()

    async def close(self) -> None:
        """Let submits that are on their way come back, then leave every job where it stands.

        The store knows where that is. ``run`` must have ended before.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SUBMITS_END_WITHIN):
                while self._submitting:
                    await asyncio.wait(self._submitting)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(StoreUnavailable):
            await self._jobs.release(self._owner)

    def _start(self, job: Job, steps: Coroutine[Any, Any, None]) -> None:
        self._news[job.id] = asyncio.Event()
        task = asyncio.create_task(self._watch(job, steps), name=f"job {job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(lambda done: self._forget(job.id, done))

    async def _watch(self, job: Job, steps: Coroutine[Any, Any, None]) -> None:
        """See *steps* through; after a bug go on with the job from where the store has it."""
        mark(job=job.id, guild=job.guild_id)
        while True:
            try:
                return await steps
            except Exception as error:  # noqa: BLE001 - one job's failure is no other's
                fault_id = fault(log, "job step failed", error, job=job.id)
            found = None
            while found is None:
                await asyncio.sleep(AFTER_A_BUG)
                with contextlib.suppress(StoreUnavailable):
                    found = await self._jobs.get(job.id)
            steps = self._carry(found, fault_id=fault_id)

    async def _begin(self, job: Job) -> None:
        submitting = asyncio.create_task(self._submitter.submit(job), name=f"submit {job.id}")
        self._submitting.add(submitting)
        submitting.add_done_callback(self._submitting.discard)
        await self._carry(await submitting)

    async def _carry(self, job: Job, *, fault_id: str | None = None) -> None:
        """Do what *job* needs next until it needs nothing, or is another process's.

        *fault_id* is of the error that it was carried to until now. Where that left it uncertain,
        its member is told so; anywhere else it goes on, and there is nothing to tell.
        """
        while job.lease.owner == self._owner:
            if job.state is State.SUBMITTING:
                job = await self._submitter.mark_uncertain(job)
            elif job.state in FOLLOWED:
                job = await self._tracker.follow(job, self._news[job.id])
                self._dispatcher.wake()
            elif job.state is State.COMPLETED:
                job = await self._delivery.deliver(job)
            elif job.state is State.UNCERTAIN and not self._tracker.heard_out(job):
                job = await self._tracker.listen(job, self._news[job.id], fault_id=fault_id)
                self.nudge(job.id)  # the callback that named it may have been its last one
            else:
                await self._presenter.settle(job, fault_id=fault_id)
                job = await swap_with_retry(self._jobs, job, job.released())
        self._dispatcher.wake()

    def _forget(self, job_id: str, done: asyncio.Task[None]) -> None:
        if self._tasks.get(job_id) is done:  # and not one that began since
            del self._tasks[job_id], self._news[job_id]
