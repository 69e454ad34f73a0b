"""Tells servers, in their log channels, when the lane closes and when it works again."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final

from bot.domain import lane as lane_rules
from bot.domain.lane import GIVES_BACK, ClosedReason, Lane
from bot.domain.log_entries import AnyLogEntry, LaneClosed, LaneReopened
from bot.log import fault
from bot.service.port_errors import DiscordError, DiscordRefused, StoreUnavailable
from bot.service.ports.discord import LogChannel
from bot.service.ports.store import ClosureNotice, Lanes
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

MOST: Final = 100  # servers at once


class LaneAnnouncer:
    """Announces each closure of the lane once to each server, and its end to the same servers.

    Where orders are given back, the servers of these orders are told, else every server with a log
    channel. At least once until the store has it: what fails is repeated in the next round, and
    all processes use the same idempotency key.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        lanes: Lanes,
        log_channel: LogChannel,
        works: Callable[[], bool],
        now: Callable[[], float],
    ) -> None:
        self._lane_name = settings.lane
        self._lanes = lanes
        self._log_channel = log_channel
        self._works = works  # tells whether this process saw an order accepted
        self._now = now
        self._told_all: float | None = None  # the closure of which no server is left to tell
        self.announcing: asyncio.Task[None] | None = None

    def announce(self, lane: Lane) -> None:
        """Announce what servers were not told yet, in the background: Discord may take long."""
        if self.announcing is None or self.announcing.done():
            self.announcing = asyncio.create_task(self._announce(lane))

    async def _announce(self, lane: Lane) -> None:
        now = self._now()
        reason = lane_rules.closed_reason(lane, now)
        try:
            if reason is not None:
                lasts = lane_rules.lasts(lane, reason, now)
                if lasts and lane.shut_at != self._told_all:
                    await self._announce_closure(lane, reason)
            elif lane.closed is None:
                await self._announce_end()
        except StoreUnavailable as error:
            log.warning("state of the lane not logged: error=%s", error)
        except Exception as error:  # noqa: BLE001 - no one awaits the task
            fault(log, "state of the lane not logged", error)

    async def _announce_closure(self, lane: Lane, reason: ClosedReason) -> None:
        complete = True
        async for notice in self._untold(lane, reason):
            entry = LaneClosed(
                reason=reason,
                guild_id=notice.guild_id,
                orders=notice.orders,
                channel_id=notice.channel_id,
                message_id=notice.message_id,
                until=lane.paused_until if reason is ClosedReason.BUSY else None,
                language=notice.language,
                key=f"{notice.guild_id:x}{int(lane.shut_at):x}",
            )
            # First, so that a crash does not leave a server with half of the news.
            await self._lanes.owe_end(self._lane_name, notice.guild_id, shut_at=lane.shut_at)
            if await self._write(notice, entry):
                await self._lanes.record_notice(
                    self._lane_name, notice.guild_id, shut_at=lane.shut_at
                )
            else:
                complete = False
        if complete and reason not in GIVES_BACK:
            self._told_all = lane.shut_at

    async def _untold(self, lane: Lane, reason: ClosedReason) -> AsyncIterator[ClosureNotice]:
        """Yield the servers that are to be told and were not yet."""
        if reason in GIVES_BACK:
            for notice in await self._lanes.closure_notices(self._lane_name, shut_at=lane.shut_at):
                yield notice
            return
        last: int | None = 0
        while last is not None:
            notices, last = await self._lanes.untold(
                self._lane_name, shut_at=lane.shut_at, after=last, most=MOST
            )
            for notice in notices:
                yield notice

    async def _announce_end(self) -> None:
        """Tell the servers that were told of a closure; of another key's once this one works."""
        for lane_name, notice in await self._lanes.owed_ends(most=MOST):
            if lane_name != self._lane_name and not self._works():
                continue
            entry = LaneReopened(
                language=notice.language, key=f"{notice.guild_id:x}{int(notice.shut_at):x}+"
            )
            if await self._write(notice, entry):
                await self._lanes.record_end(lane_name, notice.guild_id)

    async def _write(self, notice: ClosureNotice, entry: AnyLogEntry) -> bool:
        """Write into the server's log channel; ``False``: try again in the next round."""
        if notice.log_channel is None:
            return True
        try:
            await self._log_channel.write(notice.log_channel, entry)
        except DiscordError as error:
            log.info("state of the lane not logged: guild=%d error=%s", notice.guild_id, error)
            return isinstance(error, DiscordRefused)
        return True
