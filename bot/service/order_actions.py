"""What may be done with an order after it was taken: cancel, delete, post, report.

Each press is weighed by what is on record at that moment, so that buttons may be as old as they
like. Who may do what is decided here, by what Discord says of whoever pressed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain import admission
from bot.domain.admission import AdmissionRequest, Caps
from bot.domain.job import EndReason, Job, State
from bot.domain.log_entries import Reported
from bot.log import about
from bot.service.delivery import DeliveryService
from bot.service.errors import (
    AlreadyEnded,
    AlreadyPosted,
    AlreadyReported,
    LogChannelUnreachable,
    NoLogChannel,
    NotAllowed,
    OrderNotFound,
    PicturesUnavailable,
    PostFailed,
    PostingForbidden,
    RemovalFailed,
)
from bot.service.job_runner import JobRunner
from bot.service.moderation import Moderator
from bot.service.persistence import swap_with_retry
from bot.service.port_errors import DiscordError, DiscordRefused, TransientDiscordError
from bot.service.ports.discord import CardPresenter, LogChannel
from bot.service.ports.store import Guilds, JobNotifier, Jobs
from bot.service.ports.vendor import Picture

log = logging.getLogger(__name__)

ATTEMPTS: Final = 5  # to change a job while it moves on
RECORDED_WITHIN: Final = 1.5  # seconds from pictures' arrival in Discord


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who pressed a button, and whether they may manage the server that they are in."""

    id: int
    guild_id: int | None
    moderates: bool = False


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The message in which somebody saw pictures."""

    channel_id: int
    message_id: int


@dataclass(kw_only=True)
class Posting:
    """Pictures that are about to be shown to everybody."""

    job: Job
    pictures: Sequence[Picture]
    message_id: int | None = None  # set by the caller once Discord took them


class OrderActions:
    """The hands on an order that was taken."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        guilds: Guilds,
        log_channel: LogChannel,
        presenter: CardPresenter,
        delivery: DeliveryService,
        runner: JobRunner,
        notifier: JobNotifier,
        caps: Caps,
        lane: str,
        now: Callable[[], float],
    ) -> None:
        self._jobs = jobs
        self._guilds = guilds
        self._log_channel = log_channel
        self._presenter = presenter
        self._delivery = delivery
        self._runner = runner
        self._notifier = notifier
        self._caps = caps
        self._lane = lane
        self._now = now

    async def find(self, job_id: str) -> Job:
        """Return the job. Raises OrderNotFound, and StoreAway."""
        job = await self._jobs.get(job_id)
        if job is None or not job.order.prompt:
            raise OrderNotFound
        return job

    async def _delivered(self, job_id: str) -> Job:
        """Return the job, whose pictures were shown: nobody works on it any more.

        Somebody may be quick enough to press before it is recorded that they were.
        """
        for _ in range(ATTEMPTS):
            job = await self.find(job_id)
            if job.state is State.DELIVERED:
                return job
            if job.state is not State.COMPLETED:
                break
            await asyncio.sleep(RECORDED_WITHIN / ATTEMPTS)
        raise OrderNotFound

    async def cancel(self, job_id: str, by: Person) -> Job:
        """Cancel a job that waits; hide one that may still bring pictures. Return it then.

        CANCELLED: nothing was sent and nothing is charged. Else it is hidden: it is followed on,
        counts, and ``/history`` offers what comes of it. Raises
        NotAllowed, AlreadyEnded and
        OrderNotFound.
        """
        for _ in range(ATTEMPTS):
            job = await self.find(job_id)
            _must_be_theirs(job, by)
            if job.state is State.WAITING:
                after = job.transition(
                    State.CANCELLED, now=self._now(), end_reason=EndReason.WITHDRAWN
                )
            elif job.withdrawable:
                after = job.withdraw()
            else:
                raise AlreadyEnded
            if await self._jobs.swap(job, after):
                with about(job=job.id, guild=job.guild_id):
                    log.info(
                        "job %s: %s by a press", job.id, "hidden" if after.withdrawn else "ended"
                    )
                await self._shown(after)
                return after
        raise AlreadyEnded

    async def delete(self, job_id: str, by: Person, *, pressed: int | None) -> Job:
        """Have a delivered job's pictures gone for good; return it then.

        The message that was *pressed* on is the caller's to delete; where the pictures stand in
        another one, that is deleted. Done again it is done all the same. Raises
        NotAllowed and OrderNotFound.
        """
        for _ in range(ATTEMPTS):
            job = await self._delivered(job_id)
            _must_be_theirs(job, by)
            after = job.with_reply(deleted_at=job.reply.deleted_at or self._now())
            if job.reply.deleted_at is None and not await self._jobs.swap(job, after):
                continue
            await self._delivery.forget(job.id)
            if not job.reply.private and pressed != job.reply.message_id:
                await self._remove(job)
            return after
        raise AlreadyEnded

    @asynccontextmanager
    async def posting(
        self, job_id: str, by: Person, request: AdmissionRequest, *, channel_id: int
    ) -> AsyncIterator[Posting]:
        """Make a private order public; the block shows its pictures in the channel.

        The prompt and the channel are checked again: rules may have changed since. The block sets
        ``message_id`` once Discord took them; if it does not, the order is private as before.

        Raises:
            NotAllowed: It is another member's.
            OrderNotFound: It is not on record here, or its pictures were deleted.
            AlreadyPosted: Another click was first.
            PostingForbidden: A rule of the server forbids it.
            PicturesUnavailable: The vendor no longer has the pictures.
            PostFailed: The block raised a DiscordError.
        """
        posting = await self._claim_posting(job_id, by, request)
        try:
            yield posting
        except DiscordError as error:
            raise PostFailed from error
        finally:
            if posting.message_id is None:
                private = posting.job.with_reply(private=True).fenced()
                await swap_with_retry(self._jobs, posting.job, private)
        if posting.message_id is not None:
            await self._placed(posting.job, posting.message_id, channel_id)
            await self._delivery.forget(job_id)

    async def _claim_posting(self, job_id: str, by: Person, request: AdmissionRequest) -> Posting:
        """Make the job public, by compare-and-swap, and return it with its pictures."""
        job = await self._delivered(job_id)
        if job.member_id != by.id:
            raise NotAllowed
        if job.reply.deleted_at is not None or job.guild_id != request.guild_id:
            raise OrderNotFound
        if not job.reply.private:
            raise AlreadyPosted
        await self._weigh(job, replace(request, order=job.order))
        pictures = await self._delivery.pictures(job)
        if not pictures:
            raise PicturesUnavailable
        # Of two clicks at once one loses the swap: each epoch is posted once.
        public = job.with_reply(private=False).fenced()
        if not await self._jobs.swap(job, public):
            raise AlreadyPosted
        return Posting(job=public, pictures=pictures)

    async def _placed(self, job: Job, message_id: int, channel_id: int) -> None:
        """Record where a job's pictures are now, whatever else happens to it just then."""
        for _ in range(ATTEMPTS):
            placed = job.with_reply(message_id=message_id, channel_id=channel_id)
            job = await swap_with_retry(self._jobs, job, placed)
            if job.reply.message_id == message_id:
                return

    async def report(
        self, job_id: str, by: Person, *, language: str, seen: Seen | None = None
    ) -> None:
        """Tell the server's moderators of a picture, once, in *language*.

        Where it was *seen* is where they will look, and where it can be deleted: it need not be
        its card, which may have been closed when it was brought.

        They are told before it is on record that they were: a crash in between tells them twice
        rather than never. A private picture is its member's alone to report. Raises
        NoLogChannel, LogChannelUnreachable,
        AlreadyReported and OrderNotFound.
        """
        job = await self._delivered(job_id)
        secret = job.reply.private and job.member_id != by.id
        gone = job.reply.deleted_at is not None
        if job.guild_id is None or job.guild_id != by.guild_id or gone or secret:
            raise OrderNotFound
        rules = await self._guilds.rules(job.guild_id)
        if rules.log_channel is None:
            raise NoLogChannel
        if job.reply.reported_at is not None:
            raise AlreadyReported
        where: dict[str, Any] = {}
        if seen is not None and not job.reply.private:
            where = {"channel_id": seen.channel_id, "message_id": seen.message_id}
        notice = Reported(job=job.with_reply(**where), by=by.id, language=language)
        try:
            await self._log_channel.write(rules.log_channel, notice)
        except (DiscordRefused, TransientDiscordError) as error:
            raise LogChannelUnreachable from error
        for _ in range(ATTEMPTS):
            if await self._jobs.swap(job, job.with_reply(reported_at=self._now(), **where)):
                return
            job = await self.find(job_id)  # it has moved on meanwhile

    async def reported(self, job_id: str, by: Moderator) -> Job:
        """Return a job of the moderator's server. Raises OrderNotFound."""
        job = await self.find(job_id)
        if job.guild_id != by.guild_id:
            raise OrderNotFound
        return job

    async def take_away(self, job_id: str, by: Moderator) -> Job:
        """Have reported pictures gone, with their message.

        Raises as above, and RemovalFailed: then all is as it was.
        """
        job = await self.reported(job_id, by)
        if not job.reply.private:
            try:
                await self._presenter.remove(job)
            except (DiscordRefused, TransientDiscordError) as error:
                raise RemovalFailed from error
        person = Person(id=by.id, guild_id=by.guild_id, moderates=True)
        return await self.delete(job.id, person, pressed=job.reply.message_id)

    async def _remove(self, job: Job) -> None:
        """Delete the message with the pictures, where Discord lets us."""
        try:
            await self._presenter.remove(job)
        except (DiscordRefused, TransientDiscordError) as error:
            log.warning("job %s: its message could not be deleted: %s", job.id, error)

    async def _weigh(self, job: Job, ask: AdmissionRequest) -> None:
        now = self._now()
        standing = await self._jobs.admission_context(
            ask.guild_id, job.member_id, lane=self._lane, now=now
        )
        refusal = admission.first_content_violation(
            ask, caps=self._caps, standing=standing, now=now
        )
        if refusal is not None:
            raise PostingForbidden(verdict=refusal)

    async def _shown(self, job: Job) -> None:
        """Show what became of the job, and have whoever carries it look at it."""
        self._presenter.show(job)
        self._runner.nudge(job.id)
        await self._notifier.notify(job.id)


def _must_be_theirs(job: Job, by: Person) -> None:
    """Raise NotAllowed unless it is theirs, or of the server they manage."""
    moderated = by.moderates and by.guild_id is not None and by.guild_id == job.guild_id
    if by.id != job.member_id and not moderated:
        raise NotAllowed
