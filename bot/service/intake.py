"""Taking an order: check, record, answer the member, and only then let the lane have it."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from bot.domain import admission, order, styles
from bot.domain.admission import AdmissionContext, AdmissionRequest, Caps, Rule
from bot.domain.job import EndReason, Job, ReplyTarget, State
from bot.domain.log_entries import WordRefused
from bot.log import mark
from bot.service.errors import (
    AdmissionTimeout,
    DuplicateInteraction,
    LimitReached,
    OrderForgotten,
    ServersOnly,
    ShuttingDown,
)
from bot.service.port_errors import (
    DiscordRefused,
    StoreUnavailable,
    TransientDiscordError,
)
from bot.service.ports import Admit, CardPresenter, Jobs, LogChannel

log = logging.getLogger(__name__)

ADMIT_WITHIN: Final = 2.0  # seconds; Discord waits 3 for the answer
FOUND_WITHIN: Final = 1.0  # seconds, of the same: an answer is still to be made of it
TAKEN_WITHIN: Final = 2.0  # seconds at shutdown


@dataclass(frozen=True, kw_only=True)
class OrderRequest:
    """An ``/imagine`` as it came in; the options are of whatever type a client chose to send."""

    interaction_id: int
    application_id: int
    token: str = field(repr=False)
    guild_id: int | None
    channel_id: int
    parent_id: int | None = None  # of a thread: the channel that it is in
    age_restricted: bool = False  # the channel
    member_id: int
    role_ids: frozenset[int] = frozenset()
    file_limit: int  # bytes
    answers_only: bool = False  # the bot is not where this comes from, only its answers are
    language: str = "en"  # of the card
    guild_language: str = "en"  # of the lines in the server's log channel
    prompt: object
    images: object
    guidance: object
    steps: object
    enhance: object
    style: object = None
    private: object = False


class OrderIntake:
    """The counter: what passes here is on record before the member hears of it."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        presenter: CardPresenter,
        log_channel: LogChannel,
        lane: str,
        caps: Caps,
        wake_lane: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._jobs = jobs
        self._presenter = presenter
        self._log_channel = log_channel
        self._lane = lane
        self._caps = caps
        self._wake_lane = wake_lane
        self._now = now
        self._closing = False
        self._taking: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Take no further orders, and let those that are being taken end.

        Who comes from now on is told to come back in a moment.
        """
        self._closing = True
        if self._taking:
            await asyncio.wait(self._taking, timeout=TAKEN_WITHIN)

    async def options_of(self, job_id: str, member_id: int) -> dict[str, Any]:
        """Return the options of a job's order, as `OrderRequest` takes them, for that member.

        What another ordered privately is as good as forgotten: its prompt is nobody else's.
        Raises OrderForgotten, AdmissionTimeout and StoreAway.
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
        options = asdict(job.order) | {"private": job.reply.private}
        del options["sent"]
        return options

    async def take(self, request: OrderRequest, defer: Callable[[], Awaitable[int | None]]) -> None:
        """Record the order, have *defer* answer the member, and hand the job to its lane.

        *defer* returns the id of the message that will be the card. Raises
        OrderRejected before anything was answered, and
        DuplicateInteraction where the order is on record already. When the answer fails,
        nothing is submitted: a lane takes only jobs whose member was answered.
        """
        if self._closing:
            raise ShuttingDown
        taking = asyncio.current_task()
        assert taking is not None
        self._taking.add(taking)
        try:
            await self._take(request, defer)
        finally:
            self._taking.discard(taking)

    async def _take(
        self, request: OrderRequest, defer: Callable[[], Awaitable[int | None]]
    ) -> None:
        job = await self._record(request)
        mark(job=job.id, guild=job.guild_id)
        try:
            message_id = await defer()
        except DiscordRefused:
            log.info("job %s: Discord did not take the answer; nothing was ordered", job.id)
            await self._cancel(job, tell=False)
            return
        except TransientDiscordError:
            log.warning("job %s: the answer to the member failed; nothing was ordered", job.id)
            await self._cancel(job, tell=True)
            return
        await self._answered(job, message_id)

    async def _record(self, request: OrderRequest) -> Job:
        if request.guild_id is None and not self._caps.direct:
            raise ServersOnly
        now = self._now()
        job = Job(
            id=secrets.token_hex(8),
            guild_id=request.guild_id,
            member_id=request.member_id,
            order=order.check(
                prompt=request.prompt,
                images=request.images,
                guidance=request.guidance,
                steps=request.steps,
                enhance=request.enhance,
                style=request.style,
            ),
            lane=self._lane,
            reply=ReplyTarget(
                interaction_id=request.interaction_id,
                application_id=request.application_id,
                interaction_token=request.token,
                channel_id=request.channel_id,
                private=order.checked_flag("private", request.private),
                answers_only=request.answers_only,
                file_limit=request.file_limit,
                language=request.language,
            ),
            callback_token=secrets.token_urlsafe(24),
            created_at=now,
            state_since=now,
        )

        try:
            async with asyncio.timeout(ADMIT_WITHIN):
                recorded = await self._jobs.add(
                    job, self._admission(request), count_to=self._caps.images_per_day
                )
        except LimitReached as refused:
            self._tell(request, job, refused)
            raise
        except (TimeoutError, StoreUnavailable) as error:
            # Should the row be written all the same, nobody answers it, and so it is cancelled.
            raise AdmissionTimeout from error
        if recorded is None:
            raise DuplicateInteraction
        return recorded

    def _admission(self, request: OrderRequest) -> Admit:
        """Return what decides on a job once it is known how things stand."""

        def admit(job: Job, standing: AdmissionContext) -> Job:
            extended = styles.extended(job.order, standing.rules.styles)
            ask = AdmissionRequest(
                order=extended,
                guild_id=job.guild_id,
                channel_id=request.parent_id or request.channel_id,
                role_ids=request.role_ids,
                age_restricted=request.age_restricted,
            )
            now = job.created_at
            found = list(admission.rule_results(ask, caps=self._caps, standing=standing, now=now))
            refusal = next((verdict for verdict in found if verdict.refuses), None)
            if refusal is not None:
                raise LimitReached(verdict=refusal, log_channel=standing.rules.log_channel)
            return replace(job, order=extended).with_reply(
                spoiler=standing.rules.spoiler,
                left_today=admission.remaining_today(found),
            )

        return admit

    def _tell(self, request: OrderRequest, job: Job, refused: LimitReached) -> None:
        """Let the server's log know of a refused word; the store decides elsewhere, in threads."""
        if refused.verdict.rule is Rule.WORDS and refused.log_channel is not None:
            notice = WordRefused(
                member_id=job.member_id,
                channel_id=job.reply.channel_id,
                phrase=refused.verdict.said,
                style=refused.verdict.style,
                prompt=job.order.prompt,
                language=request.guild_language,
            )
            self._log_channel.tell(refused.log_channel, notice)

    async def _answered(self, job: Job, message_id: int | None) -> None:
        after = job.with_reply(answered_at=self._now(), message_id=message_id)
        try:
            recorded = await self._jobs.swap(job, after)
        except StoreUnavailable:
            log.warning("job %s: the answer could not be recorded, so it will be cancelled", job.id)
            return
        if recorded:
            self._presenter.show(after)
            self._wake_lane()

    async def _cancel(self, job: Job, *, tell: bool) -> None:
        after = job.transition(State.CANCELLED, now=self._now(), end_reason=EndReason.UNANSWERED)
        try:
            cancelled = await self._jobs.swap(job, after)
        except StoreUnavailable:
            return  # unanswered as it is, it will be cancelled later
        if cancelled and tell:
            self._presenter.show(after)
