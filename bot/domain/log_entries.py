"""Entries of a server's log channel, as values; their text is in `bot.ui.texts`."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import Job
from bot.domain.lane import ClosedReason
from bot.domain.rules import Block, Rules


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One line in a server's log channel."""

    language: str | None = "en"  # the server's; None: the operator's default
    key: str | None = None  # idempotency key of its message; None: each is another entry


@dataclass(frozen=True, kw_only=True)
class WordRefused(LogEntry):
    """A prompt contained a blocked phrase."""

    member_id: int
    channel_id: int
    phrase: str
    prompt: str
    style: str = ""  # whose words contain it; empty: the prompt does


@dataclass(frozen=True, kw_only=True)
class Changed(LogEntry):
    """The server's rules changed."""

    by: int | None  # the moderator; None: what they named was deleted in Discord
    before: Rules
    after: Rules


@dataclass(frozen=True, kw_only=True)
class Blocked(LogEntry):
    """A moderator blocked a member, or blocked one differently."""

    block: Block


@dataclass(frozen=True, kw_only=True)
class Unblocked(LogEntry):
    """A moderator ended a member's block."""

    by: int
    member_id: int


@dataclass(frozen=True, kw_only=True)
class OrderModerated(LogEntry):
    """A moderator did something to a member's order."""

    deed: Deed
    job: Job | None  # None: it is not on record any more


@dataclass(frozen=True, kw_only=True)
class OrdersPlaced(LogEntry):
    """Members ordered: a line for each order, without the prompt of a private one."""

    jobs: tuple[Job, ...]


@dataclass(frozen=True, kw_only=True)
class LaneClosed(LogEntry):
    """The lane closed, and orders of this server were given back or wait; once per closure."""

    reason: ClosedReason
    guild_id: int
    orders: int  # that were given back
    channel_id: int = 0  # of one of them
    message_id: int | None = None  # of its card
    until: float | None = None  # Unix seconds; None: until the operator changes something


@dataclass(frozen=True, kw_only=True)
class LaneReopened(LogEntry):
    """A lane works again, which was said to be closed."""


@dataclass(frozen=True, kw_only=True)
class Reported(LogEntry):
    """Members reported a picture to the moderators."""

    job: Job | None  # None: it is not on record any more
    by: int  # who reported it first
    member_id: int  # whose order it is
    deeds: tuple[Deed, ...] = ()  # about the order, the oldest first
    at: float = 0.0  # when these were all deeds, in Unix seconds
    pictures: Sequence[bytes] = ()  # JPEGs to be attached
    pictured: int = 0  # how many are attached already, and stay
    ping: int | None = None  # the role that its first writing pings

    @property
    def reports(self) -> Sequence[Deed]:
        """What was reported, a deed for each reporter."""
        return self._of(DeedKind.REPORT)

    @property
    def message_id(self) -> int | None:
        """The message that shows it; ``None``: not on record."""
        entries = self._of(DeedKind.ENTRY)
        return entries[0].detail["message_id"] if entries else None

    @property
    def dismissed(self) -> bool:
        """Whether a moderator dismissed it, and none took it up again."""
        return self._last(DeedKind.DISMISS, DeedKind.REOPEN) is DeedKind.DISMISS

    @property
    def settled(self) -> bool:
        """Whether something holds that moderators did about it: then it is not dismissed."""
        deleted = self._last(DeedKind.DELETE, DeedKind.RESTORE) is DeedKind.DELETE
        return deleted or self.covered or self.blocked

    @property
    def covered(self) -> bool:
        """Whether a moderator hid the pictures behind a spoiler."""
        return self._last(DeedKind.SPOILER, DeedKind.UNSPOILER) is DeedKind.SPOILER

    @property
    def blocked(self) -> bool:
        """Whether the member is blocked for what was reported."""
        if self._last(DeedKind.BLOCK, DeedKind.UNBLOCK) is not DeedKind.BLOCK:
            return False
        until = self._of(DeedKind.BLOCK)[-1].detail.get("until")
        return until is None or self.at < float(until)

    @property
    def restorable(self) -> bool:
        """Whether a moderator's deletion can be taken back now."""
        if self._last(DeedKind.DELETE, DeedKind.RESTORE) is not DeedKind.DELETE:
            return False
        return self.at < (self._of(DeedKind.DELETE)[-1].detail.get("undo_until") or 0.0)

    @property
    def changes_at(self) -> float | None:
        """When it is another one by itself, in Unix seconds; ``None``: never."""
        ends = (deed.detail.get(name) for deed in self.deeds for name in ("until", "undo_until"))
        return min((end for end in ends if end and end > self.at), default=None)

    def _of(self, *kinds: DeedKind) -> list[Deed]:
        return [deed for deed in self.deeds if deed.kind in kinds]

    def _last(self, *kinds: DeedKind) -> DeedKind | None:
        deeds = self._of(*kinds)
        return deeds[-1].kind if deeds else None


def reported(
    job: Job | None, deeds: Sequence[Deed], *, member_id: int, at: float, by: int = 0
) -> Reported:
    """Return a member's order as it is at that time; *by* reported it if that is not on record."""
    entries = [deed for deed in deeds if deed.kind is DeedKind.ENTRY]
    detail = entries[0].detail if entries else {"by": by}
    return Reported(
        job=job,
        by=detail["by"],
        member_id=member_id,
        deeds=tuple(deeds),
        at=at,
        ping=detail.get("ping"),
    )


@dataclass(frozen=True, kw_only=True)
class Held(LogEntry):
    """The check flagged pictures, or was away: moderators decide about them."""

    entry: Deed
    job: Job | None  # None: it is not on record any more
    deeds: tuple[Deed, ...] = ()  # about the order, the oldest first
    pictures: Sequence[bytes] = ()  # JPEGs to be attached
    pictured: int = 0  # how many are attached already, and stay

    @property
    def waits(self) -> bool:
        """Whether moderators can still decide."""
        return self.job is not None and self.job.held

    @property
    def decision(self) -> Deed | None:
        """What a moderator decided."""
        kinds = {DeedKind.RELEASE, DeedKind.DISCARD}
        return next((deed for deed in self.deeds if deed.kind in kinds), None)


@dataclass(frozen=True, kw_only=True)
class BudgetUsed(LogEntry):
    """A budget of the server is used to a step. Amounts are millionths of a dollar."""

    percent: int
    used: int
    cap: int
    ends_at: float  # of its period
    operators: bool  # set by the bot's owner


@dataclass(frozen=True, kw_only=True)
class ServerDenied(LogEntry):
    """The operator barred the server from ordering."""

    until: float | None  # Unix seconds; None: until the operator lifts it
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ServerAllowed(LogEntry):
    """The operator lets a barred server order again."""


AnyLogEntry = (
    WordRefused
    | Changed
    | Blocked
    | Unblocked
    | OrderModerated
    | OrdersPlaced
    | LaneClosed
    | LaneReopened
    | Reported
    | Held
    | BudgetUsed
    | ServerDenied
    | ServerAllowed
)
