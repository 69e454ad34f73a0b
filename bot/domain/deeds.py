"""What moderators did to members and their orders: the entries of a server's audit trail."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class DeedKind(StrEnum):
    """What was done. The values are stored: keep them."""

    CANCEL = "cancel"  # an order that was not sent yet
    HIDE = "hide"  # the card of an order that goes on
    DELETE = "delete"  # pictures; ``undo_until`` in the detail if that can be taken back
    RESTORE = "restore"  # deleted pictures
    SPOILER = "spoiler"  # hides reported pictures until a click
    UNSPOILER = "unspoiler"
    BLOCK = "block"
    UNBLOCK = "unblock"
    HOLD = "hold"  # by the check: the entry of held pictures in the log; its place in the detail
    RELEASE = "release"  # held pictures
    DISCARD = "discard"  # held pictures
    REPORT = "report"  # by the member; ``reason`` and ``text`` in the detail
    ENTRY = "entry"  # a reported order's entry in the log; its place in the detail
    DISMISS = "dismiss"  # a report
    REOPEN = "reopen"  # a dismissed report
    OUTCOME = "outcome"  # of a report: what its reporter is told, a kind in the detail
    BUDGET = "budget"  # no deed: the server's own is used to a step, in the detail
    DENY = "deny"  # no deed: the operator barred the server; ``until`` and ``reason`` in the detail
    ALLOW = "allow"  # and let it order again
    WELCOME = "welcome"  # the bot was added: its ``channels`` to introduce itself in the detail


class ReportReason(StrEnum):
    """Why a picture was reported. The values are stored: keep them."""

    SEXUAL = "sexual"
    VIOLENCE = "violence"
    HATE = "hate"
    PERSON = "person"  # it shows a real person
    OTHER = "other"


LONGEST_REPORT: Final = 300  # characters of a reporter's own text
# What reporters are told of.
_OUTCOMES: Final = frozenset({DeedKind.DELETE, DeedKind.SPOILER, DeedKind.BLOCK, DeedKind.DISMISS})


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
    member_id: int | None = None  # whose order it was, who was blocked, or who reported
    detail: Mapping[str, Any] = field(default_factory=dict)
    tell_log: bool = True  # in the server's log channel
    tell_member: bool = True  # in private
    tries: int = 0  # to tell of it
    due_at: float | None = None  # when the next try is due, of one that was claimed


def fixed_id(*of: object) -> str:
    """Return the id of a deed that is recorded once: the same for the same parts."""
    return hashlib.blake2b(":".join(map(str, of)).encode(), digest_size=8).hexdigest()


def outcomes(done: Deed, about_order: Iterable[Deed]) -> Iterator[Deed]:
    """Yield what everybody who reported the order is told, once, of what was done about it.

    Neither the moderator who did it nor the order's own member is told.
    """
    if done.kind not in _OUTCOMES:
        return
    for report in about_order:
        reporter = report.member_id
        if report.kind is DeedKind.REPORT and reporter not in {done.moderator_id, done.member_id}:
            told = {name: done.detail.get(name) for name in ("server", "language")}
            yield Deed(
                id=fixed_id(DeedKind.OUTCOME, done.job_id, reporter),
                guild_id=done.guild_id,
                at=done.at,
                kind=DeedKind.OUTCOME,
                moderator_id=done.moderator_id,
                job_id=done.job_id,
                member_id=reporter,
                detail={"outcome": done.kind, **told},
                tell_log=False,
            )
