"""Keeps cards up to date and delivers pictures: what is shown, in which order.

``card_ways`` decides by which calls, and how often.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from bot.domain.card_status import CardStatus
from bot.domain.job import ENDED, Job, State
from bot.log import fault, mark
from bot.service.port_errors import (
    DiscordError,
    DiscordRefused,
    FileTooLarge,
    MessageDeleted,
    PermanentDiscordError,
)
from bot.service.ports.discord import NO_STATUS
from bot.service.ports.vendor import Picture
from bot.service.telemetry import DiscordCall, Telemetry, timed
from bot.ui import cards
from bot.ui.card_calls import CardCalls, in_channel
from bot.ui.card_ways import BACKOFF, WAITING_TIMEOUT, CardWays, MakeCard, Superseded
from bot.ui.cards import Card
from bot.ui.discord_errors import CALL_TIMEOUT, translated_errors
from bot.ui.discord_session import DiscordSession
from bot.ui.language import speaking
from bot.ui.sending import NONCE_REMEMBERED, send_once

log = logging.getLogger(__name__)

# After the claim, until no other process can still be editing the card of the waiting job.
EDITED_ELSEWHERE: Final = WAITING_TIMEOUT + 1.0  # seconds
PING_WITHIN: Final = 900.0  # seconds; later nobody waits for it

_GIVEN_UP: Final = frozenset({State.UNCERTAIN, State.EXPIRED})  # not final, but shown as ends


class DiscordCardPresenter:
    """Shows each job's newest state on its card: updates of one card are coalesced."""

    def __init__(
        self,
        session: DiscordSession,
        *,
        meters: Telemetry,
        now: Callable[[], float],
        served: Callable[[int | None], bool] = lambda _guild_id: True,
        shared: bool = False,
    ) -> None:
        """Offer further orders in a server that is *served*; ``None``: outside of servers.

        *shared*: other processes edit the cards of waiting jobs, too.
        """
        self._gate = session.gate
        self._calls = CardCalls(session, now=now)
        self._ways = CardWays(self._calls, session.gate, meters=meters, now=now, served=served)
        self._served = served
        self._meters = meters
        self._now = now
        self._shared = shared
        self._pending: dict[str, tuple[Job, MakeCard]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._newer: dict[str, asyncio.Event] = {}  # by the jobs of workers: do not repeat an edit

    def show(self, job: Job, status: CardStatus = NO_STATUS) -> None:
        """Update the job's card soon; of several updates the newest wins."""
        self._show_soon(job, lambda: self._card(job, status))

    def _show_soon(self, job: Job, make: MakeCard) -> None:
        self._drop(job.id)
        self._pending[job.id] = (job, make)
        worker = self._workers.get(job.id)
        if worker is None or worker.done():  # done just now: its callback has not run yet
            worker = asyncio.create_task(self._work(job.id), name=f"card {job.id}")
            self._workers[job.id] = worker
            worker.add_done_callback(lambda done: self._forget(job.id, done))

    async def settle(self, job: Job, *, fault_id: str | None = None) -> None:
        """Show an ended or outstanding job; return once Discord accepted or refused it."""
        await self._finish_updates(job)
        try:
            await self._ways.edit(
                job,
                lambda: self._card(job, CardStatus(fault_id=fault_id)),
                patient=job.state is not State.COMPLETED,  # its pictures matter more
            )
        except DiscordError as error:
            log.info("end not shown: job=%s error=%s", job.id, error)

    async def show_pictures(self, job: Job, pictures: Sequence[Picture]) -> None:
        """Show *pictures*, which may not be all, in the job's card and nowhere else.

        Raises FileTooLarge, or another DiscordRefused: the card can't be edited.
        """
        await self._finish_updates(job)
        await self._ways.edit(job, lambda: self._done(job, pictures), patient=False)

    async def deliver(self, job: Job, pictures: Sequence[Picture]) -> bool:
        """Deliver the pictures; return once Discord accepted them.

        ``True``: in their card, silently; ``False``: in a new message, which pings the member.

        The ways are: the card by the interaction's token, the card by the bot's, a new message in
        the channel, a direct message. Only a definite refusal leads to the next one, or an edit
        that fails for two minutes. A private order, or one whose card was deleted, is never posted
        in the channel.

        Raises:
            FileTooLarge: Smaller pictures may pass.
            DiscordRefused: No way is left.
        """
        await self._finish_updates(job)
        delivered = job.transition(State.DELIVERED, now=job.completed_at or job.state_since)
        try:
            await self._ways.edit(
                job, lambda: self._done(delivered, pictures), patient=job.reply.answers_only
            )
        except FileTooLarge:
            raise
        except DiscordRefused as error:
            log.info("card can't be edited: job=%s error=%s", job.id, error)
            if job.reply.answers_only:
                raise
            is_shown = await self._ways.post(job, delivered, pictures, error)
            if not is_shown and not isinstance(error, MessageDeleted):
                # Words may pass where pictures did not; it is not waited for.
                self._show_soon(job, lambda: cards.elsewhere(delivered))
            return is_shown
        return True

    async def ping(self, job: Job, *, directly: bool = False) -> None:
        """Ping the member whose pictures are in their card, once; a failure is only logged.

        *directly*: by a direct message, or else where the card is.
        """
        if directly and await self._ping(job, self._calls.ping_directly, NONCE_REMEMBERED):
            return
        # An answer to an interaction has no nonce: where it may have pinged, it is not repeated.
        await self._ping(job, self._calls.ping, NONCE_REMEMBERED if in_channel(job) else 0.0)

    async def _ping(
        self, job: Job, call: Callable[[Job], Awaitable[None]], repeatable_for: float
    ) -> bool:
        """Ping in one way; ``False``: Discord surely did not."""
        try:
            await send_once(
                lambda: self._once(
                    job, call, DiscordCall.PING, None, repeatable_for=repeatable_for
                ),
                self._gate,
                backoff=BACKOFF,
                within=PING_WITHIN,
                repeatable_for=repeatable_for,
                failed=lambda error: log.info("ping failed: job=%s error=%s", job.id, error),
            )
        except DiscordError as error:
            log.info("member not pinged: job=%s error=%s", job.id, error)
            return not isinstance(error, DiscordRefused)
        return True

    async def remove(self, job: Job) -> None:
        """Delete the message with the job's pictures; it may be gone already.

        Raises DiscordRefused, or TransientDiscordError: it may or may not be deleted.
        """
        if job.reply.message_id is None or job.reply.answers_only:
            raise PermanentDiscordError("the message is not known, or not within reach")
        await self._once(job, self._calls.delete, DiscordCall.DELETE)

    async def cover(self, job: Job, *, spoiler: bool) -> None:
        """Hide the pictures in the job's message behind a spoiler, or show them again.

        Raises DiscordRefused, or TransientDiscordError: it may or may not be done.
        """
        await self._once(job, partial(self._calls.cover, spoiler=spoiler), DiscordCall.EDIT)

    async def repost(self, job: Job, pictures: Sequence[Picture]) -> int:
        """Post the pictures in the job's channel again, silently; return the message.

        Raises DiscordRefused, or TransientDiscordError: they may or may not be posted.
        """
        with speaking(job.reply.language):
            card = self._done(job, pictures)
        message_id = 0

        async def post(job: Job) -> None:
            nonlocal message_id
            message_id = await self._calls.repost(job, card)

        try:
            await self._once(job, post, DiscordCall.POST, repeatable_for=NONCE_REMEMBERED)
        finally:
            card.close()
        return message_id

    async def close(self) -> None:
        """Cancel all updates; the process that continues the jobs shows them again."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, job_id: str) -> None:
        """Show a card's pending update, until there is none."""
        await self._gate.answers.give_way()  # and to newer updates
        while (pending := self._pending.pop(job_id, None)) is not None:
            job, make = pending
            self._newer[job_id] = newer = asyncio.Event()
            mark(job=job.id, guild=job.guild_id)
            try:
                await self._ways.edit(job, make, newer=newer)
            except Superseded:
                self._meters.coalesced()
            except DiscordError as error:
                log.info("card not updated: job=%s error=%s", job_id, error)
            except Exception as error:  # noqa: BLE001 - the next update may succeed
                fault(log, "card not updated", error, job=job_id)

    def _forget(self, job_id: str, done: asyncio.Task[None]) -> None:
        if self._workers.get(job_id) is done:  # another one may have started since
            del self._workers[job_id]
            self._newer.pop(job_id, None)

    async def _finish_updates(self, job: Job) -> None:
        """Drop the pending update, and wait for the edit in progress, of whichever process."""
        self._drop(job.id)
        await self._gate.answers.give_way()
        if (worker := self._workers.get(job.id)) is not None:
            await asyncio.wait([worker])
        claimed_at = job.lease.submit_started_at
        if self._shared and claimed_at is not None:
            await asyncio.sleep(max(claimed_at + EDITED_ELSEWHERE - self._now(), 0.0))

    def _drop(self, job_id: str) -> None:
        """Drop the pending update, and repeat none: a newer one replaces it."""
        if self._pending.pop(job_id, None) is not None:
            self._meters.coalesced()
        if (newer := self._newer.get(job_id)) is not None:
            newer.set()

    async def _once(
        self,
        job: Job,
        call: Callable[[Job], Awaitable[None]],
        name: DiscordCall,
        within: float | None = CALL_TIMEOUT,
        *,
        repeatable_for: float = math.inf,
    ) -> None:
        with timed(partial(self._meters.called_discord, name)):
            async with translated_errors(within, repeatable_for=repeatable_for):
                await call(job)

    def _card(self, job: Job, status: CardStatus) -> Card:
        """Return the card of a job without pictures."""
        given_up = job.state in _GIVEN_UP and status.given_up_at is None
        if job.withdrawn or job.state in ENDED or given_up:
            return cards.end(job, fault_id=status.fault_id, orders=self._served(job.guild_id))
        return cards.progress(job, status)

    def _done(self, job: Job, pictures: Sequence[Picture]) -> Card:
        return cards.done(job, pictures, orders=self._served(job.guild_id))
