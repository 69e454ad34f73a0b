"""The texts of a card: an order's state, its end, and its options."""

import math
from typing import Final

from bot.domain import styles
from bot.domain.card_status import CardStatus
from bot.domain.job import Billed, EndReason, Job, Obstacle, State
from bot.domain.lane import ClosedReason
from bot.domain.order import Order
from bot.service.ports.discord import NO_STATUS
from bot.ui.language import gettext as _
from bot.ui.language import lazy, marked, ngettext, spoken
from bot.ui.language import number as written
from bot.ui.markup import ago, literal
from bot.ui.texts import error_answers, shared

SENT: Final = 600  # characters of the extended prompt on a card, before they are escaped

# The steps of a successful order, and the states of each.
_STEPS: Final = (
    (marked("In line"), frozenset({State.WAITING, State.SUBMITTING})),
    (marked("Sent"), frozenset({State.QUEUED})),
    (marked("Drawing"), frozenset({State.PROCESSING})),
    (marked("Ready"), frozenset({State.COMPLETED, State.DELIVERED})),
)


shrunk: Final = lazy("Made smaller to fit Discord's file limit.")
# Fewer pictures came than were ordered.
some_missing: Final = lazy("Some pictures could not be used and are missing.")


def status(job: Job, known: CardStatus = NO_STATUS) -> str:
    """Return the line with the state of *job*, since when it has it, and what else is *known*."""
    if known.late:
        late = _("This is taking longer than usual. The pictures will still appear here.")
        return f"{status(job)}\n{late}"
    if known.usual_seconds is not None:
        usual = _("usually takes about {duration}").format(
            duration=shared.duration(_rounded(known.usual_seconds))
        )
        return f"{status(job)} · {usual}"
    since = ago(job.state_since)
    match job.state:
        case State.WAITING:
            return _waiting(job, known)
        case State.UNCERTAIN if known.fault_id is not None:
            return f"{_after_fault(since, known)}\n{error_answers.unexpected(known.fault_id)}"
        case State.UNCERTAIN if known.given_up_at is not None:
            return _(
                "**Not confirmed yet** · the image service may still answer; given up {when}"
            ).format(when=ago(known.given_up_at))
        case State.SUBMITTING:
            return _("**Sending** · {when}").format(when=since)
        case State.QUEUED:
            return _("**Queued** at the image service · {when}").format(when=since)
        case State.PROCESSING:
            return _("**Processing** · started {when}").format(when=since)
        case State.COMPLETED if job.outstanding.pictures_shown:
            return _("**Completed** · {when}").format(when=ago(job.completed_at or job.state_since))
        case State.COMPLETED if job.outstanding.next_try_at is not None:
            return _outstanding(job, job.outstanding.next_try_at)
        case State.COMPLETED:
            return _("**Completed** · fetching the pictures · {when}").format(when=since)
        case State.DELIVERED:
            return _("**Completed** · {when}").format(when=ago(job.completed_at or job.state_since))
        case _:
            return f"{_end(job)} · {since}"


# Units of an estimate in words, up to so many seconds.
_ESTIMATE_UNITS: Final = ((30, 5), (90, 10))


def _rounded(seconds: float) -> int:
    """Return an estimate rounded up: it is over before the time that the card names."""
    unit = next((unit for most, unit in _ESTIMATE_UNITS if seconds <= most), 60)
    return max(math.ceil(seconds / unit), 1) * unit


_NOT_FETCHED: Final = {
    Obstacle.OUTPUT: lazy("the image service has not handed them out yet"),
    Obstacle.FILE: lazy("the image service does not have them whole yet"),
    Obstacle.ORIGIN: lazy("they are where the bot may not fetch from; its operator can allow it"),
    Obstacle.ADDRESS: lazy("the bot can't find their server; its operator can mend that"),
    Obstacle.HOST: lazy("their server does not hand them out right now"),
    Obstacle.STATUS: lazy("the image service is not done yet"),
}


def _outstanding(job: Job, next_try_at: float) -> str:
    why = _NOT_FETCHED[job.outstanding.obstacle or Obstacle.HOST]()
    line = _("**Drawn and paid for** · the pictures can't be fetched yet: {why}").format(why=why)
    if next_try_at <= (job.outstanding.outstanding_since or 0.0):
        return f"{line}\n" + _("They are being tried again right now.")
    # The time of day: "7 seconds ago" would be read while the try is under way.
    return f"{line}\n" + _("They are not lost: the bot tries again at {time}.").format(
        time=f"<t:{int(next_try_at)}:T>"
    )


def still_fetched(count: int) -> str:
    """Return the note that *count* pictures of an order are missing and still being fetched."""
    return ngettext(
        "One more picture is still being fetched. It will appear here.",
        "{count} more pictures are still being fetched. They will appear here.",
        count,
    ).format(count=count)


