"""Why an order was refused: the rule, its figures, and when or by whom that ends."""

from collections.abc import Iterable
from typing import Final, Literal, assert_never

from bot.domain.admission import BUDGETS, OF_PLACE, Rule, RuleResult
from bot.domain.errors import InvalidOption, OrderRejected, StyleNotFound
from bot.domain.money import Budget
from bot.domain.order import PROMPT_LENGTH
from bot.domain.styles import title
from bot.service import errors
from bot.ui import guild_cache
from bot.ui.language import gettext as _
from bot.ui.language import lazy, ngettext, plural, spoken
from bot.ui.language import number as written
from bot.ui.markup import ago, code, date, literal, when
from bot.ui.texts import order_fields, shared

_OrderRule = Literal[Rule.CHANNEL, Rule.AGE_RESTRICTED, Rule.WORDS, Rule.PRIVATE, Rule.COOLDOWN]

CONTENT: Final = 2000  # characters of a message without components
_FENCE: Final = "```"
_BROKEN_FENCE: Final = "`\u200b`\u200b`"  # looks the same, but does not end the code block

# Rules that refuse any order of this member's here, until somebody else changes something.
_FINAL: Final = OF_PLACE | {Rule.DENIED_MEMBER, Rule.BLOCKED, Rule.TIMED_OUT, Rule.KEY}

# Today's images are used up; fewer are left than were asked for; the order alone is too large.
_MEMBERS_DAY: Final = (
    plural(
        "You've used your {limit} image for today.",
        "You've used all {limit} of your images for today.",
    ),
    plural(
        "You have {left} of {limit} image left today; this order needs {wanted}.",
        "You have {left} of {limit} images left today; this order needs {wanted}.",
    ),
    plural(
        "You can order up to {limit} image per day here; this order has {wanted}. "
        "Please order fewer.",
        "You can order up to {limit} images per day here; this order has {wanted}. "
        "Please order fewer.",
    ),
)
_SERVERS_DAY: Final = (
    plural(
        "This server has used its {limit} image for today.",
        "This server has used all {limit} of its images for today.",
    ),
    plural(
        "This server has {left} of {limit} image left today; this order needs {wanted}.",
        "This server has {left} of {limit} images left today; this order needs {wanted}.",
    ),
    plural(
        "This server can order up to {limit} image per day; this order has {wanted}. "
        "Please order fewer.",
        "This server can order up to {limit} images per day; this order has {wanted}. "
        "Please order fewer.",
    ),
)
_BOTS_DAY: Final = (
    plural(
        "The bot has used its {limit} image for today.",
        "The bot has used all {limit} of its images for today.",
    ),
    plural(
        "The bot has {left} of {limit} image left today; this order needs {wanted}.",
        "The bot has {left} of {limit} images left today; this order needs {wanted}.",
    ),
    plural(
        "The bot can order up to {limit} image per day; this order has {wanted}. "
        "Please order fewer.",
        "The bot can order up to {limit} images per day; this order has {wanted}. "
        "Please order fewer.",
    ),
)


# A budget is used up; the rest is too little for the order; the order alone is too expensive.
# Members read no sums.
_SERVERS_BUDGET: Final = (
    lazy("This server has used up its picture budget for this month."),
    lazy(
        "What is left of this server's picture budget for this month is too little for this order."
    ),
    lazy("This order costs more than this server's picture budget for a whole month."),
)
_DAYS_BUDGET: Final = (
    lazy("The bot has used up its picture budget for today."),
    lazy("What is left of the bot's picture budget for today is too little for this order."),
    lazy("This order costs more than the bot's picture budget for a whole day."),
)
_MONTHS_BUDGET: Final = (
    lazy("The bot has used up its picture budget for this month."),
    lazy("What is left of the bot's picture budget for this month is too little for this order."),
    lazy("This order costs more than the bot's picture budget for a whole month."),
)

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


