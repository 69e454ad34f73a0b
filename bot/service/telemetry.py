"""Port of the telemetry: adapters report their calls, without knowing what counts them.

Labels come from these enums and from the domain's, so that their number is bounded: no server,
member, channel, order or prompt becomes one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol


class DiscordCall(StrEnum):
    """The purpose of a call to Discord."""

    ACK = "ack"  # the first answer to an interaction
    FOLLOW_UP = "follow_up"  # a later private answer
    EDIT = "edit"  # of a card
    POST = "post"  # of a card, anew, in its channel
    DIRECT = "direct"  # of a card, anew, to its member
    PING = "ping"  # of a member whose card has the pictures
    DELETE = "delete"  # of a message with pictures
    NOTICE = "notice"  # in a server's log channel


class VendorCall(StrEnum):
    """The purpose of a call to the vendor."""

    SUBMIT = "submit"
    STATUS = "status"
    MEDIA = "media"


class Telemetry(Protocol):
    """The counters that adapters report to. *seconds* is the duration of a call.

    *error* is what the call raised; ``None``: it succeeded.
    """

    def called_discord(
        self, call: DiscordCall, error: BaseException | None, seconds: float
    ) -> None:
        """Count a call to Discord."""

    def answered(self, seconds: float) -> None:
        """Count an interaction, answered *seconds* after it was made."""

    def coalesced(self) -> None:
        """Count a card update that a newer one replaced before it was sent."""


@contextmanager
def timed(report: Callable[[BaseException | None, float], None]) -> Iterator[None]:
    """Report what the block raised, and how many seconds it took."""
    started = time.perf_counter()
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        report(error, time.perf_counter() - started)
