"""Why an order was not taken: which rule, how it stands, and when or by whom that ends."""

from collections.abc import Iterable
from typing import Final

from bot.domain.admission import Rule, RuleResult
from bot.domain.errors import InvalidOption, OrderRejected, StyleNotFound
from bot.service.errors import (
    AdmissionTimeout,
    LimitReached,
    OrderForgotten,
    ServersOnly,
    ShuttingDown,
)
from bot.ui.language import gettext as _
from bot.ui.language import ngettext
from bot.ui.language import number as written
from bot.ui.markup import ago, code, literal
from bot.ui.texts import shared

CONTENT: Final = 2000  # characters of a message without components
_FENCE: Final = "```"
_BROKEN_FENCE: Final = "`\u200b`\u200b`"  # looks the same, ends no code, and is typed as it was


def with_prompt(words: str, prompt: object) -> str:
    """Return a refusal's *words* with the prompt that it refused, to be copied and mended.

    As it was typed, in one message, cut where it has no room; *words* alone where there is none.
    """
    if not isinstance(prompt, str) or not prompt.strip():
        return words
    typed_it = _("This is what you typed:")
    told = f"{words}\n{typed_it}\n{_FENCE}\n"
    typed = prompt.strip().replace(_FENCE, _BROKEN_FENCE)
    return f"{told}{shared.cut(typed, CONTENT - len(told) - 1 - len(_FENCE))}\n{_FENCE}"


def refusal(error: OrderRejected) -> str:
    """Return what a member is told privately about an order that was not taken."""
    nothing = _("Nothing was ordered, nothing is charged.")
    return f"{_why(error)} {nothing}"


def _why(error: OrderRejected) -> str:
    match error:
        case InvalidOption():
            return _bad(error)
        case LimitReached(verdict=verdict):
            return " ".join(refused(verdict))
        case StyleNotFound(style=style):
            return _(
                "There is no style {style} here. Please choose one of those that `style` offers, "
                "or leave it out."
            ).format(style=code(shared.cut(style, 100)))
        case ServersOnly():
            return _("Pictures can be ordered only in servers that the bot was added to.")
        case OrderForgotten():
            return _("That order is not on record any more. Please type it anew.")
        case ShuttingDown():
            return _("The bot is restarting. Please try again in a minute.")
        case AdmissionTimeout():
            return _("The bot is too busy to take your order now. Please try again.")
        case _other:
            return _("That did not work.")


def _bad(error: InvalidOption) -> str:
    if error.low is False:
        return _("`{option}` takes True or False.").format(option=error.option)
    values = {"option": error.option, "low": written(error.low), "high": written(error.high)}
    match error:
        case InvalidOption(option="prompt", style=str(style), got=int(got)):
            return _(
                "The style {style} adds words of its own, so that `prompt` takes {low} to {high} "
                "characters with it; yours has {got}."
            ).format(style=shared.style(style), got=got, **values)
        case InvalidOption(option="style"):
            return _(
                "`style` takes the name of a style, of {low} to {high} characters. Please choose "
                "one of those that it offers, or leave it out."
            ).format(**values)
        case InvalidOption(option="prompt", got=0):
            return _(
                "`prompt` is empty: please describe the picture in {low} to {high} characters."
            ).format(**values)
        case InvalidOption(option="prompt", got=int(got)):
            return _("`prompt` takes {low} to {high} characters, yours has {got}.").format(
                got=got, **values
            )
        case InvalidOption(low=int()):
            return _("`{option}` takes whole numbers from {low} to {high}.").format(**values)
        case _fraction:
            return _("`{option}` takes numbers from {low} to {high}.").format(**values)


def _moderators(verdict: RuleResult) -> str:
    if verdict.outside:
        return _("Only the bot's operator can change this.")
    return _("This server's moderators can change this.")


def refused(verdict: RuleResult) -> Iterable[str]:
    """Yield in sentences which rule refused, with its figures, and when or by whom it ends."""
    match verdict.rule:
        case Rule.NOT_SERVED if verdict.outside:
            yield _("The bot's operator has not opened it outside of servers.")
        case Rule.NOT_SERVED:
            yield _("The bot's operator has not opened it for this server.")
        case Rule.PAUSED:
            yield _paused(verdict)
            yield _("Its moderators can resume them.")
        case Rule.BLOCKED:
            yield _blocked(verdict)
            yield _block_ends(verdict)
        case Rule.KEY:
            yield _(
                "The image service does not accept the bot's key. "
                "Only the bot's operator can mend it."
            )
        case Rule.CREDIT if verdict.ends_at is not None:
            yield _(
                "The bot's image credit is used up. Only its operator can top it up; "
                "the next try is possible {when}."
            ).format(when=ago(verdict.ends_at))
        case Rule.CREDIT:
            yield _(
                "The bot's image credit is used up, and another order is just finding out whether "
                "that still holds. Only the bot's operator can top it up."
            )
        case Rule.BUSY:
            yield _(
                "The image service asked for a long pause. Orders are taken again {when}."
            ).format(when=ago(verdict.ends_at or 0.0))
        case Rule.OPERATOR_SERVER_DAY | Rule.OPERATOR_DAY:
            yield from _used_up(verdict)
            yield _("Only the operator can change this.")
        case Rule.MEMBER_DAY | Rule.SERVER_DAY:
            yield from _used_up(verdict)
            yield _moderators(verdict)
        case Rule.MEMBER_AT_ONCE | Rule.SERVER_AT_ONCE:
            yield from _too_many(verdict)
            yield _moderators(verdict)
        case _allowed:
            yield _not_allowed(verdict)
            yield _moderators(verdict)


