"""What members and moderators do with an order after it was recorded: cancel, delete, post.

Each action is checked against the stored job, so that buttons of any age work. Permissions are
checked here too, by what Discord says about the person who clicked.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from bot.domain import admission
from bot.domain.admission import AdmissionRequest
from bot.domain.deeds import DeedKind
from bot.domain.job import EndReason, Job, State
from bot.domain.rules import Rules
from bot.log import about
from bot.service.deed_outbox import new_deed
from bot.service.errors import (
    AlreadyEnded,
    AlreadyPosted,
    NotAllowed,
    OrderNotFound,
    PicturesDelayed,
    PicturesUnavailable,
    PostFailed,
    PostingForbidden,
)
from bot.service.job_runner import JobRunner
from bot.service.persistence import swap_with_retry
from bot.service.picture_files import PictureFiles, is_gone
from bot.service.port_errors import DiscordError
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import JobNotifier, Jobs
from bot.service.ports.vendor import Picture
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

ATTEMPTS: Final = 5  # to change a job that other tasks change too


@dataclass(frozen=True, kw_only=True)
class Person:
    """The person who clicked, and whether they may manage the server that they are in."""

    id: int
    guild_id: int | None
    moderates: bool = False
    server: str = ""  # its name
    language: str = "en"  # of the server, unless its moderators chose one


@dataclass(kw_only=True)
class Posting:
    """Pictures that are about to be shown to everybody."""

    job: Job
    pictures: Sequence[Picture]
    language: str | None = None  # that the server's moderators chose
    message_id: int | None = None  # set by the caller once Discord took them


class OrderActions:
    """Use cases on a recorded order: cancel, delete and post.

    Each is one compare-and-swap in the store. If that fails, nothing was done. What can't be done
    raises a subclass of ActionRejected.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        presenter: CardPresenter,
        files: PictureFiles,
        runner: JobRunner,
        notifier: JobNotifier,
        tell_deeds: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._presenter = presenter
        self._files = files
        self._runner = runner
        self._notifier = notifier
        self._tell_deeds = tell_deeds  # has what moderators did told soon
        self._now = now

    async def find(self, job_id: str) -> Job:
        """Return the job. Raises OrderNotFound if it is not stored or its text was erased."""
        job = await self._jobs.get(job_id)
        if job is None or not job.order.prompt:
            raise OrderNotFound
        return job

    async def find_delivered(self, job_id: str) -> Job:
        """Return the job, DELIVERED. A click may come just before that state is recorded."""
        for _ in range(ATTEMPTS):
            job = await self.find(job_id)
            if job.state is State.DELIVERED:
                return job
            if job.state is not State.COMPLETED:
                break
            await asyncio.sleep(self._settings.recorded_within / ATTEMPTS)
        raise OrderNotFound

    async def cancel(self, job_id: str, by: Person) -> Job:
        """Cancel a waiting job; return it CANCELLED: nothing was sent, nothing is charged.

        In any other state it was sent already: it is returned unchanged, and may be hidden.
        """
        return await self._withdraw(job_id, by, cancel_only=True)

    async def hide(self, job_id: str, by: Person) -> Job:
        """Withdraw a job that may still bring pictures; return it then.

        It runs on and counts; ``/history`` offers its pictures. One that waits again is cancelled.
        """
        return await self._withdraw(job_id, by, cancel_only=False)

    async def _withdraw(self, job_id: str, by: Person, *, cancel_only: bool) -> Job:
        for _ in range(ATTEMPTS):
            job = await self.find(job_id)
            _check_permission(job, by)
            marked = job.with_reply(withdrawn_by=by.id)
            if job.state is State.WAITING:
                after = marked.transition(
                    State.CANCELLED, now=self._now(), end_reason=EndReason.WITHDRAWN
                )
            elif not job.withdrawable:
                raise AlreadyEnded
            elif cancel_only:
                return job
            else:
                after = marked.withdraw()
            kind = DeedKind.HIDE if after.withdrawn else DeedKind.CANCEL
            if await self._swap_by(by, kind, job, after):
                with about(job=job.id, guild=job.guild_id):
                    event = "order withdrawn" if after.withdrawn else "order cancelled"
                    log.info("%s: job=%s", event, job.id)
                self._presenter.show(after)
                self._runner.wake(job.id)
                await self._notifier.notify(job.id)  # another process may work on it
                return after
        raise AlreadyEnded

    async def deletable(self, job_id: str, by: Person) -> Job:
        """Return a delivered job whose pictures that person may delete; nothing is changed."""
        job = await self.find_delivered(job_id)
        _check_permission(job, by)
        return job

    async def delete(self, job_id: str, by: Person) -> Job:
        """Delete a delivered job's pictures for good; return it then. This is idempotent.

        The message that shows them is left to :meth:`remove_message`.
        """
        while True:  # each lost swap is another task's progress
            after = job = await self.deletable(job_id, by)
            if job.reply.deleted_at is not None:
                break
            # Of two clicks at once one loses the swap.
            after = job.with_reply(deleted_at=self._now(), deleted_by=by.id).fenced()
            if await self._swap_by(by, DeedKind.DELETE, job, after):
                log.info("pictures deleted: job=%s by=%s", job.id, by.id)
                break
        await self._files.discard(job)
        return after

    async def remove_message(self, job: Job, *, removed: int | None = None) -> bool:
        """Delete the message with a job's pictures, unless it is the one just *removed*.

        ``False``: a message with the pictures is left, since Discord did not delete it.
        """
        is_removed = removed is not None
        if is_removed and (job.reply.private or removed == job.reply.message_id):
            return True
        try:
            await self._presenter.remove(job)
        except DiscordError as error:
            log.warning("message not deleted: job=%s error=%s", job.id, error)
            return is_removed
        return True

    @asynccontextmanager
    async def posting(
        self, job_id: str, by: Person, request: AdmissionRequest, *, channel_id: int
    ) -> AsyncIterator[Posting]:
        """Make a private order public; the block shows its pictures in the channel.

        The prompt and the channel are checked again: rules may have changed since. The block sets
        ``message_id`` once Discord took them; if it does not, the order is private as before. A
        DiscordError in the block becomes PostFailed.
        """
        posting = await self._claim_posting(job_id, by, request)
        try:
            yield posting
        except DiscordError as error:
            raise PostFailed from error
        finally:
            if posting.message_id is None:
                private = posting.job.with_reply(private=True).fenced()
                await self._swap(posting.job, private)
        if posting.message_id is not None:
            await self._record_place(posting.job, posting.message_id, channel_id)
            await self._files.discard(posting.job.with_reply(private=True))

    async def _claim_posting(self, job_id: str, by: Person, request: AdmissionRequest) -> Posting:
        """Make the job public, by compare-and-swap, and return it with its pictures."""
        job = await self.find_delivered(job_id)
        if job.member_id != by.id:
            raise NotAllowed
        if job.reply.deleted_at is not None or job.guild_id != request.guild_id:
            raise OrderNotFound
        if not job.reply.private:
            raise AlreadyPosted
        rules = await self._check_content(job, replace(request, order=job.order))
        fetch = await self._files.fetch(job)
        if not fetch.pictures:
            raise PicturesUnavailable if is_gone(fetch) else PicturesDelayed
        # Of two clicks at once one loses the swap: each epoch is posted once.
        public = job.with_reply(private=False).fenced()
        if not await self._jobs.swap(job, public):
            raise AlreadyPosted
        return Posting(job=public, pictures=fetch.pictures, language=rules.language)

    async def _record_place(self, job: Job, message_id: int, channel_id: int) -> None:
        """Record where the pictures are now, even if the job changes meanwhile."""
        for _ in range(ATTEMPTS):
            placed = job.with_reply(message_id=message_id, channel_id=channel_id)
            job = await self._swap(job, placed)
            if job.reply.message_id == message_id:
                return

    async def _swap_by(self, by: Person, kind: DeedKind, before: Job, after: Job) -> Job | None:
        """Change the job, and record it as a deed if a moderator does it to another's order."""
        if by.id == before.member_id:
            return await self._jobs.swap(before, after)
        deed = new_deed(
            kind,
            guild_id=before.guild_id or 0,
            at=self._now(),
            moderator_id=by.id,
            job_id=before.id,
            member_id=before.member_id,
            detail={"server": by.server, "language": by.language},
        )
        swapped = await self._jobs.swap(before, after, deeds=[deed])
        self._tell_deeds()
        return swapped

    async def _swap(self, before: Job, after: Job) -> Job:
        return await swap_with_retry(self._jobs, before, after, self._settings.store_backoff)

    async def _check_content(self, job: Job, request: AdmissionRequest) -> Rules:
        """Return the server's rules, or raise PostingForbidden."""
        now = self._now()
        context = await self._jobs.admission_context(
            request.guild_id, job.member_id, lane=self._settings.lane, now=now
        )
        violation = admission.first_content_violation(
            request, caps=self._settings.caps, context=context, now=now
        )
        if violation is not None:
            raise PostingForbidden(verdict=violation)
        return context.rules


def _check_permission(job: Job, by: Person) -> None:
    """Raise NotAllowed unless the job is theirs, or of the server that they manage."""
    moderated = by.moderates and by.guild_id is not None and by.guild_id == job.guild_id
    if by.id != job.member_id and not moderated:
        raise NotAllowed
