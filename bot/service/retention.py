"""Clearing away: kept pictures that nobody fetched, and orders that ended long ago."""

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

FIRST: Final = 180.0  # seconds after the start: whoever starts has better to do
EVERY: Final = 3600.0  # seconds
MOST: Final = 200  # orders at once: nobody else shall wait for long to write
BETWEEN: Final = 0.5  # seconds between two batches
DAY: Final = 86400.0  # seconds


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """For how many days what is kept; 0: for ever. *folder* is where pictures lie."""

    files_days: int
    orders_days: int
    folder: Path


class RetentionLoop:
    """The broom. An order that is open is never touched, nor one that today's limits count."""

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
        """Sweep once an hour, for ever. What fails is done the next time."""
        await asyncio.sleep(FIRST)
        while True:
            try:
                await self.sweep()
            except StoreUnavailable as error:
                log.warning("nothing was cleared away: %s", error)
            except OSError as error:
                log.warning("files could not be cleared away: %s", error.strerror)
            await asyncio.sleep(EVERY)

    async def sweep(self) -> None:
        """Clear away what is older than it may become, and what members want forgotten.

        Raises StoreAway and OSError.
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
        while count := await self._queries.erase_ended(made_before=made_before, most=MOST):
            total += count
            await asyncio.sleep(BETWEEN)
        if total:
            log.info("%d orders were erased: they were older than KEEP_ORDERS_DAYS", total)

    async def _drop_kept(self, kept_before: float) -> None:
        while jobs := await self._queries.stale_undelivered(kept_before=kept_before, most=MOST):
            for job in jobs:
                with about(job=job.id, guild=job.guild_id):
                    await self._delivery.drop(job)

    async def _remove_left_over(self, before: float) -> None:
        """Remove pictures that a crash left behind after their order had ended."""
        for name in await asyncio.to_thread(_older, self._settings.folder, before):
            job = await self._jobs.get(name)
            if job is None or job.ended:
                folder = self._settings.folder / name
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _older(folder: Path, before: float) -> list[str]:
    """Return the names of what in *folder* was last changed before that time."""
    found = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # its order was delivered just now
            if entry.stat().st_mtime < before:
                found.append(entry.name)
    return found
