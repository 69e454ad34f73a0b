"""Writes into the servers' log channels: one line each, links and no pings.

Under a report stand buttons, too: see :mod:`bot.ui.report_view`.
"""

import asyncio
import logging
import secrets
from functools import partial
from typing import Any, Final

import discord

from bot.domain.log_entries import AnyLogEntry, Reported
from bot.log import fault
from bot.service.port_errors import DiscordRefused, TransientDiscordError
from bot.service.telemetry import DiscordCall, Telemetry, timed
from bot.ui import report_view, texts
from bot.ui.card_presenter import NONCE_REMEMBERED
from bot.ui.discord_errors import translated_errors
from bot.ui.discord_session import DiscordSession
from bot.ui.language import speaking

log = logging.getLogger(__name__)

ATTEMPTS: Final = 5
FIRST_PAUSE: Final = 2.0  # seconds before a line is tried again, then twice as long
MOST_WAITING: Final = 1000  # lines; a log is not worth more memory


class DiscordLogChannel:
    """The pen."""

    def __init__(self, rest: DiscordSession, *, meters: Telemetry) -> None:
        self._rest = rest
        self._meters = meters
        self._writing: set[asyncio.Task[None]] = set()

    def enqueue(self, channel_id: int, entry: AnyLogEntry) -> None:
        """Write an entry in the background; lost if Discord refuses it."""
        if len(self._writing) >= MOST_WAITING:
            log.warning("a line for the log of a server was dropped: too many wait")
            return
        task = asyncio.create_task(self._insist(channel_id, entry), name="notice")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def write(self, channel_id: int, entry: AnyLogEntry) -> None:
        """Write a line; raises PermanentDiscordError, and DiscordAway."""
        await self._write(channel_id, entry, _nonce(entry))

    async def close(self) -> None:
        """Give up what is not written yet."""
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _insist(self, channel_id: int, notice: AnyLogEntry) -> None:
        """Write a line, once: Discord drops a repeated nonce for minutes, and we give up before."""
        try:
            async with asyncio.timeout(NONCE_REMEMBERED):
                await self._repeat(channel_id, notice, _nonce(notice))
        except TimeoutError:
            log.info("the log channel %d: Discord is away for too long", channel_id)

    async def _repeat(self, channel_id: int, notice: AnyLogEntry, nonce: str) -> None:
        pause = FIRST_PAUSE
        for _ in range(ATTEMPTS):
            try:
                return await self._write(channel_id, notice, nonce)
            except DiscordRefused as error:
                log.info("the log channel %d takes no line: %s", channel_id, error)
                return None
            except TransientDiscordError as error:
                log.info("the log channel %d: Discord is away: %s", channel_id, error)
            except Exception as error:  # noqa: BLE001 - nothing depends on it
                fault(log, f"the log channel {channel_id} could not be written to", error)
                return None
            await asyncio.sleep(pause)
            pause *= 2
        return None

    async def _write(self, channel_id: int, notice: AnyLogEntry, nonce: str) -> None:
        with timed(partial(self._meters.called_discord, DiscordCall.NOTICE)):
            async with translated_errors():
                client = await self._rest.client()
                channel = client.get_partial_messageable(channel_id)
                await channel.send(
                    **_shown(notice),
                    nonce=nonce,
                    allowed_mentions=discord.AllowedMentions.none(),
                    suppress_embeds=True,
                )


def _shown(notice: AnyLogEntry) -> dict[str, Any]:
    """Return what a message is to show, made for this one sending."""
    with speaking(notice.language):
        if isinstance(notice, Reported):
            return {"view": report_view.fresh_view(notice)}
        return {"content": texts.notices.notice(notice)}


def _nonce(notice: AnyLogEntry) -> str:
    """Return the mark by which Discord drops a repetition.

    A report of the same picture has the same one, by whomever: two at once make one message.
    """
    return f"report:{notice.job.id}" if isinstance(notice, Reported) else secrets.token_hex(8)