def refusal(error: OrderRejected, *, form: bool = False) -> str:
    """Return why an order was refused; *form*: options are called as in the form."""
    small = [_("Nothing was charged.")]
    if isinstance(error, errors.LimitReached):
        small.append(_who(error.verdict))
    lines = [_reason(error, form=form), f"-# {' '.join(filter(None, small))}"]
    if error.defaulted:
        lines.insert(1, order_fields.from_settings(error.defaulted))
    return "\n".join(lines)


def _reason(error: OrderRejected, *, form: bool) -> str:
    match error:
        case InvalidOption():
            return "\n".join(_fault(fault, form=form) for fault in (error, *error.others))
        case errors.LimitReached(verdict=result):
            return _why(result)
        case StyleNotFound():
            return _no_style(error)
        case errors.ServersOnly():
            return servers_only()
        case errors.OrderForgotten():
            return _("This order is no longer stored. Please enter it again.")
        case errors.ShuttingDown():
            return _("The bot is restarting. Please try again in a minute.")
        case errors.AdmissionTimeout():
            return _("The bot is too busy to take your order now. Please try again.")
        case _:
            return _("That didn't work.")


servers_only: Final = lazy("Pictures can only be ordered on servers that the bot was added to.")


def _no_style(error: StyleNotFound) -> str:
    style = code(shared.cut(error.style, 100))
    if error.similar is None:
        text = _("There's no style called {style}. Pick one from the list, or leave it out.")
        return text.format(style=style)
    return _("There's no style called {style}. Did you mean **{similar}**?").format(
        style=style, similar=literal(title(error.similar, spoken()))
    )


def fault(error: InvalidOption) -> str:
    """Return what is wrong with an option in a form."""
    return _fault(error, form=True)


def _fault(error: InvalidOption | StyleNotFound, *, form: bool) -> str:
    if isinstance(error, StyleNotFound):
        return _no_style(error)
    labels = order_fields.LABELS
    in_form = form and error.option in labels
    option = f"**{labels[error.option]()}**" if in_form else code(error.option)
    if error.low is False:
        return _("{option} must be True or False.").format(option=option)
    values = {"option": option, "low": written(error.low), "high": written(error.high)}
    match error:
        case InvalidOption(option="prompt", suffix=suffix, got=int(got)) if suffix:
            return f"{_with_suffix(error.style, **values)} " + _(
                "Yours has {got}, and the suffix {suffix}. Please shorten one of them."
            ).format(got=got, suffix=suffix)
        case InvalidOption(option="prompt", style=str(style), got=int(got)):
            return _(
                "{option} can have up to {high} characters with the style {style}, which adds "
                "words of its own. Yours has {got}."
            ).format(style=shared.style(style), got=got, **values)
        case InvalidOption(option="style"):
            return _(
                "{option} must be the name of a style. Pick one from the list, or leave it out."
            ).format(**values)
        case InvalidOption(option="prompt", got=0):
            return _(
                "{option} is empty. Please describe the picture in {low} to {high} characters."
            ).format(**values)
        case InvalidOption(option="prompt" | "suffix", got=int(got)):
            return _("{option} can have up to {high} characters. Yours has {got}.").format(
                got=got, **values
            )
        case InvalidOption(low=int()):
            return _("{option} must be a whole number from {low} to {high}.").format(**values)
        case _:
            return _("{option} must be a number from {low} to {high}.").format(**values)


def _with_suffix(style: str | None, **values: str) -> str:
    """Return how long a prompt can be with a suffix, and perhaps with a *style*."""
    if style is None:
        return _("{option} can have up to {high} characters with your suffix.").format(**values)
    return _(
        "{option} can have up to {high} characters with your suffix and the style {style}, which "
        "adds words of its own."
    ).format(style=shared.style(style), **values)


def refused(result: RuleResult) -> Iterable[str]:
    """Yield why a rule refuses, with its figures and its end, and who can change it if any."""
    yield _why(result)
    if who := _who(result):
        yield who


