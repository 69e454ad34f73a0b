"""The lines of a server's log channel, and the texts of reports."""

from typing import Final, assert_never

from bot.domain import log_entries
from bot.domain.deeds import DeedKind
from bot.domain.job import Job
from bot.domain.lane import ClosedReason
from bot.domain.rules import Pause, differences
from bot.ui.language import dollars, lazy, ngettext
from bot.ui.language import gettext as _
from bot.ui.markup import ago, code, date, literal
from bot.ui.texts import changes, limits, shared

_PROMPT: Final = 300  # characters
_USED_UP: Final = 100  # percent
_MODERATED: Final = {
    DeedKind.CANCEL: lazy("{moderator} cancelled an order of {member}"),
    DeedKind.HIDE: lazy("{moderator} hid an order of {member}"),
    DeedKind.DELETE: lazy("{moderator} deleted pictures of {member}"),
}
_CLOSED: Final = {
    ClosedReason.CREDIT: lazy("The bot is out of image credit."),
    ClosedReason.BUSY: lazy("The image service is overloaded. Orders are taken again {when}."),
    ClosedReason.KEY: lazy(
        "The image service refuses the bot's key, so nobody can order until the bot's owner "
        "fixes it."
    ),
    ClosedReason.UNKNOWN: lazy(
        "The image service isn't working. New orders wait until it is back."
    ),
    ClosedReason.MEDIA: lazy(
        "Finished pictures can't be fetched from the image service. New orders wait until they can."
    ),
    ClosedReason.DENIED: lazy(
        "The image service turns down every order. New orders wait until that is over."
    ),
}
_view: Final = lazy("View")  # label of a link
_by_owner: Final = lazy("set by the bot's owner")
_reopened: Final = lazy("The image service works again. Orders are drawn as usual.")


# One icon for each kind of line.
_EMOJI: Final = "\N{VARIATION SELECTOR-16}"  # shows the sign before it in colour
_DEED_ICONS: Final = {
    DeedKind.CANCEL: "\N{CROSS MARK}",
    DeedKind.HIDE: "\N{SEE-NO-EVIL MONKEY}",
    DeedKind.DELETE: f"\N{WASTEBASKET}{_EMOJI}",
}
_TROUBLE: Final = f"\N{WARNING SIGN}{_EMOJI}"
_CLOSED_ICONS: Final = {
    ClosedReason.CREDIT: "\N{CREDIT CARD}",
    ClosedReason.BUSY: "\N{HOURGLASS WITH FLOWING SAND}",
    ClosedReason.KEY: "\N{KEY}",
}


def line(entry: log_entries.AnyLogEntry) -> str:
    """Return the line of a server's log channel."""
    return f"{_icon(entry)} {_text(entry)}"


def _icon(entry: log_entries.AnyLogEntry) -> str:
    match entry:
        case log_entries.WordRefused():
            return "\N{OCTAGONAL SIGN}"
        case log_entries.Changed(before=before, after=after) if before.pause != after.pause:
            sign = (
                "\N{BLACK RIGHT-POINTING TRIANGLE}"
                if after.pause is None
                else "\N{DOUBLE VERTICAL BAR}"
            )
            return sign + _EMOJI
        case log_entries.Changed():
            return f"\N{GEAR}{_EMOJI}"
        case log_entries.Blocked():
            return "\N{HAMMER}"
        case log_entries.Unblocked():
            return "\N{OPEN LOCK}"
        case log_entries.OrderModerated(deed=deed):
            return _DEED_ICONS[deed.kind]
        case log_entries.OrdersPlaced():
            return "\N{ARTIST PALETTE}"
        case log_entries.LaneClosed(reason=reason):
            return _CLOSED_ICONS.get(reason, _TROUBLE)
        case log_entries.LaneReopened():
            return "\N{WHITE HEAVY CHECK MARK}"
        case log_entries.Reported():
            return "\N{TRIANGULAR FLAG ON POST}"
        case log_entries.Held():
            return f"\N{SHIELD}{_EMOJI}"
        case log_entries.BudgetUsed():
            return "\N{MONEY BAG}"
        case log_entries.ServerDenied():
            return "\N{NO ENTRY}"
        case log_entries.ServerAllowed():
            return "\N{HANDSHAKE}"
        case _:
            assert_never(entry)


