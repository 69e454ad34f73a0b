"""Alerts: what the operator is told of, once when it begins and once when it is over."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.lane import ClosedReason

CALM: Final = 10.0  # seconds that a trouble must be gone until its episode is over
MOST_CALM: Final = 640.0
FLAPPING: Final = 3600.0  # seconds since the last episode; a new one within them needs more calm
MOST_FLAPS: Final = 6  # doublings of the calm
LONGEST_TEXT: Final = 1000  # characters
LONGEST_SUBJECT: Final = 128
# What pings people, or means something else, in one of the receivers.
_HARMLESS: Final = str.maketrans({"<": "(", ">": ")", "@": "\uff20", "`": "'"})


class AlertKind(StrEnum):
    """What an alert is about. The values are stored and sent: keep them."""

    LANE = "lane"  # it takes no orders, or keeps them waiting; the subject is why
    BUDGET = "budget"  # used to a step
    UNCERTAIN = "uncertain"  # orders whose outcome is unknown
    OUTSTANDING = "outstanding"  # paid pictures that can't be fetched
    STARTS = "starts"  # few are left at Discord's gateway
    STORE = "store"  # it does not answer
    GATEWAY = "gateway"  # not connected
    ERROR = "error"  # an unexpected one; the subject is its place
    DISK = "disk"  # nearly full
    FILES = "files"  # the place where pictures wait is away
    MIGRATION = "migration"  # of the store, by a new version
    SIGNING = "signing"  # pictures can't be signed
    PICTURE_CHECK = "picture_check"  # pictures can't be checked
    TEST = "test"


class AlertState(StrEnum):
    """What a message says of its alert. The values are sent: keep them."""

    OPEN = "open"  # the trouble began
    OVER = "over"  # it is gone
    EVENT = "event"  # it happened, and has no end


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An episode of one kind of trouble, or an event, which is over at once.

    There is at most one open episode of a kind and subject. Times are Unix seconds.
    """

    id: str
    kind: str  # an AlertKind, or one of a newer version
    subject: str = ""  # what it is about, where a kind has several; no secret
    text: str
    over_text: str | None = None  # told at the end; None: nothing is
    opened_at: float
    closed_at: float | None = None
    ends_at: float | None = None  # it is over by itself then
    flaps: int = 0  # how often it opened again soon after its end
    told_at: float | None = None  # that it opened
    tries: int = 0  # to tell what is to be told now
    due_at: float | None = None  # of the next try; None: nothing is to be told

    @property
    def calm(self) -> float:
        """The seconds that the trouble must be gone until the episode is over."""
        return calm_after(self.flaps)

    @property
    def message(self) -> "AlertMessage":
        """What is to be told now."""
        state = AlertState.OPEN
        if self.told_at is not None:
            state = AlertState.OVER
        elif self.closed_at == self.opened_at:
            state = AlertState.EVENT
        over = state is AlertState.OVER
        return AlertMessage(
            id=self.id,
            kind=self.kind,
            subject=self.subject,
            state=state,
            text=(self.over_text if over else None) or self.text,
            opened_at=self.opened_at,
            closed_at=self.closed_at if over else None,
        )


@dataclass(frozen=True, kw_only=True)
class AlertMessage:
    """One message to the operator. Times are Unix seconds."""

    id: str  # of the episode
    kind: str
    subject: str
    state: AlertState
    text: str
    opened_at: float
    closed_at: float | None = None


def calm_after(flaps: int) -> float:
    """Return the seconds of calm that end an episode which opened again so often."""
    return float(min(CALM * 2 ** min(flaps, MOST_FLAPS), MOST_CALM))


def harmless(text: str, *, longest: int = LONGEST_TEXT) -> str:
    """Return *text* on one line, without what a receiver takes for markup or a mention."""
    line = " ".join(text.split()).translate(_HARMLESS)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


# What is told when the lane closes for a reason, and when it is open again.
LANE_TEXTS: Final = {
    ClosedReason.CREDIT: (
        "The wallet at the vendor is empty: orders are refused. Top it up; the bot tries again.",
        "Orders are accepted again after an empty wallet.",
    ),
    ClosedReason.KEY: (
        "The vendor refuses PIXAZO_API_KEY: orders are refused. Set a valid key and restart.",
        "Orders are accepted again after a refused PIXAZO_API_KEY.",
    ),
    ClosedReason.BUSY: (
        "The vendor asked for a long pause (rate or quota): orders are refused until it ends.",
        "Orders are accepted again after a long pause of the vendor.",
    ),
    ClosedReason.UNKNOWN: (
        "Orders get no usable answer from the vendor, and may be billed: they wait.",
        "Orders are sent again after submits without a usable answer.",
    ),
    ClosedReason.MEDIA: (
        "Paid pictures can't be fetched: orders wait. Find out why by: python -m bot check",
        "Orders are sent again after pictures that could not be fetched.",
    ),
    ClosedReason.DENIED: (
        "The vendor denies every order (403, not for the key), as a firewall does: orders wait.",
        "Orders are sent again after the vendor denied them.",
    ),
}
