"""The labels of the moderators' forms."""

from typing import Final

from bot.ui.language import gettext as _
from bot.ui.language import lazy
from bot.ui.texts import limits


def title(group: str) -> str:
    """Return the title of the form for a group of limits, at most 45 characters."""
    return _("Limits · {group}").format(group=limits.group(group))


def unit(name: str) -> str:
    """Return the label of a limit's field, with its unit."""
    if name == "cooldown":
        return _("{name}, seconds").format(name=limits.name(name))
    return limits.name(name)


# Hint of a limit that is a number.
number: Final = lazy("A whole number; 0 removes the limit")
# Label.
channels: Final = lazy("Orders are taken in")
channels_hint: Final = lazy("None: everywhere")


def phrases(name: str) -> str:
    """Return the label of the blocked or of the allowed phrases."""
    if name == "blocked":
        return _("Blocked words and phrases")
    return _("Allowed although they contain a blocked word")


phrases_hint: Final = lazy("One a line; whole words count, case does not")
