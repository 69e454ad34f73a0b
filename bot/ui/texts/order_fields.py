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
