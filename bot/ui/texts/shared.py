"""Texts that several modules use: counts, durations, lists that are cut."""

from collections.abc import Sequence
from typing import Final

from bot.domain import styles
from bot.domain.job import Job
from bot.ui.language import gettext as _
from bot.ui.language import ngettext, plural, spoken
from bot.ui.markup import code

# Characters: of all components of a message, and of one list in it.
MESSAGE: Final = 4000
LIST: Final = 1900

_UNITS: Final = (
    (86400, plural("{count} day", "{count} days")),
    (3600, plural("{count} hour", "{count} hours")),
    (60, plural("{count} minute", "{count} minutes")),
    (1, plural("{count} second", "{count} seconds")),
)


def images(count: int) -> str:
    """Return a number of images."""
    return ngettext("{count} image", "{count} images", count).format(count=count)


def phrases(count: int) -> str:
    """Return a number of phrases."""
    return ngettext("{count} phrase", "{count} phrases", count).format(count=count)


def steps(count: int) -> str:
    """Return a number of steps."""
    return ngettext("{count} step", "{count} steps", count).format(count=count)


def style(name: str) -> str:
    """Return a style's title for a sentence."""
    return code(styles.title(name, spoken()))


def duration(seconds: int) -> str:
    """Return *seconds* in the largest unit that divides them."""
    size, text = next((size, text) for size, text in _UNITS if seconds % size == 0)
    return text(seconds // size).format(count=seconds // size)


def yes_or_no(value: object) -> str:
    """Return a flag's value."""
    return _("yes") if value else _("no")


def channels(ids: Sequence[int]) -> str:
    """Return mentions of channels."""
    return ", ".join(f"<#{channel_id}>" for channel_id in ids)


def fitted(lines: Sequence[str], most: int, between: str = "\n") -> str:
    """Return *lines*, joined, in at most *most* characters; the lines left out are counted."""
    kept, text = len(lines), between.join(lines)
    while len(text) > most and kept:
        kept -= 1
        more = _("… and {count} more").format(count=len(lines) - kept)
        text = between.join([*lines[:kept], more])
    return text


def cut(text: str, most: int) -> str:
    """Return *text*, cut to at most *most* characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def jump(job: Job) -> str:
    """Return the address of a job's card."""
    place = f"{job.guild_id or '@me'}/{job.reply.channel_id}"
    return f"https://discord.com/channels/{place}/{job.reply.message_id or ''}".rstrip("/")
