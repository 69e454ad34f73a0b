"""The texts of a card: an order's state, its end, and its options."""

from typing import Final

from bot.domain import styles
from bot.domain.card_status import CardStatus
from bot.domain.job import Billed, EndReason, Job, Obstacle, State
from bot.domain.lane import ClosedReason
from bot.domain.order import MODEL, Order
from bot.service.ports.discord import NO_STATUS
from bot.ui.language import gettext as _
from bot.ui.language import lazy, marked, ngettext, spoken
from bot.ui.language import number as written
from bot.ui.markup import ago, clock_with_seconds, date, literal
from bot.ui.texts import error_answers, order_fields, shared

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
            duration=shared.duration(known.usual_seconds)
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
                "**No reply yet** from the image service · still checking until {time}"
            ).format(time=clock_with_seconds(known.given_up_at))
        case State.SUBMITTING:
            return _("**Sending** · {when}").format(when=since)
        case State.QUEUED:
            return _("**Queued** at the image service · {when}").format(when=since)
        case State.PROCESSING:
            return _("**Processing** · started {when}").format(when=since)
        case State.COMPLETED if job.held:
            return _held(job)
        case State.COMPLETED if job.outstanding.pictures_shown:
            return _("**Completed** · {when}").format(when=ago(job.completed_at or job.state_since))
        case State.COMPLETED if job.outstanding.next_try_at is not None:
            return _outstanding(job, job.outstanding.next_try_at)
        case State.COMPLETED:
            return _("**Drawn** · fetching the pictures · {when}").format(when=since)
        case State.DELIVERED:
            return _("**Completed** · {when}").format(when=ago(job.completed_at or job.state_since))
        case _:
            return f"{_end(job)} · {since}"


_NOT_FETCHED: Final = {
    Obstacle.OUTPUT: lazy("the image service hasn't released them yet"),
    Obstacle.FILE: lazy("the image service hasn't finished saving them"),
    Obstacle.ORIGIN: lazy("the bot's owner has to allow the site that stores them first"),
    Obstacle.ADDRESS: lazy(
        "the bot can't find the site that stores them; the bot's owner needs to fix this"
    ),
    Obstacle.HOST: lazy("the site that stores them doesn't respond right now"),
    Obstacle.STATUS: lazy("the image service isn't done yet"),
    Obstacle.STORAGE: lazy("the bot's own storage doesn't respond right now"),
}


def _outstanding(job: Job, next_try_at: float) -> str:
    why = _NOT_FETCHED[job.outstanding.obstacle or Obstacle.HOST]()
    line = _("**Drawn** · the pictures can't be fetched yet: {why}.").format(why=why)
    if next_try_at <= (job.outstanding.outstanding_since or 0.0):
        return f"{line}\n" + _("The bot is trying again right now.")
    # The time of day: "7 seconds ago" would be read while the try is under way.
    return f"{line}\n" + _("They are not lost: the bot tries again at {time}.").format(
        time=clock_with_seconds(next_try_at)
    )


def _held(job: Job) -> str:
    since = job.outstanding.outstanding_since or job.state_since
    lines = [
        _("**Waiting** for the moderators · {when}").format(when=ago(since)),
        _(
            "An automatic check didn't clear the pictures, so the moderators of this server look "
            "at them first."
        ),
    ]
    if job.reply.private:
        lines.append(_("They see them although this order is private."))
    if (until := job.outstanding.next_try_at or 0.0) > since:
        lines.append(
            _("If nobody decides by {until}, the pictures are deleted.").format(until=date(until))
        )
    return "\n".join(lines)


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


def left_today(job: Job) -> str | None:
    """Return the small line with the images that are left today; ``None``: others read the card."""
    count = job.reply.left_today
    if count is None or not job.reply.private:
        return None
    text = ngettext("{count} image left today", "{count} images left today", count)
    return f"-# {text.format(count=count)}"


def prompt(order: Order) -> str:
    """Return the first line of a card."""
    return f"**{literal(order.prompt)}**"


def ordered_by(member_id: int) -> str:
    """Return the small line with the member's name, on cards that others read."""
    return "-# " + _("Ordered by {member}").format(member=f"<@{member_id}>")


def defaulted(order: Order) -> str | None:
    """Return the small line with the options that are the member's defaults; ``None``: no one."""
    return order_fields.from_settings(order.defaulted.split(",")) if order.defaulted else None


def sent(order: Order, *, most: int = SENT) -> str | None:
    """Return the small line with the prompt that was sent; ``None``: it is the one as typed.

    A long one is cut at its beginning: its end is what the style added.
    """
    if order.sent is None or order.sent == order.prompt:
        return None
    end = order.sent if len(order.sent) <= most else f"…{order.sent[1 - most :]}"
    return "-# " + _("Full prompt: {prompt}").format(prompt=literal(end))


def _after_fault(since: str, known: CardStatus) -> str:
    if known.given_up_at is None:
        return _("**No reply** from the image service · {when}").format(when=since)
    return _("**No reply yet** from the image service · still checking until {time}").format(
        time=clock_with_seconds(known.given_up_at)
    )


