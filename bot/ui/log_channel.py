"""Writes into the servers' log channels: one message for each entry; only a report may ping."""

import asyncio
import logging
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import discord

from bot.domain.log_entries import AnyLogEntry, Held, OrdersPlaced, Reported
from bot.log import fault
from bot.retry import Backoff
from bot.service.port_errors import DiscordRefused, TransientDiscordError
from bot.service.telemetry import DiscordCall, Telemetry, timed
from bot.ui import held_view, language, report_view, texts
from bot.ui.discord_errors import CALL_TIMEOUT, translated_errors
from bot.ui.discord_session import DiscordSession
from bot.ui.gathered_orders import GatheredOrders
from bot.ui.language import speaking
from bot.ui.sending import NONCE_REMEMBERED, send_once

log = logging.getLogger(__name__)


BACKOFF: Final = Backoff(first=2.0, most=60.0)  # seconds


@dataclass(frozen=True, kw_only=True)
class LogChannelLimits:
    """How much effort an entry is worth. Times are seconds."""

    attempts: int = 5
    backoff: Backoff = BACKOFF  # between attempts
    give_up_after: float = NONCE_REMEMBERED  # later, Discord may post a repeated entry twice
    kept: float = 3600.0  # while Discord takes nothing
    most_pending: int = 1000  # entries in memory
    gathered: float = 2.0  # between two messages about orders


DEFAULT_LIMITS: Final = LogChannelLimits()


class DiscordLogChannel:
    """Writes log entries in the background, each at most once."""

    def __init__(
        self,
        session: DiscordSession,
        *,
        meters: Telemetry,
        limits: LogChannelLimits = DEFAULT_LIMITS,
    ) -> None:
        self._session = session
        self._meters = meters
        self._limits = limits
        self._pending: set[asyncio.Task[None]] = set()
        self._orders = GatheredOrders(self._deliver, pause=limits.gathered)
        self._refused: set[int] = set()  # channels that did not take their last entry

    def enqueue(self, channel_id: int, entry: AnyLogEntry) -> None:
        """Write an entry soon; it is lost if Discord refuses it or stays unavailable."""
        if isinstance(entry, OrdersPlaced):
            self._orders.add(channel_id, entry)
            return
        if len(self._pending) >= self._limits.most_pending:
            log.warning("log entry dropped, too many are pending: channel=%d", channel_id)
            return
        task = asyncio.create_task(self._deliver(channel_id, entry), name="log entry")
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def write(self, channel_id: int, entry: AnyLogEntry) -> int:
        """Write an entry now, and return its message.

        Raises DiscordRefused or TransientDiscordError.
        """
        return await self._write(channel_id, entry, _nonce(entry))

    async def rewrite(self, channel_id: int, message_id: int, entry: Reported | Held) -> None:
        """Replace the entry of a report or of held pictures; raises as :meth:`write`."""
        content = _content(entry)
        if not entry.pictured:
            content["attachments"] = _files(entry)  # none: they are removed
        with timed(partial(self._meters.called_discord, DiscordCall.NOTICE)):
            async with translated_errors():
                client = await self._session.client()
                channel = client.get_partial_messageable(channel_id)
                message = channel.get_partial_message(message_id)
                await message.edit(**content, allowed_mentions=discord.AllowedMentions.none())

    def refused(self, channel_id: int) -> bool:
        """Tell whether Discord refused the last entry there."""
        return channel_id in self._refused

    async def close(self) -> None:
        """Drop what is not written yet."""
        await self._orders.close()
        for task in self._pending:
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)

    async def _deliver(self, channel_id: int, entry: AnyLogEntry) -> None:
        """Write an entry at most once: the nonce is the idempotency key while Discord keeps it."""
        limits, nonce = self._limits, _nonce(entry)

        async def send() -> None:
            await self._write(channel_id, entry, nonce, within=limits.give_up_after)

        try:
            await send_once(
                send,
                self._session.gate,
                backoff=limits.backoff,
                within=limits.kept,
                repeatable_for=limits.give_up_after,
                attempts=limits.attempts,
                failed=lambda error: log.info(
                    "log entry failed, retrying: channel=%d error=%s", channel_id, error
                ),
            )
        except DiscordRefused as error:
            log.info("log entry refused: channel=%d error=%s", channel_id, error)
        except TransientDiscordError:
            log.info("log entry given up, Discord is unavailable: channel=%d", channel_id)
        except Exception as error:  # noqa: BLE001 - nothing depends on it
            fault(log, "log entry not written", error, channel=channel_id)

    async def _write(
        self, channel_id: int, entry: AnyLogEntry, nonce: str, *, within: float = CALL_TIMEOUT
    ) -> int:
        try:
            message_id = await self._send(channel_id, entry, nonce, within)
        except DiscordRefused:
            self._refused.add(channel_id)
            raise
        self._refused.discard(channel_id)
        return message_id

    async def _send(self, channel_id: int, entry: AnyLogEntry, nonce: str, within: float) -> int:
        with timed(partial(self._meters.called_discord, DiscordCall.NOTICE)):
            async with translated_errors(
                min(within, CALL_TIMEOUT), repeatable_for=self._limits.give_up_after
            ):
                client = await self._session.client()
                channel = client.get_partial_messageable(channel_id)
                message = await channel.send(
                    **_content(entry),
                    files=held_view.files(entry) if isinstance(entry, Held) else [],
                    nonce=nonce,
                    allowed_mentions=_pings(entry),
                    suppress_embeds=True,
                )
                return message.id


def _content(entry: AnyLogEntry) -> dict[str, Any]:
    """Return the view or the text of an entry, as arguments of ``send``."""
    with speaking(entry.language or language.default()):
        if isinstance(entry, Reported):
            return {"view": report_view.report_view(entry)}
        if isinstance(entry, Held):
            return {"view": held_view.held_view(entry)}
        return {"content": texts.log_channel.line(entry)}


def _files(entry: Reported | Held) -> list[discord.File]:
    return report_view.files(entry) if isinstance(entry, Reported) else held_view.files(entry)


def _pings(entry: AnyLogEntry) -> discord.AllowedMentions:
    """Return whom a new entry pings: one role at most, that of a report."""
    pings = discord.AllowedMentions.none()
    if isinstance(entry, Reported) and entry.ping is not None:
        pings.roles = [discord.Object(entry.ping)]
    return pings


def _nonce(entry: AnyLogEntry) -> str:
    """Return the idempotency key: a report makes one message, and so does an entry with a key."""
    if isinstance(entry, Reported) and entry.job and not entry.key:
        return f"report:{entry.job.id}"
    return entry.key or secrets.token_hex(8)
