"""What may be done with an order after it was taken: cancel, delete, post, report.

Each press is weighed by what is on record at that moment, so that buttons may be as old as they
like. Who may do what is decided here, by what Discord says of whoever pressed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain import limits
from bot.domain.job import Cause, Job, State
from bot.domain.limits import Ask, Caps
from bot.domain.notices import Reported
from bot.errors import (
    Closed,
    DiscordAway,
    LogClosed,
    MayNotPost,
    NoLog,
    NothingThere,
    NotPosted,
    NotRemoved,
    NotYours,
    OverAlready,
    PicturesGone,
    PostedAlready,
    ReportedAlready,
)
from bot.log import about
from bot.service.crew import Crew
from bot.service.deliver import Deliver
from bot.service.limits import Moderator
from bot.service.ports import Bell, Guilds, Jobs, Notices, Picture, Replies
from bot.service.record import record

log = logging.getLogger(__name__)

ATTEMPTS: Final = 5  # to change a job while it moves on
RECORDED_WITHIN: Final = 1.5  # seconds from pictures' arrival in Discord

Publish = Callable[[Job, Sequence[Picture]], Awaitable[int]]  # returns the message's id

_MAY_STILL_COME: Final = frozenset(
    {State.SUBMITTING, State.QUEUED, State.PROCESSING, State.COMPLETED, State.UNCERTAIN}
    | {State.EXPIRED}
)


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


class Handle:
    """The hands on an order that was taken."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        guilds: Guilds,
        notices: Notices,
        replies: Replies,
        deliver: Deliver,
        crew: Crew,
        bell: Bell,
        caps: Caps,
        lane: str,
        now: Callable[[], float],
    ) -> None:
        self._jobs = jobs
        self._guilds = guilds
        self._notices = notices
        self._replies = replies
        self._deliver = deliver
        self._crew = crew
        self._bell = bell
        self._caps = caps
        self._lane = lane
        self._now = now

    async def find(self, job_id: str) -> Job:
        """Return the job. Raises :class:`~bot.errors.NothingThere`, and StoreAway."""
        job = await self._jobs.get(job_id)
        if job is None or not job.order.prompt:
            raise NothingThere
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
        raise NothingThere

    async def cancel(self, job_id: str, by: Person) -> Job:
        """Cancel a job that waits; hide one that may still bring pictures. Return it then.

        CANCELLED: nothing was sent and nothing is charged. Else it is hidden: it is followed on,
        counts, and ``/history`` offers what comes of it. Raises
        :class:`~bot.errors.NotYours`, :class:`~bot.errors.OverAlready` and
        :class:`~bot.errors.NothingThere`.
        """
        for _ in range(ATTEMPTS):
            job = await self.find(job_id)
            _must_be_theirs(job, by)
            if job.state is State.WAITING:
                after = job.turn(State.CANCELLED, now=self._now(), cause=Cause.WITHDRAWN)
            elif job.state in _MAY_STILL_COME and not job.hidden and job.kept_at is None:
                # Whoever is just moving it on, or bringing the pictures, shall notice, and not show
                # it anew; but nobody may be kept from recording what the vendor said to a submit.
                submitting = job.state is State.SUBMITTING
                after = replace(job, hidden=True, epoch=job.epoch + (0 if submitting else 1))
            else:
                raise OverAlready
            if await self._jobs.swap(job, after):
                with about(job=job.id, guild=job.guild_id):
                    log.info("job %s: %s by a press", job.id, "hidden" if after.hidden else "ended")
                await self._shown(after)
                return after
        raise OverAlready

    async def delete(self, job_id: str, by: Person, *, pressed: int | None) -> Job:
        """Have a delivered job's pictures gone for good; return it then.

        The message that was *pressed* on is the caller's to delete; where the pictures stand in
        another one, that is deleted. Done again it is done all the same. Raises
        :class:`~bot.errors.NotYours` and :class:`~bot.errors.NothingThere`.
        """
        for _ in range(ATTEMPTS):
            job = await self._delivered(job_id)
            _must_be_theirs(job, by)
            after = replace(job, deleted_at=job.deleted_at or self._now())
            if job.deleted_at is None and not await self._jobs.swap(job, after):
                continue
            await self._deliver.forget(job.id)
            if not job.private and pressed != job.message_id:
                await self._remove(job)
            return after
        raise OverAlready

    async def post(self, job_id: str, by: Person, ask: Ask, publish: Publish, *, place: int) -> Job:
        """Show a private order's pictures to all, in the channel *place*; return it then.

        Its prompt and the place are weighed again: rules may have changed, and nothing private was
        looked at by anybody. Where *publish* fails they are private as before. Raises
        :class:`~bot.errors.MayNotPost`, :class:`~bot.errors.PostedAlready`,
        :class:`~bot.errors.PicturesGone`, :class:`~bot.errors.NotPosted`, and as above.
        """
        job = await self._delivered(job_id)
        if job.member_id != by.id:
            raise NotYours
        if job.deleted_at is not None or job.guild_id != ask.guild_id:
            raise NothingThere
        if not job.private:
            raise PostedAlready
        await self._weigh(job, replace(ask, order=job.order))
        pictures = await self._deliver.pictures(job)
        if not pictures:
            raise PicturesGone
        # Of two presses at once, one finds it changed: each epoch is posted from once.
        public = replace(job, private=False, epoch=job.epoch + 1)
        if not await self._jobs.swap(job, public):
            raise PostedAlready
        try:
            message_id = await publish(public, pictures)
        except BaseException as error:
            await record(self._jobs, public, replace(job, epoch=public.epoch + 1))
            if isinstance(error, Closed | DiscordAway):
                raise NotPosted from error
            raise
        placed = await self._placed(public, message_id, place)
        await self._deliver.forget(job.id)
        return placed

    async def _placed(self, job: Job, message_id: int, channel_id: int) -> Job:
        """Record where a job's pictures are now, whatever else happens to it just then."""
        for _ in range(ATTEMPTS):
            placed = replace(job, message_id=message_id, channel_id=channel_id)
            job = await record(self._jobs, job, placed)
            if job.message_id == message_id:
                break
        return job

    async def report(
        self, job_id: str, by: Person, *, language: str, seen: Seen | None = None
    ) -> None:
        """Tell the server's moderators of a picture, once, in *language*.

        Where it was *seen* is where they will look, and where it can be deleted: it need not be
        its card, which may have been closed when it was brought.

        They are told before it is on record that they were: a crash in between tells them twice
        rather than never. A private picture is its member's alone to report. Raises
        :class:`~bot.errors.NoLog`, :class:`~bot.errors.LogClosed`,
        :class:`~bot.errors.ReportedAlready` and :class:`~bot.errors.NothingThere`.
        """
        job = await self._delivered(job_id)
        secret = job.private and job.member_id != by.id
        gone = job.deleted_at is not None
        if job.guild_id is None or job.guild_id != by.guild_id or gone or secret:
            raise NothingThere
        rules = await self._guilds.rules(job.guild_id)
        if rules.log_channel is None:
            raise NoLog
        if job.reported_at is not None:
            raise ReportedAlready
        where: dict[str, Any] = {}
        if seen is not None and not job.private:
            where = {"channel_id": seen.channel_id, "message_id": seen.message_id}
        notice = Reported(job=replace(job, **where), by=by.id, language=language)
        try:
            await self._notices.write(rules.log_channel, notice)
        except (Closed, DiscordAway) as error:
            raise LogClosed from error
        for _ in range(ATTEMPTS):
            if await self._jobs.swap(job, replace(job, reported_at=self._now(), **where)):
                return
            job = await self.find(job_id)  # it has moved on meanwhile

    async def reported(self, job_id: str, by: Moderator) -> Job:
        """Return a job of the moderator's server. Raises :class:`~bot.errors.NothingThere`."""
        job = await self.find(job_id)
        if job.guild_id != by.guild_id:
            raise NothingThere
        return job

    async def take_away(self, job_id: str, by: Moderator) -> Job:
        """Have reported pictures gone, with their message.

        Raises as above, and :class:`~bot.errors.NotRemoved`: then all is as it was.
        """
        job = await self.reported(job_id, by)
        if not job.private:
            try:
                await self._replies.remove(job)
            except (Closed, DiscordAway) as error:
                raise NotRemoved from error
        person = Person(id=by.id, guild_id=by.guild_id, moderates=True)
        return await self.delete(job.id, person, pressed=job.message_id)

    async def _remove(self, job: Job) -> None:
        """Delete the message with the pictures, where Discord lets us."""
        try:
            await self._replies.remove(job)
        except (Closed, DiscordAway) as error:
            log.warning("job %s: its message could not be deleted: %s", job.id, error)

    async def _weigh(self, job: Job, ask: Ask) -> None:
        now = self._now()
        standing = await self._jobs.standing(ask.guild_id, job.member_id, lane=self._lane, now=now)
        refusal = limits.admit_again(ask, caps=self._caps, standing=standing, now=now)
        if refusal is not None:
            raise MayNotPost(verdict=refusal)

    async def _shown(self, job: Job) -> None:
        """Show what became of the job, and have whoever carries it look at it."""
        self._replies.show(job)
        self._crew.nudge(job.id)
        await self._bell.ring(job.id)


def _must_be_theirs(job: Job, by: Person) -> None:
    """Raise :class:`~bot.errors.NotYours` unless it is theirs, or of the server they manage."""
    moderated = by.moderates and by.guild_id is not None and by.guild_id == job.guild_id
    if by.id != job.member_id and not moderated:
        raise NotYours
