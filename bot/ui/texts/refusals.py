"""Why an order was refused: the rule, its figures, and when or by whom that ends."""

from collections.abc import Iterable
from typing import Final, Literal, assert_never

from bot.domain.admission import OF_PLACE, Rule, RuleResult
from bot.domain.errors import InvalidOption, OrderRejected, StyleNotFound
from bot.domain.order import PROMPT_LENGTH
from bot.service import errors
from bot.ui import guild_cache
from bot.ui.language import gettext as _
from bot.ui.language import lazy, ngettext, plural
from bot.ui.language import number as written
from bot.ui.markup import ago, code, literal
from bot.ui.texts import shared

_OrderRule = Literal[Rule.CHANNEL, Rule.AGE_RESTRICTED, Rule.WORDS, Rule.COOLDOWN]

CONTENT: Final = 2000  # characters of a message without components
_FENCE: Final = "```"
_BROKEN_FENCE: Final = "`\u200b`\u200b`"  # looks the same, but does not end the code block

# Rules that refuse any order of this member's here, until somebody else changes something.
_FINAL: Final = OF_PLACE | {Rule.BLOCKED, Rule.TIMED_OUT, Rule.KEY}

# What a rule allows.
_ALLOWANCES: Final = {
    Rule.IMAGES: plural(
        "In this server an order of yours may have {limit} image, you asked for {wanted}.",
        "In this server an order of yours may have {limit} images, you asked for {wanted}.",
    ),
    Rule.STEPS: plural(
        "In this server an order of yours may have {limit} step, you asked for {wanted}.",
        "In this server an order of yours may have {limit} steps, you asked for {wanted}.",
    ),
    Rule.MEMBER_AT_ONCE: plural(
        "In this server you may have {limit} order at once.",
        "In this server you may have {limit} orders at once.",
    ),
    Rule.SERVER_AT_ONCE: plural(
        "This server may have {limit} order at once.",
        "This server may have {limit} orders at once.",
    ),
    Rule.MEMBER_DAY: plural(
        "In this server you may order {limit} image a day.",
        "In this server you may order {limit} images a day.",
    ),
    Rule.SERVER_DAY: plural(
        "This server's moderators allow {limit} image a day here.",
        "This server's moderators allow {limit} images a day here.",
    ),
    Rule.OPERATOR_SERVER_DAY: plural(
        "The bot's operator allows this server {limit} image a day.",
        "The bot's operator allows this server {limit} images a day.",
    ),
    Rule.OPERATOR_DAY: plural(
        "The bot's operator allows all servers together {limit} image a day.",
        "The bot's operator allows all servers together {limit} images a day.",
    ),
}
_ALLOWANCES_OUTSIDE: Final = _ALLOWANCES | {
    Rule.MEMBER_AT_ONCE: plural(
        "Outside of servers you may have {limit} order at once.",
        "Outside of servers you may have {limit} orders at once.",
    ),
    Rule.MEMBER_DAY: plural(
        "Outside of servers you may order {limit} image a day.",
        "Outside of servers you may order {limit} images a day.",
    ),
    Rule.OPERATOR_SERVER_DAY: plural(
        "The bot's operator allows {limit} image a day outside of servers, in all.",
        "The bot's operator allows {limit} images a day outside of servers, in all.",
    ),
    Rule.OPERATOR_DAY: plural(
        "The bot's operator allows {limit} image a day, everywhere together.",
        "The bot's operator allows {limit} images a day, everywhere together.",
    ),
}


# The button under a refusal.
change: Final = lazy("Change and try again")


def can_be_changed(error: OrderRejected) -> bool:
    """Tell whether another try can help, here and soon."""
    match error:
        case errors.ServersOnly() | errors.OrderForgotten():
            return False
        case errors.LimitReached(verdict=result):
            return result.rule not in _FINAL
        case _:
            return True


def with_prompt(text: str, prompt: object) -> str:
    """Return a refusal with the prompt as it was typed, if any, cut to fit into the message."""
    if not isinstance(prompt, str) or not prompt.strip():
        return text
    heading = _("Your prompt:")
    typed = prompt.strip().replace(_FENCE, _BROKEN_FENCE)
    room = CONTENT - min(len(typed), PROMPT_LENGTH.high) - len(heading) - 2 * len(_FENCE) - 4
    above = f"{shared.cut(text, room)}\n{heading}\n{_FENCE}\n"
    return f"{above}{shared.cut(typed, CONTENT - len(above) - 1 - len(_FENCE))}\n{_FENCE}"


def prompt_of(content: str) -> str:
    """Return the prompt of a refusal by :func:`with_prompt`; empty: there is none."""
    _above, _fence, below = content.partition(f"\n{_FENCE}\n")
    return below.removesuffix(f"\n{_FENCE}").replace(_BROKEN_FENCE, _FENCE)


def refusal(error: OrderRejected) -> str:
    """Return why an order was refused."""
    nothing = _("Nothing was ordered, nothing is charged.")
    return f"{_why(error)} {nothing}"


def _why(error: OrderRejected) -> str:
    match error:
        case InvalidOption():
            return _bad(error)
        case errors.LimitReached(verdict=result):
            return " ".join(refused(result))
        case StyleNotFound(style=style):
            return _(
                "There is no style {style} here. Please choose one of those that `style` offers, "
                "or leave it out."
            ).format(style=code(shared.cut(style, 100)))
        case errors.ServersOnly():
            return _("Pictures can be ordered only in servers that the bot was added to.")
        case errors.OrderForgotten():
            return _("That order is not on record any more. Please type it anew.")
        case errors.ShuttingDown():
            return _("The bot is restarting. Please try again in a minute.")
        case errors.AdmissionTimeout():
            return _("The bot is too busy to take your order now. Please try again.")
        case _:
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
        case _:
            return _("`{option}` takes numbers from {low} to {high}.").format(**values)


