"""Hands over the pictures that could not be delivered, when their member asks for them."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from bot.domain.job import Job
from bot.log import about
from bot.service.delivery import DeliveryService
from bot.service.ports.store import Jobs
from bot.service.ports.vendor import Picture

# Orders at once: with the page behind them that makes five answers, as many as Discord takes where
# the bot is not a member.
MOST: Final = 4


class UndeliveredPictures:
    """Fetches kept pictures for their member, and records which of them arrived."""

    def __init__(self, *, jobs: Jobs, delivery: DeliveryService) -> None:
        self._jobs = jobs
        self._delivery = delivery

    async def orders(
        self, member_id: int, *, file_limit: int
    ) -> AsyncIterator[tuple[Job, Sequence[Picture]]]:
        """Yield the member's undelivered orders, the newest first, with their pictures.

        The pictures fit *file_limit*, in bytes: the member may ask in another place than before.
        They stay kept until :meth:`confirm`.
        """
        for job in await self._jobs.undelivered(member_id, most=MOST):
            fitting = job.with_reply(file_limit=min(job.reply.file_limit, file_limit))
            with about(job=job.id, guild=job.guild_id):
                pictures = await self._delivery.fetch_pictures(fitting)
            if pictures:
                yield fitting, pictures

    async def smaller_pictures(self, job: Job) -> Sequence[Picture]:
        """Return an order's pictures made smaller, after Discord refused them as too large."""
        with about(job=job.id, guild=job.guild_id):
            return await self._delivery.fetch_smaller_pictures(job)

    async def confirm(self, job: Job) -> None:
        """Record that the member has the pictures: they are not offered again."""
        with about(job=job.id, guild=job.guild_id):
            await self._delivery.record_delivered(job)
