"""The download of paid pictures and their delivery to the member."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bot.domain.job import EndReason, Job, State
from bot.service.persistence import swap_with_retry
from bot.service.port_errors import (
    DiscordRefused,
    FileTooLarge,
    MediaUnavailable,
    PictureUnusable,
    StoreUnavailable,
)
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs, Members, Ping
from bot.service.ports.vendor import Media, Picture
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

MOST_PICTURES: Final = 10  # in one message, whatever number the vendor sent
PING_AFTER: Final = 60.0  # seconds after which a member may no longer watch the card
SMALLEST_LIMIT: Final = 8 * 1024 * 1024  # bytes; Discord accepts files of that size everywhere


class DeliveryService:
    """Downloads the pictures of a COMPLETED job and delivers them, at least once.

    A step that was done before a crash is done again; every step is idempotent. Files stay on disk
    until it is recorded that the member has the pictures.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        media: Media,
        presenter: CardPresenter,
        members: Members,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._members = members
        self._media = media
        self._presenter = presenter
        self._now = now

    async def deliver(self, job: Job) -> Job:
        """Deliver the pictures of *job*, COMPLETED, to its member; return the job then.

        DELIVERED once Discord accepted them; broken pictures are left out. FAILED if none is
        usable. COMPLETED and undeliverable if every way to the member is closed or the order was
        withdrawn: ``/history`` then offers the pictures.
        """
        if await self._is_withdrawn(job):
            await self._presenter.settle(job if job.withdrawn else job.withdraw())
            return await self._swap(job, job.undeliverable(now=self._now()))
        pictures = await self.fetch_pictures(job)
        if not pictures:
            after = job.transition(State.FAILED, now=self._now(), end_reason=EndReason.NO_PICTURE)
            return await self._remove_unused(await self._swap(job, after))
        try:
            silently = await self._present(job, pictures)
        except DiscordRefused as error:
            after = await self._swap(job, job.undeliverable(now=self._now()))
            log.warning("pictures undeliverable, kept: job=%s error=%s", job.id, error)
            return after
        after = await self.record_delivered(job)
        if silently and after.state is State.DELIVERED and await self._wants_ping(after):
            await self._presenter.ping(after)
        return after

    async def record_delivered(self, job: Job) -> Job:
        """Record that the member has the pictures, and remove the files."""
        after = job.transition(State.DELIVERED, now=self._now()).released()
        recorded = await self._swap(job, after)
        log.info("pictures delivered: job=%s state=%s", recorded.id, recorded.state)
        return await self._remove_unused(recorded)

    async def give_up(self, job: Job) -> None:
        """End a job whose undeliverable pictures were kept for too long, and remove its files."""
        after = job.transition(State.FAILED, now=self._now(), end_reason=EndReason.KEPT_TOO_LONG)
        recorded = await self._remove_unused(await self._swap(job, after))
        log.info("undelivered pictures dropped: job=%s state=%s", recorded.id, recorded.state)

    async def fetch_pictures(self, job: Job) -> Sequence[Picture]:
        """Return the job's usable pictures; download those that are not on disk."""
        folder = self._folder(job.id)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as group:
            fetching = [
                group.create_task(self._fetch_one(job, address, folder / str(number)))
                for number, address in enumerate(job.media[:MOST_PICTURES], start=1)
            ]
        return [picture for task in fetching if (picture := task.result()) is not None]

    async def fetch_smaller_pictures(self, job: Job) -> Sequence[Picture]:
        """Return the job's pictures made smaller, after Discord refused them as too large."""
        limit = min(job.reply.file_limit // 2, SMALLEST_LIMIT)
        log.warning("files too large, made smaller: job=%s limit=%d", job.id, limit)
        return await self.fetch_pictures(job.with_reply(file_limit=limit))

    async def remove_files(self, job_id: str) -> None:
        """Remove the job's files from disk. Raises OSError if some can't be removed."""
        with contextlib.suppress(FileNotFoundError):
            await asyncio.to_thread(shutil.rmtree, self._folder(job_id))

    async def discard_files(self, job_id: str) -> None:
        """Remove the job's files; the retention loop removes what can't be removed now."""
        try:
            await self.remove_files(job_id)
        except OSError as error:
            log.warning("files not removed: job=%s error=%s", job_id, error.strerror)

    async def _present(self, job: Job, pictures: Sequence[Picture]) -> bool:
        try:
            return await self._presenter.deliver(job, pictures)
        except FileTooLarge:
            return await self._presenter.deliver(job, await self.fetch_smaller_pictures(job))

    async def _is_withdrawn(self, job: Job) -> bool:
        """Tell whether the job was withdrawn, by the stored job if it can be read."""
        try:
            recorded = await self._jobs.get(job.id)
        except StoreUnavailable:
            return job.withdrawn
        return (recorded or job).withdrawn

    async def _wants_ping(self, job: Job) -> bool:
        try:
            settings = await self._members.settings(job.member_id)
        except StoreUnavailable:
            return False
        if settings.ping is Ping.AUTO:
            return self._now() - job.created_at > PING_AFTER
        return settings.ping is Ping.ALWAYS

    async def _remove_unused(self, job: Job) -> Job:
        """Remove the files, unless ``/history`` or *Post* may still need them."""
        if job.state is State.COMPLETED or (job.reply.private and job.state is State.DELIVERED):
            return job
        await self.discard_files(job.id)
        return job

    def _folder(self, job_id: str) -> Path:
        return self._settings.files / job_id

    async def _fetch_one(self, job: Job, address: str, path: Path) -> Picture | None:
        """Download one picture; ``None``: it is unusable, or did not come in time."""
        give_up_at = (job.completed_at or job.state_since) + self._settings.deadline
        for delay in self._settings.media_backoff.delays():
            try:
                return await self._media.fetch(address, path, limit=job.reply.file_limit)
            except PictureUnusable as error:
                log.warning("picture unusable: job=%s number=%s error=%s", job.id, path.name, error)
                return None
            except MediaUnavailable as error:
                log.warning(
                    "picture download failed: job=%s number=%s error=%s", job.id, path.name, error
                )
            if self._now() + delay > give_up_at:
                return None
            await asyncio.sleep(delay)
        return None

    async def _swap(self, before: Job, after: Job) -> Job:
        return await swap_with_retry(self._jobs, before, after, self._settings.store_backoff)
