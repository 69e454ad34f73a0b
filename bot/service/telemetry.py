"""What is measured, as a port: what happened is told here, and nobody need know who counts it.

Labels are taken from these enums and from the domain's, so that their number is bounded: no
server, member, channel, order or prompt ever becomes one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol


class DiscordCall(StrEnum):
    """What Discord is called for."""

    ACK = "ack"  # the first answer to an interaction
    FOLLOW_UP = "follow_up"  # a later private answer
    EDIT = "edit"  # of a card
    POST = "post"  # of a card, anew, in its channel
    DIRECT = "direct"  # of a card, anew, to its member
    PING = "ping"  # of a member whose card has the pictures
    DELETE = "delete"  # of a message with pictures
    NOTICE = "notice"  # in a server's log channel


class VendorCall(StrEnum):
    """What the vendor is called for."""

    SUBMIT = "submit"
    STATUS = "status"
    MEDIA = "media"


class Telemetry(Protocol):
    """What the adapters tell of themselves. *seconds* is how long a call took.

    *error* is what a call ended with, our own or another; ``None``: it did what it was for.
    """

    def called_discord(
        self, call: DiscordCall, error: BaseException | None, seconds: float
    ) -> None:
        """Count a call of Discord."""

    def answered(self, seconds: float) -> None:
        """Count an interaction that was answered so long after it was made."""

    def coalesced(self) -> None:
        """Count a showing of a card that a newer one replaced before it was sent."""


@contextmanager
def timed(tell: Callable[[BaseException | None, float], None]) -> Iterator[None]:
    """Tell how what is done in here ended, and how many seconds it took."""
    started = time.perf_counter()
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        tell(error, time.perf_counter() - started)
