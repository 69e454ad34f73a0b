"""Reports of pictures to a server's moderators, and the removal of reported pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.domain.job import Job
from bot.domain.log_entries import Reported
from bot.service.errors import (
    AlreadyReported,
    LogChannelUnreachable,
    NoLogChannel,
    OrderNotFound,
    RemovalFailed,
)
from bot.service.moderation import Moderator
from bot.service.order_actions import ATTEMPTS, OrderActions, Person
from bot.service.port_errors import DiscordError
from bot.service.ports.discord import CardPresenter, LogChannel
from bot.service.ports.store import Guilds, Jobs


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The message in which a person saw pictures."""

    channel_id: int
    message_id: int


class ReportService:
    """Use cases on reported pictures: report, look up and remove.

    A report is written before it is recorded: a crash in between writes it twice rather than
    never.
    """

    def __init__(
        self,
        *,
        actions: OrderActions,
        jobs: Jobs,
        guilds: Guilds,
        log_channel: LogChannel,
        presenter: CardPresenter,
        now: Callable[[], float],
    ) -> None:
        self._actions = actions
        self._jobs = jobs
        self._guilds = guilds
        self._log_channel = log_channel
        self._presenter = presenter
        self._now = now

    async def report(
        self, job_id: str, by: Person, *, language: str, seen: Seen | None = None
    ) -> None:
        """Write a report of a picture to the server's log channel, once.

        It is in *language* unless the server's moderators chose another.

        The report links to the message in which the picture was *seen*: it need not be the card.
        Only its member can report a private picture. Raises ActionRejected.
        """
        job = await self._actions.find_delivered(job_id)
        _check_visible(job, by)
        rules = await self._guilds.rules(by.guild_id or 0)
        if rules.log_channel is None:
            raise NoLogChannel
        if job.reply.reported_at is not None:
            raise AlreadyReported
        place: dict[str, Any] = {}
        if seen is not None and not job.reply.private:
            place = {"channel_id": seen.channel_id, "message_id": seen.message_id}
        entry = Reported(job=job.with_reply(**place), by=by.id, language=rules.language or language)
        try:
            await self._log_channel.write(rules.log_channel, entry)
        except DiscordError as error:
            raise LogChannelUnreachable from error
        for _ in range(ATTEMPTS):
            if await self._jobs.swap(job, job.with_reply(reported_at=self._now(), **place)):
                return
            job = await self._actions.find(job_id)  # another task changed it

    async def reported_job(self, job_id: str, by: Moderator) -> Job:
        """Return a job of the moderator's server, or raise OrderNotFound."""
        job = await self._actions.find(job_id)
        if job.guild_id != by.guild_id:
            raise OrderNotFound
        return job

    async def remove_pictures(self, job_id: str, by: Moderator) -> Job:
        """Delete reported pictures, with their message.

        Raises RemovalFailed if Discord did not delete the message; nothing was changed then.
        """
        job = await self.reported_job(job_id, by)
        if not job.reply.private:
            try:
                await self._presenter.remove(job)
            except DiscordError as error:
                raise RemovalFailed from error
        person = Person(
            id=by.id,
            guild_id=by.guild_id,
            moderates=True,
            server=by.server,
            language=by.language,
        )
        return await self._actions.delete(job.id, person)


def _check_visible(job: Job, by: Person) -> None:
    """Raise OrderNotFound unless the person can see the job's pictures in that server."""
    in_server = job.guild_id is not None and job.guild_id == by.guild_id
    secret = job.reply.private and job.member_id != by.id
    if not in_server or secret or job.reply.deleted_at is not None:
        raise OrderNotFound
