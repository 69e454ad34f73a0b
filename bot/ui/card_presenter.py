"""Keeps cards up to date and delivers pictures: which call, in which order, how often.

An edit is idempotent, so it happens at least once: after a transient error the same call is
repeated with back-off. Only a definite refusal leads to the next way to the member.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from bot.domain.card_status import CardStatus
from bot.domain.job import ENDED, Job, State
from bot.log import fault, mark
from bot.retry import Backoff
from bot.service.port_errors import (
    DiscordError,
    DiscordRefused,
    FileTooLarge,
    MessageDeleted,
    PermanentDiscordError,
    TransientDiscordError,
)
from bot.service.ports.discord import NO_STATUS
from bot.service.ports.vendor import Picture
from bot.service.telemetry import DiscordCall, Telemetry, timed
from bot.ui import cards
from bot.ui.card_calls import CardCalls
from bot.ui.cards import Card, Place
from bot.ui.discord_errors import CALL_TIMEOUT, translated_errors
from bot.ui.discord_session import DiscordSession
from bot.ui.language import speaking

log = logging.getLogger(__name__)

WAITING_TIMEOUT: Final = 2.0  # seconds for one call about a job that any process may claim
# After the claim, until no other process can still be editing the card of the waiting job.
EDITED_ELSEWHERE: Final = WAITING_TIMEOUT + 1.0  # seconds
BACKOFF: Final = Backoff(first=0.5, most=30.0)  # seconds between attempts of a call

_GIVEN_UP: Final = frozenset({State.UNCERTAIN, State.EXPIRED})  # not final, but shown as ends

_MakeCard = Callable[[], Card]
_Call = Callable[[Job, Card], Awaitable[None]]


class DiscordCardPresenter:
    """Shows each job's newest state on its card: updates of one card are coalesced."""

    def __init__(
        self,
        session: DiscordSession,
        *,
        meters: Telemetry,
        now: Callable[[], float],
        shared: bool = False,
    ) -> None:
        """*shared*: other processes edit the cards of waiting jobs, too."""
        self._calls = CardCalls(session, now=now)
        self._meters = meters
        self._now = now
        self._shared = shared
        self._pending: dict[str, tuple[Job, _MakeCard]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    def show(self, job: Job, status: CardStatus = NO_STATUS) -> None:
        """Update the job's card soon; of several updates the newest wins."""
        self._drop(job.id)
        self._pending[job.id] = (job, lambda: _card(job, status))
        worker = self._workers.get(job.id)
        if worker is None or worker.done():  # done just now: its callback has not run yet
            worker = asyncio.create_task(self._work(job.id), name=f"card {job.id}")
            self._workers[job.id] = worker
            worker.add_done_callback(lambda done: self._forget(job.id, done))

    async def settle(self, job: Job, *, fault_id: str | None = None) -> None:
        """Show an ended or outstanding job; return once Discord accepted or refused it."""
        await self._finish_updates(job)
        try:
            await self._edit(job, lambda: _card(job, CardStatus(fault_id=fault_id)))
        except DiscordRefused as error:
            log.info("end not shown: job=%s error=%s", job.id, error)

    async def show_pictures(self, job: Job, pictures: Sequence[Picture]) -> None:
        """Show *pictures*, which may not be all, in the job's card and nowhere else.

        Raises FileTooLarge, or another DiscordRefused: the card can't be edited.
        """
        await self._finish_updates(job)
        await self._edit(job, lambda: cards.done(job, pictures))

    async def deliver(self, job: Job, pictures: Sequence[Picture]) -> bool:
        """Deliver the pictures; return once Discord accepted them.

        ``True``: in their card, silently; ``False``: in a new message, which pings the member.

        The ways are: the card by the interaction's token, the card by the bot's, a new message in
        the channel, a direct message. Only a definite refusal leads to the next one. A private
        order, or one whose card was deleted, is never posted in the channel.

        Raises:
            FileTooLarge: Smaller pictures may pass.
            DiscordRefused: No way is left.
        """
        await self._finish_updates(job)
        delivered = job.transition(State.DELIVERED, now=job.completed_at or job.state_since)
        try:
            await self._edit(job, lambda: cards.done(delivered, pictures))
        except FileTooLarge:
            raise
        except DiscordRefused as error:
            log.info("card can't be edited: job=%s error=%s", job.id, error)
            if job.reply.answers_only:
                raise
            was_deleted = isinstance(error, MessageDeleted)
            await self._post(job, delivered, pictures, direct_only=was_deleted)
            return False
        return True

    async def ping(self, job: Job) -> None:
        """Ping the member whose pictures are in their card; a failure is only logged."""
        try:
            await self._once(job, self._calls.ping, DiscordCall.PING)
        except DiscordError as error:
            log.info("member not pinged: job=%s error=%s", job.id, error)

    async def remove(self, job: Job) -> None:
        """Delete the message with the job's pictures, as the bot; it may be gone already.

        Raises DiscordRefused, or TransientDiscordError: it may or may not be deleted.
        """
        if job.reply.message_id is None or job.reply.answers_only:
            raise PermanentDiscordError("the message is not known, or not within reach")
        await self._once(job, self._calls.delete, DiscordCall.DELETE)

    async def close(self) -> None:
        """Cancel all updates; the process that continues the jobs shows them again."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, job_id: str) -> None:
        """Show a card's pending update, until there is none."""
        while (pending := self._pending.pop(job_id, None)) is not None:
            job, make = pending
            mark(job=job.id, guild=job.guild_id)
            try:
                await self._edit(job, make)
            except DiscordRefused as error:
                log.info("card not updated: job=%s error=%s", job_id, error)
            except Exception as error:  # noqa: BLE001 - the next update may succeed
                fault(log, "card not updated", error, job=job_id)

    def _forget(self, job_id: str, done: asyncio.Task[None]) -> None:
        if self._workers.get(job_id) is done:  # another one may have started since
            del self._workers[job_id]

    async def _finish_updates(self, job: Job) -> None:
        """Drop the pending update, and wait for the edit in progress, of whichever process."""
        self._drop(job.id)
        if (worker := self._workers.get(job.id)) is not None:
            await asyncio.wait([worker])
        claimed_at = job.lease.submit_started_at
        if self._shared and claimed_at is not None:
            await asyncio.sleep(max(claimed_at + EDITED_ELSEWHERE - self._now(), 0.0))

    def _drop(self, job_id: str) -> None:
        """Drop the pending update: a newer one replaces it."""
        if self._pending.pop(job_id, None) is not None:
            self._meters.coalesced()

    async def _edit(self, job: Job, make: _MakeCard) -> None:
        """Edit the card by the interaction's token, or else by the bot's; raises DiscordRefused."""
        refused: DiscordRefused = PermanentDiscordError("there is no card to edit")
        reply = job.reply
        if reply.interaction_token is not None:
            try:
                return await self._retried(
                    job, make, self._calls.edit_by_interaction, DiscordCall.EDIT
                )
            except (MessageDeleted, FileTooLarge):
                raise
            except DiscordRefused as error:
                refused = error
        if reply.message_id is None or job.guild_id is None or reply.private or reply.answers_only:
            raise refused
        return await self._retried(job, make, self._calls.edit_by_bot, DiscordCall.EDIT)

    async def _post(
        self, job: Job, delivered: Job, pictures: Sequence[Picture], *, direct_only: bool
    ) -> None:
        """Post the pictures in the channel if that is allowed, or else directly."""
        if not (direct_only or job.reply.private or job.guild_id is None):
            try:
                return await self._retried(
                    job,
                    lambda: cards.done(delivered, pictures, mention=True),
                    self._calls.post_in_channel,
                    DiscordCall.POST,
                )
            except FileTooLarge:
                raise
            except DiscordRefused as error:
                log.info("pictures not posted in channel: job=%s error=%s", job.id, error)
        return await self._retried(
            job,
            lambda: cards.done(delivered, pictures, mention=True, place=Place.DIRECT),
            self._calls.post_directly,
            DiscordCall.DIRECT,
        )

    async def _once(
        self, job: Job, call: Callable[[Job], Awaitable[None]], name: DiscordCall
    ) -> None:
        with timed(partial(self._meters.called_discord, name)):
            async with translated_errors():
                await call(job)

    async def _retried(self, job: Job, make: _MakeCard, call: _Call, name: DiscordCall) -> None:
        """Repeat *call* with back-off until Discord accepts or refuses it, with a fresh card.

        While the job waits there is one short attempt only: any process may claim it, and a late
        edit would overwrite the card with its pictures.
        """
        timeout = WAITING_TIMEOUT if job.state is State.WAITING else CALL_TIMEOUT
        delays = BACKOFF.delays()
        while True:
            with speaking(job.reply.language):
                card = make()  # not part of what is repeated: a missing file stays missing
            try:
                with timed(partial(self._meters.called_discord, name)):
                    async with translated_errors(timeout):
                        return await call(job, card)
            except TransientDiscordError as error:
                log.warning("Discord call failed: job=%s call=%s error=%s", job.id, name, error)
                if job.state is State.WAITING:
                    raise PermanentDiscordError("a waiting card is not shown late") from error
            finally:
                card.close()
            await asyncio.sleep(next(delays))


def _card(job: Job, status: CardStatus) -> Card:
    """Return the card of a job without pictures."""
    given_up = job.state in _GIVEN_UP and status.given_up_at is None
    if job.withdrawn or job.state in ENDED or given_up:
        return cards.end(job, fault_id=status.fault_id)
    return cards.progress(job, status)
