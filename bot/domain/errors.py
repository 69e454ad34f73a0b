"""What the rules reject, each error with the data that its explanation needs."""

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import ImagineError


class OrderRejected(ImagineError):
    """The member's order was not accepted: nothing runs and nothing is billed."""

    options: object = None  # OrderOptions, as they may be asked for again; None: not known
    defaulted: tuple[str, ...] = ()  # names of the options that were the member's defaults


@dataclass(eq=False, kw_only=True)
class InvalidOption(OrderRejected):
    """An option is outside its range."""

    option: str
    low: float
    high: float
    got: object
    # What left so little room for a prompt: the style, and characters of the suffix.
    style: str | None = None
    suffix: int = 0
    others: tuple["InvalidOption | StyleNotFound", ...] = ()  # further faults of the same order

    def __str__(self) -> str:
        return f"{self.option} is not within {self.low} and {self.high}"


@dataclass(eq=False, kw_only=True)
class StyleNotFound(OrderRejected):
    """The server has no style of that name, or no longer."""

    style: str
    similar: str | None = None  # the name of the style that may be meant


class ChangeRejected(ImagineError):
    """A moderator's change was not made: everything is as it was."""

    others: tuple["ChangeRejected", ...] = ()  # further faults of the same form


@dataclass(eq=False, kw_only=True)
class InvalidLimit(ChangeRejected):
    """A limit can't be set to that value."""

    name: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.name} is neither 0 nor within {self.low} and {self.high}"


class LogChannelNeeded(ChangeRejected):
    """Pictures can't be held without a log channel that shows them to moderators."""


class LanguageNotSpoken(ChangeRejected):
    """The bot does not speak that language."""


@dataclass(eq=False, kw_only=True)
class TooManyEntries(ChangeRejected):
    """The list has no room for another entry."""

    name: str
    most: int


@dataclass(eq=False, kw_only=True)
class InvalidStyle(ChangeRejected):
    """A style's name or text is too long, or empty."""

    name: str  # "name" or "words": which of the two
    most: int  # characters
    got: int


@dataclass(eq=False, kw_only=True)
class OwnStyleNotFound(ChangeRejected):
    """The server has no style of its own of that name."""

    style: str


class PhraseFault(StrEnum):
    """Why a word list does not accept a phrase."""

    NO_WORD = "no_word"  # it holds nothing that could match in a prompt
    WILDCARD = "wildcard"  # a * alone or within it, or a ? within a word
    SEPARATOR = "separator"  # a separating sign or half a bracket at its start or end
    TOO_LONG = "too_long"  # characters of the phrase
    TOO_MANY = "too_many"  # phrases in the list
    LIST_TOO_LONG = "list_too_long"  # characters of all phrases together


@dataclass(eq=False, kw_only=True)
class InvalidPhrase(ChangeRejected):
    """A word list does not accept a phrase."""

    fault: PhraseFault
    limit: int  # the least number of words for NO_WORD, else the most that is accepted
    got: int
    phrase: str  # as it was typed
    place: tuple[str, int] | None = None  # of a form: the list, and the line in it

    def __str__(self) -> str:
        return f"{self.fault}: {self.got} where the limit is {self.limit}"