def _text(entry: log_entries.AnyLogEntry) -> str:
    match entry:
        case log_entries.WordRefused():
            return _word_refused(entry)
        case log_entries.Changed():
            return _changed(entry)
        case log_entries.Blocked():
            return _blocked(entry)
        case log_entries.Unblocked():
            return _("{moderator} unblocked {member}").format(
                member=f"<@{entry.member_id}>", moderator=f"<@{entry.by}>"
            )
        case log_entries.OrderModerated():
            return _moderated(entry)
        case log_entries.OrdersPlaced():
            return f"\n{_icon(entry)} ".join(map(_placed, entry.jobs))
        case log_entries.LaneClosed():
            return _lane_closed(entry)
        case log_entries.LaneReopened():
            return _reopened()
        case log_entries.Reported():
            return _reported(entry)
        case log_entries.Held():
            return _held(entry)
        case log_entries.BudgetUsed():
            return _budget_used(entry)
        case log_entries.ServerDenied():
            return _server_denied(entry)
        case log_entries.ServerAllowed():
            return _("The bot's owner lets this server order pictures again")
        case _:
            assert_never(entry)


def _server_denied(entry: log_entries.ServerDenied) -> str:
    text = _("The bot's owner has barred this server from ordering pictures permanently")
    if entry.until is not None:
        text = _("The bot's owner has barred this server from ordering pictures until {when}")
        text = text.format(when=f"{date(entry.until)} ({ago(entry.until)})")
    reason = _("Reason: {reason}").format(reason=literal(entry.reason)) if entry.reason else ""
    return " \N{MIDDLE DOT} ".join(filter(None, (text, reason)))


def _word_refused(entry: log_entries.WordRefused) -> str:
    if entry.style:
        text = _(
            "{member}'s prompt was refused in {channel} · the style {style} contains {phrase}, "
            "which is blocked · {prompt}"
        )
    else:
        text = _("{member}'s prompt was refused in {channel} · {phrase} is blocked · {prompt}")
    return text.format(
        member=f"<@{entry.member_id}>",
        channel=f"<#{entry.channel_id}>",
        phrase=code(entry.phrase),
        style=code(entry.style),
        prompt=_quoted(entry.prompt),
    )


def _reported(entry: log_entries.Reported) -> str:
    people = {"member": f"<@{entry.by}>", "author": f"<@{entry.member_id}>"}
    others, job = len(entry.reports) - 1, entry.job
    if others > 0:
        text = ngettext(
            "{member} and {count} other member reported a picture ordered by {author}",
            "{member} and {count} other members reported a picture ordered by {author}",
            others,
        ).format(count=others, **people)
    else:
        text = _("{member} reported a picture ordered by {author}").format(**people)
    if job is None:
        return text
    return f"{text} · {_quoted(job.order.prompt)}{_link(job)}"


def _held(entry: log_entries.Held) -> str:
    detail, job = entry.entry.detail, entry.job
    if detail.get("away"):
        text = _("Pictures ordered by {member} couldn't be checked")
    else:
        text = _("A check flagged pictures ordered by {member}")
    parts = [text.format(member=f"<@{entry.entry.member_id}>")]
    if detail.get("reason"):
        parts.append(literal(shared.cut(str(detail["reason"]), _PROMPT)))
    if job is not None and not job.reply.private:  # what is private stays so in the log
        parts.append(f"{_quoted(job.order.prompt)}{_link(job)}")
    return " · ".join(parts)


def _moderated(entry: log_entries.OrderModerated) -> str:
    deed, job = entry.deed, entry.job
    text = _MODERATED[deed.kind]().format(
        moderator=f"<@{deed.moderator_id}>", member=f"<@{deed.member_id}>"
    )
    if job is None or job.reply.private or not job.order.prompt:
        return text  # what is private stays so in the log
    return f"{text} · {_quoted(job.order.prompt)}{_link(job)}"