def _moderators(result: RuleResult) -> str:
    if result.outside:
        return _("Only the bot's operator can change this.")
    return _("This server's moderators can change this.")


def refused(result: RuleResult) -> Iterable[str]:
    """Yield sentences: the rule that refused, its figures, and when or by whom that ends."""
    match result.rule:
        case Rule.NOT_SERVED if result.outside:
            yield _("The bot's operator has not opened it outside of servers.")
        case Rule.NOT_SERVED:
            yield _("The bot's operator has not opened it for this server.")
        case Rule.PAUSED:
            yield _paused(result)
            yield _("Its moderators can resume them.")
        case Rule.BLOCKED:
            yield _blocked(result)
            yield _block_ends(result)
        case Rule.TIMED_OUT:
            yield _(
                "You are in time-out in this server. It ends {when}, or earlier if its moderators "
                "end it."
            ).format(when=ago(result.ends_at or 0.0))
        case Rule.KEY:
            yield _(
                "The image service does not accept the bot's key. "
                "Only the bot's operator can mend it."
            )
        case Rule.CREDIT if result.ends_at is not None:
            yield _(
                "The bot's image credit is used up. Only its operator can top it up; "
                "the next try is possible {when}."
            ).format(when=ago(result.ends_at))
        case Rule.CREDIT:
            yield _(
                "The bot's image credit is used up, and another order is just finding out whether "
                "that still holds. Only the bot's operator can top it up."
            )
        case Rule.BUSY:
            yield _(
                "The image service asked for a long pause. Orders are taken again {when}."
            ).format(when=ago(result.ends_at or 0.0))
        case Rule.OPERATOR_SERVER_DAY | Rule.OPERATOR_DAY:
            yield from _used_up(result)
            yield _("Only the operator can change this.")
        case Rule.MEMBER_DAY | Rule.SERVER_DAY:
            yield from _used_up(result)
            yield _moderators(result)
        case Rule.MEMBER_AT_ONCE | Rule.SERVER_AT_ONCE:
            yield from _too_many(result)
            yield _moderators(result)
        case Rule.IMAGES | Rule.STEPS:
            yield _allowance(result)
            yield _moderators(result)
        case Rule.CHANNEL | Rule.AGE_RESTRICTED | Rule.WORDS | Rule.COOLDOWN:
            yield _not_allowed(result, result.rule)
            yield _moderators(result)
        case _:
            assert_never(result.rule)


def _paused(result: RuleResult) -> str:
    if result.said:
        return _("This server takes no orders now: {reason}.").format(reason=literal(result.said))
    return _("This server takes no orders now.")


def _blocked(result: RuleResult) -> str:
    if result.said:
        return _("This server's moderators have blocked you: {reason}.").format(
            reason=literal(result.said)
        )
    return _("This server's moderators have blocked you.")


def _block_ends(result: RuleResult) -> str:
    if result.ends_at is None:
        return _("Only they can end it.")
    return _("The block ends {when}, or earlier if they lift it.").format(when=ago(result.ends_at))


def _not_allowed(result: RuleResult, rule: _OrderRule) -> str:
    match rule:
        case Rule.CHANNEL:
            return _elsewhere(result)
        case Rule.AGE_RESTRICTED:
            return _("In this server pictures are ordered in age-restricted channels only.")
        case Rule.WORDS if result.style:
            return _(
                "This server's moderators have blocked {phrase}, and your prompt contains it with "
                "the words that the style {style} adds. Please choose another style, or none."
            ).format(phrase=code(result.said), style=shared.style(result.style))
        case Rule.WORDS:
            return _(
                "This server's moderators have blocked {phrase}, and your prompt contains it. "
                "Please put it differently."
            ).format(phrase=code(result.said))
        case Rule.COOLDOWN:
            wait = _("In this server you must wait {duration} from one order to the next.")
            again = _("You can order again {when}.")
            return f"{wait} {again}".format(
                duration=shared.duration(result.limit), when=ago(result.ends_at or 0.0)
            )
        case _:
            assert_never(rule)


def _elsewhere(result: RuleResult) -> str:
    left = [one for one in result.channels if not guild_cache.is_deleted_channel(one)]
    if left:
        return _("In this server pictures are ordered in {channels}.").format(
            channels=shared.channels(left)
        )
    return _(
        "The channels that were chosen for pictures here are all deleted, so orders are taken "
        "nowhere until others are chosen."
    )


def _too_many(result: RuleResult) -> Iterable[str]:
    yield _allowance(result)
    if result.rule is Rule.MEMBER_AT_ONCE:
        pending = ngettext(
            "{used} of yours is not done yet.", "{used} of yours are not done yet.", result.used
        )
    else:
        pending = ngettext("{used} is not done yet.", "{used} are not done yet.", result.used)
    yield pending.format(used=result.used)
    yield _("You can order again when one is.")


def _used_up(result: RuleResult) -> Iterable[str]:
    yield _allowance(result)
    yield ngettext(
        "{used} is used; you asked for {wanted}.",
        "{used} are used; you asked for {wanted}.",
        result.used,
    ).format(used=result.used, wanted=result.wanted)
    if result.ends_at is not None:
        yield _("The count starts anew {when}.").format(when=ago(result.ends_at))


def _allowance(result: RuleResult) -> str:
    text = (_ALLOWANCES_OUTSIDE if result.outside else _ALLOWANCES)[result.rule](result.limit)
    return text.format(limit=result.limit, wanted=result.wanted)
