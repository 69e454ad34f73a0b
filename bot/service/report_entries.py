"""Draws the entries of reported orders in the servers' log channels, from what is on record."""

from collections.abc import Callable
from dataclasses import replace

from bot.domain.deeds import Deed
from bot.domain.job import Job
from bot.domain.log_entries import reported
from bot.service.ports.discord import LogChannel
from bot.service.ports.store import Deeds


class ReportEntries:
    """Keeps each entry as the store says: any process can draw it anew, after any crash.

    An entry is a deed of its own, which is made due by each change of what it shows.
    """

    def __init__(self, *, deeds: Deeds, log_channel: LogChannel, now: Callable[[], float]) -> None:
        self._deeds = deeds
        self._log_channel = log_channel
        self._now = now

    async def draw(self, entry: Deed, job: Job | None, *, language: str | None) -> None:
        """Draw an entry anew, in *language*. Raises DiscordError."""
        if job is not None and not job.order.prompt:
            job = None  # its member's data was erased
        deeds = await self._deeds.of_job(entry.id)
        shown = reported(job, deeds, member_id=entry.member_id or 0, at=self._now())
        place = entry.detail["channel_id"], entry.detail["message_id"]
        await self._log_channel.rewrite(*place, replace(shown, language=language))
