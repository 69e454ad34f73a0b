"""Discord markdown: escapes what people wrote, and formats times."""

import re
from typing import Final

# A backslash escapes any ASCII punctuation. These characters begin or end markup, a mention, an
# emoji, a link or a list.
_MARKUP: Final = re.compile(r"([\\*_~|`>#\-+\[\]()<@:!&/=.])")


MODIFIER: Final = "\N{MODIFIER LETTER GRAVE ACCENT}"  # looks like a backtick, and ends no code


def literal(text: str) -> str:
    """Return *text* escaped: Discord shows it literally, without markup, links, emoji or pings."""
    return _MARKUP.sub(r"\\\1", text)


def code(text: str) -> str:
    """Return *text* as inline code; its backticks are replaced by a similar character."""
    return f"`{text.replace('`', MODIFIER)}`"


def clock_with_seconds(moment: float) -> str:
    """Return the same as :func:`clock`, to the second."""
    return f"<t:{int(moment)}:T>"


def ago(moment: float) -> str:
    """Return *moment*, in Unix seconds, as a relative time that clients keep up to date."""
    return f"<t:{int(moment)}:R>"


def clock(moment: float) -> str:
    """Return the time of day of *moment*, in Unix seconds, in each reader's time zone."""
    return f"<t:{int(moment)}:t>"


def date(moment: float) -> str:
    """Return the date and time of day of *moment*, in Unix seconds."""
    return f"<t:{int(moment)}:f>"


def when(moment: float) -> str:
    """Return *moment*, in Unix seconds, as a relative time and the time of day."""
    return f"{ago(moment)} (<t:{int(moment)}:t>)"
