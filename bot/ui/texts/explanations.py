"""The texts of ``/limits explain``, ``words list``, ``words test`` and ``styles list``."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain import styles
from bot.domain.admission import BUDGETS, OF_THE_DAY, Rule, RuleResult
from bot.domain.rules import Rules
from bot.domain.word_filter import Finding
from bot.ui.language import dollars, marked, ngettext, pgettext, spoken
from bot.ui.language import gettext as _
from bot.ui.markup import ago, clock, code, date, literal
from bot.ui.texts import limits, shared

# Names of the rules that moderators can change and the panel does not show.
_RULES: Final = {
    Rule.PAUSED: marked("Pause"),
    Rule.BLOCKED: marked("Blocked members"),
    Rule.CHANNEL: marked("Channels for orders"),
    Rule.WORDS: marked("Blocked words"),
}
_OWN_STYLES: Final = 2600  # characters


def rule(of: Rule) -> str:
    """Return the name of a rule that moderators can change: the panel's, if it is shown there."""
    return _(_RULES[of]) if of in _RULES else limits.name(of.value)


# Why a rule refuses, after "can't order here: ".
_WHY: Final = {
    Rule.NOT_SERVED: marked("the bot's owner hasn't enabled this server"),
    Rule.DENIED_SERVER: marked("the bot's owner has barred this server"),
    Rule.DENIED_MEMBER: marked("the bot's owner has barred them"),
    Rule.PAUSED: marked("orders are paused"),
    Rule.BLOCKED: marked("they are blocked by moderators"),
    Rule.TIMED_OUT: marked("they are timed out"),
    Rule.CHANNEL: marked("pictures can only be ordered in other channels"),
    Rule.AGE_RESTRICTED: marked("pictures can only be ordered in age-restricted channels"),
    Rule.WORDS: marked("the prompt contains “{phrase}”, which is blocked"),
    Rule.PRIVATE: marked("private orders aren't allowed"),
    Rule.IMAGES: marked("the order has too many images"),
    Rule.STEPS: marked("the order has too many steps"),
    Rule.KEY: marked("the image service does not accept the bot's key"),
    Rule.CREDIT: marked("the bot is out of image credit"),
    Rule.BUSY: marked("the image service is overloaded"),
    Rule.MEMBER_AT_ONCE: marked("too many of their orders are running"),
    Rule.SERVER_AT_ONCE: marked("too many orders of this server are running"),
    Rule.COOLDOWN: marked("their cooldown is running"),
    Rule.MEMBER_DAY: marked("their daily limit is used up"),
    Rule.SERVER_DAY: marked("the server's daily limit is used up"),
    Rule.OPERATOR_SERVER_DAY: marked("the bot owner's daily cap for this server is used up"),
    Rule.OPERATOR_DAY: marked("the bot owner's daily cap for all servers is used up"),
    Rule.SERVER_MONTH_USD: marked("the server's monthly budget is used up"),
    Rule.OPERATOR_SERVER_MONTH_USD: marked(
        "the bot owner's monthly budget for this server is used up"
    ),
    Rule.OPERATOR_DAY_USD: marked("the bot owner's daily budget is used up"),
    Rule.OPERATOR_MONTH_USD: marked("the bot owner's monthly budget is used up"),
}
# Something is left, but not enough.
_TOO_LITTLE: Final = {
    Rule.MEMBER_DAY: marked("too little is left of their daily limit for this order"),
    Rule.SERVER_DAY: marked("too little is left of the server's daily limit for this order"),
    Rule.OPERATOR_SERVER_DAY: marked(
        "too little is left of the bot owner's daily cap for this server"
    ),
    Rule.OPERATOR_DAY: marked("too little is left of the bot owner's daily cap for all servers"),
    Rule.SERVER_MONTH_USD: marked("too little is left of the server's monthly budget"),
    Rule.OPERATOR_SERVER_MONTH_USD: marked(
        "too little is left of the bot owner's monthly budget for this server"
    ),
    Rule.OPERATOR_DAY_USD: marked("too little is left of the bot owner's daily budget"),
    Rule.OPERATOR_MONTH_USD: marked("too little is left of the bot owner's monthly budget"),
}


def reason(of: Rule) -> str:
    """Return a rule's name, or what it says where it has none, as the begin of a line."""
    text = rule(of) if of in _RULES or of.value in limits.NAMES else _(_WHY[of])
    return text[:1].upper() + text[1:]


# What is tried again then, and may fail again: nothing ends.
_TRIED_AGAIN: Final = frozenset({Rule.CREDIT, Rule.BUSY})
_HOLD: Final = frozenset(
    {Rule.DENIED_SERVER, Rule.DENIED_MEMBER, Rule.BLOCKED, Rule.TIMED_OUT, Rule.COOLDOWN}
)
_MAY_LAST_DAYS: Final = (_HOLD - {Rule.COOLDOWN}) | BUDGETS.keys()
# What all servers together cost is the operator's affair.
_FIGURES: Final = (
    OF_THE_DAY
    | {Rule.MEMBER_AT_ONCE, Rule.SERVER_AT_ONCE}
    | {Rule.SERVER_MONTH_USD, Rule.OPERATOR_SERVER_MONTH_USD}
)


