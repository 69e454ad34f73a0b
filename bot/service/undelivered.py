"""What a member ordered before: for now, the pictures that could not be delivered."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bot.domain.job import Job
from bot.log import about
from bot.service.delivery import DeliveryService
from bot.service.ports import Jobs, Picture

# Jobs that are handed over at once: with the words behind them there are five answers, and no more
# may come where the bot is not.
MOST: Final = 4

Hand = Callable[[Job, Sequence[Picture]], Awaitable[None]]


class UndeliveredPictures:
    """The shelf where undelivered pictures lie."""

    def __init__(self, *, jobs: Jobs, delivery: DeliveryService) -> None:
        self._jobs = jobs
        self._delivery = delivery

    async def hand_over(self, member_id: int, hand: Hand, *, file_limit: int) -> int:
        """Have *hand* bring the member's kept pictures, and return of how many jobs.

        They are made to fit *file_limit*, in bytes: it is asked for in another place, maybe.
        What *hand* returned from is delivered and will not be offered again; what it raised at
        stays kept.
        """
        count = 0
        for job in await self._jobs.kept(member_id, most=MOST):
            fitting = job.with_reply(file_limit=min(job.reply.file_limit, file_limit))
            with about(job=job.id, guild=job.guild_id):
                pictures = await self._delivery.pictures(fitting)
                if not pictures:
                    continue
                await hand(job, pictures)
                await self._delivery.delivered(job)
            count += 1
        return count
