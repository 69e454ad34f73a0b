"""Places an order: checks and records it, and releases it to its lane once it is answered."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from bot.domain import order, styles
from bot.domain.errors import InvalidOption
from bot.domain.job import EndReason, Job, ReplyTarget, State
from bot.log import mark
from bot.service.admission_watch import AdmissionWatch, Seen
from bot.service.errors import (
    AdmissionTimeout,
    DuplicateInteraction,
    LimitReached,
    OrderForgotten,
    ServersOnly,
    ShuttingDown,
)
from bot.service.order_admission import OrderRequest, admission_of
from bot.service.port_errors import (
    DiscordRefused,
    NotTaken,
    StoreUnavailable,
    TransientDiscordError,
)
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

FOUND_WITHIN: Final = 1.0  # seconds; of the 3 that Discord waits, the answer takes some more
PLACED_WITHIN: Final = 2.0  # seconds, at shutdown


@dataclass(kw_only=True)
class PlacedOrder:
    """A recorded order whose member is about to be answered."""

    job: Job
    answered: bool = False
    message_id: int | None = None  # of the answer, which becomes the card; None: not known

    def answer(self, message_id: int | None) -> None:
        """Note that Discord took the answer."""
        self.answered, self.message_id = True, message_id


class OrderIntake:
    """Takes orders: each is on record before its member is answered."""

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        presenter: CardPresenter,
        watch: AdmissionWatch,
        wake_dispatcher: Callable[[], None],
        give_way: Callable[[], Awaitable[None]],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._presenter = presenter
        self._watch = watch
        self._wake_dispatcher = wake_dispatcher
        self._give_way = give_way
        self._now = now
        self._closing = False
        self._placing: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Reject further orders, and wait for those that are being placed."""
        self._closing = True
        if self._placing:
            await asyncio.wait(self._placing, timeout=PLACED_WITHIN)
        await self._watch.close()

    async def job_to_repeat(self, job_id: str, member_id: int) -> Job:
        """Return a job whose order the member may repeat.

        Raises OrderForgotten if it is not stored, or private and another member's.
        """
        try:
            async with asyncio.timeout(FOUND_WITHIN):
                job = await self._jobs.get(job_id)
        except TimeoutError as error:
            raise AdmissionTimeout from error
        if (
            job is None
            or not job.order.prompt
            or (job.reply.private and job.member_id != member_id)
        ):
            raise OrderForgotten
        return job

    @asynccontextmanager
    async def placing(self, request: OrderRequest) -> AsyncIterator[PlacedOrder]:
        """Record the order; the block answers its member and notes that with ``answer()``.

        Only then the job goes to its lane. If the block raises a DiscordError the job is cancelled
        and the error ends here; its card says so if Discord may have taken the answer. A job that
        stays unanswered for another reason is cancelled later. Raises OrderRejected or
        DuplicateInteraction before the block if nothing was recorded.
        """
        if self._closing:
            raise ShuttingDown
        task = asyncio.current_task()
        assert task is not None
        self._placing.add(task)
        try:
            seen = Seen(guild_id=request.guild_id, language=request.guild_language)
            order = PlacedOrder(job=await self._record(request, seen))
            mark(job=order.job.id, guild=order.job.guild_id)
            try:
                yield order
            except DiscordRefused as error:
                log.info("answer refused, order cancelled: job=%s error=%s", order.job.id, error)
                await self._cancel(order.job, show=False)
            except TransientDiscordError as error:
                log.warning("answer failed, order cancelled: job=%s error=%s", order.job.id, error)
                await self._cancel(order.job, show=not isinstance(error, NotTaken))
            if order.answered:
                await self._release(order, seen)
        finally:
            self._placing.discard(task)

    async def _record(self, request: OrderRequest, seen: Seen) -> Job:
        if request.guild_id is None and not self._settings.caps.direct:
            raise ServersOnly
        now, order_ = self._now(), await self._checked(request)
        job = Job(
            id=secrets.token_hex(8),
            guild_id=request.guild_id,
            member_id=request.member_id,
            order=order_,
            lane=self._settings.lane,
            reply=ReplyTarget(
                interaction_id=request.interaction_id,
                application_id=request.application_id,
                interaction_token=request.token,
                channel_id=request.channel_id,
                answers_only=request.answers_only,
                file_limit=request.file_limit,
                language=request.member_language,
            ),
            callback_token=secrets.token_urlsafe(24),
            created_at=now,
            state_since=now,
        )
        admit = admission_of(request, self._settings.caps, seen)
        try:
            async with asyncio.timeout(self._settings.admit_within):
                recorded = await self._jobs.add(
                    job, admit, count_to=self._settings.caps.images_per_day
                )
        except LimitReached as refused:
            self._watch.refused(job, seen, refused)
            raise
        except (TimeoutError, StoreUnavailable) as error:
            # If the row is written after all, it is cancelled: its member was not answered.
            raise AdmissionTimeout from error
        if recorded is None:
            raise DuplicateInteraction
        self._watch.admitted(job, seen)
        return recorded

    async def _checked(self, request: OrderRequest) -> order.Order:
        """Return the order; raises InvalidOption, which also names a style that there is not."""
        try:
            return order.check(request.options)
        except InvalidOption as error:
            with suppress(TimeoutError, StoreUnavailable):  # then without the style
                async with asyncio.timeout(self._settings.admit_within):
                    own = await self._jobs.styles_for(request.guild_id, request.member_id)
                fault = styles.not_found(request.options.style, own)
                error.others += () if fault is None else (fault,)
            raise

    async def _release(self, order: PlacedOrder, seen: Seen) -> None:
        """Record the answer, so that the job can be claimed."""
        answered_at = self._now()
        await self._give_way()
        job = order.job.with_reply(answered_at=answered_at, message_id=order.message_id)
        try:
            recorded = await self._jobs.swap(order.job, job)
        except StoreUnavailable as error:
            log.warning(
                "answer not recorded, order will be cancelled: job=%s error=%s", job.id, error
            )
            return
        if recorded:
            self._presenter.show(job)
            self._wake_dispatcher()
            self._watch.placed(job, seen)

    async def _cancel(self, job: Job, *, show: bool) -> None:
        after = job.transition(State.CANCELLED, now=self._now(), end_reason=EndReason.UNANSWERED)
        try:
            cancelled = await self._jobs.swap(job, after)
        except StoreUnavailable:
            return  # unanswered as it is, it is cancelled later
        if cancelled and show:
            self._presenter.show(after)
