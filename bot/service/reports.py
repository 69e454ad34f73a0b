"""Reports of pictures to a server's moderators, and the removal of reported pictures."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import Job
from bot.domain.log_entries import Reported
from bot.service.deed_outbox import new_deed
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
from bot.service.ports.store import Deeds, Guilds, Jobs

log = logging.getLogger(__name__)


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
        deeds: Deeds,
        log_channel: LogChannel,
        presenter: CardPresenter,
        tell_deeds: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._actions = actions
        self._jobs = jobs
        self._guilds = guilds
        self._deeds = deeds
        self._log_channel = log_channel
        self._tell_deeds = tell_deeds  # has the outcome told to reporters soon
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
            return await self._report_again(job, by)
        place: dict[str, Any] = {}
        if seen is not None and not job.reply.private:
            place = {"channel_id": seen.channel_id, "message_id": seen.message_id}
        entry = Reported(job=job.with_reply(**place), by=by.id, language=rules.language or language)
        try:
            message_id = await self._log_channel.write(rules.log_channel, entry)
        except DiscordError as error:
            raise LogChannelUnreachable from error
        deed = self._report_deed(job, by, channel_id=rules.log_channel, message_id=message_id)
        for _ in range(ATTEMPTS):
            reported = job.with_reply(reported_at=self._now(), **place)
            if await self._jobs.swap(job, reported, deeds=[deed]):
                return None
            job = await self._actions.find(job_id)  # another task changed it
        return None

    async def _report_again(self, job: Job, by: Person) -> None:
        """Count one more reporter in the entry that is there."""
        deeds = await self._deeds.of_job(job.id)
        first = next((deed for deed in deeds if "message_id" in deed.detail), None)
        if first is None or by.id in _entry(job, deeds, first.detail["by"]).reporters:
            raise AlreadyReported
        await self._deeds.add(self._report_deed(job, by))
        entry = await self.entry(job, reporter_id=first.detail["by"])
        place = first.detail["channel_id"], first.detail["message_id"]
        try:
            await self._log_channel.rewrite(*place, entry)
        except DiscordError as error:  # the next change of the entry counts everybody
            log.info("report not updated: job=%s error=%s", job.id, error)

    def _report_deed(self, job: Job, by: Person, **place: int) -> Deed:
        return new_deed(
            DeedKind.REPORT,
            guild_id=job.guild_id or 0,
            at=self._now(),
            job_id=job.id,
            member_id=job.member_id,
            detail={"by": by.id, **place},
            tell_log=False,
            tell_member=False,
        )

    async def entry(self, job: Job, *, reporter_id: int) -> Reported:
        """Return the entry of a reported job as it is now, with all that was done."""
        rules = await self._guilds.rules(job.guild_id or 0)
        entry = _entry(job, await self._deeds.of_job(job.id), reporter_id)
        return replace(entry, language=rules.language, at=self._now())

    async def decide(self, report: Reported, by: Moderator, kind: DeedKind) -> None:
        """Dismiss a report, or take that back; nothing happens if that is so already."""
        if report.dismissed is not (kind is DeedKind.DISMISS):
            of = {"job_id": report.job.id, "member_id": report.job.member_id}
            await self._deeds.add(self._deed(kind, by, **of, tell_log=False, tell_member=False))

    async def tell_reporters(
        self, job: Job, by: Moderator, kind: DeedKind, reporter_id: int
    ) -> None:
        """Tell everybody who reported a picture, once, what became of that."""
        entry = await self.entry(job, reporter_id=reporter_id)
        told = {deed.member_id for deed in entry.deeds if deed.kind is DeedKind.OUTCOME}
        reporters = entry.reporters - {*told, by.id, job.member_id}
        detail = {"outcome": kind, "server": by.server, "language": by.language}
        fields = {"job_id": job.id, "detail": detail, "tell_log": False}
        await self._deeds.add(
            *(self._deed(DeedKind.OUTCOME, by, member_id=one, **fields) for one in reporters)
        )
        self._tell_deeds()

    def _deed(self, kind: DeedKind, by: Moderator, **fields: Any) -> Deed:
        return new_deed(kind, guild_id=by.guild_id, at=self._now(), moderator_id=by.id, **fields)

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


def _entry(job: Job, deeds: Sequence[Deed], reporter_id: int) -> Reported:
    return Reported(job=job, by=reporter_id, deeds=tuple(deeds))


def _check_visible(job: Job, by: Person) -> None:
    """Raise OrderNotFound unless the person can see the job's pictures in that server."""
    in_server = job.guild_id is not None and job.guild_id == by.guild_id
    secret = job.reply.private and job.member_id != by.id
    if not in_server or secret or job.reply.deleted_at is not None:
        raise OrderNotFound
