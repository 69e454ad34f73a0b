"""Reads a message that a member opened a menu on, of any author and any age."""

from collections.abc import Iterator, Sequence
from typing import Any

import discord

from bot.domain.order import clean
from bot.service.reports import Seen
from bot.ui import order_buttons
from bot.ui.discord_errors import translated_errors


def text(message: discord.Message) -> str:
    """Return a message's text, or the text that it forwards: content, components or embeds."""
    parts: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for part in parts:
        embedded = [line for embed in part.embeds for line in _embed_lines(embed)]
        for lines in ([part.content], list(_displayed(part.components)), embedded):
            joined = "\n".join(line.strip() for line in lines if line.strip())
            if clean(joined):  # more than invisible characters
                return joined
    return ""


def job_id(message: discord.Message, bot_user: discord.ClientUser | None) -> str | None:
    """Return the job that a message of the bot's is about; ``None``: about none.

    The author is checked: others can send buttons that look like the bot's.
    """
    if not is_own(message, bot_user):
        return None
    return next(order_buttons.job_ids(message.components), None)


async def shows_pictures(client: discord.Client, seen: Seen, job_id: str) -> bool:
    """Tell whether that message is the bot's and shows a job's pictures; raises DiscordError."""
    async with translated_errors():
        channel = client.get_partial_messageable(seen.channel_id)
        message = await channel.fetch_message(seen.message_id)
    is_about = order_buttons.shows_pictures(message.components, job_id)
    return is_own(message, client.user) and is_about


def is_own(message: discord.Message, bot_user: discord.ClientUser | None) -> bool:
    """Tell whether the bot sent the message."""
    return bot_user is not None and message.author.id == bot_user.id


def _displayed(components: Sequence[Any]) -> Iterator[str]:
    for component in components:
        if isinstance(component, discord.TextDisplay):
            yield component.content
        yield from _displayed(getattr(component, "children", ()))


def _embed_lines(embed: discord.Embed) -> Iterator[str]:
    yield embed.title or ""
    yield embed.description or ""
    for field in embed.fields:
        yield field.name or ""
        yield field.value or ""
