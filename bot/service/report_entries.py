"""Draws the entries of reported orders in the servers' log channels, from what is on record."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import Job
from bot.domain.log_entries import Reported, reported
from bot.service.picture_files import PictureFiles
from bot.service.port_errors import MessageDeleted, PermanentDiscordError
from bot.service.ports.discord import LogChannel
from bot.service.ports.store import Deeds

log = logging.getLogger(__name__)


class ReportEntries:
    """Keeps each entry as the store says: any process can draw it anew, after any crash.

    An entry is a deed of its own, which is made due by each change of what it shows.
    """

    def __init__(
        self,
        *,
        deeds: Deeds,
        files: PictureFiles,
        log_channel: LogChannel,
        now: Callable[[], float],
    ) -> None:
        self._deeds = deeds
        self._files = files
        self._log_channel = log_channel
        self._now = now

    async def draw(self, entry: Deed, job: Job | None, *, language: str | None) -> float | None:
        """Draw an entry anew, in *language*. Raises DiscordError.

        Returns when it is another one by itself, in Unix seconds; ``None``: never.
        """
        if job is not None and not job.order.prompt:
            job = None  # its member's data was erased
        deeds = await self._deeds.of_job(entry.id)
        shown = reported(job, deeds, member_id=entry.member_id or 0, at=self._now())
        shown = replace(shown, language=language, pictured=entry.detail.get("pictured", 0))
        try:
            await self._redraw(entry, shown)
        except MessageDeleted:
            await self._write_again(entry, shown)
        return shown.changes_at

    async def _redraw(self, entry: Deed, shown: Reported) -> None:
        if shown.pictured and shown.job is not None and shown.job.reply.deleted_at is None:
            try:
                await self._rewrite(entry, shown)
            except PermanentDiscordError as error:  # as if they were not attached any more
                log.info("entry refused with its pictures: job=%s error=%s", entry.id, error)
            else:
                return
        await self._attach(entry, replace(shown, pictured=0))

    async def _attach(self, entry: Deed, shown: Reported) -> None:
        """Draw an entry with its pictures, or with none if they were deleted or can't be had.

        Between the two records a crash leaves one that says less than is attached.
        """
        job = shown.job
        if entry.detail.get("pictured"):
            await self._deeds.set_detail(entry, {**entry.detail, "pictured": 0})
        pictures: Sequence[bytes] = ()
        if job is not None and job.reply.deleted_at is None:
            pictures = await self._files.thumbnails(job)
        try:
            await self._rewrite(entry, replace(shown, pictures=pictures))
        except PermanentDiscordError as error:
            if not pictures:
                raise
            log.info("entry refused with new pictures: job=%s error=%s", entry.id, error)
            await self._rewrite(entry, shown)
        else:
            await self._deeds.set_detail(entry, {**entry.detail, "pictured": len(pictures)})

    async def _rewrite(self, entry: Deed, shown: Reported) -> None:
        place = entry.detail["channel_id"], entry.detail["message_id"]
        await self._log_channel.rewrite(*place, shown)

    async def _write_again(self, entry: Deed, shown: Reported) -> None:
        """Write an entry that was deleted by hand, if the order was reported again since."""
        newest = [deed for deed in shown.deeds if deed.kind is not DeedKind.ENTRY][-1:]
        if not newest or newest[0].kind is not DeedKind.REPORT:
            return  # moderators wanted it gone
        again = replace(shown, pictured=0, ping=None, key=newest[0].id)
        message_id = await self._log_channel.write(entry.detail["channel_id"], again)
        detail = {**entry.detail, "message_id": message_id, "pictured": 0}
        await self._deeds.set_detail(entry, detail)
        await self._deeds.redraw(entry.id)  # with its pictures
