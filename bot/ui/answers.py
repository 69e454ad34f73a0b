"""Answering an interaction: the deferral, and private words."""

import asyncio
import contextlib
import gzip
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import discord
from discord import app_commands

from bot.domain.errors import ChangeRejected, OrderRejected
from bot.domain.job import Job, State
from bot.domain.styles import Style, title
from bot.log import fault, mark
from bot.service.errors import ActionRejected, DuplicateInteraction, NotAModerator
from bot.service.intake import OrderIntake, OrderRequest
from bot.service.moderation import Moderator
from bot.service.order_actions import Person, Publish, Seen
from bot.service.port_errors import (
    DiscordRefused,
    MessageDeleted,
    StoreUnavailable,
    TransientDiscordError,
)
from bot.service.ports import Picture
from bot.ui import cards, language, order_form, texts
from bot.ui.card_presenter import answered
from bot.ui.cards import Place

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

# Discord refuses an answer that comes later than 3 s after the interaction was made. discord.py
# would go on trying for 25 s where Discord has troubles.
ANSWER_WITHIN: Final = 3.0  # seconds
MOST_CHOICES: Final = 25  # that Discord offers while somebody types

_MARKED: Final = (
    discord.TextChannel,
    discord.ForumChannel,
    discord.Thread,
    discord.VoiceChannel,
    discord.StageChannel,
)


def deferral(
    interaction: Interaction, *, private: bool = False
) -> Callable[[], Awaitable[int | None]]:
    """Return what answers *interaction* with "thinking" and returns the id of that message.

    What is returned raises PermanentDiscordError where Discord refuses the answer, and
    TransientDiscordError where it may or may not have taken it.
    """

    async def defer() -> int | None:
        async with answered():
            async with asyncio.timeout(ANSWER_WITHIN):
                taken = await interaction.response.defer(thinking=True, ephemeral=private)
            return taken.message_id if taken else None

    return defer


async def privately(interaction: Interaction, words: str) -> None:
    """Tell *words* to the member alone; nothing depends on it, so a failure is only logged."""
    try:
        async with answered(), asyncio.timeout(ANSWER_WITHIN):
            if interaction.response.is_done():
                await interaction.followup.send(words, ephemeral=True)
            else:
                await interaction.response.send_message(words, ephemeral=True)
    except (DiscordRefused, TransientDiscordError) as error:
        log.info("a private answer did not arrive: %s", error)


async def shown(interaction: Interaction, view: discord.ui.LayoutView) -> None:
    """Show *view* to the member alone, after a private deferral.

    Raises PermanentDiscordError and TransientDiscordError.
    """
    async with answered():
        await interaction.followup.send(view=view, ephemeral=True)


async def take(interaction: Interaction, orders: OrderIntake, options: Mapping[str, Any]) -> None:
    """Have *orders* take an order with these *options*, for whoever asks, where they ask.

    Raises OrderRejected, and DuplicateInteraction.
    """
    private = options["private"] is True
    request = OrderRequest(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        guild_id=guild_id(interaction),
        channel_id=interaction.channel_id or 0,
        parent_id=channel_id(interaction),
        age_restricted=age_restricted(interaction),
        member_id=interaction.user.id,
        role_ids=role_ids(interaction.user),
        file_limit=interaction.filesize_limit,
        answers_only=answers_only(interaction),
        language=card_language(interaction, private=private),
        guild_language=language.of(interaction.guild_locale),
        **options,
    )
    await orders.take(request, deferral(interaction, private=private))


def person(interaction: Interaction) -> Person:
    """Return who pressed a button, and whether they may manage the server that they are in."""
    return Person(
        id=interaction.user.id,
        guild_id=guild_id(interaction),
        moderates=interaction.permissions.manage_guild,
    )


def seen(message: discord.Message | None) -> Seen | None:
    """Return where pictures were seen; ``None`` for what only one member sees."""
    if message is None or message.flags.ephemeral:
        return None
    return Seen(channel_id=message.channel.id, message_id=message.id)


