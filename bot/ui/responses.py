"""Answers an interaction: defer, show, edit, open a form, send files.

Functions raise DiscordRefused and TransientDiscordError unless they say otherwise.
"""

import asyncio
import contextlib
import gzip
import io
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

import discord
from discord import app_commands

from bot.domain.job import Job, State
from bot.domain.styles import NONE, Style, title
from bot.service.port_errors import AlreadyAnswered, DiscordError, MessageDeleted
from bot.service.ports.vendor import Picture
from bot.ui import cards, command_mentions, texts
from bot.ui.cards import Card, Place
from bot.ui.discord_errors import translated_errors
from bot.ui.first_answer import ANSWER_WITHIN, first_answer
from bot.ui.interaction_context import Interaction, card_language
from bot.ui.language import of, speaking
from bot.ui.layout import text_view

log = logging.getLogger(__name__)

FORM_WITHIN: Final = 1.5  # seconds; the rest is for telling the member that there is none
MOST_CHOICES: Final = 25  # Discord's limit for autocompletion


async def defer(interaction: Interaction, *, private: bool = False) -> int | None:
    """Answer with "thinking"; return the id of that message if it is known."""
    answer = await first_answer(
        interaction, lambda: interaction.response.defer(thinking=True, ephemeral=private)
    )
    return answer.message_id if answer else None


async def defer_edit(interaction: Interaction) -> None:
    """Answer that an edit of the message with this button or form follows.

    Of a form that no message's button opened, it is a new private message.
    """
    is_form = interaction.type is discord.InteractionType.modal_submit
    if is_form and interaction.message is None:
        await defer(interaction, private=True)
        return
    await first_answer(interaction, interaction.response.defer)


async def defer_private(interaction: Interaction) -> None:
    """Answer that an edit of the private message with this button or form follows.

    Of a public message, which stays as it is, a new private message follows.
    """
    if interaction.message is not None and interaction.message.flags.ephemeral:
        await defer_edit(interaction)
    else:
        await defer(interaction, private=True)


async def send_private(
    interaction: Interaction, text: str, view: discord.ui.View | None = None
) -> None:
    """Send *text* to the member alone; a failure is only logged, since nothing depends on it.

    What is being typed has no room for it: no choices are offered then.
    """
    try:
        text = command_mentions.linked(text, texts.refusals.CONTENT)
        await _tell(interaction, text, view=view)
    except DiscordError as error:
        log.info("private answer failed: interaction=%s error=%s", interaction.id, error)


async def _tell(
    interaction: Interaction,
    text: str,
    *,
    follow_up: bool = False,
    view: discord.ui.View | None = None,
) -> None:
    more: dict[str, Any] = {} if view is None else {"view": view}
    response = interaction.response
    if follow_up or response.is_done():
        async with translated_errors(ANSWER_WITHIN):
            await interaction.followup.send(text, ephemeral=True, **more)
    elif interaction.type is discord.InteractionType.autocomplete:
        await first_answer(interaction, lambda: response.autocomplete([]))
    else:
        await first_answer(interaction, lambda: response.send_message(text, ephemeral=True, **more))


async def show(
    interaction: Interaction, view: discord.ui.LayoutView, files: Sequence[discord.File] = ()
) -> None:
    """Show *view* to the member alone, with *files*, after a private deferral."""
    async with translated_errors():
        await interaction.followup.send(view=view, files=files, ephemeral=True)


async def edit(
    interaction: Interaction, view: discord.ui.LayoutView, files: Sequence[discord.File] = ()
) -> None:
    """Replace the message with this button by *view*, after :func:`defer_edit`.

    *files* take the place of those that it had; without any these stay.
    """
    attachments: dict[str, Any] = {"attachments": files} if files else {}
    async with translated_errors():
        await interaction.edit_original_response(view=view, **attachments)


async def conclude(interaction: Interaction, text: str) -> None:
    """Replace the private question with this button by *text*, after :func:`defer_edit`.

    A public message, which a crafted click may name, is left alone.
    """
    if interaction.message is not None and interaction.message.flags.ephemeral:
        await edit(interaction, text_view(text))
    else:
        await send_private(interaction, text)