def steps(job: Job) -> str | None:
    """Return the small line with all steps, the current one bold.

    ``None``: the order ended, or its pictures are not ready although they are drawn.
    """
    if job.outstanding.next_try_at is not None or not any(
        job.state in states for _name, states in _STEPS
    ):
        return None
    named = [(_(name), job.state in states) for name, states in _STEPS]
    return "-# " + " → ".join(f"**{name}**" if current else name for name, current in named)


def costs(job: Job) -> str:
    """Return the small line with an order's price in images, and how many are left today."""
    images = job.order.images
    cost = ngettext("Costs {count} image", "Costs {count} images", images).format(count=images)
    if job.reply.left_today is None:
        return f"-# {cost}"
    return f"-# {cost} · " + _("leaves you {count} for the day").format(count=job.reply.left_today)


def sent(order: Order, *, most: int = SENT) -> str | None:
    """Return the small line with the prompt that was sent; ``None``: it is the one as typed.

    A long one is cut at its beginning: its end is what the style added.
    """
    if order.sent is None or order.sent == order.prompt:
        return None
    end = order.sent if len(order.sent) <= most else f"…{order.sent[1 - most :]}"
    return "-# " + _("sent: {prompt}").format(prompt=literal(end))


def _after_fault(since: str, known: CardStatus) -> str:
    if known.given_up_at is None:
        return _("**Could not be confirmed** · {when}").format(when=since)
    return _("**Not confirmed yet** · given up {when}").format(when=ago(known.given_up_at))


# Why orders wait, where the vendor asked for no pause.
_OBSTACLES: Final = {
    ClosedReason.KEY: lazy(
        "the image service does not accept the bot's key; the bot's operator must mend it"
    ),
    ClosedReason.UNKNOWN: lazy("the image service gives no clear answers now"),
    ClosedReason.MEDIA: lazy("finished pictures can't be fetched now"),
    ClosedReason.DENIED: lazy("the image service turns the bot away now"),
}


def _waiting(job: Job, known: CardStatus) -> str:
    where = _("in line") if known.place is None else _("place {place} in line")
    where = where.format(place=known.place)
    if known.closed in _OBSTACLES:
        text = _("**Waiting** · {where} · {why} · next try {when}")
        if known.paused_until is None:
            text = _("**Waiting** · {where} · {why} · being tried now")
        why = _OBSTACLES[known.closed]()
        return text.format(where=where, why=why, when=ago(known.paused_until or 0.0))
    if known.paused_until is not None:
        return _("**Waiting** · {where} · the image service is busy, goes on {when}").format(
            where=where, when=ago(known.paused_until)
        )
    return _("**Waiting** · {where} · asked {when}").format(where=where, when=ago(job.created_at))


def _end(job: Job) -> str:
    match job.state, job.end_reason:
        case State.CANCELLED, EndReason.WITHDRAWN:
            return _("**Cancelled** · before it was sent")
        case State.CANCELLED, EndReason.RESTORED:
            return _("**Cancelled** · the bot was put back to an earlier time while it waited")
        case State.CANCELLED, _:
            return _("**Not ordered** · the bot could not answer in time. Please try again")
        case State.REFUSED, EndReason.OUT_OF_CREDIT:
            return _("**Could not be ordered** · the bot's image credit is used up")
        case State.REFUSED, EndReason.KEY_REFUSED:
            return _("**Could not be ordered** · the image service does not accept the bot's key")
        case State.REFUSED, EndReason.BUSY:
            return _("**Could not be ordered** · the image service asked for a long pause")
        case State.REFUSED, EndReason.WAITED_TOO_LONG:
            return _("**Could not be ordered** · its turn did not come in time")
        case State.REFUSED, EndReason.BLOCKED:
            return _("**Given back** · its member may not order images here any more")
        case State.REFUSED, EndReason.SERVER_LEFT:
            return _("**Given back** · the bot was removed from this server while it waited")
        case State.REFUSED, EndReason.SETTLED:
            return _("**Could not be ordered** · the image service never took it")
        case State.REFUSED, EndReason.CONTENT:
            return _("**Could not be ordered** · the image service does not draw this")
        case State.REFUSED, _:
            return _("**Could not be ordered** · the image service refused it")
        case State.UNCERTAIN, _:
            return _("**Could not be confirmed** · the image service did not answer")
        case State.EXPIRED, _:
            return _("**Could not be finished** · the image service took too long")
        case State.FAILED, EndReason.NO_PICTURE:
            return _("**Could not be shown** · the image service gave no usable picture")
        case State.FAILED, EndReason.KEPT_TOO_LONG:
            return _(
                "**Could not be delivered** · its pictures were kept for a while and are gone now"
            )
        case State.FAILED, EndReason.CONTENT:
            return _("**Could not be drawn** · the image service does not draw this")
        case State.ERROR, _:
            return _("**Could not be drawn** · the image service had an error")
        case State.FAILED, _:
            return _("**Could not be drawn** · the image service failed")
        case _:
            raise ValueError(f"{job.state} is no end")


