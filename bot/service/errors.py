"""What the use cases reject. Where one of these is raised, everything is as it was."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.domain.admission import RuleResult
from bot.domain.errors import ChangeRejected, OrderRejected
from bot.domain.job import State
from bot.domain.rules import Rules
from bot.errors import ImagineError


class ServersOnly(OrderRejected):
    """Orders are accepted in servers only."""


@dataclass(eq=False, kw_only=True)
class LimitReached(OrderRejected):
    """A rule forbids the order now."""

    verdict: RuleResult
    rules: Rules = field(default_factory=Rules)  # the server's

    def __str__(self) -> str:
        return f"{self.verdict.rule}: {self.verdict.used} of {self.verdict.limit} used"


class OrderForgotten(OrderRejected):
    """The order to be repeated is no longer stored."""


class AdmissionTimeout(OrderRejected):
    """The order could not be recorded in time to answer the member."""


class ShuttingDown(OrderRejected):
    """The bot is stopping and accepts no more orders."""


class StartPostponed(ImagineError):
    """A shard must wait before it starts a session at Discord's gateway."""


class DuplicateInteraction(ImagineError):
    """Discord delivered an interaction again that is an order already: there is nothing to do."""


class NotAModerator(ChangeRejected):
    """The member may not manage that server."""


class BlockFault(StrEnum):
    """Why a member can't be blocked."""

    SELF = "self"
    BOT = "bot"
    MODERATOR = "moderator"  # could end the block themself
    RANK = "rank"  # has a role as high as the moderator's


@dataclass(eq=False, kw_only=True)
class NotBlockable(ChangeRejected):
    """That member can't be blocked by that moderator."""

    member_id: int
    fault: BlockFault


class ChannelNotWritable(ChangeRejected):
    """The bot can't write in the channel that was to be the log channel."""


class DraftExpired(ChangeRejected):
    """The change that was to be saved is no longer stored."""


class ActionRejected(ImagineError):
    """An action on an order was not done."""


class NotAllowed(ActionRejected):
    """Only the order's member may do that, or a moderator of its server."""


class NotOwnData(ActionRejected):
    """A member may export or delete their own data only."""


class NotOwnForm(ActionRejected):
    """The form to change an order is its member's alone."""


class NoIdeaAllowed(ActionRejected):
    """The server's word list refuses every idea that there is."""


class OrderNotFound(ActionRejected):
    """No such order is stored, or no longer."""


class AlreadyEnded(ActionRejected):
    """The order has ended, or its pictures are shown: there is nothing to cancel."""


class AlreadyPosted(ActionRejected):
    """The pictures are public already."""


@dataclass(eq=False, kw_only=True)
class PostingForbidden(ActionRejected):
    """A rule forbids to show the pictures there: they stay private."""

    verdict: RuleResult


class PostFailed(ActionRejected):
    """Discord did not accept the pictures there: they stay private."""


class RemovalFailed(ActionRejected):
    """Discord did not let us delete the message with the pictures."""


class CoverFailed(ActionRejected):
    """Discord did not let us change the message with the pictures."""


class RestoreFailed(ActionRejected):
    """Discord did not take the pictures again: they stay deleted."""


class PicturesUnavailable(ActionRejected):
    """The pictures can't be had any more."""


class PicturesDelayed(ActionRejected):
    """The pictures wait in a place that is away: they can be had later."""


class AlreadyReported(ActionRejected):
    """The moderators have a report of these pictures already."""


class NoLogChannel(ActionRejected):
    """The server's moderators have chosen no log channel."""


class LogChannelUnreachable(ActionRejected):
    """The log channel did not accept the message: the moderators may not know."""


class NotAnOperator(ActionRejected):
    """Only who runs the bot may do that."""


class OperatorsUnknown(ActionRejected):
    """Discord does not say who runs the bot."""


class OperationFault(StrEnum):
    """Why an operator's action on an order can't be done."""

    NO_ORDER = "no_order"
    NO_REQUEST_ID = "no_request_id"  # what was given can't be one
    NOT_SETTLEABLE = "not_settleable"
    CHANGED = "changed"  # just now, or another order has that request id
    NOT_OUTSTANDING = "not_outstanding"


_OPERATIONS: Final = {
    OperationFault.NO_ORDER: "there is no job {job_id}",
    OperationFault.NO_REQUEST_ID: "that is no request id",
    OperationFault.NOT_SETTLEABLE: "job {job_id} is {state}: only one that may still be at the"
    " vendor, or that failed without a picture, can be settled",
    OperationFault.CHANGED: "job {job_id} changed just now, or another has that request id",
    OperationFault.NOT_OUTSTANDING: "job {job_id} is {state}: nothing of it is outstanding",
}


@dataclass(eq=False, kw_only=True)
class OperationFailed(ActionRejected):
    """An operator's action on an order can't be done."""

    fault: OperationFault
    job_id: str
    state: State | None = None  # in which it can't

    def __str__(self) -> str:
        return _OPERATIONS[self.fault].format(job_id=self.job_id, state=self.state)


class AdminActionFailed(ImagineError):
    """An operator's action can't be done: everything is as it was."""