async def delete_original(interaction: Interaction) -> None:
    """Delete the message with this button, after :func:`defer_edit`; it may be gone already."""
    with contextlib.suppress(MessageDeleted):
        async with translated_errors():
            await interaction.delete_original_response()


async def current_components(interaction: Interaction) -> Sequence[Any]:
    """Return the message's components as another click may have left them meanwhile."""
    async with translated_errors():
        return (await interaction.original_response()).components


async def open_form(interaction: Interaction, form: discord.ui.Modal) -> None:
    """Open *form* for the member, or tell them that Discord does not; raises nothing.

    An answer that is there already leaves a follow-up; so does a form that Discord may have shown
    without saying so, and then its member has what they wanted.
    """
    try:
        await first_answer(
            interaction, lambda: interaction.response.send_modal(form), within=FORM_WITHIN
        )
    except DiscordError as refused:
        answered = isinstance(refused, AlreadyAnswered)
        told = "yes"
        try:
            await _tell(interaction, texts.error_answers.no_form(), follow_up=answered)
        except DiscordError as error:
            told = f"no, {error}"
        log.warning(
            "form not shown: interaction=%s form=%s error=%s told=%s",
            *(interaction.id, form.custom_id.partition(":")[0], refused, told),
        )


async def post_pictures(
    interaction: Interaction, job: Job, pictures: Sequence[Picture], *, language: str | None
) -> int:
    """Show pictures to everybody, in *language* or the server's; return the message's id."""
    with speaking(language or card_language(interaction)):
        card = cards.done(job, pictures, place=Place.POSTED)
    return await _send_card(interaction, card, private=False)


async def send_pictures(
    interaction: Interaction, job: Job, pictures: Sequence[Picture], *, orders: bool
) -> None:
    """Show the pictures of *job* to the member alone; *orders*: they are taken here."""
    delivered = job.transition(State.DELIVERED, now=job.completed_at or job.state_since)
    card = cards.done(delivered, pictures, place=Place.PRIVATE_ANSWER, orders=orders)
    await _send_card(interaction, card, private=True)


async def _send_card(interaction: Interaction, card: Card, *, private: bool) -> int:
    try:
        async with translated_errors():
            message = await interaction.followup.send(
                view=card.view, files=card.files, ephemeral=private, wait=True
            )
    finally:
        card.close()
    return message.id


async def send_data(interaction: Interaction, data: bytes) -> None:
    """Send a member their exported data, JSON, as a file for them alone; compress a large one."""
    name = "imagine-data.json"
    if len(data) > interaction.filesize_limit:
        data, name = await asyncio.to_thread(gzip.compress, data), f"{name}.gz"
    if len(data) > interaction.filesize_limit:
        await send_private(interaction, texts.member_commands.too_large())
        return
    async with translated_errors():
        file = discord.File(io.BytesIO(data), filename=name)
        await interaction.followup.send(texts.member_commands.exported(), file=file, ephemeral=True)


async def send_files(interaction: Interaction, files: Sequence[discord.File]) -> None:
    """Send files to the member alone, after a private deferral."""
    async with translated_errors():
        await interaction.followup.send(files=files, ephemeral=True)


def style_choices(
    interaction: Interaction, styles: Iterable[Style], typed: str, *, none: bool = False
) -> list[app_commands.Choice[str]]:
    """Return the styles whose name, or title in the member's language, contains *typed*.

    *none*: that there be no style is offered, too.
    """
    wanted, spoken = typed.strip().casefold(), of(interaction.locale)
    titled = [(title(style.name, spoken), style.name) for style in styles]
    if none:
        titled.insert(0, (texts.order_buttons.no_style(), NONE))
    return [
        app_commands.Choice(name=shown, value=name)
        for shown, name in titled
        if wanted in shown.casefold() or wanted in name.casefold()
    ][:MOST_CHOICES]
