"""The texts of ``/usage``, ``/help`` and ``/privacy``."""

import math
from collections.abc import Iterable
from typing import Final

from bot.domain import admission
from bot.domain.admission import Rule, RuleResult
from bot.domain.styles import Style, title
from bot.service.member_account import ErasureResult, OrderPlace, UsageReport
from bot.service.settings import RetentionPolicy
from bot.ui.button_actions import Example
from bot.ui.language import dollars, lazy, ngettext, spoken
from bot.ui.language import gettext as _
from bot.ui.markup import literal, when
from bot.ui.texts import refusals, shared

_BAR: Final = 10  # characters of a bar
_LEFT, _USED = "▰", "▱"
_STYLE_WORDS: Final = 100  # characters of one style's words

# The names of the limits in figures.
_NAMES: Final = {
    Rule.IMAGES: lazy("Images per order"),
    Rule.STEPS: lazy("Steps per order"),
    Rule.MEMBER_AT_ONCE: lazy("Your orders running"),
    Rule.SERVER_AT_ONCE: lazy("This server's orders running"),
    Rule.COOLDOWN: lazy("Wait between orders"),
    Rule.MEMBER_DAY: lazy("Your images today"),
    Rule.SERVER_DAY: lazy("This server's images today"),
    Rule.OPERATOR_SERVER_DAY: lazy("The bot owner's cap for this server today"),
    Rule.OPERATOR_DAY: lazy("All servers' images today"),
}
_NAMES_OUTSIDE: Final = _NAMES | {
    Rule.OPERATOR_SERVER_DAY: lazy("Everybody's images today, outside of servers"),
    Rule.OPERATOR_DAY: lazy("Everybody's images today"),
}
_MONEY: Final = {
    Rule.SERVER_MONTH_USD: lazy("This server's budget this month"),
    Rule.OPERATOR_SERVER_MONTH_USD: lazy("The bot owner's budget for this server this month"),
}
_OF_SERVERS: Final = frozenset({Rule.SERVER_AT_ONCE, Rule.SERVER_DAY})


# Usage.


def usage(report: UsageReport, *, moderates: bool = False) -> str:
    """Return what each limit leaves a member, in bars and words, and who can change it.

    Only a member who *moderates* the server reads what it costs.
    """
    results = report.verdicts
    if report.place.violation is not None:
        return "\n".join(_closed(report.place, report.place.violation))
    parts = ["## " + _("Your limits today"), *_summary(report)]
    for whose, operators in (
        (_("Set by this server's moderators"), False),
        (_("Set by the bot's owner"), True),
    ):
        lines = [
            f"{_name(result)}: {_figures(result)}"
            for result in results
            if result.operators is operators
            and result.limit
            and result.rule in (_NAMES | _MONEY if moderates else _NAMES)
            and not (result.outside and result.rule in _OF_SERVERS)
        ]
        if lines:
            parts += [f"### {whose}", *lines]
    note = "-# " + _("Daily limits reset at 00:00 UTC, {when}.")
    return "\n".join([*parts, note.format(when=when(report.anew_at))])


def _name(result: RuleResult) -> str:
    return ((_NAMES_OUTSIDE if result.outside else _NAMES) | _MONEY)[result.rule]()


def _summary(report: UsageReport) -> Iterable[str]:
    reasons = [result for result in report.verdicts if result.refuses]
    if reasons:
        decides, *others = reasons
        yield _("**You can't order right now.** {reason}").format(
            reason=" ".join(refusals.refused(decides))
        )
        yield from (
            " ".join(refusals.refused(result)) for result in others if result.rule not in _NAMES
        )
        return
    left = admission.remaining_today(report.verdicts)
    if left is None:
        yield _("**You can order here**, as many images as you like.")
        return
    count = left + 1  # the sample has one image
    yield ngettext(
        "**You can order {count} more image today.**",
        "**You can order {count} more images today.**",
        count,
    ).format(count=count)


def _figures(result: RuleResult) -> str:
    limit = result.limit
    match result.rule:
        case Rule.COOLDOWN:
            return _cooldown(result)
        case Rule.IMAGES | Rule.STEPS:
            return _("up to {limit}").format(limit=limit)
        case Rule.MEMBER_AT_ONCE | Rule.SERVER_AT_ONCE:
            return _("{used} of {limit}").format(used=result.used, limit=limit)
        case _:
            left = max(limit - result.used, 0)
            show = dollars if result.rule in _MONEY else str
            words = _("{left} of {limit} left").format(left=show(left), limit=show(limit))
            return f"{_bar(left, limit)} {words}"


