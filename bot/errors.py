"""The tree of our own errors, each named for what its reader may conclude.

They carry data; the words that members read are made of it in ``bot/ui/texts``.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the domain raises some of these
    from bot.domain.admission import RuleResult


class ImagineError(Exception):
    """Everything that this program raises itself."""


@dataclass(eq=False, kw_only=True)
class InvalidSettings(ImagineError):
    """A setting is missing or wrong, and the operator can mend it."""

    setting: str
    reason: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}"


class AlreadyRunning(ImagineError):
    """Another process of the same name holds the lock."""


class OrderRejected(ImagineError):
    """The member's order was not taken: nothing runs and nothing is billed."""


@dataclass(eq=False, kw_only=True)
class InvalidOption(OrderRejected):
    """An option is outside its range."""

    option: str
    low: float
    high: float
    got: object
    style: str | None = None  # what left so little room for a prompt

    def __str__(self) -> str:
        return f"{self.option} is not within {self.low} and {self.high}"


@dataclass(eq=False, kw_only=True)
class StyleNotFound(OrderRejected):
    """There is no style of that name here, or not any more."""

    style: str


class ServersOnly(OrderRejected):
    """Orders are taken in servers only."""


@dataclass(eq=False, kw_only=True)
class LimitReached(OrderRejected):
    """A rule that somebody set forbids the order now."""

    verdict: "RuleResult"
    log_channel: int | None = None  # the server's

    def __str__(self) -> str:
        return f"{self.verdict.rule}: {self.verdict.used} of {self.verdict.limit} used"


class OrderForgotten(OrderRejected):
    """The order to be repeated is not on record any more."""


class AdmissionTimeout(OrderRejected):
    """The order could not be recorded in time to answer the member."""


class ShuttingDown(OrderRejected):
    """The bot is about to stop, or has just begun to."""


class ChangeRejected(ImagineError):
    """What a moderator asked for was not done: everything is as it was."""


class NotAModerator(ChangeRejected):
    """Whoever asked may not manage that server."""


@dataclass(eq=False, kw_only=True)
class InvalidLimit(ChangeRejected):
    """A limit can't be set to that."""

    name: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.name} is neither 0 nor within {self.low} and {self.high}"


@dataclass(eq=False, kw_only=True)
class TooManyEntries(ChangeRejected):
    """There is room for no more of them."""

    name: str
    most: int


@dataclass(eq=False, kw_only=True)
class InvalidStyle(ChangeRejected):
    """A style can't be kept like that."""

    name: str  # of what is wrong with it
    most: int  # characters
    got: int


@dataclass(eq=False, kw_only=True)
class OwnStyleNotFound(ChangeRejected):
    """The server has no style of its own of that name."""

    style: str


class ChannelNotWritable(ChangeRejected):
    """The bot can't write in the channel that was to be the log."""


class DraftExpired(ChangeRejected):
    """The change that was to be saved is not on record any more."""


class ActionRejected(ImagineError):
    """What somebody asked for with an order that was taken can't be done: all is as it was."""


class NotAllowed(ActionRejected):
    """Only its member may do that, or who may manage the server."""


class NotOwnData(ActionRejected):
    """What is kept of a member is theirs alone to export or delete."""


class OrderNotFound(ActionRejected):
    """There is no such order on record, or not any more."""


class AlreadyEnded(ActionRejected):
    """The order has ended, or its pictures are shown: there is nothing to cancel."""


class AlreadyPosted(ActionRejected):
    """The pictures are public."""


@dataclass(eq=False, kw_only=True)
class PostingForbidden(ActionRejected):
    """A rule that somebody set forbids to show the pictures there: they are private as before."""

    verdict: "RuleResult"


class PostFailed(ActionRejected):
    """Discord took no pictures in that place: they are private as before."""


class RemovalFailed(ActionRejected):
    """Discord did not let us delete the message with the pictures."""


class PicturesUnavailable(ActionRejected):
    """The pictures are not to be had any more."""


class AlreadyReported(ActionRejected):
    """The moderators know."""


class NoLogChannel(ActionRejected):
    """The server's moderators have chosen no channel that could be told."""


class LogChannelUnreachable(ActionRejected):
    """The channel that moderators chose took nothing: they may not know."""


class AdminActionFailed(ImagineError):
    """What an operator asked for can't be done: everything is as it was."""


class DuplicateInteraction(ImagineError):
    """Discord delivered an interaction again that is an order already: there is nothing to do."""


class StoreUnavailable(ImagineError):
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
class VendorRefused(PixazoError):
    """The vendor answered no: nothing runs and nothing is billed."""

    status: int
    reason: str  # the vendor's own words; may be empty

    def __str__(self) -> str:
        return f"the vendor answered {self.status}: {self.reason}"


class OutOfCredit(VendorRefused):
    """The wallet cannot pay for the order."""


class KeyRejected(VendorRefused):
    """The API key is missing, wrong or not allowed: no call with it will succeed."""


class RequestNotFound(VendorRefused):
    """The vendor does not know that request, or not any more."""


@dataclass(eq=False, kw_only=True)
class RateLimited(PixazoError):
    """The vendor took nothing, and says to come back later.

    ``retry_after`` is in seconds; ``None``: the vendor did not say when.
    """

    status: int
    retry_after: float | None

    def __str__(self) -> str:
        return f"the vendor is busy ({self.status}), retry after {self.retry_after} s"


class NotSent(PixazoError):
    """The connection failed before anything was sent: the vendor has heard nothing."""


class OutcomeUnknown(PixazoError):
    """No usable answer: the vendor may or may not be working, and billing."""


class PictureUnusable(PixazoError):
    """That address gave no picture that can be used, and asking again will not help."""


class MediaUnavailable(PixazoError):
    """The pictures could not be fetched now; later they may."""


class DiscordError(CallError):
    """Discord did not do what it was asked."""


class PermanentDiscordError(DiscordError):
    """That way to the member is closed for good; another one may be open."""


class MessageDeleted(PermanentDiscordError):
    """Somebody deleted the message: it is not wanted where it was."""


class FileTooLarge(PermanentDiscordError):
    """Discord takes no file of that size here."""


class TransientDiscordError(DiscordError):
    """Discord gave no usable answer: it may or may not have done it; asking again may help."""
