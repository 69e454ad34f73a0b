"""What moderators do with reported pictures: hide them, delete them, and take that back."""

from collections.abc import Callable
from typing import Any, Final

from bot.domain.deeds import DeedKind
from bot.domain.job import Job
from bot.service.deed_outbox import moderators_deed
from bot.service.errors import (
    CoverFailed,
    OrderNotFound,
    PicturesDelayed,
    PicturesUnavailable,
    RemovalFailed,
    RestoreFailed,
)
from bot.service.moderation import Moderator
from bot.service.order_actions import ATTEMPTS
from bot.service.picture_files import PictureFiles, is_gone
from bot.service.port_errors import DiscordError, FileTooLarge
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs
from bot.service.reports import ReportService
from bot.service.settings import ServiceSettings

DAY: Final = 86400.0  # seconds
UNDO_DAYS: Final = 7  # where files are kept without an end


class ReportedPictures:
    """Use cases on reported pictures. Each changes Discord first, and then the record.

    Both steps are idempotent: what a crash interrupts is completed by another click.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        reports: ReportService,
        jobs: Jobs,
        files: PictureFiles,
        presenter: CardPresenter,
        tell_deeds: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._kept_days = settings.retention.files_days or UNDO_DAYS
        self._reports = reports
        self._jobs = jobs
        self._files = files
        self._presenter = presenter
        self._tell_deeds = tell_deeds  # has entries drawn, and people told, soon
        self._now = now

    async def undo_until(self, job: Job) -> float | None:
        """Return until when a deletion could be taken back; ``None``: it could not be.

        The pictures are kept until then.
        """
        if job.reply.private or not await self._files.hold(job):
            return None
        return self._now() + self._kept_days * DAY

    async def remove(self, job_id: str, by: Moderator) -> Job:
        """Delete reported pictures, with their message; return the job then.

        Raises RemovalFailed if Discord did not delete the message; nothing was changed then.
        """
        job = await self._reports.reported_job(job_id, by)
        if job.reply.deleted_at is not None:
            return job
        undo_until = await self.undo_until(job)
        if not job.reply.private:
            try:
                await self._presenter.remove(job)
            except DiscordError as error:
                raise RemovalFailed from error
        if undo_until is None:
            await self._files.discard(job)
        changes = {"deleted_at": self._now(), "deleted_by": by.id}
        return await self._record(job, by, DeedKind.DELETE, changes, undo_until=undo_until)

    async def restore(self, job_id: str, by: Moderator) -> None:
        """Post deleted pictures again.

        Raises PicturesUnavailable, PicturesDelayed or RestoreFailed.
        """
        job = await self._reports.reported_job(job_id, by)
        if job.reply.deleted_at is None:
            return
        fetch = await self._files.fetch(job)
        if fetch.error is not None:
            raise PicturesUnavailable if is_gone(fetch) else PicturesDelayed
        changes: dict[str, Any] = {"deleted_at": None, "deleted_by": None}
        shown = job.with_reply(**changes)
        try:
            try:
                message_id = await self._presenter.repost(shown, fetch.pictures)
            except FileTooLarge:
                message_id = await self._presenter.repost(shown, await self._files.smaller(job))
        except DiscordError as error:
            raise RestoreFailed from error
        await self._record(job, by, DeedKind.RESTORE, changes | {"message_id": message_id})

    async def cover(self, job_id: str, by: Moderator, *, spoiler: bool) -> None:
        """Hide pictures behind a spoiler, or show them again. Raises CoverFailed."""
        job = await self._reports.reported_job(job_id, by)
        if job.reply.private or job.reply.deleted_at is not None:
            raise OrderNotFound
        try:
            await self._presenter.cover(job, spoiler=spoiler)
        except DiscordError as error:
            raise CoverFailed from error
        kind = DeedKind.SPOILER if spoiler else DeedKind.UNSPOILER
        await self._record(job, by, kind, {"spoiler": spoiler})

    async def _record(
        self, job: Job, by: Moderator, kind: DeedKind, changes: dict[str, Any], **detail: Any
    ) -> Job:
        """Record *changes* of the reply as a deed, unless another click did the same before."""
        deed = moderators_deed(
            kind,
            job,
            by,
            at=self._now(),
            detail=detail,
            tell_log=kind is DeedKind.DELETE,  # the entry shows the others
            tell_member=kind is not DeedKind.UNSPOILER and by.id != job.member_id,
        )
        for _ in range(ATTEMPTS):
            # Of two clicks at once one loses the swap.
            after = job.with_reply(**changes).fenced()
            if _state(job) == _state(after) or await self._jobs.swap(job, after, deeds=[deed]):
                job = after
                break
            job = await self._reports.reported_job(job.id, by)
        self._tell_deeds()
        return job


def _state(job: Job) -> tuple[bool, bool]:
    return job.reply.deleted_at is not None, job.reply.spoiler