def _cooldown(result: RuleResult) -> str:
    duration = shared.duration(result.limit)
    if result.refuses and result.ends_at is not None:
        return _("{duration}; the next order {when}").format(
            duration=duration, when=when(result.ends_at)
        )
    return duration


def _bar(left: int, limit: int) -> str:
    """Return a bar of what is left; it is empty only at 0, and full only at the limit."""
    filled = math.floor(left * _BAR / limit)
    if left:
        filled = max(filled, 1)
    return _LEFT * filled + _USED * (_BAR - filled)


# Help.


_EXAMPLES: Final = {
    Example.PLAIN: lambda: "`/imagine prompt: a red lighthouse in a storm, oil painting`",
    Example.FOUR: lazy("- Four pictures: `/imagine prompt: a sleepy fox images: 4`"),
    Example.STYLE: lazy("- A ready-made style: `/imagine prompt: a sleepy fox style: watercolour`"),
    Example.PRIVATE: lazy("- Only you see it: `/imagine prompt: a birthday card private: True`"),
    Example.DRAFT: lazy("- Faster draft: `/imagine prompt: a harbour at dawn steps: 20`"),
}


def beginning() -> str:
    """Return how the help begins where orders are taken."""
    return "\n".join(
        (
            "## " + _("How to order pictures"),
            _("Describe what you want to see. The pictures usually appear within a minute."),
        )
    )


def example(which: Example) -> str:
    """Return an example to copy."""
    return _EXAMPLES[which]()


def ending(place: OrderPlace, *, moderates: bool) -> str:
    """Return what follows the examples."""
    return "\n".join(_ending(place, moderates=moderates))


def _ending(place: OrderPlace, *, moderates: bool) -> Iterable[str]:
    yield _(
        "Use the buttons under a picture to order it again, change the prompt, report it or "
        "delete it."
    )
    yield from _account(orders=True)
    yield "### " + _("About limits")
    yield _whom_to_ask(place)
    if moderates:
        yield from _for_moderators()


def closed(place: OrderPlace, violation: RuleResult, *, moderates: bool) -> str:
    """Return the help where no orders are taken: why, and where they are."""
    parts = [*_closed(place, violation), *_account(orders=False)]
    return "\n".join([*parts, *(_for_moderators() if moderates else ())])


def _account(*, orders: bool) -> Iterable[str]:
    yield "### " + _("Your account")
    yield _("- `/history`: your past orders; `/history word: fox` finds a word in the prompt")
    if orders:
        yield _("- `/usage`: your limits today")
    yield _("- `/settings`: your defaults for orders, your own styles, and pings")
    yield _("- `/privacy`: your data")


def _for_moderators() -> Iterable[str]:
    yield "### " + _("For moderators")
    yield _("- `/limits show`: see and change this server's limits")
    yield _("- `/limits explain`: why a member can't order")


def _closed(place: OrderPlace, violation: RuleResult) -> Iterable[str]:
    """Yield why no orders are taken in a place, and where they are."""
    yield "## " + _("You can't order pictures here")
    yield " ".join(refusals.refused(violation))
    if not place.in_server:
        return
    if place.direct:
        yield _("You can also order in direct messages with the bot.")
    elif violation.rule is Rule.NOT_SERVED:
        yield _("Other servers with this bot may have it enabled.")


def _whom_to_ask(place: OrderPlace) -> str:
    if not place.in_server:
        return _("Each picture costs the bot's owner money, so the owner sets limits.")
    return _(
        "Each picture costs the bot's owner money, so there are limits. Ask this server's "
        "moderators about them; each refusal says who can change it."
    )


# Buttons of the help.
order: Final = lazy("Order a picture")
surprise_me: Final = lazy("Surprise me")
show_styles: Final = lazy("Styles")
try_it: Final = lazy("Try it")


def styles(offered: Iterable[Style]) -> str:
    """Return the styles of a place, with their words, for members."""
    lines = [
        f"- **{literal(title(style.name, spoken()))}**: "
        f"{literal(shared.cut(style.words, _STYLE_WORDS))}"
        for style in offered
    ]
    heading = _("A style adds words to your prompt. Choose one with the option `style`.")
    return f"{heading}\n{shared.fitted(lines, shared.MESSAGE - len(heading) - 1)}"


