"""Taking in what the vendor calls back. A callback is a hint: only our own status call counts."""

import hmac
import logging
from collections.abc import Callable

from bot.domain.job import FOLLOWED, Job, State, Update
from bot.log import about
from bot.service.job_runner import JobRunner
from bot.service.ports.store import JobNotifier, Jobs
from bot.service.tracker import JobTracker

log = logging.getLogger(__name__)


class CallbackHandler:
    """The ear for callbacks."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        tracker: JobTracker,
        runner: JobRunner,
        notifier: JobNotifier,
        now: Callable[[], float],
        wake_rounds: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._tracker = tracker
        self._runner = runner
        self._notifier = notifier
        self._now = now
        self._wake_rounds = wake_rounds  # what nobody carries is taken over in a round

    async def hear(self, job_id: str, token: str, update: Update) -> bool:
        """Take in what a callback to the address of *job_id* said; ``False``: no such address.

        When it returns, a request id that was news is committed. A terminal state has the vendor
        asked at once; any other moves the card. Repeated, late and false callbacks do no harm.
        Raises StoreUnavailable, or for a job that is not followed here
        PixazoError; then the vendor should call again.
        """
        job = await self._jobs.get(job_id)
        if job is None or not hmac.compare_digest(token.encode(), job.callback_token.encode()):
            return False
        with about(job=job.id, guild=job.guild_id):
            await self._take_in(job, update)
        return True

    async def _take_in(self, job: Job, update: Update) -> None:
        if update.request_id is None or job.ended:
            return
        self._tracker.called_back()
        found: Job | None = job
        if job.request_id is None:
            found = await self._jobs.record_request_id(job.id, update.request_id, now=self._now())
            if found is not None:
                log.info("request id learned from callback: job=%s id=%s", job.id, found.request_id)
                self._tracker.announce(found)
        elif job.request_id != update.request_id:
            log.warning("job %s: a callback names another request", job.id)
            return
        if update.state in FOLLOWED:
            await self._tracker.report(job.id, Update(state=update.state), found=found)
        elif job.state is State.EXPIRED:
            await self._tracker.ask(job)
        else:
            self._runner.nudge(job.id)
        if not self._runner.carries(job.id):
            self._wake_rounds()
            await self._notifier.notify(job.id)