def _paused(verdict: RuleResult) -> str:
    if verdict.said:
        return _("This server takes no orders now: {reason}.").format(reason=literal(verdict.said))
    return _("This server takes no orders now.")


def _blocked(verdict: RuleResult) -> str:
    if verdict.said:
        return _("This server's moderators have blocked you: {reason}.").format(
            reason=literal(verdict.said)
        )
    return _("This server's moderators have blocked you.")


def _block_ends(verdict: RuleResult) -> str:
    if verdict.ends_at is None:
        return _("Only they can end it.")
    return _("The block ends {when}, or earlier if they lift it.").format(when=ago(verdict.ends_at))


def _not_allowed(verdict: RuleResult) -> str:
    """Return what this order may not be as it is."""
    limit, wanted = verdict.limit, verdict.wanted
    match verdict.rule:
        case Rule.CHANNEL:
            return _("In this server pictures are ordered in {channels}.").format(
                channels=shared.channels(verdict.channels)
            )
        case Rule.AGE_RESTRICTED:
            return _("In this server pictures are ordered in age-restricted channels only.")
        case Rule.WORDS if verdict.style:
            return _(
                "This server's moderators have blocked {phrase}, and your prompt contains it with "
                "the words that the style {style} adds. Please choose another style, or none."
            ).format(phrase=code(verdict.said), style=shared.style(verdict.style))
        case Rule.WORDS:
            return _(
                "This server's moderators have blocked {phrase}, and your prompt contains it. "
                "Please put it differently."
            ).format(phrase=code(verdict.said))
        case Rule.IMAGES:
            return ngettext(
                "In this server an order of yours may have {limit} image, you asked for {wanted}.",
                "In this server an order of yours may have {limit} images, you asked for {wanted}.",
                limit,
            ).format(limit=limit, wanted=wanted)
        case Rule.STEPS:
            return ngettext(
                "In this server an order of yours may have {limit} step, you asked for {wanted}.",
                "In this server an order of yours may have {limit} steps, you asked for {wanted}.",
                limit,
            ).format(limit=limit, wanted=wanted)
        case _cooldown:
            wait = _("In this server you must wait {duration} from one order to the next.")
            again = _("You can order again {when}.")
            return " ".join(
                (
                    wait.format(duration=shared.duration(limit)),
                    again.format(when=ago(verdict.ends_at or 0.0)),
                )
            )


def _too_many(verdict: RuleResult) -> Iterable[str]:
    limit, used = verdict.limit, verdict.used
    if verdict.rule is Rule.MEMBER_AT_ONCE:
        yield _at_once(verdict).format(limit=limit)
        yield ngettext(
            "{used} of yours is not done yet.", "{used} of yours are not done yet.", used
        ).format(used=used)
    else:
        yield ngettext(
            "This server may have {limit} order at once.",
            "This server may have {limit} orders at once.",
            limit,
        ).format(limit=limit)
        yield ngettext("{used} is not done yet.", "{used} are not done yet.", used).format(
            used=used
        )
    yield _("You can order again when one is.")


def _at_once(verdict: RuleResult) -> str:
    if verdict.outside:
        return ngettext(
            "Outside of servers you may have {limit} order at once.",
            "Outside of servers you may have {limit} orders at once.",
            verdict.limit,
        )
    return ngettext(
        "In this server you may have {limit} order at once.",
        "In this server you may have {limit} orders at once.",
        verdict.limit,
    )


def _used_up(verdict: RuleResult) -> Iterable[str]:
    yield _of_day(verdict).format(limit=verdict.limit)
    yield ngettext(
        "{used} is used; you asked for {wanted}.",
        "{used} are used; you asked for {wanted}.",
        verdict.used,
    ).format(used=verdict.used, wanted=verdict.wanted)
    if verdict.ends_at is not None:
        yield _("The count starts anew {when}.").format(when=ago(verdict.ends_at))


def _of_day(verdict: RuleResult) -> str:
    """Return who may have how many images a day."""
    match verdict.rule:
        case Rule.MEMBER_DAY if verdict.outside:
            return ngettext(
                "Outside of servers you may order {limit} image a day.",
                "Outside of servers you may order {limit} images a day.",
                verdict.limit,
            )
        case Rule.OPERATOR_SERVER_DAY if verdict.outside:
            return ngettext(
                "The bot's operator allows {limit} image a day outside of servers, in all.",
                "The bot's operator allows {limit} images a day outside of servers, in all.",
                verdict.limit,
            )
        case Rule.OPERATOR_DAY if verdict.outside:
            return ngettext(
                "The bot's operator allows {limit} image a day, everywhere together.",
                "The bot's operator allows {limit} images a day, everywhere together.",
                verdict.limit,
            )
        case Rule.MEMBER_DAY:
            return ngettext(
                "In this server you may order {limit} image a day.",
                "In this server you may order {limit} images a day.",
                verdict.limit,
            )
        case Rule.SERVER_DAY:
            return ngettext(
                "This server's moderators allow {limit} image a day here.",
                "This server's moderators allow {limit} images a day here.",
                verdict.limit,
            )
        case Rule.OPERATOR_SERVER_DAY:
            return ngettext(
                "The bot's operator allows this server {limit} image a day.",
                "The bot's operator allows this server {limit} images a day.",
                verdict.limit,
            )
        case _all_servers:
            return ngettext(
                "The bot's operator allows all servers together {limit} image a day.",
                "The bot's operator allows all servers together {limit} images a day.",
                verdict.limit,
            )