# Privacy.


def privacy(policy: RetentionPolicy) -> str:
    """Return what is kept of a member, for how long, and who sees it."""
    return "\n".join(_privacy(policy))


def _privacy(policy: RetentionPolicy) -> Iterable[str]:
    yield "## " + _("What is stored about you")
    orders = _(
        "- **Your orders**: your Discord id, prompts and options, where and when you ordered, the "
        "outcome, and the addresses of the pictures."
    )
    yield f"{orders} {_orders_kept(policy.orders_days)}"
    pictures = _(
        "- **Pictures** that could not be delivered, that you ordered privately, or that were "
        "reported, so that they can still be delivered, posted or restored."
    )
    yield f"{pictures} {_files_kept(policy.files_days)}"
    yield _(
        "- **Your settings**, with your defaults and own styles, until you change them or delete "
        "your data."
    )
    yield _("- **Blocks** by a server's moderators, until they lift them.")
    yield _(
        "- A **bar** by the bot's owner, until it ends or is lifted, also if you delete your data."
    )
    yield _(
        "- **Your reports**, and moderators' actions that concern you: kept as long as your orders."
    )
    yield _(
        "- When a server removes the bot, its blocks and your ended orders there are deleted after "
        "30 days."
    )
    yield "### " + _("Who can see it")
    yield _(
        "Everybody in a channel sees public orders; only you see private ones. Moderators see "
        "usage figures, your last public orders, prompts refused for a blocked word, and reports: "
        "the pictures, who reported them and why. The bot's owner can read what is stored. The "
        "image service gets your prompt without your name or id, and keeps the pictures at public "
        "addresses."
    )
    if policy.checks_pictures:
        yield ngettext(
            "On servers whose moderators want it, an automatic check looks at finished pictures. "
            "It may hold some back, private ones too: then the moderators see them until they "
            "decide, for {days} day at most.",
            "On servers whose moderators want it, an automatic check looks at finished pictures. "
            "It may hold some back, private ones too: then the moderators see them until they "
            "decide, for {days} days at most.",
            policy.held_days,
        ).format(days=policy.held_days)
    yield "### " + _("What you can do")
    yield _("The buttons below cover your data on all servers.")
    pages = (_("Privacy policy"), policy.privacy_url), (_("Terms of use"), policy.terms_url)
    links = [f"[{title}]({url})" for title, url in pages if url]
    if links:
        yield _("More from the bot's owner: {links}").format(links=" · ".join(links))


def _orders_kept(days: int) -> str:
    if not days:
        return _("Stored until you delete them.")
    return ngettext(
        "Deleted {days} day after the order.",
        "Deleted {days} days after the order.",
        days,
    ).format(days=days)


def _files_kept(days: int) -> str:
    if not days:
        return _("Stored until you delete them.")
    return ngettext("Deleted after {days} day.", "Deleted after {days} days.", days).format(
        days=days
    )


export: Final = lazy("Export my data")
delete: Final = lazy("Delete my data")
confirm: Final = lazy("Yes, delete my data")
# The button that deletes nothing.
keep: Final = lazy("Cancel")
# Above the file.
exported: Final = lazy("Here is everything stored about you.")
# Larger than any file that Discord takes.
too_large: Final = lazy(
    "Your data is too large for a file here. Please ask the bot's owner for it."
)


def confirmation() -> str:
    """Return what deleting a member's data does, and does not."""
    return "\n".join(
        [
            "## " + _("Delete your data?"),
            _(
                "Your orders, with prompts and stored pictures, and your settings are deleted "
                "permanently."
            ),
            _("- Running orders are finished first, then deleted."),
            _("- Today's usage is stored until the day is over, since limits count it."),
            _("- Blocks by moderators stay."),
            _("- Messages already posted in Discord stay until someone deletes them."),
            _("- The image service stores its pictures by its own rules."),
        ]
    )


def erased(result: ErasureResult) -> str:
    """Return what was deleted, and what will be later."""
    title = "## " + _("Deleted")
    if result.done:
        return f"{title}\n" + _("Your orders and settings are no longer stored.")
    now = _("Your settings, prompts and stored pictures are deleted.")
    later = _(
        "Orders that are still running are deleted when they end, and today's usage at the end of "
        "the day, {when}. You don't need to do anything else."
    ).format(when=when(result.day_ends_at))
    return f"{title}\n{now}\n{later}"
