"""The ways to a member, and the order in which they are tried.

An edit is idempotent, so it happens at least once: what Discord did not clearly refuse is tried
again, with back-off, on the same way. Only a definite no opens the next one.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

import discord

from bot.domain.card_status import CardStatus
from bot.domain.job import ENDED, Job, State
from bot.log import fault, mark
from bot.service.port_errors import (
    DiscordRefused,
    FileTooLarge,
    MessageDeleted,
    PermanentDiscordError,
    TransientDiscordError,
)
from bot.service.ports.discord import NO_STATUS
from bot.service.ports.vendor import Picture
from bot.service.telemetry import DiscordCall, Telemetry, timed
from bot.ui import cards, order_buttons, texts
from bot.ui.cards import Card, Place
from bot.ui.discord_errors import CALL_TIMEOUT, translated_errors
from bot.ui.discord_session import DiscordSession
from bot.ui.language import speaking

log = logging.getLogger(__name__)

WAITING_WITHIN: Final = 5.0  # seconds for showing a job that any process may take meanwhile
FIRST_PAUSE: Final = 0.5  # seconds before a call is repeated, then twice as long
LONGEST_PAUSE: Final = 30.0  # seconds

NONCE_REMEMBERED: Final = 120.0  # seconds in which Discord surely drops a repeated nonce
CLOCKS_DIFFER: Final = 60.0  # seconds, at most, by which Discord's clock is behind ours
LOOK_THROUGH: Final = 500  # messages, for one of ours that may have been posted before a crash

_GIVEN_UP: Final = frozenset({State.UNCERTAIN, State.EXPIRED})  # not final, but shown as ends

_Make = Callable[[], Card]
_Way = Callable[[Job, Card], Awaitable[None]]


class DiscordCardPresenter:
    """Keeps one card per job up to date, and brings pictures home."""

    def __init__(
        self, rest: DiscordSession, *, meters: Telemetry, now: Callable[[], float]
    ) -> None:
        self._rest = rest
        self._meters = meters
        self._now = now
        self._wanted: dict[str, tuple[Job, _Make]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    def show(self, job: Job, status: CardStatus = NO_STATUS) -> None:
        """Update the job's card soon; of several updates the newest wins."""
        self._drop(job.id)
        given_up = job.state in _GIVEN_UP and status.given_up_at is None
        if job.withdrawn or job.state in ENDED or given_up:
            self._wanted[job.id] = (job, lambda: cards.end(job, fault_id=status.fault_id))
        else:
            self._wanted[job.id] = (job, lambda: cards.progress(job, status))
        worker = self._workers.get(job.id)
        if worker is None or worker.done():  # it may have ended just now, and not be gone yet
            worker = asyncio.create_task(self._work(job.id), name=f"card {job.id}")
            self._workers[job.id] = worker
            worker.add_done_callback(lambda done: self._forget(job.id, done))

    async def settle(self, job: Job, *, fault_id: str | None = None) -> None:
        """Show a job that has ended; returns once Discord took it, or no way is left to show it."""
        await self._quiet(job.id)
        try:
            await self._edit(job, lambda: cards.end(job, fault_id=fault_id))
        except DiscordRefused as error:
            log.info("job %s: its end could not be shown: %s", job.id, error)

    async def deliver(self, job: Job, pictures: Sequence[Picture]) -> bool:
        """Bring the pictures to the member; returns once Discord has taken them.

        ``True``: in their card, silently; ``False``: in a message that called its member.

        By the interaction's token, then by the bot's, then as a new message in the channel, then
        as a direct message: a step down is taken on a definite no alone. A private order and a
        card that somebody deleted never show up in the channel. Raises
        FileTooLarge, and PermanentDiscordError where no way is left.
        """
        await self._quiet(job.id)
        delivered = job.transition(State.DELIVERED, now=job.completed_at or job.state_since)

        def card() -> Card:
            return cards.done(delivered, pictures)

        def named_card() -> Card:
            return cards.done(delivered, pictures, mention=True)

        def direct_card() -> Card:
            return cards.done(delivered, pictures, mention=True, place=Place.DIRECT)

        ways: list[tuple[_Make, _Way, DiscordCall]] = [
            (direct_card, self._post_directly, DiscordCall.DIRECT)
        ]
        try:
            await self._edit(job, card)
        except FileTooLarge:
            raise
        except DiscordRefused as error:
            log.info("job %s: its card can't be edited: %s", job.id, error)
            if job.reply.answers_only:
                raise
            if not (isinstance(error, MessageDeleted) or job.reply.private or job.guild_id is None):
                ways.insert(0, (named_card, self._post_in_channel, DiscordCall.POST))
            await self._descend(job, ways)
            return False
        return True

    async def ping(self, job: Job) -> None:
        """Ping the member whose pictures are in their card; lost where Discord refuses it."""
        try:
            with timed(partial(self._meters.called_discord, DiscordCall.PING)):
                async with translated_errors():
                    await self._call(job)
        except (DiscordRefused, TransientDiscordError) as error:
            log.info("job %s: its member was not pinged: %s", job.id, error)

    async def _call(self, job: Job) -> None:
        with speaking(job.reply.language):
            words = texts.cards.ready(job)
        member = discord.AllowedMentions(users=[discord.Object(job.member_id)])
        client = await self._rest.client()
        if job.reply.private or job.reply.answers_only or job.guild_id is None:
            if job.reply.interaction_token is None:
                raise PermanentDiscordError("its interaction is over")
            webhook = discord.Webhook.partial(
                job.reply.application_id, job.reply.interaction_token, client=client
            )
            webhook.type = discord.WebhookType.application  # others may say nothing privately
            await webhook.send(words, ephemeral=job.reply.private, allowed_mentions=member)
            return
        channel = client.get_partial_messageable(job.reply.channel_id, guild_id=job.guild_id)
        card = discord.MessageReference(
            message_id=job.reply.message_id or 0,
            channel_id=job.reply.channel_id,
            fail_if_not_exists=False,
        )
        await channel.send(
            words, nonce=job.id, reference=card, mention_author=False, allowed_mentions=member
        )

    async def remove(self, job: Job) -> None:
        """Delete the message with the job's pictures, as the bot; one that is gone is as good.

        Raises PermanentDiscordError where that can't be, and DiscordAway.
        """
        if job.reply.message_id is None or job.reply.answers_only:
            raise PermanentDiscordError("the message is not known, or not within reach")
        with timed(partial(self._meters.called_discord, DiscordCall.DELETE)):
            async with translated_errors():
                client = await self._rest.client()
                channel = client.get_partial_messageable(
                    job.reply.channel_id, guild_id=job.guild_id
                )
                with contextlib.suppress(discord.NotFound):
                    await channel.get_partial_message(job.reply.message_id).delete()

    async def close(self) -> None:
        """Stop showing; what is not shown yet is shown by whoever carries the jobs on."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, job_id: str) -> None:
        """Show what is wanted of one card until nothing newer is."""
        while (wanted := self._wanted.pop(job_id, None)) is not None:
            job, make = wanted
            mark(job=job.id, guild=job.guild_id)
            try:
                await self._edit(job, make)
            except DiscordRefused as error:
                log.info("job %s: its card could not be edited: %s", job_id, error)
            except Exception as error:  # noqa: BLE001 - the next showing may do better
                fault(log, f"job {job_id}: its card could not be edited", error)

    def _forget(self, job_id: str, done: asyncio.Task[None]) -> None:
        if self._workers.get(job_id) is done:  # and not one that began since
            del self._workers[job_id]

    async def _quiet(self, job_id: str) -> None:
        """Drop what waits to be shown, and let the edit that is on its way arrive."""
        self._drop(job_id)
        if (worker := self._workers.get(job_id)) is not None:
            await asyncio.wait([worker])

    def _drop(self, job_id: str) -> None:
        """Drop a showing that waits, since a newer one comes in its place."""
        if self._wanted.pop(job_id, None) is not None:
            self._meters.coalesced()

    async def _edit(self, job: Job, make: _Make) -> None:
        """Edit the job's card by the interaction's token, or else by the bot's.

        Raises :class:`PermanentDiscordError` where neither is possible any more.
        """
        refused: DiscordRefused = PermanentDiscordError("there is no card to edit")
        if job.reply.interaction_token is not None:
            try:
                return await self._insist(job, make, self._edit_by_interaction, DiscordCall.EDIT)
            except (MessageDeleted, FileTooLarge):
                raise
            except DiscordRefused as error:
                refused = error
        if (
            job.reply.message_id is None
            or job.guild_id is None
            or job.reply.private
            or job.reply.answers_only
        ):
            raise refused
        return await self._insist(job, make, self._edit_by_bot, DiscordCall.EDIT)

    async def _descend(self, job: Job, ways: Sequence[tuple[_Make, _Way, DiscordCall]]) -> None:
        """Try *ways* in their order, each until Discord says yes or a definite no.

        Raises the last one's :class:`PermanentDiscordError`.
        """
        for make, way, call in ways[:-1]:
            try:
                return await self._insist(job, make, way, call)
            except FileTooLarge:
                raise
            except DiscordRefused as error:
                log.info("job %s: a way to the member is closed: %s", job.id, error)
        return await self._insist(job, *ways[-1])

    async def _insist(self, job: Job, make: _Make, way: _Way, call: DiscordCall) -> None:
        """Go *way* until Discord says yes or a definite no, each time with a fresh card.

        Only once, and not for long, while the job waits: any process may take it meanwhile, and
        an old card that arrived after its pictures would wipe them away.
        """
        pause = FIRST_PAUSE
        while True:
            with speaking(job.reply.language):
                card = make()  # outside of what is tried again: a file that is gone stays gone
            try:
                within = WAITING_WITHIN if job.state is State.WAITING else CALL_TIMEOUT
                with timed(partial(self._meters.called_discord, call)):
                    async with translated_errors(within):
                        return await way(job, card)
            except TransientDiscordError as error:
                log.warning("job %s: Discord is away: %s", job.id, error)
                if job.state is State.WAITING:
                    raise PermanentDiscordError("a waiting card is not shown late") from error
            finally:
                card.close()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _edit_by_interaction(self, job: Job, card: Card) -> None:
        webhook = discord.Webhook.partial(
            job.reply.application_id,
            job.reply.interaction_token or "",
            client=await self._rest.client(),
        )
        # "@original" is as good as an id to Discord, and needs no id.
        message_id: int = job.reply.message_id or "@original"  # type: ignore[assignment]
        await webhook.edit_message(message_id, view=card.view, attachments=card.files)

    async def _edit_by_bot(self, job: Job, card: Card) -> None:
        client = await self._rest.client()
        channel = client.get_partial_messageable(job.reply.channel_id, guild_id=job.guild_id)
        message = channel.get_partial_message(job.reply.message_id or 0)
        await message.edit(view=card.view, attachments=card.files)

    async def _post_in_channel(self, job: Job, card: Card) -> None:
        client = await self._rest.client()
        channel = client.get_partial_messageable(job.reply.channel_id, guild_id=job.guild_id)
        await self._post(client, channel, job, card)

    async def _post_directly(self, job: Job, card: Card) -> None:
        client = await self._rest.client()
        channel = await client.create_dm(discord.Object(job.member_id))
        await self._post(client, channel, job, card)

    async def _post(
        self,
        client: discord.Client,
        channel: discord.DMChannel | discord.PartialMessageable,
        job: Job,
        card: Card,
    ) -> None:
        """Post *card* anew, once: Discord drops a repeated nonce, but remembers it for minutes."""
        completed_at = job.completed_at or job.state_since
        if self._now() - completed_at > NONCE_REMEMBERED and await _posted(client, channel, job):
            return
        await channel.send(
            view=card.view,
            files=card.files,
            nonce=job.id,
            allowed_mentions=discord.AllowedMentions(users=[discord.Object(job.member_id)]),
        )


async def _posted(
    client: discord.Client, channel: discord.DMChannel | discord.PartialMessageable, job: Job
) -> bool:
    """Tell whether the job's pictures stand in *channel* already, in a message of ours."""
    earliest = datetime.fromtimestamp((job.completed_at or job.state_since) - CLOCKS_DIFFER, UTC)
    assert client.user is not None
    async for message in channel.history(limit=LOOK_THROUGH, after=earliest, oldest_first=True):
        if message.author.id == client.user.id and order_buttons.shows_pictures(
            message.components, job.id
        ):
            return True
    return False
