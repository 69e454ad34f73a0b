"""The labels of buttons, and the answers to clicks."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.domain.job import Job, State
from bot.service import errors
from bot.ui.button_actions import OrderAction
from bot.ui.language import gettext as _
from bot.ui.language import lazy
from bot.ui.texts import cards, operator, refusals

_LABELS: Final = {
    OrderAction.CANCEL: lazy("Cancel"),
    OrderAction.HIDE: lazy("Hide"),
    OrderAction.HIDE_NOW: lazy("Hide"),
    OrderAction.AGAIN: lazy("Again"),
    OrderAction.EDIT: lazy("Edit prompt"),
    OrderAction.DELETE: lazy("Delete"),
    OrderAction.DELETE_NOW: lazy("Delete for good"),
    OrderAction.KEEP: lazy("Keep"),
    OrderAction.POST: lazy("Post to the channel"),
    OrderAction.REPORT: lazy("Report"),
}


def label(action: OrderAction) -> str:
    """Return the label of a button that does something with an order."""
    return _LABELS[action]()


_PERHAPS_DRAWN: Final = frozenset({State.UNCERTAIN, State.EXPIRED})  # nobody knows yet

# *Again* under an order without pictures.
try_again: Final = lazy("Try again")


def cancelled() -> str:
    """Return the answer to a cancellation."""
    return _("Cancelled. Nothing was charged.")


def too_late(job: Job, by: int) -> str:
    """Return the answer to a cancellation of an order that was sent, before a button to hide it."""
    return " ".join(
        (
            _("Too late to cancel."),
            _went_on(job),
            _("You can hide this message."),
            _pictures(job, by),
        )
    )


def hidden(job: Job, by: int) -> str:
    """Return the answer to hiding an order, by the member or by a moderator."""
    if job.state is State.CANCELLED:
        return cancelled()
    return " ".join((_("Hidden."), _went_on(job), _pictures(job, by)))


def _went_on(job: Job) -> str:
    """Return what is true of an order that was sent."""
    if job.state in _PERHAPS_DRAWN:
        return cards.perhaps_drawn()
    if job.state is State.COMPLETED:
        return cards.drawn_already()
    return _("It's already being drawn and counts toward the limit.")


def _pictures(job: Job, by: int) -> str:
    """Return who gets the pictures, if there will be any."""
    if job.state in _PERHAPS_DRAWN:
        if by == job.member_id:
            return cards.if_they_come()
        return _("If the pictures do arrive, only the member can get them, with `/history`.")
    if job.held:
        return cards.if_released()
    if by == job.member_id:
        return _("The pictures will be in `/history`.")
    return _("Only the member can get the pictures, with `/history`.")


def confirm_delete(job: Job, by: int) -> str:
    """Return the question before pictures are deleted, by the member or by a moderator."""
    if by == job.member_id:
        return _("Delete these pictures? This can't be undone, and they still count as ordered.")
    return _(
        "Delete these pictures? This can't be undone. {member} will see in `/history` that a "
        "moderator removed them."
    ).format(member=f"<@{job.member_id}>")


def deleted(job: Job, by: int, *, left: bool) -> str:
    """Return the answer to a deletion; *left*: a message still shows the pictures."""
    what = _("Pictures deleted. They still count toward the daily limit.")
    if by != job.member_id:
        what = _("Pictures deleted.")
    if not left:
        return what
    return f"{what} " + _(
        "The message is still there: press *Delete* under it again, or remove it yourself."
    )


kept: Final = lazy("Nothing was deleted.")
posted: Final = lazy("Posted. Everyone in this channel can see them now.")


_REJECTIONS: Final[Mapping[type[errors.ActionRejected], Callable[[], str]]] = {
    errors.NotOwnData: lazy(
        "These buttons belong to somebody else. Use `/privacy` to get your own."
    ),
    errors.NotOwnForm: lazy("This button belongs to somebody else. Use `/imagine` to order."),
    errors.NoIdeaAllowed: lazy(
        "Every idea of mine has a word that this server blocks. Use `/imagine` with one of yours."
    ),
    errors.NotAllowed: lazy("Only whoever ordered this, or a moderator, can do that."),
    errors.NotAnOperator: lazy("Only the bot's owner and their team can do that."),
    errors.OperatorsUnknown: lazy(
        "Discord didn't say who the bot's owner is. Nothing was changed, please try again in a "
        "minute."
    ),
    errors.OrderNotFound: lazy("This order is no longer stored."),
    errors.AlreadyEnded: lazy("This order has ended or is hidden already."),
    errors.AlreadyPosted: lazy("These pictures are public already."),
    errors.PostFailed: lazy("Discord didn't accept the pictures here. They are still private."),
    errors.RemovalFailed: lazy(
        "Discord didn't let the bot delete that message. Try again, or delete it yourself."
    ),
    errors.CoverFailed: lazy(
        "Discord didn't let the bot change that message. It may have been deleted by hand."
    ),
    errors.RestoreFailed: lazy(
        "Discord didn't let the bot post the pictures again. They are still deleted."
    ),
    errors.PicturesUnavailable: lazy("The image service no longer has these pictures."),
    errors.PicturesDelayed: lazy(
        "The bot can't reach these pictures right now. They are kept: try again in a few minutes."
    ),
    errors.AlreadyReported: lazy("You've already reported this picture."),
    errors.NoLogChannel: lazy(
        "Reports aren't set up here. Please tell a moderator (they can use `/limits log`)."
    ),
    errors.LogChannelUnreachable: lazy(
        "Your report may not have arrived: the bot can't write to the moderators' channel. Please "
        "tell a moderator (they can use `/limits log`)."
    ),
    errors.ActionRejected: lazy("That didn't work. Nothing was changed."),
}


def rejection(error: errors.ActionRejected) -> str:
    """Return why a click did nothing."""
    if isinstance(error, errors.OperationFailed):
        return operator.failure(error)
    if not isinstance(error, errors.PostingForbidden):
        return _REJECTIONS.get(type(error), _REJECTIONS[errors.ActionRejected])()
    why = " ".join(refusals.refused(error.verdict))
    return f"{why} " + _("The pictures are still private.")


reported: Final = lazy("Thanks! The moderators have your report (with your name).")
# A moderator dismisses a report that was acted on.
settled: Final = lazy("This report has already been handled.")
# The reported message has none of ours.
no_picture: Final = lazy("That message has no picture from this bot. Nothing was reported.")
# *Imagine this* on a message of the bot's that is about no order.
own_message: Final = lazy("That's one of this bot's own messages. Pick one with a description.")
# *Imagine this* on a message without text.
no_text: Final = lazy("That message has no text to draw.")
# At most 45 characters.
form_title: Final = lazy("Your order")
no_style: Final = lazy("No style")
