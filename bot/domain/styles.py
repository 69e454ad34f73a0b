"""Styles: words that go behind a prompt, by a name. Moderators add to those that all have."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final

from bot.domain.errors import InvalidOption, InvalidStyle, StyleNotFound
from bot.domain.order import PROMPT_LENGTH, Order, clean

LONGEST_NAME: Final = 32  # characters
LONGEST_WORDS: Final = 300  # characters
MOST: Final = 25  # of a server's own
BETWEEN: Final = ", "  # the prompt and what a style adds


@dataclass(frozen=True, kw_only=True)
class Style:
    """A named preset."""

    name: str
    words: str


def _built_in() -> Mapping[str, Mapping[str, str]]:
    found = tomllib.loads(files("bot.domain").joinpath("styles.toml").read_text("utf-8"))
    return {name: dict(entry) for name, entry in found.items()}


_BUILT_IN: Final = _built_in()
BUILT_IN: Final = tuple(Style(name=name, words=entry["words"]) for name, entry in _BUILT_IN.items())


def title(name: str, language: str) -> str:
    """Return what a style is called in *language*: a server's own by the name that it was given."""
    return _BUILT_IN.get(name, {}).get(language, name)


def all_of(own: Sequence[Style]) -> Iterator[Style]:
    """Yield a server's styles: its *own*, then those that it does not have under the same name."""
    yield from own
    taken = {style.name.casefold() for style in own}
    yield from (style for style in BUILT_IN if style.name.casefold() not in taken)


def find(name: str, own: Sequence[Style]) -> Style:
    """Return the style of that name, or of that title in any language.

    Raises StyleNotFound.
    """
    wanted = name.casefold()
    every = list(all_of(own))
    for style in every:
        if style.name.casefold() == wanted:
            return style
    for style in every:
        titles = (_BUILT_IN.get(style.name, {}).get(one, "") for one in ("en", "de"))
        if wanted in map(str.casefold, titles):
            return style
    raise StyleNotFound(style=name)


def extended(order: Order, own: Sequence[Style]) -> Order:
    """Return *order* with the prompt that is sent: the member's, and what its style adds.

    Raises StyleNotFound, and InvalidOption where both
    together are too long.
    """
    if order.style is None:
        return order
    style = find(order.style, own)
    sent = f"{order.prompt}{BETWEEN}{style.words}"
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
    """Return the style that a moderator describes.

    Raises InvalidStyle.
    """
    style = Style(
        name=clean(name) if isinstance(name, str) else "",
        words=clean(words) if isinstance(words, str) else "",
    )
    for what, text, most in (
        ("name", style.name, LONGEST_NAME),
        ("words", style.words, LONGEST_WORDS),
    ):
        if not 1 <= len(text) <= most:
            raise InvalidStyle(name=what, most=most, got=len(text))
    return style
