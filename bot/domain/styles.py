"""Styles: named text that is appended to a prompt. Moderators add to the built-in ones."""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.built_in_styles import TITLES, WORDS
from bot.domain.errors import InvalidOption, InvalidStyle, StyleNotFound
from bot.domain.order import PROMPT_LENGTH, Order, checked_style, clean

LONGEST_NAME: Final = 32  # characters
LONGEST_WORDS: Final = 300  # characters
MOST: Final = 25  # of a server's own
SEPARATOR: Final = ", "  # between the prompt and the style's words


@dataclass(frozen=True, kw_only=True)
class Style:
    """A named preset."""

    name: str
    words: str


BUILT_IN: Final = tuple(Style(name=name, words=words) for name, words in WORDS.items())


def title(name: str, language: str) -> str:
    """Return the title of a style in *language*; a server's own style is called by its name."""
    return TITLES.get(name, {}).get(language, name)


def all_of(own: Sequence[Style]) -> Iterator[Style]:
    """Yield a server's *own* styles, then the built-in ones whose names it has not taken."""
    yield from own
    taken = {style.name.casefold() for style in own}
    yield from (style for style in BUILT_IN if style.name.casefold() not in taken)


def built_in(name: str) -> Style | None:
    """Return the built-in style of that name."""
    wanted = name.casefold()
    return next((style for style in BUILT_IN if style.name.casefold() == wanted), None)


def find(name: str, own: Sequence[Style]) -> Style:
    """Return the style of that name, or of that title in any language. Raises StyleNotFound."""
    wanted = name.casefold()
    candidates = list(all_of(own))
    for style in candidates:
        if style.name.casefold() == wanted:
            return style
    for style in candidates:
        if wanted in map(str.casefold, TITLES.get(style.name, {}).values()):
            return style
    raise StyleNotFound(style=name, similar=_similar(wanted, candidates))


def not_found(name: object, own: Sequence[Style]) -> StyleNotFound | None:
    """Return the fault of a style as it was typed; ``None``: it is none, or no name at all."""
    with suppress(InvalidOption):
        try:
            if (checked := checked_style(name)) is not None:
                find(checked, own)
        except StyleNotFound as error:
            return error
    return None


def _similar(wanted: str, candidates: Sequence[Style]) -> str | None:
    """Return the name of the style that *wanted* may mean, by its name or a title."""
    names = {
        spelled.casefold(): style.name
        for style in candidates
        for spelled in (style.name, *TITLES.get(style.name, {}).values())
    }
    begins = [spelled for spelled in names if spelled.startswith(wanted)]
    close = difflib.get_close_matches(wanted, names, n=1)
    found = next((spelled for spelled in (*begins, *close)), None)
    return None if found is None else names[found]


def extended(order: Order, own: Sequence[Style]) -> Order:
    """Return *order* with the prompt that is sent: the member's, and its style's words.

    Raises StyleNotFound, or InvalidOption if both together are too long.
    """
    if order.style is None:
        return order
    style = find(order.style, own)
    sent = f"{order.prompt}{SEPARATOR}{style.words}"
    if len(sent) > PROMPT_LENGTH.high:
        room = PROMPT_LENGTH.high - len(sent) + len(order.prompt)
        raise InvalidOption(
            option="prompt",
            low=PROMPT_LENGTH.low,
            high=room,
            got=len(order.prompt),
            style=style.name,
        )
    return replace(order, style=style.name, sent=sent)


def checked(name: object, words: object) -> Style:
    """Return the style that a moderator describes. Raises InvalidStyle."""
    style = Style(
        name=clean(name) if isinstance(name, str) else "",
        words=clean(words) if isinstance(words, str) else "",
    )
    for part, text, most in (
        ("name", style.name, LONGEST_NAME),
        ("words", style.words, LONGEST_WORDS),
    ):
        if not 1 <= len(text) <= most:
            raise InvalidStyle(name=part, most=most, got=len(text))
    return style
