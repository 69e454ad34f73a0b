"""What a member may ask for: the options of ``/imagine``, their ranges and the prompt's rules.

The gateway publishes no ranges; these are the ones that AuraFlow v0.3 is known to work in.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
SUFFIX_LENGTH: Final = Span(1, 200)  # characters of what a member adds to each prompt
SEPARATOR: Final = ", "  # between the prompt, the suffix and a style's words

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
    suffix: str | None = None  # what its member adds to their prompts
    sent: str | None = None  # the extended prompt; None: it is sent as typed
    spoilered: bool = False  # its member wants the pictures behind a spoiler
    defaulted: str | None = None  # names of the options that are the member's defaults, by commas


@dataclass(frozen=True, kw_only=True)
class OrderOptions:
    """The options of ``/imagine`` as they came, unchecked: a crafted client sends any type.

    ``None``: not named, so that the member's defaults count. An empty style or suffix is none.
    """

    prompt: object
    images: object = None
    guidance: object = None
    steps: object = None
    enhance: object = None
    style: object = None
    private: object = None
    spoiler: object = None
    suffix: object = None

    @classmethod
    def of(cls, order: Order, *, private: bool) -> Self:
        """Return the options that describe *order*, whatever its member's defaults are now."""
        return cls(
            prompt=order.prompt,
            images=order.images,
            guidance=order.guidance,
            steps=order.steps,
            enhance=order.enhance,
            style=order.style or "",
            private=private,
            spoiler=order.spoilered,
            suffix=order.suffix or "",
        )

    def with_suffix_typed(self) -> Self:
        """Return the options with the suffix as a part of the prompt, where a member sees it."""
        if not isinstance(self.prompt, str) or not isinstance(self.suffix, str) or not self.suffix:
            return self
        prompt = SEPARATOR.join(filter(None, (self.prompt, self.suffix)))
        return replace(self, prompt=prompt, suffix="")


def check(options: OrderOptions) -> Order:
    """Return the order that *options* describe, before its style extends the prompt.

    Raises InvalidOption, which names all options that are out of range, and their ranges.
    """
    values, faults = dict[str, Any](), list[InvalidOption]()
    for name in _CHECKS:
        if (value := getattr(options, name)) is not None or name == "prompt":
            try:
                values[name] = checked_option(name, value)
            except InvalidOption as error:
                faults.append(error)
    if faults:
        faults[0].others = tuple(faults[1:])
        raise faults[0]
    values.pop("private", None)
    spoilered = values.pop("spoiler", False)
    return Order(**values, spoilered=spoilered)


def checked_option(name: str, value: object) -> Any:
    """Return the value of an option as an order has it. Raises InvalidOption."""
    return _CHECKS[name](value)


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


def _checked_suffix(value: object) -> str | None:
    suffix = clean(value).strip(SEPARATOR) if isinstance(value, str) else value
    if suffix == "":
        return None
    if not isinstance(suffix, str) or len(suffix) not in SUFFIX_LENGTH:
        got = len(suffix) if isinstance(suffix, str) else value
        raise InvalidOption(
            option="suffix", low=SUFFIX_LENGTH.low, high=SUFFIX_LENGTH.high, got=got
        )
    return suffix


def _checked_flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidOption(option=option, low=False, high=True, got=value)
    return value


_CHECKS: Final[Mapping[str, Callable[[object], Any]]] = {
    "prompt": _checked_prompt,
    "style": checked_style,
    "images": lambda value: _checked_whole("images", value, IMAGES),
    "guidance": lambda value: _checked_number("guidance", value, GUIDANCE),
    "steps": lambda value: _checked_whole("steps", value, STEPS),
    "enhance": lambda value: _checked_flag("enhance", value),
    "private": lambda value: _checked_flag("private", value),
    "spoiler": lambda value: _checked_flag("spoiler", value),
    "suffix": _checked_suffix,
}
