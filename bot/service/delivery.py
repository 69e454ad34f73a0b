"""The delivery of paid pictures to the member."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Final, TypeVar

from bot.domain.copies import replace
from bot.domain.job import EndReason, Job, State
from bot.service.persistence import swap_with_retry
from bot.service.picture_files import Fetch, PictureFiles
from bot.service.port_errors import DiscordRefused, FileTooLarge, StoreUnavailable
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs, Members, Ping, PingIn
from bot.service.ports.vendor import Picture
from bot.service.screening import PictureScreening
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

PING_AFTER: Final = 60.0  # seconds after which a member may no longer watch the card
LONGEST_DELAY: Final = 3600.0  # seconds between two tries
DAY: Final = 86400.0  # seconds


class DeliveryService:
    """Delivers the pictures of a COMPLETED job, at least once.

    They are paid for: what can't be fetched yet is tried again until KEEP_FILES_DAYS are over. A
    step that was done before a crash is done again; every step is idempotent. Files stay on disk
    until it is recorded that the member has the pictures.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        files: PictureFiles,
        screening: PictureScreening,
        presenter: CardPresenter,
        members: Members,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._members = members
        self._files = files
        self._screening = screening
        self._presenter = presenter
        self._now = now

    async def deliver(self, before: Job) -> Job:
        """Deliver the pictures of a COMPLETED job to its member; return the job then.

        DELIVERED once Discord accepted them. Outstanding, without an owner, while some can't be
        fetched: the others are in the card. FAILED if none came for KEEP_FILES_DAYS, or if the
        vendor says so. Undeliverable if every way to the member is closed or the order was
        withdrawn: ``/history`` then offers what comes. Held, without an owner, if a check flags
        them.
        """
        job = before
        if job.held:
            return await self._wait_for_moderators(job)
        if job.outstanding.kept_at is None and await self._is_withdrawn(job):
            await self._presenter.settle(job if job.withdrawn else job.withdraw())
            job = job.kept(now=self._now())
        if not job.order.prompt:  # its member's data was erased
            return await self._swap(before, job.undeliverable(now=self._now()))
        job, fetch = await self._files.fetch_soon(job)
        if job.ended:  # the vendor took its word back
            return await self._swap(before, job)
        if fetch.pictures and (fetch.error is None or self.is_given_up(job)):
            # Before they are stored: a place that is away does not keep them from the member.
            screened = await self._screening.screen(before, job, fetch.pictures)
            if screened is not job:
                return screened  # the next round goes on with it
        fetch = await self._stored(job, fetch)
        over = fetch.error is None or self.is_given_up(job)
        if job.outstanding.kept_at is not None:
            return await self._keep(before, job, fetch, over=over)
        if not over:
            return await self._postpone(before, job, fetch)
        if fetch.pictures or job.outstanding.pictures_shown:
            return await self._hand_over(before, job, fetch.pictures)
        after = job.transition(State.FAILED, now=self._now(), end_reason=EndReason.NO_PICTURE)
        return await self._swap(before, after)

    async def record_delivered(self, before: Job, after: Job | None = None) -> Job:
        """Record that the member has the pictures, and remove the files."""
        after = (after or before).transition(State.DELIVERED, now=self._now()).released()
        after = replace(after, outstanding=replace(after.outstanding, next_try_at=None))
        recorded = await self._swap(before, after)
        log.info("pictures delivered: job=%s state=%s", recorded.id, recorded.state)
        return await self._remove_unused(recorded)

    async def give_up(self, before: Job, after: Job | None = None) -> Job:
        """End a job whose undeliverable pictures were kept for too long, and remove its files."""
        after = (after or before).transition(
            State.FAILED, now=self._now(), end_reason=EndReason.KEPT_TOO_LONG
        )
        recorded = await self._remove_unused(await self._swap(before, after))
        log.info("undelivered pictures dropped: job=%s state=%s", recorded.id, recorded.state)
        return recorded

    def is_given_up(self, job: Job) -> bool:
        """Tell whether the pictures were tried for as long as files are kept."""
        days = self._settings.retention.files_days
        begins = (job.outstanding.outstanding_since, job.outstanding.kept_at)
        since = min((begin for begin in begins if begin is not None), default=self._now())
        return bool(days) and self._now() >= since + days * DAY

    async def _stored(self, job: Job, fetch: Fetch) -> Fetch:
        """Have what came where every process reaches it, if another one may need it."""
        if not (job.keeps_pictures or fetch.error is not None):
            return fetch
        away = await self._files.store(job)
        return replace(fetch, error=fetch.error or away)

    async def _hand_over(self, before: Job, job: Job, pictures: Sequence[Picture]) -> Job:
        """Deliver *pictures*, the last of the job, by whatever way is open."""
        seen = job.outstanding.pictures_shown
        silently = False
        try:
            if seen < len(pictures):
                silently = await self._fitting(
                    job, pictures, lambda fit: self._presenter.deliver(job, fit)
                )
            elif pictures:  # the card only changes its words
                await self._show_in_card(job.transition(State.DELIVERED, now=self._now()), pictures)
        except DiscordRefused as error:
            if seen < len(pictures):
                log.warning("pictures undeliverable, kept: job=%s error=%s", job.id, error)
                kept = job.kept(now=self._now())
                away = await self._files.store(kept)
                if away is not None and not self.is_given_up(job):
                    fetch = Fetch(pictures=pictures, error=away)
                    return await self._swap(before, self._postponed(kept, fetch))
                return await self._keep_for_history(before, kept)
        after = await self.record_delivered(before, job)
        if silently and not seen and after.state is State.DELIVERED:
            await self._ping(after)
        return after

    async def _wait_for_moderators(self, job: Job) -> Job:
        """Show that the pictures are held, and release the job; end it if that took too long."""
        now, until = self._now(), self._screening.hold_ends(job)
        if now >= until:
            after = await self._swap(job, job.never_shown(EndReason.HELD_TOO_LONG, now=now))
            log.info("held pictures dropped: job=%s state=%s", after.id, after.state)
            if after.state is State.FAILED:
                await self._files.discard(job)
            return after
        held = job.hold(now=now, until=until)
        await self._presenter.settle(held)
        return await self._swap(job, held.released())

    async def _keep(self, before: Job, job: Job, fetch: Fetch, *, over: bool) -> Job:
        """Keep the pictures for ``/history``; they are gone if none came until it is *over*."""
        if not over:
            return await self._swap(before, self._postponed(job, fetch))
        if fetch.pictures:
            return await self._keep_for_history(before, job)
        return await self.give_up(before, job.released())

    async def _keep_for_history(self, before: Job, job: Job) -> Job:
        recorded = await self._swap(before, job.undeliverable(now=self._now()))
        await self._files.release(job.id)
        return recorded

    async def _postpone(self, before: Job, job: Job, fetch: Fetch) -> Job:
        """Show what is there, and leave the job to whoever makes the next try."""
        after, seen = self._postponed(job, fetch), job.outstanding.pictures_shown
        outstanding = after.outstanding
        if len(fetch.pictures) > seen and not await self._screening.is_pending(job):
            shown = replace(outstanding, pictures_shown=len(fetch.pictures))
            after = replace(after, outstanding=shown)
            try:
                await self._show_in_card(after, fetch.pictures)
            except DiscordRefused as error:
                log.info("some pictures not shown yet: job=%s error=%s", job.id, error)
                after = replace(after, outstanding=outstanding)
        elif not seen:
            await self._presenter.settle(after)
        recorded = await self._swap(before, after)
        log.log(
            logging.WARNING if outstanding.tries == 1 else logging.INFO,
            "pictures outstanding: job=%s obstacle=%s tries=%d fetched=%d seconds=%.0f error=%s",
            *(job.id, outstanding.obstacle, outstanding.tries, len(fetch.pictures)),
            (outstanding.next_try_at or 0.0) - self._now(),
            fetch.error,
        )
        is_recorded = recorded.outstanding == after.outstanding
        if is_recorded and after.outstanding.pictures_shown and not seen:
            await self._ping(recorded)
        return recorded

    def _postponed(self, job: Job, fetch: Fetch) -> Job:
        assert fetch.error is not None
        delays = self._settings.outstanding_backoff.delays()
        delay = max(next(islice(delays, job.outstanding.tries, None)), fetch.error.retry_after)
        now = self._now()
        return job.postponed(
            fetch.error.obstacle, now=now, next_try_at=now + min(delay, LONGEST_DELAY)
        )

    async def _show_in_card(self, job: Job, pictures: Sequence[Picture]) -> None:
        await self._fitting(job, pictures, lambda fit: self._presenter.show_pictures(job, fit))

    async def _fitting(
        self,
        job: Job,
        pictures: Sequence[Picture],
        present: Callable[[Sequence[Picture]], Awaitable[Answer]],
    ) -> Answer:
        try:
            return await present(pictures)
        except FileTooLarge:
            return await present(await self._files.smaller(job))

    async def _is_withdrawn(self, job: Job) -> bool:
        """Tell whether the job was withdrawn, by the stored job if it can be read."""
        try:
            recorded = await self._jobs.get(job.id)
        except StoreUnavailable:
            return job.withdrawn
        return (recorded or job).withdrawn

    async def _ping(self, job: Job) -> None:
        """Ping the member whose pictures came silently, if they want that."""
        try:
            settings = await self._members.settings(job.member_id)
        except StoreUnavailable:
            return
        late = self._now() - job.created_at > PING_AFTER
        if settings.ping is Ping.ALWAYS or (settings.ping is Ping.AUTO and late):
            await self._presenter.ping(job, directly=settings.ping_in is PingIn.DIRECT)

    async def _remove_unused(self, job: Job) -> Job:
        """Remove the files, unless ``/history`` or *Post* may still need them."""
        if job.state is State.COMPLETED or (job.reply.private and job.state is State.DELIVERED):
            await self._files.release(job.id)
        else:
            await self._files.discard(job)
        return job

    async def _swap(self, before: Job, after: Job) -> Job:
        return await swap_with_retry(self._jobs, before, after, self._settings.store_backoff)
