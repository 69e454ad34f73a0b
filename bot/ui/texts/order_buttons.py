"""The labels of buttons, and the answers to clicks."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.domain.job import Job, State
from bot.service import errors
from bot.ui.button_actions import OrderAction
from bot.ui.language import gettext as _
from bot.ui.language import lazy
from bot.ui.texts import refusals

_LABELS: Final = {
    OrderAction.CANCEL: lazy("Cancel"),
    OrderAction.AGAIN: lazy("Again"),
    OrderAction.EDIT: lazy("Edit prompt"),
    OrderAction.DELETE: lazy("Delete"),
    OrderAction.POST: lazy("Post to the channel"),
    OrderAction.REPORT: lazy("Report"),
}


def label(action: OrderAction) -> str:
    """Return the label of a button that does something with an order."""
    return _LABELS[action]()


# *Again* under an order without pictures.
try_again: Final = lazy("Try again")
# *Cancel* under an order that is paid for.
hide: Final = lazy("Hide")


def cancelled(job: Job, by: int) -> str:
    """Return the answer to a cancellation, by the member or by a moderator."""
    if job.state is State.CANCELLED:
        return _("Cancelled before it was sent. Nothing was charged.")
    if job.state in {State.UNCERTAIN, State.EXPIRED}:
        what = _(
            "It may have been sent, so it can't be taken back, and it may still be charged. "
            "Its card is hidden."
        )
    else:
        what = _(
            "It was sent already, so it can't be taken back: it goes on, counts and is charged. "
            "Its card is hidden."
        )
    if by == job.member_id:
        return f"{what} " + _("What comes of it you can fetch with `/history`.")
    return f"{what} " + _("What comes of it only its member can fetch, with `/history`.")


deleted: Final = lazy("The pictures are deleted here. They were drawn, so they stay charged.")
posted: Final = lazy("Posted. Everybody in this channel can see them now.")


_REJECTIONS: Final[Mapping[type[errors.ActionRejected], Callable[[], str]]] = {
    errors.NotOwnData: lazy("These buttons are another member's. `/privacy` gives you your own."),
    errors.NotOwnForm: lazy("This button is for another member. `/imagine` is for everybody."),
    errors.NotAllowed: lazy(
        "Only the member who ordered it can do that, and members who may manage this "
        "server. Nothing was changed."
    ),
    errors.OrderNotFound: lazy("There is no order of the bot's on record here, or not any more."),
    errors.AlreadyEnded: lazy(
        "There is nothing to cancel any more: it has ended, or is hidden already."
    ),
    errors.AlreadyPosted: lazy("These pictures are public already."),
    errors.PostFailed: lazy("Discord did not take the pictures here. They are private as before."),
    errors.RemovalFailed: lazy(
        "Discord did not let the bot delete that message. Please try again, or delete it yourself."
    ),
    errors.PicturesUnavailable: lazy("The image service does not keep these pictures any more."),
    errors.AlreadyReported: lazy("This server's moderators know of it already."),
    errors.NoLogChannel: lazy(
        "This server's moderators have chosen no channel for reports. Please tell one of "
        "them; they can choose it with `/limits log`."
    ),
    errors.LogChannelUnreachable: lazy(
        "The bot could not write to this server's channel for reports, so its moderators may not "
        "know. Please tell one of them; they can choose another channel with `/limits log`."
    ),
    errors.ActionRejected: lazy("That did not work. Nothing was changed."),
}


def rejection(error: errors.ActionRejected) -> str:
    """Return why a click did nothing."""
    if not isinstance(error, errors.PostingForbidden):
        return _REJECTIONS.get(type(error), _REJECTIONS[errors.ActionRejected])()
    why = " ".join(refusals.refused(error.verdict))
    return f"{why} " + _("Nothing was posted, the pictures are private as before.")


reported: Final = lazy(
    "Thank you. This server's moderators can see your report now, with your name, and decide."
)
# A moderator dismisses a report that was acted on.
settled: Final = lazy("This report was acted on already, so there is nothing to dismiss.")
# The reported message has none of ours.
no_picture: Final = lazy("There is no picture of this bot's in that message. Nothing was reported.")
# *Imagine this* on a message without text.
no_text: Final = lazy("There is no text in that message that could be drawn.")
# At most 45 characters.
form_title: Final = lazy("Edit and order")
no_style: Final = lazy("No style")
