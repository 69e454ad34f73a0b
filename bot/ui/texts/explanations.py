"""The texts of ``/limits explain``, ``words list``, ``words test`` and ``styles list``."""

from collections.abc import Iterable, Sequence
from typing import Final, assert_never

from bot.domain import styles
from bot.domain.admission import Rule, RuleResult
from bot.domain.rules import Rules
from bot.domain.word_filter import Finding
from bot.ui.language import gettext as _
from bot.ui.language import marked, ngettext, pgettext, spoken
from bot.ui.markup import ago, code, literal
from bot.ui.texts import limits, shared

_RULES: Final = {
    Rule.NOT_SERVED: marked("Servers that are served"),
    Rule.PAUSED: marked("Pause"),
    Rule.BLOCKED: marked("Blocked members"),
    Rule.TIMED_OUT: marked("Members in time-out"),
    Rule.CHANNEL: marked("Channels for orders"),
    Rule.WORDS: marked("Blocked words"),
    Rule.KEY: marked("The key to the image service"),
    Rule.CREDIT: marked("Image credit"),
    Rule.BUSY: marked("The image service's pause"),
    Rule.OPERATOR_SERVER_DAY: marked("The operator's cap, this server"),
    Rule.OPERATOR_DAY: marked("The operator's cap, all servers"),
}
_OUTSIDE: Final = {
    Rule.NOT_SERVED: marked("Orders outside of servers"),
    Rule.OPERATOR_SERVER_DAY: marked("The operator's cap, outside of servers"),
    Rule.OPERATOR_DAY: marked("The operator's cap, everywhere"),
}
_OWN_STYLES: Final = 2600  # characters


def rule(of: Rule, *, outside: bool = False) -> str:
    """Return a rule's name: the panel's, if it is shown there."""
    if outside and of in _OUTSIDE:
        return _(_OUTSIDE[of])
    return _(_RULES[of]) if of in _RULES else limits.name(of.value)


def explained(member_id: int, results: Sequence[RuleResult]) -> str:
    """Return each rule's result for an order of one image by that member."""
    parts = [_first(member_id, results)]
    for whose, operators in (
        (_("What this server's moderators can change"), False),
        (_("What only the bot's operator can change"), True),
    ):
        parts.append(f"**{whose}**")
        parts += [
            f"- {rule(result.rule)}: {_result(result)}"
            for result in results
            if result.operators is operators
        ]
    return "\n".join(parts)


def _first(member_id: int, results: Sequence[RuleResult]) -> str:
    member = f"<@{member_id}>"
    decides = next((result for result in results if result.refuses), None)
    if decides is None:
        return _("An order of {member} here, of one image, would be admitted now.").format(
            member=member
        )
    if decides.operators:
        return _(
            "An order of {member} here would be refused now. What decides is **{rule}**: "
            "only the operator can change it."
        ).format(member=member, rule=rule(decides.rule))
    return _(
        "An order of {member} here would be refused now. What decides is **{rule}**: "
        "moderators can change it."
    ).format(member=member, rule=rule(decides.rule))


def _result(result: RuleResult) -> str:
    """Return a rule's figures, and whether it refuses."""
    return " · ".join(part for part in (_figures(result), _passes(result)) if part)


def _figures(result: RuleResult) -> str:
    limit = result.limit
    match result.rule:
        case Rule.CHANNEL:
            return shared.channels(result.channels) or (_("no channel") if result.refuses else "")
        case Rule.AGE_RESTRICTED:
            return shared.yes_or_no(limit)
        case Rule.WORDS:
            return ngettext(
                "{count} phrase blocked; decided by the prompt",
                "{count} phrases blocked; decided by the prompt",
                limit,
            ).format(count=limit)
        case Rule.COOLDOWN:
            return shared.duration(limit) if limit else pgettext("cooldown", "none")
        case Rule.IMAGES | Rule.STEPS:
            return _("up to {limit}").format(limit=limit) if limit else _("no limit")
        case (
            Rule.MEMBER_AT_ONCE
            | Rule.SERVER_AT_ONCE
            | Rule.MEMBER_DAY
            | Rule.SERVER_DAY
            | Rule.OPERATOR_SERVER_DAY
            | Rule.OPERATOR_DAY
        ):
            if limit:
                return _("{used} of {limit}").format(used=result.used, limit=limit)
            return _("{used} used, no limit").format(used=result.used)
        case (
            Rule.NOT_SERVED
            | Rule.PAUSED
            | Rule.BLOCKED
            | Rule.TIMED_OUT
            | Rule.KEY
            | Rule.CREDIT
            | Rule.BUSY
        ):
            return ""
        case _:
            assert_never(result.rule)


def _passes(result: RuleResult) -> str:
    if not result.refuses:
        return _("lets pass")
    refuses = (
        _("**refuses**, ends {when}").format(when=ago(result.ends_at))
        if result.ends_at is not None
        else _("**refuses**")
    )
    return f"{refuses} ({literal(result.said)})" if result.said else refuses


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
        return _("This would be taken: it contains no blocked word.")
    if finding.allowed is not None:
        return _(
            "This would be taken: it contains {blocked}, inside {allowed}, which is allowed."
        ).format(blocked=code(finding.blocked), allowed=code(finding.allowed))
    return _("This would be refused: it contains {blocked}.").format(blocked=code(finding.blocked))