def publishing(interaction: Interaction) -> Publish:
    """Return what shows pictures to all, by an answer to *interaction*, in the server's language.

    What is returned raises PermanentDiscordError and TransientDiscordError.
    """

    async def publish(job: Job, found: Sequence[Picture]) -> int:
        with language.speaking(card_language(interaction)):
            card = cards.done(job, found, place=Place.POSTED)
        try:
            async with answered():
                message = await interaction.followup.send(
                    view=card.view, files=card.files, ephemeral=False, wait=True
                )
        finally:
            for file in card.files:
                file.close()
        return message.id

    return publish


async def remove(interaction: Interaction) -> None:
    """Delete the message with the button that :func:`hold` held; one that is gone is as good.

    Raises PermanentDiscordError and TransientDiscordError.
    """
    with contextlib.suppress(MessageDeleted):
        async with answered():
            await interaction.delete_original_response()


async def hold(interaction: Interaction) -> None:
    """Let Discord know that a change of the message with this button or form comes."""
    async with answered(), asyncio.timeout(ANSWER_WITHIN):
        await interaction.response.defer()


async def change(interaction: Interaction, view: discord.ui.LayoutView) -> None:
    """Put *view* in the place of the message that :func:`hold` held; raises as above."""
    async with answered():
        await interaction.edit_original_response(view=view)


async def stands(interaction: Interaction) -> Sequence[Any]:
    """Return the components of the message that :func:`hold` held, as it stands now.

    Another may have changed it since it was pressed on. Raises as above.
    """
    async with answered():
        return (await interaction.original_response()).components


async def ask(interaction: Interaction, form: discord.ui.Modal) -> None:
    """Open *form* for the member; raises as above."""
    async with answered(), asyncio.timeout(ANSWER_WITHIN):
        await interaction.response.send_modal(form)


def channel_id(interaction: Interaction) -> int:
    """Return the channel that limits look at: of a thread, the one that it is in."""
    return getattr(interaction.channel, "parent_id", None) or interaction.channel_id or 0


def guild_id(interaction: Interaction) -> int | None:
    """Return the server that this comes from, if the bot is in it; ``None``: outside of servers.

    Where a member brought the bot along by an installation of their own, its server knows nothing
    of it: it has no rules here, and the bot sees nothing of it.
    """
    return interaction.guild_id if interaction.is_guild_integration() else None


def answers_only(interaction: Interaction) -> bool:
    """Tell whether nothing but answers reaches that place: it is neither ours nor the bot's own."""
    return guild_id(interaction) is None and not interaction.context.dm_channel


def card_language(interaction: Interaction, *, private: bool = False) -> str:
    """Return the language of the card that answers: the server's, where others read it too."""
    public = interaction.guild_id is not None and not private
    return language.of(interaction.guild_locale if public else interaction.locale)


def style_choices(
    interaction: Interaction, found: Iterable[Style], typed: str
) -> list[app_commands.Choice[str]]:
    """Return the styles to choose from, by their titles in the member's language.

    Those whose title or name holds what was *typed*; as many as Discord takes.
    """
    wanted, spoken = typed.strip().casefold(), language.of(interaction.locale)
    titled = [(title(style.name, spoken), style.name) for style in found]
    return [
        app_commands.Choice(name=shown, value=name)
        for shown, name in titled
        if wanted in shown.casefold() or wanted in name.casefold()
    ][:MOST_CHOICES]


def age_restricted(interaction: Interaction) -> bool:
    """Tell whether the channel is marked as age-restricted."""
    channel = interaction.channel
    return isinstance(channel, _MARKED) and channel.is_nsfw()


def role_ids(member: discord.User | discord.Member) -> frozenset[int]:
    """Return the roles of a member; somebody outside of servers has none.

    As Discord sent them: ``roles`` leaves out those of a server that is not in the cache yet.
    """
    return frozenset(member._roles) if isinstance(member, discord.Member) else frozenset()  # noqa: SLF001 - pinned by a test


