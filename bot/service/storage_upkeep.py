"""Keeps the place where pictures wait in order, and this machine's folder of downloads."""

import contextlib
import logging
from collections.abc import Callable
from typing import Final

from bot.log import about
from bot.retry import wait_at_most
from bot.service.file_storage import FileStorage
from bot.service.picture_files import PictureFiles
from bot.service.port_errors import FilesUnavailable, StoreUnavailable
from bot.service.ports.files import StoredFiles, WaitingFiles
from bot.service.ports.store import Jobs
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

LOOKS_EVERY: Final = 1.0  # seconds, for a place that may be away
SETTLED: Final = 3600.0  # seconds; what is younger may be about to be used
DAY: Final = 86400.0  # seconds


class StorageUpkeep:
    """Moves what waits off this machine, removes what nobody wants, and finds the place again.

    Every process does all of it: each step is idempotent.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        files: PictureFiles,
        storage: FileStorage,
        downloads: WaitingFiles,
        wake_recovery: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._files = files
        self._storage = storage
        self._downloads = downloads  # the folder of this machine
        self._wake_recovery = wake_recovery  # it takes over what is due
        self._now = now
        self._unwanted: set[StoredFiles] = set()  # as the last sweep found

    async def run(self) -> None:
        """Look for a place that is away until it is back, and go on with what waited for it."""
        recovered = self._storage.recovered
        while True:
            await wait_at_most(recovered, LOOKS_EVERY)
            if self._storage.away:
                with contextlib.suppress(FilesUnavailable):
                    await self._storage.probe()
            if recovered.is_set():
                recovered.clear()
                try:
                    await self.catch_up()
                except (FilesUnavailable, StoreUnavailable) as error:
                    log.info("stored pictures not caught up with, later: error=%s", error)

    async def catch_up(self) -> None:
        """Do what had to wait while the place was away.

        Raises FilesUnavailable or StoreUnavailable if that is incomplete: a sweep does it later.
        """
        count = await self._jobs.retry_stored()
        log.info("orders tried again that waited for the storage of pictures: count=%d", count)
        self._wake_recovery()
        await self.tidy()

    async def tidy(self) -> None:
        """Move what waits from this machine to where all processes reach it.

        What is left of orders that need it no more is removed. Raises FilesUnavailable or
        StoreUnavailable if that is incomplete.
        """
        if not self._storage.remote:
            return
        settled = self._now() - SETTLED
        async for left in self._downloads.stored():
            is_settled = left.changed_at < settled  # else they may be shown just now
            job = await self._jobs.get(left.job_id)
            if job is None or not job.needs_stored:
                if is_settled:
                    await self._remove_here(left.job_id)
            elif job.lease.owner is None:
                with about(job=job.id, guild=job.guild_id):
                    if await self._files.store(job) is None and is_settled:
                        await self._files.release(job.id)

    async def sweep(self, *, before: float | None) -> None:
        """Remove files of ended orders from *before*, and those that nobody wants any more.

        An order's files that are not wanted are removed by the second sweep that finds them so:
        what another process does with them at that time ends well before. Files of no order at all,
        which may be another bot's, are kept as long as any. Raises FilesUnavailable or
        StoreUnavailable if that is incomplete.
        """
        if before is not None:
            async for left in self._downloads.stored():
                if left.changed_at < before and await self._is_over(left.job_id):
                    await self._remove_here(left.job_id)
        if not self._storage.remote:
            return
        await self.tidy()
        settled = self._now() - SETTLED
        lost = self._now() - self._settings.retention.held_days * DAY
        unwanted: set[StoredFiles] = set()
        async for files in self._storage.stored():
            if files.changed_at >= settled:
                continue
            job = await self._jobs.get(files.job_id)
            if job is None:
                is_over = files.changed_at < lost
            elif job.needs_stored:
                is_over = job.ended and before is not None and files.changed_at < before
            else:
                is_over = files in self._unwanted
                unwanted.add(files)
            if is_over:
                await self._storage.remove([files.job_id])
                log.info("stored pictures removed: job=%s", files.job_id)
        self._unwanted = unwanted

    async def _is_over(self, job_id: str) -> bool:
        job = await self._jobs.get(job_id)
        return job is None or job.ended

    async def _remove_here(self, job_id: str) -> None:
        with contextlib.suppress(OSError):  # the next sweep tries again
            await self._files.remove([job_id], stored=[])
