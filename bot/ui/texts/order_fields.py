"""The fields of the order's form."""

from collections.abc import Iterable
from typing import Final

from bot.ui.language import gettext as _
from bot.ui.language import lazy

# At most 45 characters.
LABELS: Final = {
    "prompt": lazy("Prompt"),
    "style": lazy("Style"),
    "images": lazy("Images"),
    "guidance": lazy("Guidance"),
    "steps": lazy("Steps"),
    "suffix": lazy("Suffix"),
}

# Below the fields, at most 100 characters.
HINTS: Final = {
    "guidance": lazy("{low} to {high}; higher follows the prompt more closely"),
    "steps": lazy("{low} to {high}; more is finer and slower"),
}
cut: Final = lazy("That message was too long for a prompt, so the end was cut off.")

# Names of the options that a member may have set by default, within a sentence.
_NAMES: Final = {
    "images": lazy("number of images"),
    "style": lazy("style"),
    "steps": lazy("steps"),
    "guidance": lazy("guidance"),
    "enhance": lazy("prompt enhancement"),
    "private": lazy("private"),
    "spoiler": lazy("spoiler"),
    "suffix": lazy("suffix"),
}


def from_settings(names: Iterable[str]) -> str:
    """Return the small line with the options that are defaults of the order's member."""
    listed = ", ".join(_NAMES[name]() for name in names if name in _NAMES)
    return "-# " + _("From `/settings`: {options}").format(options=listed)