def _who(result: RuleResult) -> str:
    """Return who can change what the rule says; empty: nobody."""
    match result.rule:
        case Rule.BUSY:
            return ""
        case Rule.KEY:
            return _("The bot's owner needs to fix this.")
        case Rule.CREDIT:
            return _("The bot's owner needs to top it up.")
        case _ if result.operators:
            return _("Only the bot's owner can change this.")
        case Rule.PAUSED:
            return _("This server's moderators can resume orders.")
        case Rule.BLOCKED:
            return _("This server's moderators can lift the block.")
        case Rule.TIMED_OUT:
            return _("This server's moderators can end it sooner.")
        case _:
            return _("This server's moderators can change this.")


def _why(result: RuleResult) -> str:
    """Return one or two sentences: what the rule says, its figures, and when that ends."""
    ends = when(result.ends_at or 0.0)
    match result.rule:
        case Rule.NOT_SERVED:
            return _not_served(result)
        case Rule.DENIED_SERVER | Rule.DENIED_MEMBER:
            return _denied(result)
        case Rule.PAUSED if result.said:
            return _("Orders are paused on this server: {reason}.").format(
                reason=literal(result.said)
            )
        case Rule.PAUSED:
            return _("Orders are paused on this server.")
        case Rule.BLOCKED:
            return _blocked(result)
        case Rule.TIMED_OUT:
            return _("You're timed out on this server. The time-out ends {when}.").format(when=ends)
        case Rule.KEY:
            return _(
                "Pictures can't be ordered right now: the image service does not accept the bot's "
                "key."
            )
        case Rule.CREDIT if result.ends_at is not None:
            return _("The bot's image credit is used up. You can try again {when}.").format(
                when=ends
            )
        case Rule.CREDIT:
            return _(
                "The bot's image credit is used up, and the bot is checking whether it has been "
                "topped up. Please try again in a minute."
            )
        case Rule.BUSY:
            return _("The image service is overloaded. You can order again {when}.").format(
                when=ends
            )
        case Rule.OPERATOR_SERVER_DAY | Rule.OPERATOR_DAY | Rule.MEMBER_DAY | Rule.SERVER_DAY:
            return _used_up(result)
        case (
            Rule.SERVER_MONTH_USD
            | Rule.OPERATOR_SERVER_MONTH_USD
            | Rule.OPERATOR_DAY_USD
            | Rule.OPERATOR_MONTH_USD
        ):
            return _over_budget(result)
        case Rule.MEMBER_AT_ONCE:
            return ngettext(
                "You already have {used} order running, the most allowed here. "
                "Try again when it's done.",
                "You already have {used} orders running, the most allowed here. "
                "Try again when one is done.",
                result.used,
            ).format(used=result.used)
        case Rule.SERVER_AT_ONCE:
            return ngettext(
                "This server already has {used} order running, the most allowed here. "
                "Try again when it's done.",
                "This server already has {used} orders running, the most allowed here. "
                "Try again when one is done.",
                result.used,
            ).format(used=result.used)
        case Rule.IMAGES | Rule.STEPS:
            return _too_large(result)
        case Rule.CHANNEL | Rule.AGE_RESTRICTED | Rule.WORDS | Rule.PRIVATE | Rule.COOLDOWN:
            return _not_allowed(result, result.rule)
        case _:
            assert_never(result.rule)


def _not_served(result: RuleResult) -> str:
    if result.outside:
        return servers_only()
    return _("Pictures can't be ordered on this server: the bot's owner hasn't enabled it.")


def _denied(result: RuleResult) -> str:
    text = _("The bot's owner has barred you from ordering pictures.")
    if result.rule is Rule.DENIED_SERVER:
        text = _("The bot's owner has barred this server from ordering pictures.")
    lines = [text]
    if result.said:
        lines.append(_("Reason: {reason}").format(reason=literal(result.said)))
    if result.ends_at is not None:
        end = f"{ago(result.ends_at)} ({date(result.ends_at)})"
        lines.append(_("This ends {when}.").format(when=end))
    return "\n".join(lines)


def _blocked(result: RuleResult) -> str:
    if result.said:
        text = _("You're blocked from ordering on this server: {reason}.").format(
            reason=literal(result.said)
        )
    else:
        text = _("You're blocked from ordering on this server.")
    if result.ends_at is None:
        return text
    ends = _("The block ends {when}.").format(when=when(result.ends_at))
    return f"{text} {ends}"


