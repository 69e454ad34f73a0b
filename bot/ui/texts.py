"""Every word that members and moderators read, in one place, ready for translation.

Short, kind and exact. Functions return Discord markdown; what a person or the vendor wrote comes
in as it is and is made literal here.
"""

from typing import Final

from bot.domain.job import Billed, Cause, Job, State
from bot.domain.limits import Refusal, Rule
from bot.domain.order import Order
from bot.errors import (
    BadOption,
    Closing,
    Forgotten,
    LimitReached,
    NotOrdered,
    OnlyInServers,
    TooLate,
)
from bot.ui.markup import ago, literal

HISTORY: Final = "Get pictures of yours that could not be delivered."
IMAGINE: Final = "Draw pictures from a description."
IMAGINE_PROMPT: Final = "What to draw; long, descriptive prose works best"
IMAGINE_IMAGES: Final = f"How many pictures ({Order.images})"
IMAGINE_GUIDANCE: Final = (
    f"How closely to follow the prompt; higher is stricter ({Order.guidance:g})"
)
IMAGINE_STEPS: Final = (
    f"How much work goes into each picture; more is finer and slower ({Order.steps})"
)
IMAGINE_ENHANCE: Final = "Let the model enrich your prompt with details (yes)"

AGAIN: Final = "Again"
TRY_AGAIN: Final = "Try again"
STORE_AWAY: Final = "The bot can't look that up now. Please try again in a minute."
COMMAND_CHANGED: Final = (
    "This command has just changed. Please try again; if it stays so, reload Discord."
)
SHRUNK: Final = "Made smaller to fit Discord's file limit."
SOME_MISSING: Final = "Some pictures could not be used and are missing."


def status(job: Job, *, until: float | None = None, late: bool = False) -> str:
    """Return the line that says where *job* stands, and since when.

    *until* tells when a waiting job goes on or an uncertain one is given up, in Unix seconds.
    """
    if late:
        return f"{status(job)}\n{_LATE}"
    since = ago(job.since)
    match job.state:
        case State.WAITING if until is not None:
            return f"**Waiting** · the image service is busy, on again {ago(until)}"
        case State.WAITING:
            return f"**Waiting** in line · asked {ago(job.created_at)}"
        case State.UNCERTAIN if until is not None:
            return f"**Not confirmed yet** · the image service may still call {ago(until)}"
        case State.SUBMITTING:
            return f"**Sending** · {since}"
        case State.QUEUED:
            return f"**Queued** at the image service · {since}"
        case State.PROCESSING:
            return f"**Processing** · started {since}"
        case State.COMPLETED:
            return f"**Completed** · fetching the pictures · {since}"
        case State.DELIVERED:
            return f"**Completed** · {ago(job.completed_at or job.since)}"
        case _:
            return f"{_end(job)} · {since}"


def _end(job: Job) -> str:
    match job.state, job.cause:
        case State.CANCELLED, _:
            return "**Not ordered** · the bot could not answer in time. Please try again"
        case State.REFUSED, Cause.OUT_OF_CREDIT:
            return "**Could not be ordered** · the bot's image credit is used up"
        case State.REFUSED, Cause.KEY_REFUSED:
            return "**Could not be ordered** · the image service does not accept the bot's key"
        case State.REFUSED, Cause.WAITED_TOO_LONG:
            return "**Could not be ordered** · the image service was busy for too long"
        case State.REFUSED, _:
            return "**Could not be ordered** · the image service refused it"
        case State.UNCERTAIN, _:
            return "**Could not be confirmed** · the image service did not answer"
        case State.EXPIRED, _:
            return "**Could not be finished** · the image service took too long"
        case State.FAILED, Cause.NO_PICTURE:
            return "**Could not be shown** · the image service gave no usable picture"
        case State.ERROR, _:
            return "**Could not be drawn** · the image service had an error"
        case _:
            return "**Could not be drawn** · the image service failed"


def charge(job: Job) -> str:
    """Return what is known about the charge for a job that has ended without pictures."""
    match job.billed:
        case Billed.NO:
            return "Nothing was charged."
        case Billed.YES:
            return "It was charged."
        case Billed.UNKNOWN:
            return "It may still be charged."


