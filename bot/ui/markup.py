"""Text for Discord's eyes: what a person wrote shown as written, and times in their own zone."""

import re
from typing import Final

# Discord takes a backslash before any ASCII punctuation as "this, literally". These are the
# characters that begin or end some markup, a mention, an emoji, a link or a list.
_MARKUP: Final = re.compile(r"([\\*_~|`>#\-+\[\]()<@:!&/=.])")


MODIFIER: Final = "\N{MODIFIER LETTER GRAVE ACCENT}"  # looks like a backtick, and ends no code


def literal(text: str) -> str:
    """Return *text* so that Discord shows it letter by letter: no markup, link, emoji or ping."""
    return _MARKUP.sub(r"\\\1", text)


def code(text: str) -> str:
    """Return *text* as a piece of code, in which nothing is markup; its backticks become others."""
    return f"`{text.replace('`', MODIFIER)}`"


def ago(moment: float) -> str:
    """Return *moment*, in Unix seconds, as a time that Discord's clients count from or to."""
    return f"<t:{int(moment)}:R>"
