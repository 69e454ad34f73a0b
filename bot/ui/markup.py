"""Text for Discord's eyes: what a person wrote shown as written, and times in their own zone."""

import re
from typing import Final

# Discord takes a backslash before any ASCII punctuation as "this, literally". These are the
# characters that begin or end some markup, a mention, an emoji, a link or a list.
_MARKUP: Final = re.compile(r"([\\*_~|`>#\-+\[\]()<@:!&/=.])")


def literal(text: str) -> str:
    """Return *text* so that Discord shows it letter by letter: no markup, link, emoji or ping."""
    return _MARKUP.sub(r"\\\1", text)


def ago(moment: float) -> str:
    """Return *moment*, in Unix seconds, as a time that Discord's clients count from or to."""
    return f"<t:{int(moment)}:R>"
