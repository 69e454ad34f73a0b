"""The welcome of a server that the bot was added to, and the first steps of its moderators."""

from collections.abc import Iterator
from typing import Final

from bot.domain.rules import Rules
from bot.service.moderation import Overview
from bot.ui import guild_cache
from bot.ui.language import gettext as _
from bot.ui.language import lazy, pgettext
from bot.ui.markup import literal
from bot.ui.texts import limits, limits_panel, shared, warnings

_CHANNELS: Final = 300  # characters of the channels that were checked
_DONE: Final = "\N{WHITE HEAVY CHECK MARK}"
_OPEN: Final = "\N{WHITE LARGE SQUARE}"

# Buttons and selects.
set_limits: Final = lazy("Limits")
check: Final = lazy("Check permissions")
choose_log: Final = lazy("Choose the log channel")
choose_channels: Final = lazy("Choose the channels for pictures")

_purpose: Final = lazy(
    "I turn prompts into pictures: type `/imagine` and describe what you want to see. Each picture "
    "costs the bot's owner a little money, so there are daily limits."
)


def welcome() -> str:
    """Return how the bot introduces itself in a channel."""
    title = _("Hello, and thanks for adding me!")
    steps = _("Setup takes about a minute. Or just start: the defaults are fine.")
    who = _("You need the **Manage Server** permission to use these buttons.")
    return f"## {title}\n{_purpose()}\n{steps}\n-# {who}"


def welcome_owner(server: str) -> str:
    """Return how it does so to the server's owner, where it may write in no fitting channel."""
    where = _("Hello! I am in **{server}** now, but found no channel to introduce myself in.")
    steps = _("Type `/limits show` in one of the server's channels to set everything up.")
    return f"{where.format(server=literal(server))}\n{_purpose()}\n{steps}"


def steps(overview: Overview, note: str | None = None) -> str:
    """Return how far the first steps are, what does not work, and *note*, the last result."""
    title = _("First steps")
    parts = [f"## {title}", *_settings(overview.rules), *limits_panel.all_warnings(overview)]
    result = f"\n{note}" if note else ""
    return shared.fitted(parts, shared.MESSAGE - len(result)) + result


def _settings(rules: Rules) -> Iterator[str]:
    words = len(rules.words.blocked)
    blocked = shared.phrases(words) if words else pgettext("words", "none")
    for done, line in (
        (rules.log_channel is not None, limits.line("log_channel", rules)),
        (bool(rules.channels), _channels(rules)),
        (rules.member_per_day > 0, limits.line("member_per_day", rules)),
        (words > 0, f"{limits.name('blocked')}: **{blocked}**"),
    ):
        yield f"{_DONE if done else _OPEN} {line}"


def _channels(rules: Rules) -> str:
    if rules.channels or rules.nowhere:
        return limits.channels(rules)
    return _("Channels for pictures: **all** (none chosen)")


def checked(overview: Overview) -> str:
    """Return whether the bot has the permissions that it needs, and where that was looked up."""
    rules = overview.rules
    places = [*guild_cache.order_channels(rules.channels), *filter(None, [rules.log_channel])]
    known = [
        place
        for place in dict.fromkeys(places)
        if guild_cache.granted(place) is not None and not guild_cache.is_deleted_channel(place)
    ]
    if not known:
        return _("I can't look at my permissions right now. Please try again in a minute.")
    channels = shared.fitted([*map(shared.channel, known)], _CHANNELS, ", ")
    lacking = warnings.missing_permissions(known)
    if lacking or shared.log_warning(rules.log_channel, refused=overview.log_refused):
        text = _(
            "**Permissions:** something is missing, see above. You can change it in the channel's "
            "settings, under Permissions."
        )
        return f"\N{CROSS MARK} {text}"
    text = _("**Permissions:** I can do everything I need in {channels}.")
    return f"{_DONE} {text.format(channels=channels)}"
