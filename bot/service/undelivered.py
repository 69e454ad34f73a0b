"""Hands over the pictures that could not be delivered, when their member asks for them."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.job import Delivery, Job
from bot.log import about, fault
from bot.service.delivery import DeliveryService
from bot.service.persistence import swap_with_retry
from bot.service.picture_files import PictureFiles
from bot.service.ports.store import Jobs
from bot.service.ports.vendor import Picture
from bot.service.screening import PictureScreening
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

# Orders at once: with the page behind them that makes five answers, as many as Discord takes where
# the bot is not a member.
MOST: Final = 4
LOOKED_AT: Final = 50  # kept orders; those whose pictures are not here bar no others


@dataclass(frozen=True, kw_only=True)
class KeptOrders:
    """A member's undelivered orders, the newest first."""

    ready: Sequence[tuple[Job, Sequence[Picture]]]  # their pictures are on disk
    fetching: Sequence[Job]  # they are not, and are fetched in the background
    gone: Sequence[Job]  # they are nowhere any more
    unreadable: Sequence[Job] = ()  # something is wrong with their files


class UndeliveredPictures:
    """Finds kept pictures for their member, and records which of them arrived."""

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        files: PictureFiles,
        delivery: DeliveryService,
        screening: PictureScreening,
        wake_recovery: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._files = files
        self._delivery = delivery
        self._screening = screening
        self._wake_recovery = wake_recovery  # it takes over what is due

    async def orders(self, member_id: int, *, file_limit: int) -> KeptOrders:
        """Return the member's undelivered orders; never wait for a download.

        The pictures fit *file_limit*, in bytes: the member may ask in another place than before.
        They stay kept until :meth:`confirm`.
        """
        ready: list[tuple[Job, Sequence[Picture]]] = []
        fetching, gone, unreadable = [], [], []
        for job in await self._jobs.undelivered(member_id, most=LOOKED_AT):
            if job.delivery is Delivery.GONE:
                gone.append(job)
            elif job.delivery is Delivery.HELD:
                continue
            elif await self._screening.is_pending(job):
                fetching.append(job)
            elif len(ready) < MOST:
                fitting = job.with_reply(file_limit=min(job.reply.file_limit, file_limit))
                try:
                    with about(job=job.id, guild=job.guild_id):
                        pictures = await self._files.on_disk(fitting)
                except Exception as error:  # noqa: BLE001 - one order never holds back the others
                    fault(log, "kept pictures unreadable", error, job=job.id)
                    unreadable.append(job)
                    continue
                if len(pictures) > job.outstanding.pictures_shown:
                    ready.append((fitting, pictures))
                final = bool(pictures) and self._delivery.is_given_up(job)
                if len(pictures) < self._files.expected(job) and not final:
                    fetching.append(job)
        await self._fetch_in_background(fetching)
        return KeptOrders(ready=ready, fetching=fetching, gone=gone, unreadable=unreadable)

    async def smaller_pictures(self, job: Job) -> Sequence[Picture]:
        """Return an order's pictures made smaller, after Discord refused them as too large."""
        with about(job=job.id, guild=job.guild_id):
            return await self._files.smaller(job)

    async def confirm(self, job: Job, *, count: int) -> None:
        """Record that the member has *count* pictures: they are not offered again.

        The order is delivered then, unless more of its pictures are still being fetched.
        """
        with about(job=job.id, guild=job.guild_id):
            if count < self._files.expected(job) and not self._delivery.is_given_up(job):
                shown = replace(job.outstanding, pictures_shown=count)
                await self._swap(job, replace(job, outstanding=shown))
            else:
                await self._delivery.record_delivered(job)

    async def confirm_gone(self, jobs: Sequence[Job]) -> None:
        """Record that the member was told that the pictures are gone: they are not told again."""
        for job in jobs:
            await self._swap(job, replace(job, outstanding=replace(job.outstanding, kept_at=None)))

    async def _fetch_in_background(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if job.lease.owner is None:
                await self._swap(job, job.due())
        if jobs:
            self._wake_recovery()

    async def _swap(self, before: Job, after: Job) -> None:
        await swap_with_retry(self._jobs, before, after, self._settings.store_backoff)
