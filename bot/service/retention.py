"""Deletes ended orders, kept files and the data of left servers after their retention time."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bot.domain.money import month_start
from bot.log import about
from bot.service.delivery import DeliveryService
from bot.service.member_account import MemberAccount
from bot.service.picture_files import PictureFiles, reason_of
from bot.service.port_errors import FilesUnavailable, StoreUnavailable
from bot.service.ports.store import Guilds, JobQueries
from bot.service.settings import ServiceSettings
from bot.service.storage_upkeep import StorageUpkeep

log = logging.getLogger(__name__)

DAY: Final = 86400.0  # seconds
KEEP_SUMS: Final = 62 * DAY  # at least; a clock that is ahead for a while costs no sum
KEEP_SERVERS: Final = 30 * DAY  # after the bot was removed from one


class RetentionLoop:
    """Deletes ended orders, files and the data of left servers after their retention time.

    Open orders and orders that today's limits count are never touched. What fails is repeated in
    the next sweep.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        queries: JobQueries,
        guilds: Guilds,
        files: PictureFiles,
        upkeep: StorageUpkeep,
        delivery: DeliveryService,
        account: MemberAccount,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._queries = queries
        self._guilds = guilds
        self._files = files
        self._upkeep = upkeep
        self._delivery = delivery
        self._account = account
        self._now = now

    async def run(self) -> None:
        """Sweep once an hour, until cancelled."""
        await asyncio.sleep(self._settings.sweep_first)
        while True:
            try:
                await self.sweep()
            except StoreUnavailable as error:
                log.warning("retention sweep failed: error=%s", error)
            except (OSError, FilesUnavailable) as error:
                log.warning("retention sweep failed: error=%s", reason_of(error))
            await asyncio.sleep(self._settings.sweep_every)

    async def sweep(self) -> None:
        """Delete what is past its retention time, and the data that members asked to erase.

        Raises StoreUnavailable, OSError or FilesUnavailable if the sweep is incomplete.
        """
        await self._account.sweep()
        await self._forget_servers(self._now() - KEEP_SERVERS)
        await self._guilds.erase_denials(before=self._now())
        retention = self._settings.retention
        if retention.orders_days:
            await self._erase_orders(self._now() - retention.orders_days * DAY)
            await self._guilds.erase_refusals(before=self._now() - retention.orders_days * DAY)
            await self._erase_sums(max(retention.orders_days * DAY, KEEP_SUMS))
        if retention.files_days:
            before = self._now() - retention.files_days * DAY
            await self._drop_kept(before)
            await self._upkeep.sweep(before=before)
        else:
            await self._upkeep.sweep(before=None)

    async def _erase_orders(self, made_before: float) -> None:
        total = 0
        while count := await self._queries.erase_ended(
            made_before=made_before, most=self._settings.sweep_batch
        ):
            total += count
            await asyncio.sleep(self._settings.sweep_pause)
        if total:
            log.info("old orders erased: count=%d", total)
        batch = self._settings.sweep_batch
        while await self._guilds.erase_deeds(before=made_before, most=batch):
            log.debug("old deeds erased")
            await asyncio.sleep(self._settings.sweep_pause)

    async def _erase_sums(self, kept_for: float) -> None:
        """Erase what orders cost in months in which no order that is kept was made."""
        before = month_start(self._now() - kept_for)
        guild_ids, erased = [0], 0
        while guild_ids:
            erased += await self._guilds.erase_sums(guild_ids, before=before)
            page = await self._guilds.recorded(after=guild_ids[-1], most=self._settings.sweep_batch)
            guild_ids = [guild_id for guild_id, _ in page]
            await asyncio.sleep(self._settings.sweep_pause)
        if erased:
            log.info("old sums of money erased: count=%d", erased)

    async def _forget_servers(self, left_before: float) -> None:
        """Erase what is stored of servers that the bot left, but for orders that are not over."""
        batch, last, forgotten = self._settings.sweep_batch, 0, 0
        while guild_ids := await self._guilds.departed(before=left_before, after=last, most=batch):
            for guild_id in guild_ids:
                try:
                    await self._erase_orders_in(guild_id, left_before)
                except (OSError, FilesUnavailable) as error:
                    reason = reason_of(error)
                    log.warning("server not erased, later: guild=%d error=%s", guild_id, reason)
                    continue
                forgotten += await self._guilds.forget(guild_id, left_before=left_before)
                await asyncio.sleep(self._settings.sweep_pause)
            last = guild_ids[-1]
        if forgotten:
            log.info("left servers erased: count=%d", forgotten)

    async def _erase_orders_in(self, guild_id: int, made_before: float) -> None:
        """Erase files, then rows: while a file exists, a row refers to it."""
        while job_ids := await self._queries.over_in(
            guild_id, made_before=made_before, most=self._settings.sweep_batch
        ):
            await self._files.remove(job_ids, stored=job_ids)
            await self._queries.erase_over(job_ids)
            await asyncio.sleep(self._settings.sweep_pause)

    async def _drop_kept(self, kept_before: float) -> None:
        while jobs := await self._queries.stale_undelivered(
            kept_before=kept_before, most=self._settings.sweep_batch
        ):
            for job in jobs:
                with about(job=job.id, guild=job.guild_id):
                    await self._delivery.give_up(job)
