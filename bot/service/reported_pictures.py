"""What moderators do with reported pictures."""

from bot.domain.job import Job
from bot.service.errors import RemovalFailed
from bot.service.moderation import Moderator
from bot.service.order_actions import OrderActions, Person
from bot.service.port_errors import DiscordError
from bot.service.ports.discord import CardPresenter
from bot.service.reports import ReportService


class ReportedPictures:
    """Use cases on reported pictures. Each changes Discord first, and then the record.

    Both steps are idempotent: what a crash interrupts is completed by another click.
    """

    def __init__(
        self, *, reports: ReportService, actions: OrderActions, presenter: CardPresenter
    ) -> None:
        self._reports = reports
        self._actions = actions
        self._presenter = presenter

    async def remove(self, job_id: str, by: Moderator) -> Job:
        """Delete reported pictures, with their message.

        Raises RemovalFailed if Discord did not delete the message; nothing was changed then.
        """
        job = await self._reports.reported_job(job_id, by)
        if not job.reply.private:
            try:
                await self._presenter.remove(job)
            except DiscordError as error:
                raise RemovalFailed from error
        return await self._actions.delete(job.id, _person(by))


def _person(by: Moderator) -> Person:
    return Person(
        id=by.id, guild_id=by.guild_id, moderates=True, server=by.server, language=by.language
    )
