"""What is read from a message that somebody used a menu on: whoever wrote it, however old it is."""

from collections.abc import Iterator, Sequence
from typing import Any

import discord

from bot.domain.order import clean
from bot.ui import buttons


def text(message: discord.Message) -> str:
    """Return the words of a message, or of the one that it forwards; empty: it has none.

    Its content, else what its components display, else what stands in its embeds.
    """
    said: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for one in said:
        embedded = [line for embed in one.embeds for line in _embedded(embed)]
        for lines in ([one.content], list(_displayed(one.components)), embedded):
            found = "\n".join(line.strip() for line in lines if line.strip())
            if clean(found):  # characters that nobody sees are no words
                return found
    return ""


def job_id(message: discord.Message, us: discord.ClientUser | None) -> str | None:
    """Return the job that a message of ours is about; ``None``: it is not, or about none.

    Others may send buttons that look like ours.
    """
    if us is None or message.author.id != us.id:
        return None
    return next(buttons.job_ids(message.components), None)


def _displayed(components: Sequence[Any]) -> Iterator[str]:
    for component in components:
        if isinstance(component, discord.TextDisplay):
            yield component.content
        yield from _displayed(getattr(component, "children", ()))


def _embedded(embed: discord.Embed) -> Iterator[str]:
    yield embed.title or ""
    yield embed.description or ""
    for field in embed.fields:
        yield field.name or ""
        yield field.value or ""
