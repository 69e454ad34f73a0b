"""Texts that several modules use: counts, durations, lists that are cut."""

from collections.abc import Sequence
from typing import Final

from bot.domain import styles
from bot.domain.job import Job
from bot.ui import guild_cache
from bot.ui.language import gettext as _
from bot.ui.language import ngettext, plural, spoken
from bot.ui.markup import code, literal

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


def role(role_id: int) -> str:
    """Return the mention of a role, unless it is @everyone or deleted."""
    if guild_cache.is_everyone(role_id):
        return literal("@everyone")  # a mention of it would ping, or show a second @
    if guild_cache.is_deleted_role(role_id):
        return _("deleted role `{id}`").format(id=role_id)
    return f"<@&{role_id}>"


def channel(channel_id: int) -> str:
    """Return the mention of a channel or thread, unless it is deleted."""
    if guild_cache.is_deleted_channel(channel_id):
        return _("deleted channel `{id}`").format(id=channel_id)
    return f"<#{channel_id}>"


def channels(ids: Sequence[int]) -> str:
    """Return mentions of channels."""
    return ", ".join(map(channel, ids))


def log_warning(channel_id: int | None, *, refused: bool) -> str:
    """Return why nothing is logged, although there is a log channel; empty: nothing is known.

    *refused*: Discord did not take the last line for it.
    """
    if channel_id is None:
        return ""
    if guild_cache.is_deleted_channel(channel_id):
        text = _(
            "The log channel was deleted, so nothing is logged. `/limits log` chooses another."
        )
    elif guild_cache.is_unwritable(channel_id):
        text = _(
            "Nothing is logged: the bot needs View Channel and Send Messages in {channel}."
        ).format(channel=channel(channel_id))
    elif refused:
        text = _(
            "The bot couldn't write its last line in {channel}. Please check its permissions "
            "there, or choose another channel with `/limits log`."
        ).format(channel=channel(channel_id))
    else:
        return ""
    return f"\N{WARNING SIGN}\N{VARIATION SELECTOR-16} {text}"


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