def explained(member_id: int, results: Sequence[RuleResult]) -> str:
    """Return whether that member can order one image here, and what is in the way."""
    refusing = [result for result in results if result.refuses]
    member = f"<@{member_id}>"
    if refusing:
        text = _("\N{CROSS MARK} {member} can't order in this channel now: {reason}.")
        parts = [text.format(member=member, reason=_reason(refusing[0]))]
        parts.append("-# " + _changeable(refusing[0]))
    else:
        text = _("\N{WHITE HEAVY CHECK MARK} {member} can order in this channel now.")
        parts = [text.format(member=member)]
    if others := refusing[1:]:
        also = _("Other reasons")
        parts += [f"**{also}**", *(f"- {_reason(other)}" for other in others)]
    return "\n".join((*parts, *_rest(results)))


def _rest(results: Sequence[RuleResult]) -> Iterable[str]:
    """Yield what is known of the rules that pass."""
    by_rule = {result.rule: result for result in results}
    day, running = by_rule.get(Rule.MEMBER_DAY), by_rule.get(Rule.MEMBER_AT_ONCE)
    if day is not None and running is not None:
        usage = _("Images today: {day} · orders running: {running}")
        yield "-# " + usage.format(day=_used(day), running=_used(running))
    words = by_rule.get(Rule.WORDS)
    if words is not None and words.limit and not words.refuses:
        yield "-# " + ngettext(
            "Prompts are checked for {count} blocked phrase.",
            "Prompts are checked for {count} blocked phrases.",
            words.limit,
        ).format(count=words.limit)
    fine = sum(not result.refuses for result in results)
    if 0 < fine < len(results):
        yield "-# " + ngettext(
            "{count} other rule is fine.", "{count} other rules are fine.", fine
        ).format(count=fine)


def _used(result: RuleResult) -> str:
    if result.rule in BUDGETS:
        figures = {"used": dollars(result.used), "limit": dollars(result.limit)}
        return _("{used} of {limit}").format(**figures)
    if result.limit:
        return _("{used} of {limit}").format(used=result.used, limit=result.limit)
    return _("{used}, no limit").format(used=result.used)


def _reason(result: RuleResult) -> str:
    """Return why a rule refuses, until when, and what a moderator said about it."""
    parts = [_what(result)]
    if result.ends_at is not None:
        ends = _ends(result.rule, result.ends_at)
        parts = [f"{parts[0]} {ends}"] if result.rule in _HOLD else [*parts, ends]
    elif result.rule in {Rule.DENIED_SERVER, Rule.DENIED_MEMBER, Rule.BLOCKED}:
        parts.append(_("permanently"))
    if result.rule in _FIGURES:
        parts.append(_used(result))
    if result.said and result.rule is not Rule.WORDS:
        parts.append(_("“{text}”").format(text=literal(result.said)))
    return ", ".join(parts)


def _what(result: RuleResult) -> str:
    if result.rule is Rule.CHANNEL and result.channels:
        channels = shared.channels(result.channels)
        return _("pictures can only be ordered in {channels}").format(channels=channels)
    if result.rule in _TOO_LITTLE and result.used < result.limit:
        return _(_TOO_LITTLE[result.rule])
    return _(_WHY[result.rule]).format(phrase=literal(result.said))


def _ends(rule_: Rule, moment: float) -> str:
    when = f"{(date if rule_ in _MAY_LAST_DAYS else clock)(moment)} ({ago(moment)})"
    if rule_ in _TRIED_AGAIN:
        return _("next try at {when}").format(when=when)
    if rule_ in OF_THE_DAY or rule_ in BUDGETS:
        return _("resets at {when}").format(when=when)
    return _("until {when}").format(when=when)


def _changeable(result: RuleResult) -> str:
    if result.rule is Rule.BUSY:
        return _("This passes by itself.")
    if result.rule is Rule.TIMED_OUT:
        return _("Moderators can end the time-out in Discord.")
    if result.operators:
        return _("Only the bot's owner can change this.")
    return _("Moderators can change this under **{rule}**.").format(rule=rule(result.rule))


def words_listed(rules: Rules) -> str:
    """Return both lists of phrases."""
    return "\n".join(
        [*_listed("blocked", rules.words.blocked), *_listed("allowed", rules.words.allowed)]
    )


def _listed(name: str, phrases: Sequence[str]) -> Iterable[str]:
    yield f"**{limits.name(name)}**"
    yield shared.fitted([*map(code, phrases)], shared.LIST, ", ") or pgettext("phrases", "none")


def styles_listed(rules: Rules) -> str:
    """Return a server's styles with their words, and the built-in ones that they leave."""
    titles = [
        styles.title(style.name, spoken())
        for style in styles.all_of(rules.styles)
        if style in styles.BUILT_IN and style not in rules.styles
    ]
    own = [f"- {_own_style(style)}" for style in rules.styles]
    of_own, of_all = _("Styles of this server"), _("Built-in styles")
    return "\n".join(
        [
            f"**{of_own}**",
            shared.fitted(own, _OWN_STYLES) or pgettext("styles", "none"),
            f"**{of_all}**",
            ", ".join(titles),
        ]
    )


def _own_style(style: styles.Style) -> str:
    """Return a server's style; one that replaces a built-in one says so."""
    text = limits.value("styles", style)
    if styles.built_in(style.name) is None:
        return text
    return _("{style} (replaces the built-in one)").format(style=text)


def words_found(prompt: str, finding: Finding) -> str:
    """Return whether a prompt would be refused, and why."""
    return f"> {literal(prompt)}\n{_found(finding)}"


def _found(finding: Finding) -> str:
    if finding.blocked is None:
        return _("This would be accepted: it contains no blocked word.")
    if finding.allowed is not None:
        return _(
            "This would be accepted: it contains {blocked}, inside {allowed}, which is allowed."
        ).format(blocked=code(finding.blocked), allowed=code(finding.allowed))
    return _("This would be refused: it contains {blocked}.").format(blocked=code(finding.blocked))