def _too_large(result: RuleResult) -> str:
    if result.rule is Rule.IMAGES:
        text = ngettext(
            "You can order up to {limit} image at a time here; this order has {wanted}.",
            "You can order up to {limit} images at a time here; this order has {wanted}.",
            result.limit,
        )
    else:
        text = ngettext(
            "You can use up to {limit} step here; this order has {wanted}.",
            "You can use up to {limit} steps here; this order has {wanted}.",
            result.limit,
        )
    return text.format(limit=result.limit, wanted=result.wanted)


def _not_allowed(result: RuleResult, rule: _OrderRule) -> str:
    match rule:
        case Rule.CHANNEL:
            return _elsewhere(result)
        case Rule.AGE_RESTRICTED:
            channels = guild_cache.age_restricted(result.channels)
            if channels:
                return _(
                    "Pictures can only be ordered in age-restricted channels here, such as "
                    "{channels}."
                ).format(channels=shared.channels(channels))
            return _("Pictures can only be ordered in age-restricted channels here.")
        case Rule.WORDS if result.style:
            return _(
                "The style {style} contains {phrase}, which isn't allowed here. Please choose "
                "another style."
            ).format(phrase=code(result.said), style=shared.style(result.style))
        case Rule.WORDS if result.suffix:
            return _(
                "Your suffix adds {phrase} to your prompt, which isn't allowed here. Please leave "
                "it out, or change it with `/settings`."
            ).format(phrase=code(result.said))
        case Rule.WORDS:
            return _(
                "Your prompt contains {phrase}, which isn't allowed here. Please rephrase it."
            ).format(phrase=code(result.said))
        case Rule.PRIVATE:
            return _(
                "Private orders aren't allowed on this server. If you change this one and try "
                "again, everybody here can see it."
            )
        case Rule.COOLDOWN:
            return _(
                "Please wait {duration} between orders here. You can order again {when}."
            ).format(duration=shared.duration(result.limit), when=when(result.ends_at or 0.0))
        case _:
            assert_never(rule)


def _elsewhere(result: RuleResult) -> str:
    left = [one for one in result.channels if not guild_cache.is_deleted_channel(one)]
    if left:
        return _("Please use `/imagine` in {channels}.").format(channels=shared.channels(left))
    return _(
        "All channels for pictures were deleted here. Moderators have to choose new ones first."
    )


def _used_up(result: RuleResult) -> str:
    sentences = {Rule.MEMBER_DAY: _MEMBERS_DAY, Rule.OPERATOR_DAY: _BOTS_DAY}
    default = _BOTS_DAY if result.outside else _SERVERS_DAY
    used_up, some_left, too_large = sentences.get(result.rule, default)
    left = max(result.limit - result.used, 0)
    text = too_large if result.wanted > result.limit else some_left if left else used_up
    told = text(result.limit).format(limit=result.limit, left=left, wanted=result.wanted)
    return _until_more(told, result, when(result.ends_at or 0.0))


def _over_budget(result: RuleResult) -> str:
    budget = BUDGETS[result.rule]
    whole_month = _MONTHS_BUDGET if result.outside else _SERVERS_BUDGET
    texts = {Budget.DAY: _DAYS_BUDGET, Budget.MONTH: _MONTHS_BUDGET}.get(budget, whole_month)
    used_up, too_little, too_large = texts
    left = result.limit - result.used
    text = too_large if result.wanted > result.limit else too_little if left > 0 else used_up
    moment = result.ends_at or 0.0
    anew = when(moment) if budget is Budget.DAY else f"{ago(moment)} ({date(moment)})"
    return _until_more(text(), result, anew)


def _until_more(text: str, result: RuleResult, anew: str) -> str:
    """Add when the limit is new; an order that is too large for a new one has no such time."""
    if result.ends_at is None or result.wanted > result.limit:
        return text
    if result.used < result.limit:
        return f"{text} " + _("The limit resets {when}.").format(when=anew)
    return f"{text} " + _("You can order again {when}.").format(when=anew)