_CHARGES: Final = {
    Billed.NO: lazy("Nothing was charged."),
    Billed.YES: lazy("It was charged."),
    Billed.UNKNOWN: lazy("It may still be charged."),
}


def charge(job: Job) -> str:
    """Return whether an order without pictures was charged."""
    return _CHARGES[job.billed]()


def who_can_help(job: Job) -> str | None:
    """Return who can do what about an end; ``None``: nothing needs to be done."""
    match job.state, job.end_reason:
        case State.REFUSED, EndReason.OUT_OF_CREDIT:
            return _("The bot's operator can top it up.")
        case State.REFUSED, EndReason.KEY_REFUSED:
            return _("The bot's operator can mend it.")
        case State.REFUSED, EndReason.BUSY:
            return _("It will take orders again by itself; please try again later.")
        case State.REFUSED, EndReason.WAITED_TOO_LONG:
            return _("Please try again when fewer orders wait.")
        case State.REFUSED, EndReason.BLOCKED:
            return _("A moderator of this server can lift the block.")
        case State.REFUSED, EndReason.SERVER_LEFT:
            return None
        case State.REFUSED, EndReason.SETTLED:
            return _("The bot's operator has made sure of that. You can try again.")
        case State.REFUSED | State.FAILED | State.ERROR, EndReason.CONTENT:
            return _("Its content rules leave this out. Other words may work.")
        case State.REFUSED, _ if job.error:
            return _("If you can change what it names, please do so and order again.")
        case State.REFUSED, _:
            return _("It did not say why. The bot's operator can ask it.")
        case State.FAILED, EndReason.NO_PICTURE:
            return _("The bot's operator can ask the image service about it.")
        case State.EXPIRED, _:
            return _(
                "The bot goes on asking, and brings the pictures here if they come after all. "
                "Trying again is a new order, and is charged separately."
            )
        case State.UNCERTAIN | State.FAILED, _:
            return _("Trying again is a new order, and is charged separately.")
        case State.ERROR, _:
            return _("You can try again.")
        case _:
            return None


def vendor_words(job: Job) -> str | None:
    """Return the vendor's own words about an end, as a quotation; ``None``: there are none.

    Words that are meant for the operator are left out: a member would take "your wallet is empty"
    for their own.
    """
    if not job.error or job.end_reason in {EndReason.OUT_OF_CREDIT, EndReason.KEY_REFUSED}:
        return None
    return f"> {literal(job.error)}"


def details(order: Order) -> str:
    """Return the small line with an order's options."""
    parts = [
        shared.images(order.images),
        _("guidance {figure}").format(figure=written(order.guidance)),
        shared.steps(order.steps),
        _("enhanced prompt") if order.enhance else _("prompt as written"),
    ]
    if order.style is not None:
        title = styles.title(order.style, spoken())
        parts.append(_("style: {style}").format(style=literal(title)))
    return " · ".join(parts)


def made_by() -> str:
    """Return the mark of generated pictures."""
    return _("AI-generated · {model}").format(model="AuraFlow v0.3")


def alt(order: Order, number: int, count: int) -> str:
    """Return the alternative text of a picture: plain text, at most 1024 characters."""
    text = _("AI-generated picture {number} of {count}: {prompt}")
    if count == 1:
        text = _("AI-generated picture: {prompt}")
    return shared.cut(text.format(number=number, count=count, prompt=order.prompt), 1024)


def for_member(member_id: int) -> str:
    """Return the line above pictures in a new message, when the card can't be edited."""
    return _("{member}, your pictures are ready.").format(member=f"<@{member_id}>")


def posted_by(member_id: int) -> str:
    """Return the line above private pictures that their member posted."""
    return _("Posted by {member}").format(member=f"<@{member_id}>")


def ready(job: Job) -> str:
    """Return the ping that pictures are ready."""
    member = f"<@{job.member_id}>"
    if job.reply.answers_only:  # the channel's address is not known
        return _("{member}, your pictures are ready.").format(member=member)
    return _("{member}, your pictures are ready: {link}").format(
        member=member, link=shared.jump(job)
    )


def hidden(job: Job) -> str:
    """Return the whole text of a hidden order's card."""
    if job.state in {State.QUEUED, State.PROCESSING, State.SUBMITTING, State.COMPLETED}:
        return _(
            "**Hidden** · it was sent already, so it goes on, counts and is charged. "
            "What comes of it can be fetched with `/history`."
        )
    return _("**Hidden** · {charge}").format(charge=charge(job))
