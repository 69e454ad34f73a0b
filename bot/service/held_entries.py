"""Draws the entries of held pictures in the servers' log channels, from what is on record."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import Job
from bot.domain.log_entries import Held
from bot.service.picture_files import PictureFiles
from bot.service.port_errors import DiscordRefused, MessageDeleted
from bot.service.ports.discord import LogChannel
from bot.service.ports.store import Deeds, Guilds

log = logging.getLogger(__name__)

_DECISIONS: Final = (DeedKind.RELEASE, DeedKind.DISCARD)


class HeldEntries:
    """Keeps each entry as the store says; an entry that is refused releases its pictures.

    An entry is a deed of its own, which is made due by each change of what it shows.
    """

    def __init__(
        self,
        *,
        deeds: Deeds,
        files: PictureFiles,
        guilds: Guilds,
        log_channel: LogChannel,
        release: Callable[[Job], Awaitable[None]],
    ) -> None:
        self._deeds = deeds
        self._files = files
        self._guilds = guilds
        self._log_channel = log_channel
        self._release = release  # behind a spoiler: no moderator can be shown the pictures

    async def draw(self, entry: Deed, job: Job | None, *, language: str | None) -> float | None:
        """Write an entry, or draw it anew, in *language*. Raises DiscordError."""
        if job is not None and not job.order.prompt:
            job = None  # its member's data was erased
        deeds = await self._deeds.of_job(entry.job_id or "")
        shown = Held(entry=entry, job=job, deeds=tuple(deeds), language=language, key=entry.id)
        if "message_id" in entry.detail:
            await self._redraw(entry, shown)
        elif job is not None and job.held:
            await self._write(entry, job, shown)
        elif job is not None and any(deed.kind in _DECISIONS for deed in deeds):
            # It was seen, so a process was killed before it noted where. Discord knows the nonce.
            await self._write(entry, job, shown)
            entry = next(deed for deed in await self._deeds.of_job(job.id) if deed.id == entry.id)
            if "message_id" in entry.detail:
                await self._redraw(entry, replace(shown, entry=entry))
        return None

    async def _write(self, entry: Deed, job: Job, shown: Held) -> None:
        channel_id = (await self._guilds.rules(entry.guild_id)).log_channel
        if channel_id is None:
            await self._release(job)
            return
        pictures = await self._files.thumbnails(job) if job.held else ()
        try:
            message_id = await self._log_channel.write(
                channel_id, replace(shown, pictures=pictures)
            )
        except DiscordRefused as error:
            log.warning("entry of held pictures refused: job=%s error=%s", job.id, error)
            await self._release(job)
            return
        place = {"channel_id": channel_id, "message_id": message_id, "pictured": len(pictures)}
        await self._deeds.set_detail(entry, {**entry.detail, **place})

    async def _redraw(self, entry: Deed, shown: Held) -> None:
        place = entry.detail["channel_id"], entry.detail["message_id"]
        pictured = entry.detail["pictured"] if shown.waits else 0  # decided: they are removed
        try:
            await self._log_channel.rewrite(*place, replace(shown, pictured=pictured))
        except MessageDeleted:
            log.info("entry of held pictures deleted by hand: job=%s", entry.job_id)
