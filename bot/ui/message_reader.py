"""Reads a message that a member opened a menu on, of any author and any age."""

from collections.abc import Iterator, Sequence
from typing import Any

import discord

from bot.domain.order import clean
from bot.ui import order_buttons


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
