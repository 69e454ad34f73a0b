"""The texts of ``/usage``, ``/help``, ``/settings`` and ``/privacy``."""

import math
from collections.abc import Iterable
from typing import Final

from bot.domain import admission
from bot.domain.admission import OF_THE_DAY, Rule, RuleResult
from bot.service.member_account import ErasureResult, OrderPlace, UsageReport
from bot.service.ports.store import MemberSettings, Ping
from bot.service.settings import RetentionPolicy
from bot.ui.language import gettext as _
from bot.ui.language import lazy, ngettext, pgettext
from bot.ui.markup import ago
from bot.ui.texts import explanations, refusals, shared
from bot.ui.texts.commands import PINGS

_BAR: Final = 10  # characters of a bar
_LEFT, _USED = "▰", "▱"
_AT_ONCE: Final = frozenset({Rule.MEMBER_AT_ONCE, Rule.SERVER_AT_ONCE})
_IN_AN_ORDER: Final = frozenset({Rule.IMAGES, Rule.STEPS})
_OF_SERVERS: Final = frozenset({Rule.SERVER_AT_ONCE, Rule.SERVER_DAY})
_IN_FIGURES: Final = OF_THE_DAY | _AT_ONCE | _IN_AN_ORDER | {Rule.COOLDOWN}


# Usage.


def usage(report: UsageReport) -> str:
    """Return what each rule leaves a member, in bars and words, and who can change it."""
    results = report.verdicts
    if report.place.violation is not None:
        return "\n".join(_closed(report.place, report.place.violation))
    parts = ["## " + _("What is left for you"), _summary(report)]
    parts += [" ".join(refusals.refused(result)) for result in results if _blocks(result)]
    for whose, operators in (
        (_("What moderators can change"), False),
        (_("What only the bot's operator can change"), True),
    ):
        lines = [
            f"{_name(result)}: {_figures(result, report.anew_at)}"
            for result in results
            if result.operators is operators
            and result.rule in _IN_FIGURES
            and not (result.outside and result.rule in _OF_SERVERS)
        ]
        if lines:
            parts += [f"### {whose}", *lines]
    note = "-# " + _("The day's counts start anew {when}, at midnight UTC.")
    return "\n".join([*parts, note.format(when=ago(report.anew_at))])


def _blocks(result: RuleResult) -> bool:
    return result.refuses and result.rule not in _IN_FIGURES


def _name(result: RuleResult) -> str:
    return explanations.rule(result.rule, outside=result.outside)


def _summary(report: UsageReport) -> str:
    decides = next((result for result in report.verdicts if result.refuses), None)
    if decides is not None:
        return _("**You can't order here just now.** What decides is: {rule}.").format(
            rule=_name(decides)
        )
    left = admission.remaining_today(report.verdicts)
    if left is None:
        return _("**You can order here now**, as many images a day as you like.")
    count = left + 1  # the sample has one image
    return ngettext(
        "**You can order here now**: {count} more image today.",
        "**You can order here now**: {count} more images today.",
        count,
    ).format(count=count)


def _figures(result: RuleResult, anew_at: float) -> str:
    limit, rule = result.limit, result.rule
    if rule is Rule.COOLDOWN:
        return _cooldown(result)
    if not limit:
        return _("no limit")
    if rule in _IN_AN_ORDER:
        return _("up to {limit}").format(limit=limit)
    left = max(limit - result.used, 0)
    bar = _bar(left, limit)
    if rule in _AT_ONCE:
        some = _("{left} of {limit} left; one comes back as soon as an order is done")
    else:
        some = _("{left} of {limit} left; all come back {when}")
    whole = _("{left} of {limit} left") if left == limit else some
    words = whole.format(left=left, limit=limit, when=ago(anew_at))
    return f"{bar} {words}"


