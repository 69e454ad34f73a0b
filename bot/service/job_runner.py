"""One task for each job that this process owns, from its present state to its end.

The protocol between processes is the job's lease:

- Only the owner works on a job. Each new owner takes the next epoch, the fencing token: a swap by
  an earlier owner fails, and its task ends.
- Only a job claimed by the dispatcher is ever submitted. A job that is adopted in SUBMITTING has an
  unknown outcome and becomes UNCERTAIN.
- A task releases its job when there is nothing left to do: the end is shown, the pictures are
  delivered or undeliverable, or no callback can name an UNCERTAIN job any more. An EXPIRED job is
  released until its next status call is due.
- A process that dies keeps its jobs until their lease expires; then another process adopts them.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any, Final

from bot.domain.job import FOLLOWED, Job, State
from bot.log import fault, mark
from bot.retry import WakeUp
from bot.service.delivery import DeliveryService
from bot.service.dispatcher import Dispatcher
from bot.service.persistence import retry_store, swap_with_retry
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs
from bot.service.settings import ServiceSettings
from bot.service.submitter import Submitter
from bot.service.tracker import JobTracker

log = logging.getLogger(__name__)

# While so many submits have no answer, the next one rests, and each further one for twice as long:
# an outage is noticed before it costs many orders.
UNANSWERED: Final = 2
ANSWER_WAIT: Final = 1.0  # seconds


class JobRunner:
    """Runs one task per owned job: submit, follow, deliver, show the end.

    A fault in one task is logged and ends no other; the job is resumed from the store.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        presenter: CardPresenter,
        dispatcher: Dispatcher,
        submitter: Submitter,
        tracker: JobTracker,
        delivery: DeliveryService,
        give_way: Callable[[], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._presenter = presenter
        self._dispatcher = dispatcher
        self._submitter = submitter
        self._tracker = tracker
        self._delivery = delivery
        self._give_way = give_way
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._news: dict[str, WakeUp] = {}
        self._submitting: set[asyncio.Task[Job]] = set()
        self._adopted_again: set[str] = set()  # while their tasks run

    async def run(self) -> None:
        """Claim and run jobs until cancelled. Only these jobs are ever submitted."""
        while True:
            if (more := len(self._submitting) - UNANSWERED) >= 0:
                await asyncio.wait(
                    self._submitting,
                    timeout=ANSWER_WAIT * 2.0**more,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            job = await self._dispatcher.next()
            self._start(job, self._submit_and_advance(job))

    def adopt(self, jobs: Iterable[Job]) -> None:
        """Run *jobs*, which this process has just become the owner of, from their state on."""
        for job in jobs:
            task = self._tasks.get(job.id)
            if task is None or task.done():
                self._start(job, self._advance(job))
            else:
                self._adopted_again.add(job.id)  # it may have just released the job
            # A callback that the last owner got will not be repeated; a task may have lost its job.
            self.wake(job.id)

    def is_running(self, job_id: str) -> bool:
        """Tell whether this process has a task for the job."""
        return job_id in self._tasks

    def wake(self, job_id: str) -> None:
        """Have the job's task look for news at once, if there is one."""
        if (news := self._news.get(job_id)) is not None:
            news.set()

    async def close(self) -> None:
        """Let submits on their way return, then stop all tasks; ``run`` must have ended before.

        The jobs are released: the next process resumes them from the store.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.submits_end_within):
                while self._submitting:
                    await asyncio.wait(self._submitting)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(StoreUnavailable):
            await self._jobs.release(self._settings.owner)

    def _start(self, job: Job, steps: Coroutine[Any, Any, None]) -> None:
        self._news[job.id] = WakeUp()
        running = self._run_steps(job.id, job.guild_id, steps)
        task = self._tasks[job.id] = asyncio.create_task(running, name=f"job {job.id}")
        task.add_done_callback(partial(self._discard, job.id))

    async def _run_steps(
        self, job_id: str, guild_id: int | None, steps: Coroutine[Any, Any, None]
    ) -> None:
        """Run *steps*; after a fault, resume the job from its stored state."""
        mark(job=job_id, guild=guild_id)
        while True:
            fault_id = None
            try:
                await steps
                if job_id not in self._adopted_again:
                    return
            except Exception as error:  # noqa: BLE001 - one job's fault must not end another's task
                fault_id = fault(log, "job step failed", error, job=job_id)
                await asyncio.sleep(self._settings.resume_after)
            self._adopted_again.discard(job_id)
            backoff = self._settings.store_backoff
            stored = await retry_store(lambda: self._jobs.get(job_id), backoff)
            if stored is None:
                log.info("job erased meanwhile: job=%s", job_id)
                return
            steps = self._advance(stored, fault_id=fault_id)

    async def _submit_and_advance(self, job: Job) -> None:
        submitting = asyncio.create_task(self._submitter.submit(job), name=f"submit {job.id}")
        self._submitting.add(submitting)
        submitting.add_done_callback(self._submitting.discard)
        job = await submitting
        # The lane may have waited for the answer.
        self._dispatcher.wake() if job.state is State.WAITING else self._dispatcher.freed()
        advancing = self._advance(job)
        del job  # see below
        await advancing

    async def _advance(self, job: Job, *, fault_id: str | None = None) -> None:
        """Do the job's next step until none is left or another process owns it.

        *fault_id* is of the fault that interrupted the job; an uncertain order's member is shown
        it.
        """
        while job.lease.owner == self._settings.owner:
            await self._give_way()
            news = self._news[job.id]
            if job.state is State.SUBMITTING:
                job = await self._submitter.mark_uncertain(job)
            elif job.state in FOLLOWED:
                following = self._tracker.follow(job, news)
                del job  # polls replace it: held here, each order would be in memory twice
                job = await following
                self._dispatcher.freed()
            elif job.state is State.COMPLETED:
                job = await self._delivery.deliver(job)
            elif job.state is State.UNCERTAIN and not self._tracker.callback_overdue(job):
                job = await self._tracker.await_callback(job, news, fault_id=fault_id)
                self.wake(job.id)  # the callback that named it may be its last one
            elif job.state is State.EXPIRED:
                job = await self._tracker.ask_again(job, news)
            else:
                await self._presenter.settle(job, fault_id=fault_id)
                job = await swap_with_retry(
                    self._jobs, job, job.released(), self._settings.store_backoff
                )
        self._dispatcher.freed()

    def _discard(self, job_id: str, done: asyncio.Task[None]) -> None:
        if self._tasks.get(job_id) is done:  # and not a newer task of the same job
            del self._tasks[job_id], self._news[job_id]