# Why orders wait, where the vendor asked for no pause.
_OBSTACLES: Final = {
    ClosedReason.KEY: lazy(
        "the image service does not accept the bot's key; the bot's owner needs to fix this"
    ),
    ClosedReason.UNKNOWN: lazy("the image service has problems right now"),
    ClosedReason.MEDIA: lazy("finished pictures can't be fetched right now"),
    ClosedReason.DENIED: lazy("the image service isn't accepting orders right now"),
}


def _waiting(job: Job, known: CardStatus) -> str:
    where = _("in line") if known.place is None else _("place {place} in line")
    where = where.format(place=known.place)
    if known.closed in _OBSTACLES:
        text = _("**Waiting** · {where} · {why} · next try {when}")
        if known.paused_until is None:
            text = _("**Waiting** · {where} · {why} · trying again now")
        why = _OBSTACLES[known.closed]()
        return text.format(where=where, why=why, when=ago(known.paused_until or 0.0))
    if known.paused_until is not None:
        return _("**Waiting** · {where} · the image service is busy, continues {when}").format(
            where=where, when=ago(known.paused_until)
        )
    return _("**Waiting** · {where} · ordered {when}").format(where=where, when=ago(job.created_at))


def _end(job: Job) -> str:
    match job.state, job.end_reason:
        case State.CANCELLED, EndReason.WITHDRAWN if job.removed_by_moderator:
            return _("**Cancelled** by a moderator · before it was sent")
        case State.CANCELLED, EndReason.WITHDRAWN:
            return _("**Cancelled** · before it was sent")
        case State.CANCELLED, EndReason.RESTORED:
            return _("**Cancelled** · the bot was restored from a backup while this waited")
        case State.CANCELLED, _:
            return _("**Not ordered** · the bot couldn't answer in time")
        case State.REFUSED, EndReason.OUT_OF_CREDIT:
            return _("**Could not be ordered** · the bot's image credit is used up")
        case State.REFUSED, EndReason.KEY_REFUSED:
            return _("**Could not be ordered** · the image service does not accept the bot's key")
        case State.REFUSED, EndReason.BUSY:
            return _("**Could not be ordered** · the image service is overloaded")
        case State.REFUSED, EndReason.WAITED_TOO_LONG:
            return _("**Could not be ordered** · it waited in line for too long")
        case State.REFUSED, EndReason.BLOCKED:
            return _("**Stopped** · the member has been blocked from ordering here")
        case State.REFUSED, EndReason.DENIED:
            return _("**Stopped** · the bot's owner doesn't take orders of this member or server")
        case State.REFUSED, EndReason.SERVER_LEFT:
            return _("**Stopped** · the bot was removed from this server")
        case State.REFUSED, EndReason.SETTLED:
            return _("**Could not be ordered** · the image service never received it")
        case State.REFUSED, EndReason.CONTENT:
            return _("**Could not be ordered** · the image service doesn't allow this content")
        case State.REFUSED, _:
            return _("**Could not be ordered** · the image service rejected it")
        case State.UNCERTAIN, _:
            return _("**No reply** from the image service · it's unknown whether this was drawn")
        case State.EXPIRED, _:
            return _("**Could not be finished** · the image service took too long")
        case State.FAILED, EndReason.NO_PICTURE:
            return _("**Could not be shown** · the image service sent no usable picture")
        case State.FAILED, EndReason.NOT_RELEASED:
            return _("**Not shown** · a moderator decided against the pictures")
        case State.FAILED, EndReason.HELD_TOO_LONG:
            return _("**Not shown** · no moderator decided about the pictures in time")
        case State.FAILED, EndReason.KEPT_TOO_LONG:
            return _("**Could not be delivered** · the pictures are no longer kept")
        case State.FAILED, EndReason.CONTENT:
            return _("**Could not be drawn** · the image service doesn't allow this content")
        case State.ERROR, _:
            return _("**Could not be drawn** · the image service had an error")
        case State.FAILED, _:
            return _("**Could not be drawn** · the image service failed")
        case _:
            raise ValueError(f"{job.state} is no end")


_CHARGES: Final = {
    Billed.NO: lazy("Nothing was charged."),
    Billed.YES: lazy("This was charged."),
    Billed.UNKNOWN: lazy("This may still have been charged."),
}


def charge(job: Job) -> str:
    """Return whether an order without pictures was charged."""
    return _CHARGES[job.billed]()


