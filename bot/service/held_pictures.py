"""What moderators do with pictures that are held: release or delete them."""

import logging
from collections.abc import Callable

from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import EndReason, Job
from bot.service.deed_outbox import moderators_deed
from bot.service.errors import OrderNotFound
from bot.service.job_runner import JobRunner
from bot.service.moderation import Moderator
from bot.service.order_actions import ATTEMPTS
from bot.service.picture_files import PictureFiles
from bot.service.ports.store import JobNotifier, Jobs
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)


class HeldPictures:
    """Use cases on held pictures. Each is one compare-and-swap, which of several presses one wins.

    Released pictures are delivered by the job's owner, or by the process that takes it over.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        files: PictureFiles,
        runner: JobRunner,
        notifier: JobNotifier,
        wake_recovery: Callable[[], None],
        tell_deeds: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._files = files
        self._runner = runner
        self._notifier = notifier
        self._wake_recovery = wake_recovery  # it takes over what was released
        self._tell_deeds = tell_deeds  # has entries drawn, and people told, soon
        self._now = now

    async def release(self, job_id: str, by: Moderator) -> bool:
        """Have held pictures delivered; ``False``: it was decided before."""
        job = await self._of_server(job_id, by.guild_id)
        return await self._release(job, self._deed(DeedKind.RELEASE, job, by))

    async def release_covered(self, job: Job) -> None:
        """Have held pictures delivered behind a spoiler: no moderator can be shown them."""
        log.warning("held pictures released, the log channel takes no entry: job=%s", job.id)
        await self._release(job, None)

    async def delete(self, job_id: str, by: Moderator) -> bool:
        """Delete held pictures for good; ``False``: it was decided before."""
        job = await self._of_server(job_id, by.guild_id)
        deed = self._deed(DeedKind.DISCARD, job, by)
        for _ in range(ATTEMPTS):
            if not job.held:
                return False
            now = self._now()
            after = job.never_shown(EndReason.NOT_RELEASED, now=now).fenced()
            after = after.with_reply(deleted_at=now, deleted_by=by.id)
            if job.lease.owner is None:  # its card is to be shown
                after = after.owned_by(self._settings.owner)
            if await self._jobs.swap(job, after, deeds=[deed]):
                await self._files.discard(job)
                if after.lease.owner == self._settings.owner:
                    self._runner.adopt([after])
                await self._decided(after)
                return True
            job = await self._of_server(job_id, by.guild_id)
        return False

    async def _release(self, job: Job, deed: Deed | None) -> bool:
        for _ in range(ATTEMPTS):
            if not job.held:
                return False
            after = job.let_through(now=self._now())
            if deed is None:
                after = after.with_reply(spoiler=True)
            if await self._jobs.swap(job, after, deeds=[deed] if deed else []):
                log.info("held pictures released: job=%s", job.id)
                await self._decided(after)
                return True
            job = await self._of_server(job.id, job.guild_id)
        return False

    async def _decided(self, job: Job) -> None:
        self._tell_deeds()
        self._runner.wake(job.id)
        self._wake_recovery()
        await self._notifier.notify(job.id)  # another process may own it

    async def _of_server(self, job_id: str, guild_id: int | None) -> Job:
        """Return a job of that server, or raise OrderNotFound."""
        job = await self._jobs.get(job_id)
        if job is None or not job.order.prompt or job.guild_id != guild_id:
            raise OrderNotFound
        return job

    def _deed(self, kind: DeedKind, job: Job, by: Moderator) -> Deed:
        return moderators_deed(
            kind,
            job,
            by,
            at=self._now(),
            tell_log=False,  # the entry shows it
            tell_member=by.id != job.member_id,
        )