def who_can_help(job: Job) -> str | None:
    """Return who can do what about an end; ``None``: nobody needs to."""
    match job.state, job.cause:
        case _, Cause.OUT_OF_CREDIT:
            return "The bot's operator can top it up."
        case _, Cause.KEY_REFUSED:
            return "The bot's operator can mend it."
        case State.UNCERTAIN | State.EXPIRED, _:
            return "Trying again is a new order, and is charged for itself."
        case _:
            return None


def vendor_words(job: Job) -> str | None:
    """Return the vendor's own words about an end, as a quotation."""
    return f"> {literal(job.error)}" if job.error else None


def details(order: Order) -> str:
    """Return the small line with an order's options."""
    pictures = "1 image" if order.images == 1 else f"{order.images} images"
    enhanced = "enhanced prompt" if order.enhance else "prompt as written"
    return f"{pictures} · guidance {order.guidance:g} · {order.steps} steps · {enhanced}"


def made_by() -> str:
    """Return what tells generated pictures from others."""
    return "AI-generated · AuraFlow v0.3"


def alt(order: Order, number: int, count: int) -> str:
    """Return the alternative text of a picture: plain text, at most 1024 characters."""
    which = "AI-generated picture" if count == 1 else f"AI-generated picture {number} of {count}"
    text = f"{which}: {order.prompt}"
    return text if len(text) <= 1024 else text[:1023] + "…"  # noqa: PLR2004 - Discord's limit


def for_member(member_id: int) -> str:
    """Return the line above a card that is posted anew, since its own was closed."""
    return f"<@{member_id}>, your pictures are ready."


def handed_over(count: int) -> str:
    """Return the answer to ``/history`` after the pictures of *count* orders were sent."""
    match count:
        case 0:
            return "Nothing of yours waits to be delivered."
        case 1:
            return "One order of yours could not be delivered before. Here it is."
        case _:
            return f"{count} orders of yours could not be delivered before. Here they are."


def refusal(error: NotOrdered) -> str:
    """Return what a member is told privately about an order that was not taken."""
    match error:
        case BadOption(option="prompt", low=low, high=high, got=0):
            return (
                f"`prompt` is empty: please describe the picture in {low} to {high} characters. "
                f"{_NOTHING}"
            )
        case BadOption(option="prompt", low=low, high=high, got=int(got)):
            return f"`prompt` takes {low} to {high} characters, yours has {got}. {_NOTHING}"
        case BadOption(option=option, low=False, high=True):
            return f"`{option}` takes True or False. {_NOTHING}"
        case BadOption(option=option, low=low, high=high):
            whole = "whole numbers" if isinstance(low, int) else "numbers"
            return f"`{option}` takes {whole} from {low:g} to {high:g}. {_NOTHING}"
        case LimitReached(refusal=refusal_):
            return f"{_limit(refusal_)} {_NOTHING}"
        case OnlyInServers():
            return f"Pictures can be ordered in servers only. {_NOTHING}"
        case Forgotten():
            return f"That order is not on record any more. Please type it anew. {_NOTHING}"
        case Closing():
            return f"The bot is restarting. Please try again in a minute. {_NOTHING}"
        case TooLate():
            return f"The bot is too busy to take your order now. Please try again. {_NOTHING}"
        case _:
            return f"That did not work. {_NOTHING}"


def _limit(refusal: Refusal) -> str:
    if refusal.rule is Rule.GUILD_NOT_SERVED:
        return "The bot's operator has not opened it for this server."
    whose = "this server" if refusal.rule is Rule.GUILD_DAY else "all servers together"
    again = f" It starts anew {ago(refusal.ends_at)}." if refusal.ends_at is not None else ""
    return (
        f"The bot's operator allows {whose} {refusal.limit} images a day. {refusal.used} are used, "
        f"you asked for {refusal.wanted}.{again} Only the operator can change this."
    )


def unexpected(error_id: str) -> str:
    """Return what a member is told about a fault of ours, with the id that is in the log."""
    return f"Something went wrong on the bot's side. Its operator can find it as `{error_id}`."


_LATE: Final = "It takes longer than usual. It goes on, and the pictures will appear here."
_NOTHING: Final = "Nothing was ordered, nothing is charged."