def who_can_help(job: Job) -> str | None:
    """Return who can do what about an end; ``None``: nothing needs to be done."""
    match job.state, job.end_reason:
        case State.REFUSED, EndReason.OUT_OF_CREDIT:
            return _("The bot's owner can top it up.")
        case State.REFUSED, EndReason.KEY_REFUSED:
            return _("The bot's owner needs to fix this.")
        case State.REFUSED, EndReason.BUSY:
            return _("Try again later.")
        case State.REFUSED, EndReason.WAITED_TOO_LONG:
            return _("Try again when fewer orders are waiting.")
        case State.REFUSED, EndReason.BLOCKED:
            return _("A moderator can end the block.")
        case State.REFUSED, EndReason.DENIED:
            return _("Only the bot's owner can change this.")
        case State.REFUSED, EndReason.SERVER_LEFT:
            return None
        case State.REFUSED, EndReason.SETTLED:
            return _("The bot's owner has checked this. It can be ordered again.")
        case State.REFUSED | State.FAILED | State.ERROR, EndReason.CONTENT:
            return _("Other words may work.")
        case State.REFUSED, _ if job.error:
            return _(
                "If the problem is the prompt or an option, change it and try again. "
                "Otherwise tell a moderator."
            )
        case State.REFUSED, _:
            return _("It didn't say why. The bot's owner can ask.")
        case State.FAILED, EndReason.NO_PICTURE:
            return _("The bot's owner can ask the image service about it.")
        case State.EXPIRED, _:
            return _(
                "If the pictures do arrive, they will appear here. "
                "Trying again counts as a new order."
            )
        case State.UNCERTAIN | State.FAILED, _:
            return _("Trying again counts as a new order.")
        case State.ERROR, _:
            return _("It can be tried again.")
        case _:
            return None


def vendor_words(job: Job) -> str | None:
    """Return the vendor's own words about an end, as a quotation; ``None``: there are none.

    Words that are meant for the operator are left out: a member would take "your wallet is empty"
    for their own.
    """
    if not job.error or job.end_reason in {EndReason.OUT_OF_CREDIT, EndReason.KEY_REFUSED}:
        return None
    return _("The image service says:") + f"\n> {literal(job.error)}"


def details(order: Order) -> str:
    """Return the small line with an order's options."""
    parts = [
        shared.images(order.images),
        _("guidance {figure}").format(figure=written(order.guidance)),
        shared.steps(order.steps),
        _("prompt enhancement on") if order.enhance else _("prompt enhancement off"),
    ]
    if order.style is not None:
        title = styles.title(order.style, spoken())
        parts.append(_("style: {style}").format(style=literal(title)))
    return f"-# {' · '.join(parts)}"


def made_by() -> str:
    """Return the mark of generated pictures."""
    return _("AI-generated · {model}").format(model=MODEL)


def alt(order: Order, number: int, count: int) -> str:
    """Return the alternative text of a picture: plain text, at most 1024 characters."""
    text = _("AI-generated picture {number} of {count}: {prompt}")
    if count == 1:
        text = _("AI-generated picture: {prompt}")
    return shared.cut(text.format(number=number, count=count, prompt=order.prompt), 1024)


def for_member(member_id: int, *, direct: bool) -> str:
    """Return the line above pictures in a new message, when the card can't be edited.

    *direct*: only the member reads it.
    """
    if direct:
        return _("Your pictures are ready.")
    return _("The pictures for {member} are ready.").format(member=f"<@{member_id}>")


def posted_by(member_id: int) -> str:
    """Return the small line with the name of the member who posted private pictures."""
    return "-# " + _("Posted by {member}").format(member=f"<@{member_id}>")


def ready(job: Job) -> str:
    """Return the ping that pictures are ready."""
    member = f"<@{job.member_id}>"
    if job.reply.answers_only:  # the channel's address is not known
        return _("{member}, your pictures are ready.").format(member=member)
    return _("{member}, your pictures are ready: {link}").format(
        member=member, link=shared.jump(job)
    )


def elsewhere(job: Job) -> str:
    """Return the state of a card that could not show its pictures."""
    return _("**Completed** · the pictures came in a new message · {when}").format(
        when=ago(job.completed_at or job.state_since)
    )


def hidden(job: Job) -> str:
    """Return the whole text of a hidden order's card."""
    moderator = job.removed_by_moderator
    lead = _("**Hidden** by a moderator") if moderator else _("**Hidden**")
    return f"{lead} · {goes_on(job)}"


def goes_on(job: Job) -> str:
    """Return what becomes of a hidden order: whether it counts, and where its pictures will be."""
    match job.state:
        case State.QUEUED | State.PROCESSING | State.SUBMITTING:
            return _(
                "It is still being drawn and counts toward the limit; "
                "the pictures will be in `/history`."
            )
        case State.COMPLETED if job.held:
            return f"{drawn_already()} {if_released()}"
        case State.COMPLETED:
            return _("It was drawn and counts toward the limit; the pictures are in `/history`.")
        case State.UNCERTAIN | State.EXPIRED:
            return f"{perhaps_drawn()} {if_they_come()}"
        case _:
            return charge(job)


# Of an order whose outcome nobody knows yet.
perhaps_drawn: Final = lazy("It may have been drawn, and may count toward the limit.")
drawn_already: Final = lazy("It's already drawn and counts toward the limit.")
if_released: Final = lazy("If the moderators release the pictures, they will be in `/history`.")
if_they_come: Final = lazy("If the pictures do arrive, they will be in `/history`.")
