"""What a server's log channel is told, as values. Its words stand with all others."""

from dataclasses import dataclass

from bot.domain.job import Job
from bot.domain.lane import ClosedReason
from bot.domain.rules import Block, Rules


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One line in a server's log channel."""

    language: str = "en"  # the server's


@dataclass(frozen=True, kw_only=True)
class WordRefused(LogEntry):
    """A prompt held a blocked phrase."""

    member_id: int
    channel_id: int
    phrase: str
    prompt: str
    style: str = ""  # whose words hold it, while the prompt itself does not


@dataclass(frozen=True, kw_only=True)
class Changed(LogEntry):
    """A moderator changed the server's rules."""

    by: int
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
class LaneClosed(LogEntry):
    """The lane was shut, and orders of this server were given back. Once an episode."""

    reason: ClosedReason
    guild_id: int
    orders: int
    channel_id: int  # of one of them
    message_id: int | None  # of its card
    until: float | None  # Unix seconds; None: until the operator changes something


@dataclass(frozen=True, kw_only=True)
class Reported(LogEntry):
    """Somebody told the moderators of a picture."""

    job: Job
    by: int


AnyLogEntry = WordRefused | Changed | Blocked | Unblocked | LaneClosed | Reported
