"""The labels of buttons, and the answers to clicks."""

from typing import Final

from bot.domain.job import Job, State
from bot.service.errors import (
    ActionRejected,
    AlreadyEnded,
    AlreadyPosted,
    AlreadyReported,
    LogChannelUnreachable,
    NoLogChannel,
    NotAllowed,
    NotOwnData,
    OrderNotFound,
    PicturesUnavailable,
    PostFailed,
    PostingForbidden,
    RemovalFailed,
)
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
        whose = _("What comes of it you can fetch with `/history`.")
    else:
        whose = _("What comes of it only its member can fetch, with `/history`.")
    return f"{what} {whose}"


deleted: Final = lazy("The pictures are deleted here. They were drawn, so they stay charged.")
posted: Final = lazy("Posted. Everybody in this channel can see them now.")


def rejection(error: ActionRejected) -> str:
    """Return why a click did nothing."""
    match error:
        case NotOwnData():
            return _("These buttons are another member's. `/privacy` gives you your own.")
        case NotAllowed():
            return _(
                "Only the member who ordered it can do that, and members who may manage this "
                "server. Nothing was changed."
            )
        case OrderNotFound():
            return _("There is no order of the bot's on record here, or not any more.")
        case AlreadyEnded():
            return _("There is nothing to cancel any more: it has ended, or is hidden already.")
        case AlreadyPosted():
            return _("These pictures are public already.")
        case PostingForbidden(verdict=verdict):
            why = " ".join(refusals.refused(verdict))
            private = _("Nothing was posted, the pictures are private as before.")
            return f"{why} {private}"
        case PostFailed():
            return _("Discord did not take the pictures here. They are private as before.")
        case RemovalFailed():
            return _(
                "Discord did not let the bot delete that message. Please try again, or delete it "
                "yourself."
            )
        case PicturesUnavailable():
            return _("The image service does not keep these pictures any more.")
        case AlreadyReported():
            return _("This server's moderators know of it already.")
        case NoLogChannel():
            return _(
                "This server's moderators have chosen no channel for reports. Please tell one of "
                "them; they can choose it with `/limits log`."
            )
        case LogChannelUnreachable():
            return _(
                "The bot could not write to this server's channel for reports, so its moderators "
                "may not know. Please tell one of them; they can choose another channel with "
                "`/limits log`."
            )
        case _:
            return _("That did not work. Nothing was changed.")


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


# Labels of that form's fields, at most 45 characters.
FIELDS: Final = {
    "prompt": lazy("Prompt"),
    "style": lazy("Style"),
    "images": lazy("Images"),
    "guidance": lazy("Guidance"),
    "steps": lazy("Steps"),
}
no_style: Final = lazy("No style")
