"""Bringing paid pictures to the member who ordered them."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

log = logging.getLogger(__name__)

FIRST_PAUSE: Final = 2.0  # seconds before pictures are fetched again, then twice as long
LONGEST_PAUSE: Final = 60.0  # seconds
MOST_PICTURES: Final = 10  # that a message takes, whatever number the vendor sent
LONG: Final = 60.0  # seconds after which a member has gone on to something else
SMALLEST_LIMIT: Final = 8 * 1024 * 1024  # bytes; Discord takes files of that size everywhere


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """Where pictures are put, and how many seconds they are asked for."""

    folder: Path
    patience: float


class DeliveryService:
    """Fetches, checks and hands over."""

    def __init__(
        self,
        *,
        settings: DeliverySettings,
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
        """Bring the pictures of *job*, COMPLETED, to its member; return the job as it then stands.

        DELIVERED, once Discord took them. FAILED, when not one could be used; broken ones among
        sound ones are left out. Still COMPLETED and kept, when every way to the member is closed.
        What was done before a crash is done again, and is seen once. An order that was hidden
        meanwhile is kept, and shows nothing.
        """
        if await self._is_withdrawn(job):
            await self._presenter.settle(job if job.withdrawn else job.withdraw())
            return await self._keep(job)
        pictures = await self.pictures(job)
        if not pictures:
            after = job.transition(State.FAILED, now=self._now(), end_reason=EndReason.NO_PICTURE)
            return await self._let_go(await swap_with_retry(self._jobs, job, after))
        try:
            silently = await self._hand_over(job, pictures)
        except DiscordRefused:
            kept = await self._keep(job)
            log.warning("job %s: no way to the member is open, the pictures are kept", job.id)
            return kept
        after = await self.delivered(job)
        if silently and after.state is State.DELIVERED and await self._wants_ping(after):
            await self._presenter.ping(after)
        return after

    async def delivered(self, job: Job) -> Job:
        """Record that the member has the pictures, and let go of the files."""
        after = job.transition(State.DELIVERED, now=self._now()).released()
        recorded = await swap_with_retry(self._jobs, job, after)
        log.info("job %s: %s", recorded.id, recorded.state)
        return await self._let_go(recorded)

    async def _keep(self, job: Job) -> Job:
        """Let ``/history`` offer the pictures."""
        return await swap_with_retry(self._jobs, job, job.undeliverable(now=self._now()))

    async def _is_withdrawn(self, job: Job) -> bool:
        """Tell whether the job was withdrawn, by the store's latest record."""
        try:
            recorded = await self._jobs.get(job.id)
        except StoreUnavailable:
            return job.withdrawn
        return (recorded or job).withdrawn

    async def _wants_ping(self, job: Job) -> bool:
        try:
            wishes = await self._members.settings(job.member_id)
        except StoreUnavailable:
            return False
        if wishes.ping is Ping.AUTO:
            return self._now() - job.created_at > LONG
        return wishes.ping is Ping.ALWAYS

    async def drop(self, job: Job) -> None:
        """Give up a kept job that nobody asked for, and its files."""
        after = job.transition(State.FAILED, now=self._now(), end_reason=EndReason.KEPT_TOO_LONG)
        recorded = await self._let_go(await swap_with_retry(self._jobs, job, after))
        log.info("job %s: %s, %s", recorded.id, recorded.state, recorded.end_reason)

    async def pictures(self, job: Job) -> Sequence[Picture]:
        """Return the job's pictures, fetched where they are not here yet, without broken ones."""
        folder = self._folder(job)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as group:
            fetching = [
                group.create_task(self._fetch_one(job, address, folder / str(number)))
                for number, address in enumerate(job.media[:MOST_PICTURES], start=1)
            ]
        return [picture for task in fetching if (picture := task.result()) is not None]

    async def _hand_over(self, job: Job, pictures: Sequence[Picture]) -> bool:
        try:
            return await self._presenter.deliver(job, pictures)
        except FileTooLarge:
            log.warning("job %s: the files are too large here, they are made smaller", job.id)
            limit = min(job.reply.file_limit // 2, SMALLEST_LIMIT)
            smaller = job.with_reply(file_limit=limit)
            return await self._presenter.deliver(job, await self.pictures(smaller))

    async def forget(self, job_id: str) -> None:
        """Remove what is here of a job's pictures."""
        await asyncio.to_thread(shutil.rmtree, self._settings.folder / job_id, ignore_errors=True)

    async def _let_go(self, job: Job) -> Job:
        if job.state is State.COMPLETED or (job.reply.private and job.state is State.DELIVERED):
            return job  # they may be asked for, or posted; whoever clears away takes them
        await asyncio.to_thread(shutil.rmtree, self._folder(job), ignore_errors=True)
        return job

    def _folder(self, job: Job) -> Path:
        return self._settings.folder / job.id

    async def _fetch_one(self, job: Job, address: str, path: Path) -> Picture | None:
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._media.fetch(address, path, limit=job.reply.file_limit)
            except PictureUnusable as error:
                log.warning("job %s: picture %s: %s", job.id, path.name, error)
                return None
            except MediaUnavailable as error:
                log.warning("job %s: picture %s: %s", job.id, path.name, error)
            if (
                self._now() + pause
                > (job.completed_at or job.state_since) + self._settings.patience
            ):
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
