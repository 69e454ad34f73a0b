"""The tree of our own errors, each named for what its reader may conclude.

They carry data; the words that members read are made of it in ``bot/ui/texts``.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the domain raises some of these
    from bot.domain.limits import Verdict


class ImagineError(Exception):
    """Everything that this program raises itself."""


@dataclass(eq=False, kw_only=True)
class BadSettings(ImagineError):
    """A setting is missing or wrong, and the operator can mend it."""

    setting: str
    reason: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}"


class AlreadyRunning(ImagineError):
    """Another process of the same name holds the lock."""


class NotOrdered(ImagineError):
    """The member's order was not taken: nothing runs and nothing is billed."""


@dataclass(eq=False, kw_only=True)
class BadOption(NotOrdered):
    """An option is outside its range."""

    option: str
    low: float
    high: float
    got: object
    style: str | None = None  # what left so little room for a prompt

    def __str__(self) -> str:
        return f"{self.option} is not within {self.low} and {self.high}"


@dataclass(eq=False, kw_only=True)
class NoSuchStyle(NotOrdered):
    """There is no style of that name here, or not any more."""

    style: str


class OnlyInServers(NotOrdered):
    """Orders are taken in servers only."""


@dataclass(eq=False, kw_only=True)
class LimitReached(NotOrdered):
    """A rule that somebody set forbids the order now."""

    verdict: "Verdict"
    log_channel: int | None = None  # the server's

    def __str__(self) -> str:
        return f"{self.verdict.rule}: {self.verdict.used} of {self.verdict.limit} used"


class Forgotten(NotOrdered):
    """The order to be repeated is not on record any more."""


class TooLate(NotOrdered):
    """The order could not be recorded in time to answer the member."""


class Closing(NotOrdered):
    """The bot is about to stop, or has just begun to."""


class NotChanged(ImagineError):
    """What a moderator asked for was not done: everything is as it was."""


class NotModerator(NotChanged):
    """Whoever asked may not manage that server."""


@dataclass(eq=False, kw_only=True)
class BadLimit(NotChanged):
    """A limit can't be set to that."""

    name: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.name} is neither 0 nor within {self.low} and {self.high}"


@dataclass(eq=False, kw_only=True)
class TooMany(NotChanged):
    """There is room for no more of them."""

    name: str
    most: int


@dataclass(eq=False, kw_only=True)
class BadStyle(NotChanged):
    """A style can't be kept like that."""

    name: str  # of what is wrong with it
    most: int  # characters
    got: int


@dataclass(eq=False, kw_only=True)
class StyleUnknown(NotChanged):
    """The server has no style of its own of that name."""

    style: str


class NotWritable(NotChanged):
    """The bot can't write in the channel that was to be the log."""


class DraftGone(NotChanged):
    """The change that was to be saved is not on record any more."""


class NotHandled(ImagineError):
    """What somebody asked for with an order that was taken can't be done: all is as it was."""


class NotYours(NotHandled):
    """Only its member may do that, or who may manage the server."""


class AnothersData(NotHandled):
    """What is kept of a member is theirs alone to export or delete."""


class NothingThere(NotHandled):
    """There is no such order on record, or not any more."""


class OverAlready(NotHandled):
    """The order has ended, or its pictures are shown: there is nothing to cancel."""


class PostedAlready(NotHandled):
    """The pictures are public."""


@dataclass(eq=False, kw_only=True)
class MayNotPost(NotHandled):
    """A rule that somebody set forbids to show the pictures there: they are private as before."""

    verdict: "Verdict"


class NotPosted(NotHandled):
    """Discord took no pictures in that place: they are private as before."""


class NotRemoved(NotHandled):
    """Discord did not let us delete the message with the pictures."""


class PicturesGone(NotHandled):
    """The pictures are not to be had any more."""


class ReportedAlready(NotHandled):
    """The moderators know."""


class NoLog(NotHandled):
    """The server's moderators have chosen no channel that could be told."""


class LogClosed(NotHandled):
    """The channel that moderators chose took nothing: they may not know."""


class NotDone(ImagineError):
    """What an operator asked for can't be done: everything is as it was."""


class Replayed(ImagineError):
    """Discord delivered an interaction again that is an order already: there is nothing to do."""


class StoreAway(ImagineError):
    """The store did not do what it was asked, and may do it later."""


class CallError(ImagineError):
    """A call did not do what it was for.

    ``status`` is HTTP's; ``None``: no answer came, or it is not what went wrong.
    """

    status: int | None

    def __init__(self, words: str = "", *, status: int | None = None) -> None:
        super().__init__(words)
        self.status = status


class PixazoError(CallError):
    """The vendor did not do what it was asked."""


@dataclass(eq=False, kw_only=True)
class Refused(PixazoError):
    """The vendor answered no: nothing runs and nothing is billed."""

    status: int
    reason: str  # the vendor's own words; may be empty

    def __str__(self) -> str:
        return f"the vendor answered {self.status}: {self.reason}"


class OutOfCredit(Refused):
    """The wallet cannot pay for the order."""


class KeyRefused(Refused):
    """The API key is missing, wrong or not allowed: no call with it will succeed."""


class Unknown(Refused):
    """The vendor does not know that request, or not any more."""


@dataclass(eq=False, kw_only=True)
class Busy(PixazoError):
    """The vendor took nothing, and says to come back later.

    ``retry_after`` is in seconds; ``None``: the vendor did not say when.
    """

    status: int
    retry_after: float | None

    def __str__(self) -> str:
        return f"the vendor is busy ({self.status}), retry after {self.retry_after} s"


class Unsent(PixazoError):
    """The connection failed before anything was sent: the vendor has heard nothing."""


class Silent(PixazoError):
    """No usable answer: the vendor may or may not be working, and billing."""


class NoPicture(PixazoError):
    """That address gave no picture that can be used, and asking again will not help."""


class MediaAway(PixazoError):
    """The pictures could not be fetched now; later they may."""


class DiscordError(CallError):
    """Discord did not do what it was asked."""


class Closed(DiscordError):
    """That way to the member is closed for good; another one may be open."""


class Deleted(Closed):
    """Somebody deleted the message: it is not wanted where it was."""


class TooLarge(Closed):
    """Discord takes no file of that size here."""


class DiscordAway(DiscordError):
    """Discord gave no usable answer: it may or may not have done it; asking again may help."""