def _placed(job: Job) -> str:
    """Return the line of one order; what is private stays so in the log."""
    member, images = f"<@{job.member_id}>", shared.images(job.order.images)
    if job.reply.private:
        return _("{member} made a private order: {images}").format(member=member, images=images)
    text = _("{member} ordered {images} in {channel} · {prompt}").format(
        member=member,
        images=images,
        channel=f"<#{job.reply.channel_id}>",
        prompt=_quoted(job.order.prompt),
    )
    return f"{text}{_link(job)}"


def _budget_used(entry: log_entries.BudgetUsed) -> str:
    if entry.percent < _USED_UP:
        text = _(
            "{percent} % of this server's picture budget for this month is used: {used} of {limit}"
        )
    else:
        text = _(
            "This server's picture budget for this month is used up: {used} of {limit} · "
            "more {when}"
        )
    told = text.format(
        percent=entry.percent,
        used=dollars(entry.used),
        limit=dollars(entry.cap),
        when=ago(entry.ends_at),
    )
    return f"{told} · {_by_owner()}" if entry.operators else told


def _quoted(prompt: str) -> str:
    return _("“{text}”").format(text=literal(shared.cut(prompt, _PROMPT)))


def _link(job: Job) -> str:
    """Return a link to what everybody can see of an order; empty: that is nothing."""
    reply = job.reply
    if reply.private or reply.deleted_at is not None or reply.message_id is None:
        return ""
    return f" · [{_view()}](<{shared.jump(job)}>)"


def _blocked(entry: log_entries.Blocked) -> str:
    block = entry.block
    member, moderator = f"<@{block.member_id}>", f"<@{block.by}>"
    if block.until is not None:
        line = _("{moderator} blocked {member} until {when}").format(
            member=member, moderator=moderator, when=f"<t:{int(block.until)}:f>"
        )
    else:
        line = _("{moderator} blocked {member} permanently").format(
            member=member, moderator=moderator
        )
    if not block.reason:
        return line
    return f"{line} · " + _("reason: {reason}").format(reason=literal(block.reason))


def _changed(entry: log_entries.Changed) -> str:
    before, after = entry.before, entry.after
    by = "" if entry.by is None else f"<@{entry.by}>"
    lines, others = [], list(differences(before, after))
    if before.pause != after.pause:
        others = [difference for difference in others if difference.name != "pause"]
        lines.append(_pause(after.pause, by))
    names = {difference.name for difference in others}
    listed = changes.lines(others)
    if not after.channels and {"channels", "nowhere"} & names:
        listed.append(limits.channels(after))  # the last one was removed
    changed = shared.fitted(listed, shared.LIST - sum(map(len, lines)), "; ")
    if listed and entry.by is None:
        lines.append(
            _("Limits updated because a role or channel was deleted · {changes}").format(
                changes=changed
            )
        )
    elif listed:
        lines.append(
            _("{moderator} changed limits · {changes}").format(moderator=by, changes=changed)
        )
    return " · ".join(lines)


def _pause(pause: Pause | None, by: str) -> str:
    if pause is None:
        return _("{moderator} resumed orders").format(moderator=by)
    line = _("{moderator} paused orders").format(moderator=by)
    if not pause.reason:
        return line
    return f"{line} · " + _("reason: {reason}").format(reason=literal(pause.reason))


def _lane_closed(entry: log_entries.LaneClosed) -> str:
    line = _CLOSED[entry.reason]().format(when=ago(entry.until or 0))
    if not entry.orders:
        return line
    what = ngettext(
        "{count} order was stopped, nothing was charged.",
        "{count} orders were stopped, nothing was charged.",
        entry.orders,
    ).format(count=entry.orders)
    place = f"{entry.guild_id}/{entry.channel_id}"
    card = f"https://discord.com/channels/{place}/{entry.message_id or ''}".rstrip("/")
    return f"{line} {what} [{_view()}](<{card}>)"
