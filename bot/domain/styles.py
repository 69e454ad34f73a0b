"""Styles: named text that is appended to a prompt. Moderators add to the built-in ones."""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.built_in_styles import TITLES, WORDS
from bot.domain.errors import InvalidOption, InvalidStyle, StyleNotFound
from bot.domain.order import PROMPT_LENGTH, SEPARATOR, Order, checked_style, clean

LONGEST_NAME: Final = 32  # characters
LONGEST_WORDS: Final = 300  # characters
MOST: Final = 25  # of a server's own
NONE: Final = "-"  # typed for no style at all, where a member has one by default


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


def together(members: Sequence[Style], servers: Sequence[Style]) -> tuple[Style, ...]:
    """Return a member's own styles, then a server's whose names the member has not taken."""
    taken = {style.name.casefold() for style in members}
    return (*members, *(style for style in servers if style.name.casefold() not in taken))


def others(own: Sequence[Style], name: str) -> tuple[Style, ...]:
    """Return *own* without the style of that name."""
    wanted = name.casefold()
    return tuple(style for style in own if style.name.casefold() != wanted)


def extended(order: Order, own: Sequence[Style]) -> Order:
    """Return *order* with the prompt that is sent: the member's, its suffix, its style's words.

    Raises StyleNotFound, or InvalidOption if all together are too long.
    """
    style = None
    if order.style is not None:
        is_none = order.style == NONE and all(one.name != NONE for one in own)
        style = None if is_none else find(order.style, own)
    parts = (order.prompt, order.suffix, None if style is None else style.words)
    name = None if style is None else style.name
    sent = SEPARATOR.join(filter(None, parts))
    if len(sent) > PROMPT_LENGTH.high:
        room = PROMPT_LENGTH.high - len(sent) + len(order.prompt)
        raise InvalidOption(
            option="prompt",
            low=PROMPT_LENGTH.low,
            high=room,
            got=len(order.prompt),
            style=name,
            suffix=len(order.suffix or ""),
        )
    return replace(order, style=name, sent=None if sent == order.prompt else sent)


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
