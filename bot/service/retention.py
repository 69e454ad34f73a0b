"""Deletes ended orders and kept files after their retention time."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.log import about
from bot.service.delivery import DeliveryService
from bot.service.member_account import MemberAccount
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import JobQueries, Jobs

log = logging.getLogger(__name__)

DAY: Final = 86400.0  # seconds


@dataclass(frozen=True, kw_only=True)
class SweepTimes:
    """When the loop sweeps, in seconds, and how many orders one transaction takes."""

    first: float = 180.0  # after the start, which has more urgent work
    every: float = 3600.0
    between: float = 0.5  # two batches
    batch: int = 200  # orders: others wait to write meanwhile


SWEEP_TIMES: Final = SweepTimes()


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """How many days files and orders are kept (0: for ever), and the folder of the pictures."""

    files_days: int
    orders_days: int
    folder: Path
    times: SweepTimes = SWEEP_TIMES


class RetentionLoop:
    """Deletes ended orders and files after their retention time.

    Open orders and orders that today's limits count are never touched. What fails is repeated in
    the next sweep.
    """

    def __init__(
        self,
        *,
        settings: RetentionSettings,
        jobs: Jobs,
        queries: JobQueries,
        delivery: DeliveryService,
        account: MemberAccount,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._queries = queries
        self._delivery = delivery
        self._account = account
        self._now = now

    async def run(self) -> None:
        """Sweep once an hour, until cancelled."""
        await asyncio.sleep(self._settings.times.first)
        while True:
            try:
                await self.sweep()
            except StoreUnavailable as error:
                log.warning("retention sweep failed: error=%s", error)
            except OSError as error:
                log.warning("retention sweep failed: error=%s", error.strerror)
            await asyncio.sleep(self._settings.times.every)

    async def sweep(self) -> None:
        """Delete what is past its retention time, and the data that members asked to erase.

        Raises:
            StoreUnavailable, OSError: the sweep is incomplete.
        """
        await self._account.sweep()
        if self._settings.orders_days:
            await self._erase_orders(self._now() - self._settings.orders_days * DAY)
        if self._settings.files_days:
            before = self._now() - self._settings.files_days * DAY
            await self._drop_kept(before)
            await self._remove_left_over(before)

    async def _erase_orders(self, made_before: float) -> None:
        total = 0
        while count := await self._queries.erase_ended(
            made_before=made_before, most=self._settings.times.batch
        ):
            total += count
            await asyncio.sleep(self._settings.times.between)
        if total:
            log.info("old orders erased: count=%d", total)

    async def _drop_kept(self, kept_before: float) -> None:
        while jobs := await self._queries.stale_undelivered(
            kept_before=kept_before, most=self._settings.times.batch
        ):
            for job in jobs:
                with about(job=job.id, guild=job.guild_id):
                    await self._delivery.give_up(job)

    async def _remove_left_over(self, before: float) -> None:
        """Remove pictures that a crash left behind after the end of their order."""
        for name in await asyncio.to_thread(_older, self._settings.folder, before):
            job = await self._jobs.get(name)
            if job is None or job.ended:
                folder = self._settings.folder / name
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _older(folder: Path, before: float) -> list[str]:
    """Return the names of the entries of *folder* last changed before that time."""
    names = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # a delivery removed it just now
            if entry.stat().st_mtime < before:
                names.append(entry.name)
    return names