def _cooldown(result: RuleResult) -> str:
    if not result.limit:
        return pgettext("cooldown", "none")
    between = _("{duration} between two orders").format(duration=shared.duration(result.limit))
    if result.refuses and result.ends_at is not None:
        following = _("the next one {when}").format(when=ago(result.ends_at))
        return f"{between}; {following}"
    return between


def _bar(left: int, limit: int) -> str:
    """Return a bar of what is left; it is empty only at 0, and full only at the limit."""
    filled = math.floor(left * _BAR / limit)
    if left:
        filled = max(filled, 1)
    return _LEFT * filled + _USED * (_BAR - filled)


# Help.


def how_to(place: OrderPlace, *, moderates: bool) -> str:
    """Return the help: examples to copy where orders are taken, else where to order."""
    return "\n".join(_help(place, moderates=moderates))


def _help(place: OrderPlace, *, moderates: bool) -> Iterable[str]:
    if place.violation is not None:
        yield from _closed(place, place.violation)
    else:
        yield from _examples()
    yield "### " + _("Yours")
    yield _("- `/history` shows your orders, and `/history word: fox` those that say so")
    if place.violation is None:
        yield _("- `/usage` shows how much you can order, and when more comes back")
    yield _("- `/settings` sets when you are pinged about pictures that are ready")
    yield _("- `/privacy` shows what is kept about you, and exports or deletes it")
    if place.violation is None:
        yield "### " + _("Whom to ask")
        yield _whom_to_ask(place)
    if moderates:
        yield "### " + _("For moderators")
        yield _("- `/limits show` shows and changes what may be ordered here")
        yield _("- `/limits explain` says what a member can order here, and why not more")


def _closed(place: OrderPlace, violation: RuleResult) -> Iterable[str]:
    """Yield why no orders are taken in a place, and where they are."""
    yield "## " + _("No pictures are ordered here")
    yield " ".join(refusals.refused(violation))
    if not place.in_server:
        yield _("Pictures can be ordered only in servers that the bot was added to.")
    elif place.direct:
        yield _("You can order in direct messages with the bot instead.")
    elif violation.rule is Rule.NOT_SERVED:
        yield _("It may be open in other servers that the bot was added to.")


def _whom_to_ask(place: OrderPlace) -> str:
    if not place.in_server:
        return _(
            "The bot's operator decides what may be ordered outside of servers. What is drawn "
            "costs them money."
        )
    return _(
        "A server's moderators decide what may be ordered there; each refusal says who can change "
        "it. What is drawn costs the bot's operator money."
    )


def _examples() -> Iterable[str]:
    yield "## " + _("How to draw with this bot")
    yield _(
        "Say what you want to see: `/imagine prompt: a red lighthouse in a storm, oil painting`. "
        "The pictures appear in the bot's answer, usually within a minute."
    )
    yield "### " + _("Options")
    yield _("- Several pictures at once: `/imagine prompt: a sleepy fox images: 4`")
    yield _("- A look, by its name: choose one of those that `style` offers")
    yield _("- For your eyes only: `/imagine prompt: a birthday card private: True`")
    yield _("- Quicker, and rougher: `/imagine prompt: a harbour at dawn steps: 20`")
    yield _("- Your words exactly as typed: `/imagine prompt: one blue square enhance: False`")
    yield "### " + _("Buttons")
    yield _(
        "What can be done with an order stands below it: order the same **again**, **cancel** what "
        "still waits, **delete** pictures of yours. Buttons work for as long as the order is on "
        "record."
    )


# Settings.


_PINGS: Final = {
    Ping.AUTO: lazy("You are pinged when your pictures took longer than a minute."),
    Ping.ALWAYS: lazy("You are pinged whenever your pictures are ready."),
    Ping.NEVER: lazy(
        "You are not pinged. Only where a card can't be changed any more do its pictures come in a "
        "new message, and that one names you."
    ),
}


def settings(current: MemberSettings) -> str:
    """Return a member's settings, and how to change them."""
    return "\n".join(
        [
            "## " + _("Your settings"),
            _ping(current.ping),
            _("Change it with `/settings ping:` and one of the choices that it offers."),
        ]
    )


