"""The fields of the order's form."""

from typing import Final

from bot.ui.language import lazy

# At most 45 characters.
LABELS: Final = {
    "prompt": lazy("Prompt"),
    "style": lazy("Style"),
    "images": lazy("Images"),
    "guidance": lazy("Guidance"),
    "steps": lazy("Steps"),
}

# Below the fields, at most 100 characters.
HINTS: Final = {
    "guidance": lazy("{low} to {high}; higher follows the prompt more closely"),
    "steps": lazy("{low} to {high}; more is finer and slower"),
}
cut: Final = lazy("That message was too long for a prompt, so the end was cut off.")
