"""Reports of pictures to a server's moderators, and what moderators decide about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.deeds import LONGEST_REPORT, Deed, DeedKind, ReportReason, fixed_id
from bot.domain.job import Job
from bot.domain.log_entries import Reported, reported
from bot.domain.order import clean
from bot.domain.rules import Rules
from bot.service.deed_outbox import moderators_deed
from bot.service.errors import AlreadyReported, LogChannelUnreachable, NoLogChannel, OrderNotFound
from bot.service.moderation import Moderator
from bot.service.order_actions import ATTEMPTS, OrderActions, Person
from bot.service.port_errors import DiscordError
from bot.service.ports.discord import LogChannel
from bot.service.ports.store import Deeds, Guilds, Jobs


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The message in which a person saw pictures."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Why a person reports a picture; *text* is what they wrote."""

    reason: ReportReason
    text: str = ""


class ReportService:
    """Use cases on reports: make one, look one up, dismiss it.

    The first report of an order is written before it is recorded: a crash in between writes it
    twice rather than never. Everything after that is recorded, and its entry is drawn anew.
    """

    def __init__(
        self,
        *,
        actions: OrderActions,
        jobs: Jobs,
        guilds: Guilds,
        deeds: Deeds,
        log_channel: LogChannel,
        tell_deeds: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._actions = actions
        self._jobs = jobs
        self._guilds = guilds
        self._deeds = deeds
        self._log_channel = log_channel
        self._tell_deeds = tell_deeds  # has entries drawn, and reporters told, soon
        self._now = now

    async def check(self, job_id: str, by: Person) -> None:
        """Raise ActionRejected if the person can't report that picture."""
        await self._checked(await self._actions.find(job_id), by)

    async def report(
        self,
        job_id: str,
        by: Person,
        statement: Statement,
        *,
        language: str,
        seen: Seen | None = None,
    ) -> None:
        """Report a picture in the server's log channel, once for each person.

        The entry is in *language* unless the server's moderators chose another, and links to the
        message in which the picture was *seen*: it need not be the card. Only its member can
        report a private picture. Raises ActionRejected.
        """
        job = await self._actions.find_delivered(job_id)
        rules, deeds = await self._checked(job, by)
        report = self._report_deed(job, by, statement)
        if any(deed.kind is DeedKind.ENTRY for deed in deeds):
            await self._deeds.add(report)
            self._tell_deeds()
            return
        place: dict[str, Any] = {}
        if seen is not None and not job.reply.private:
            place = {"channel_id": seen.channel_id, "message_id": seen.message_id}
        entry = replace(
            self._entry(job.with_reply(**place), [*deeds, report], by.id),
            language=rules.language or language,
            ping=rules.log_ping,
        )
        log_channel = rules.log_channel or 0
        try:
            message_id = await self._log_channel.write(log_channel, entry)
        except DiscordError as error:
            raise LogChannelUnreachable from error
        place_of_entry = {"channel_id": log_channel, "message_id": message_id}
        detail = {"by": by.id, "language": language, "ping": rules.log_ping}
        entry_deed = self._entry_deed(job, detail | place_of_entry)
        await self._record(job, [report, entry_deed], place)

    async def _checked(self, job: Job, by: Person) -> tuple[Rules, Sequence[Deed]]:
        """Return the server's rules and the deeds about the order, or raise ActionRejected."""
        _check_visible(job, by)
        rules = await self._guilds.rules(by.guild_id or 0)
        if rules.log_channel is None:
            raise NoLogChannel
        deeds = await self._deeds.of_job(job.id)
        if any(deed.kind is DeedKind.REPORT and deed.member_id == by.id for deed in deeds):
            raise AlreadyReported
        return rules, deeds

    async def _record(self, job: Job, deeds: Sequence[Deed], place: dict[str, Any]) -> None:
        """Record the first report of an order, even if the order changes meanwhile."""
        for _ in range(ATTEMPTS):
            if await self._jobs.swap(
                job, job.with_reply(reported_at=self._now(), **place), deeds=deeds
            ):
                break
            job = await self._actions.find(job.id)  # another task changed it
        else:
            for deed in deeds:  # the entry is in the channel
                await self._deeds.add(deed)
        self._tell_deeds()

    def _report_deed(self, job: Job, by: Person, statement: Statement) -> Deed:
        text = clean(statement.text)[:LONGEST_REPORT]
        return Deed(
            id=fixed_id(DeedKind.REPORT, job.id, by.id),
            kind=DeedKind.REPORT,
            guild_id=job.guild_id or 0,
            at=self._now(),
            job_id=job.id,
            member_id=by.id,
            detail={"reason": statement.reason, "text": text},
            tell_log=False,
            tell_member=False,
        )

    def _entry_deed(self, job: Job, detail: dict[str, Any]) -> Deed:
        return Deed(
            id=job.id,
            kind=DeedKind.ENTRY,
            guild_id=job.guild_id or 0,
            at=self._now(),
            job_id=job.id,
            member_id=job.member_id,
            detail=detail,
            tell_member=False,
        )

    def _entry(self, job: Job, deeds: Sequence[Deed], by: int) -> Reported:
        return reported(job, deeds, member_id=job.member_id, at=self._now(), by=by)

    async def entry(self, job: Job, *, reporter_id: int = 0) -> Reported:
        """Return the entry of a reported job as it is now, with all that was done.

        *reporter_id* reported it if that is not on record.
        """
        rules = await self._guilds.rules(job.guild_id or 0)
        entry = self._entry(job, await self._deeds.of_job(job.id), reporter_id)
        return replace(entry, language=rules.language)

    async def decide(self, report: Reported, by: Moderator, kind: DeedKind) -> None:
        """Dismiss a report, or take that back; nothing happens if that is so already."""
        job = report.job
        if job is None or report.dismissed is (kind is DeedKind.DISMISS):
            return
        await self._deeds.add(
            moderators_deed(kind, job, by, at=self._now(), tell_log=False, tell_member=False)
        )
        self._tell_deeds()

    async def redraw(self, job_id: str) -> None:
        """Have the entry of a reported job drawn anew: a person sees another than there is."""
        await self._deeds.redraw(job_id)
        self._tell_deeds()

    async def reported_job(self, job_id: str, by: Moderator) -> Job:
        """Return a job of the moderator's server, or raise OrderNotFound."""
        job = await self._actions.find(job_id)
        if job.guild_id != by.guild_id:
            raise OrderNotFound
        return job


def _check_visible(job: Job, by: Person) -> None:
    """Raise OrderNotFound unless the person can see the job's pictures in that server."""
    in_server = job.guild_id is not None and job.guild_id == by.guild_id
    secret = job.reply.private and job.member_id != by.id
    if not in_server or secret or job.reply.deleted_at is not None:
        raise OrderNotFound
