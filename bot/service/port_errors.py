"""What the ports raise. Adapters translate their drivers' errors to these, by ``raise … from``."""

from dataclasses import dataclass

from bot.domain.job import Obstacle
from bot.errors import ImagineError


class StoreUnavailable(ImagineError):
    """The store did not do what it was asked, and may do it later."""


class CallError(ImagineError):
    """A call did not do what it was for.

    ``status`` is the HTTP status; ``None``: no answer came, or the status was not what went wrong.
    """

    status: int | None

    def __init__(self, message: str = "", *, status: int | None = None) -> None:
        super().__init__(message)
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


class ContentRefused(VendorRefused):
    """The vendor does not draw what the order asks for."""


class KeyRejected(VendorRefused):
    """The API key is missing, wrong or not allowed: no call with it will succeed."""


class RequestNotFound(VendorRefused):
    """The vendor does not know that request, or no longer."""


@dataclass(eq=False, kw_only=True)
class RateLimited(PixazoError):
    """The vendor accepted nothing, and asks to come back later.

    ``retry_after`` is in seconds; ``None``: the vendor did not say when.
    """

    status: int
    retry_after: float | None

    def __str__(self) -> str:
        return f"the vendor is busy ({self.status}), retry after {self.retry_after} s"


class NotSent(PixazoError):
    """The connection failed before anything was sent: the vendor received nothing."""


class OutcomeUnknown(PixazoError):
    """No usable answer: the vendor may or may not be working, and billing."""


class MediaUnavailable(PixazoError):
    """A picture could not be fetched now; later it may, since it is paid for.

    ``origin`` is where it was to come from, ``retry_after`` the least seconds until the next try.
    """

    obstacle = Obstacle.HOST

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        obstacle: Obstacle | None = None,
        origin: str = "",
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(message, status=status)
        self.obstacle = obstacle or self.obstacle
        self.origin = origin
        self.retry_after = retry_after


class PictureUnusable(MediaUnavailable):
    """What came is no whole picture, or none that can be sent."""

    obstacle = Obstacle.FILE


class FilesUnavailable(ImagineError):
    """The place where pictures wait did not do what it was asked, and may do it later."""


class CheckUnavailable(ImagineError):
    """The check gave no usable answer about a picture."""


class DiscordError(CallError):
    """Discord did not do what it was asked."""


class DiscordRefused(DiscordError):
    """Discord answered no: nothing was done."""


class PermanentDiscordError(DiscordRefused):
    """That way to the member is closed for good; another one may be open."""


class MessageDeleted(DiscordRefused):
    """The message was deleted: its card must not be posted again in that channel."""


class AlreadyAnswered(PermanentDiscordError):
    """Discord has an answer to this interaction: only follow-ups are left."""


class FileTooLarge(DiscordRefused):
    """Discord accepts no file of that size here; a smaller one may pass."""


class TransientDiscordError(DiscordError):
    """Discord gave no usable answer: it may or may not have acted; asking again may help."""


class NotTaken(TransientDiscordError):
    """Discord did nothing: it limits the rate, or could not be reached."""


class UnreadableAnswer(TransientDiscordError):
    """Discord answered that it acted, or so it seems: the answer itself can't be read."""


class AlertNotTaken(CallError):
    """The receiver of alerts did not take one, or did not say so; ``retry_after`` is in seconds."""

    def __init__(
        self, message: str = "", *, status: int | None = None, retry_after: float = 0.0
    ) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after
