"""What moderators did to members and their orders: the entries of a server's audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DeedKind(StrEnum):
    """What was done. The values are stored: keep them."""

    CANCEL = "cancel"  # an order that was not sent yet
    HIDE = "hide"  # the card of an order that goes on
    DELETE = "delete"  # pictures
    BLOCK = "block"
    UNBLOCK = "unblock"
    REPORT = "report"  # by a member, ``by`` in the detail; the entry's place in it, too
    DISMISS = "dismiss"  # a report
    REOPEN = "reopen"  # a dismissed report
    OUTCOME = "outcome"  # of a report: what its reporter is told, a kind in the detail


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One deed, and who is still to be told of it.

    *detail* has what its texts need beside the ids: the server's ``server`` name, its ``language``;
    of a block its ``until`` and ``reason``.
    """

    id: str  # the idempotency key of its messages, too
    guild_id: int
    at: float  # Unix seconds
    kind: DeedKind
    moderator_id: int | None = None  # None: the bot itself
    job_id: str | None = None
    member_id: int | None = None  # whose order it was, or who was blocked
    detail: Mapping[str, Any] = field(default_factory=dict)
    tell_log: bool = True  # in the server's log channel
    tell_member: bool = True  # in private
    tries: int = 0  # to tell of it
