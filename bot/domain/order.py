"""What a member may ask for: the options of ``/imagine``, their ranges and the prompt's rules.

The gateway publishes no ranges; these are the ones that AuraFlow v0.3 is known to work in.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, Self, TypeVar

import regex

from bot.domain.errors import InvalidOption

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Span(Generic[Number]):
    """An inclusive range."""

    low: Number
    high: Number

    def __contains__(self, value: Number) -> bool:
        return self.low <= value <= self.high


MODEL: Final = "AuraFlow v0.3"

PROMPT_LENGTH: Final = Span(1, 1000)  # characters, after cleaning
IMAGES: Final = Span(1, 4)
GUIDANCE: Final = Span(1.0, 10.0)  # 1.0 means no guidance at all
STEPS: Final = Span(20, 50)
STYLE_LENGTH: Final = Span(1, 32)  # characters of a style's name

# Letters and symbols by their category, blanks by their looks.
_BLANKS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")

# More marks on a letter are no writing and cover the lines around it. A few scripts stack theirs.
_STACKED: Final = r"[\p{Myanmar}\p{Tibetan}\p{Tai_Tham}]"
_EXCESS_MARKS: Final = regex.compile(
    rf"(?V1)(?<=(?:[\p{{M}}--{_STACKED}][\u200c\u200d]*){{3}})(?:[\p{{M}}--{_STACKED}][\u200c\u200d]*)+"
    r"|(?<=(?:\p{M}[\u200c\u200d]*){6})(?:\p{M}[\u200c\u200d]*)+"
)

# Between visible characters these two shape emoji and many scripts; elsewhere they are noise.
_JOINERS: Final = frozenset("\u200c\u200d")
# Behind a black flag, a few tags draw a region's flag; elsewhere they are invisible words.
_TAGS: Final = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e007a]{3,6}\U000e007f)|[\U000e0020-\U000e007f]"
)


@dataclass(frozen=True, kw_only=True)
class Order:
    """A picture order that is within every range. Made by :func:`check` or read from the store."""

    prompt: str  # as the member typed it
    images: int = 1
    guidance: float = 3.5
    steps: int = 50
    enhance: bool = True
    style: str | None = None  # the name of the one that extends the prompt
    sent: str | None = None  # the extended prompt; None: there is no style, it is sent as typed


@dataclass(frozen=True, kw_only=True)
class OrderOptions:
    """The options of ``/imagine`` as they came, unchecked: a crafted client sends any type."""

    prompt: object
    images: object
    guidance: object
    steps: object
    enhance: object
    style: object
    private: object

    @classmethod
    def of(cls, order: Order, *, private: bool) -> Self:
        """Return the options that describe *order*."""
        return cls(
            prompt=order.prompt,
            images=order.images,
            guidance=order.guidance,
            steps=order.steps,
            enhance=order.enhance,
            style=order.style,
            private=private,
        )


def check(options: OrderOptions) -> Order:
    """Return the order that *options* describe, before its style extends the prompt.

    Raises InvalidOption, which names all options that are out of range, and their ranges.
    """
    checks: dict[str, Callable[[], Any]] = {
        "prompt": lambda: _checked_prompt(options.prompt),
        "style": lambda: checked_style(options.style),
        "images": lambda: _checked_whole("images", options.images, IMAGES),
        "guidance": lambda: _checked_number("guidance", options.guidance, GUIDANCE),
        "steps": lambda: _checked_whole("steps", options.steps, STEPS),
        "enhance": lambda: _checked_flag("enhance", options.enhance),
        "private": lambda: _checked_flag("private", options.private),
    }
    values, faults = {}, list[InvalidOption]()
    for name, value in checks.items():
        try:
            values[name] = value()
        except InvalidOption as error:
            faults.append(error)
    if faults:
        faults[0].others = tuple(faults[1:])
        raise faults[0]
    values.pop("private")
    return Order(**values)


def clean(text: str) -> str:
    """Return *text* in NFC on one line, without what cannot be seen, trimmed.

    Line breaks, tabs and other spaces become single spaces. Control, zero-width, bidirectional
    and unpaired surrogate characters go; joiners stay where they join, and three marks on a letter.
    """
    visible = "".join(map(_seen, _TAGS.sub(r"\1", text)))
    if not visible.isascii():
        visible = "".join(
            character
            for position, character in enumerate(visible)
            if character not in _JOINERS or _joins(visible, position)
        )
        decomposed = unicodedata.normalize("NFD", _EXCESS_MARKS.sub("", visible))
        visible = unicodedata.normalize("NFC", _EXCESS_MARKS.sub("", decomposed))
    return " ".join(visible.split())


@lru_cache(maxsize=2**13)
def _seen(character: str) -> str:
    if character.isspace() or character in _BLANKS:
        return " "
    if character in _JOINERS or "\U000e0020" <= character <= "\U000e007f":
        return character
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def _joins(line: str, position: int) -> bool:
    """Tell whether the joiner at *position* is between two visible characters."""
    neighbours = line[max(position - 1, 0) : position] + line[position + 1 : position + 2]
    return len(neighbours) == 2 and not any(  # noqa: PLR2004 - one on each side
        neighbour.isspace() or neighbour in _JOINERS for neighbour in neighbours
    )


def _checked_prompt(value: object) -> str:
    prompt = clean(value) if isinstance(value, str) else ""
    if not any(unicodedata.category(character)[0] in "LNPS" for character in prompt):
        prompt = ""  # marks without a base character show nothing
    if len(prompt) not in PROMPT_LENGTH:
        raise InvalidOption(
            option="prompt", low=PROMPT_LENGTH.low, high=PROMPT_LENGTH.high, got=len(prompt)
        )
    return prompt


def _checked_whole(option: str, value: object, span: Span[int]) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in span:
        raise InvalidOption(option=option, low=span.low, high=span.high, got=value)
    return value


def _checked_number(option: str, value: object, span: Span[float]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in span:
        raise InvalidOption(option=option, low=span.low, high=span.high, got=value)
    return float(value)


def checked_style(value: object) -> str | None:
    """Return the name of a style as it is looked up; ``None``: none. Raises InvalidOption."""
    name = clean(value) if isinstance(value, str) else value
    if name is None or name == "":
        return None
    if not isinstance(name, str) or len(name) not in STYLE_LENGTH:
        raise InvalidOption(option="style", low=STYLE_LENGTH.low, high=STYLE_LENGTH.high, got=value)
    return name


def _checked_flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidOption(option=option, low=False, high=True, got=value)
    return value