def ping_changed(ping: Ping) -> str:
    """Return the answer to a change of settings."""
    return _("Noted.") + f" {_ping(ping)}"


def _ping(ping: Ping) -> str:
    choice = _(PINGS[ping].message)
    return _("Pings: **{choice}**. {meaning}").format(choice=choice, meaning=_PINGS[ping]())


# Privacy.


def privacy(policy: RetentionPolicy) -> str:
    """Return what is kept of a member, for how long, and who sees it."""
    return "\n".join(_privacy(policy))


def _privacy(policy: RetentionPolicy) -> Iterable[str]:
    yield "## " + _("What is kept about you")
    yield _(
        "- **Your orders**: your Discord id, the prompt and the options, where and when you "
        "ordered, what became of it, and the addresses of the pictures."
    )
    yield f"  {_orders_kept(policy.orders_days)}"
    yield _(
        "- **Pictures** that could not be delivered, or that you ordered privately, so that you "
        "can still fetch or post them."
    )
    yield f"  {_files_kept(policy.files_days)}"
    yield _("- **Your settings**, until you change them or delete your data.")
    yield _("- **Blocks** that a server's moderators set, until they lift them.")
    yield _(
        "- Thirty days after a server removes the bot, its blocks and your ended orders there are "
        "erased too."
    )
    yield "### " + _("Who sees it")
    yield _(
        "Public orders are seen by everybody in their channel, private ones by you alone. "
        "Moderators see figures, prompts that were refused for a blocked word, and pictures that "
        "somebody reported. The bot's operator can read what is kept. Your prompt goes to the "
        "image service, without your name or id; it keeps the pictures at public addresses."
    )
    yield "### " + _("What you can do")
    yield _("Both are for all servers at once, and for your account alone.")


def _orders_kept(days: int) -> str:
    if not days:
        return _("They are kept until you delete them.")
    return ngettext(
        "They are erased {days} day after they were made.",
        "They are erased {days} days after they were made.",
        days,
    ).format(days=days)


def _files_kept(days: int) -> str:
    if not days:
        return _("They are kept until you delete them.")
    return ngettext(
        "They are erased after {days} day.", "They are erased after {days} days.", days
    ).format(days=days)


export: Final = lazy("Export my data")
delete: Final = lazy("Delete my data")
confirm: Final = lazy("Yes, delete my data")
# The button that deletes nothing.
keep: Final = lazy("Keep it")
# Above the file.
exported: Final = lazy(
    "This is all that is kept about you. Keys and passwords of the bot itself are not in it. "
    "Only you see this message."
)
# Larger than any file that Discord takes.
too_large: Final = lazy(
    "Your data is larger than a file may be here. Please ask the bot's operator for it."
)


def confirmation() -> str:
    """Return what deleting a member's data does, and does not."""
    return "\n".join(
        [
            "## " + _("Delete your data?"),
            _(
                "Your orders, with prompts and kept pictures, and your settings are erased "
                "for good."
            ),
            _("- Orders that run are finished first, and erased after that."),
            _("- Today's figures stay until the day is over, since limits count them."),
            _("- Blocks by moderators stay."),
            _(
                "- What stands in Discord's channels is Discord's: cards and pictures there stay "
                "until somebody deletes them."
            ),
            _("- The image service keeps what it drew by its own rules."),
        ]
    )


def erased(result: ErasureResult) -> str:
    """Return what was deleted, and what will be later."""
    title = "## " + _("Deleted")
    if result.done:
        return f"{title}\n" + _("Nothing of your orders and settings is kept any more.")
    now = _("Your settings, prompts and kept pictures are erased.")
    later = _(
        "Orders that still run are erased once they have ended, and today's figures when the day "
        "is over, {when}. You need not do anything more."
    ).format(when=ago(result.day_ends_at))
    return f"{title}\n{now}\n{later}"