def moderator(interaction: Interaction) -> Moderator:
    """Return who asks, as one who may manage the server that they ask in.

    Discord says so with each interaction; whatever a server's overrides for commands say, it is
    looked at here. Raises NotAModerator.
    """
    if interaction.guild_id is None or not interaction.permissions.manage_guild:
        raise NotAModerator
    return Moderator(
        id=interaction.user.id,
        guild_id=interaction.guild_id,
        language=language.of(interaction.guild_locale),
    )


async def pictures(interaction: Interaction, job: Job, found: Sequence[Picture]) -> None:
    """Show the pictures of *job* to the member alone.

    Raises PermanentDiscordError and TransientDiscordError.
    """
    delivered = job.turn(State.DELIVERED, now=job.completed_at or job.since)
    card = cards.done(delivered, found, place=Place.HANDED)
    async with answered():
        await interaction.followup.send(view=card.view, files=card.files, ephemeral=True)


async def document(interaction: Interaction, data: bytes) -> None:
    """Hand a member their data, JSON, as a file for them alone; a large one is packed.

    Raises PermanentDiscordError and TransientDiscordError.
    """
    name = "imagine-data.json"
    if len(data) > interaction.filesize_limit:
        data, name = await asyncio.to_thread(gzip.compress, data), f"{name}.gz"
    if len(data) > interaction.filesize_limit:
        await privately(interaction, texts.desk.too_large())
        return
    async with answered():
        file = discord.File(io.BytesIO(data), filename=name)
        await interaction.followup.send(texts.desk.exported(), file=file, ephemeral=True)


async def explain(interaction: Interaction, error: BaseException) -> None:
    """Answer *error* privately, in this order of precedence.

    1. A replayed interaction is answered already: nothing.
    2. An order that was not taken: which rule decided, and the prompt, which would be lost else. A
       change that was not made, a press that did nothing: why.
    3. A command that has changed since the member's client loaded it: try again. One that names
       somebody who is not in the server.
    4. The store is away: try again soon. Discord is: there is nobody to tell.
    5. Anything else is a fault of ours: logged, with an id that the member sees too.
    """
    match error:
        case DuplicateInteraction():
            log.info("interaction %s came again and was left alone", interaction.id)
        case OrderRejected() as refusal:
            words = texts.refusals.with_prompt(texts.refusals.refusal(refusal), _typed(interaction))
            await privately(interaction, words)
        case ActionRejected() as refusal:
            await privately(interaction, texts.presses.not_handled(refusal))
        case ChangeRejected() as error:
            await privately(interaction, texts.changes.unchanged(error))
        case app_commands.CommandSignatureMismatch() | app_commands.CommandNotFound():
            await privately(interaction, texts.answers.command_changed())
        case app_commands.TransformerError():
            await privately(interaction, texts.answers.not_found())
        case StoreUnavailable():
            log.warning("interaction %s: %s", interaction.id, error)
            await privately(interaction, texts.answers.store_away())
        case DiscordRefused() | TransientDiscordError():
            log.info("interaction %s was not answered: %s", interaction.id, error)
        case _:
            error_id = fault(log, type(error).__name__, error)
            await privately(interaction, texts.answers.unexpected(error_id))


def _typed(interaction: Interaction) -> object:
    """Return the prompt that somebody typed, in a command or a form, of whatever type it is."""
    if interaction.type is discord.InteractionType.modal_submit:
        data: Any = interaction.data or {}
        sent = order_form.read(str(data.get("custom_id")), data.get("components") or [])
        return None if sent is None else sent["prompt"]
    return getattr(interaction.namespace, "prompt", None)


def noted(interaction: Interaction) -> None:
    """Speak the member's language in this task, and log what is about *interaction*'s server."""
    language.speak(language.of(interaction.locale))
    shards = interaction.client.shard_count or 1
    mark(guild=interaction.guild_id, shard=((interaction.guild_id or 0) >> 22) % shards)


@contextlib.asynccontextmanager
async def explaining(interaction: Interaction) -> AsyncIterator[None]:
    """Explain what goes wrong in here, where discord.py would only log it: in listeners."""
    noted(interaction)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - as for commands, all of it is answered
        await explain(interaction, error)
