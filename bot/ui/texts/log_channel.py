"""The lines of a server's log channel, and the texts of reports."""

from typing import Final, assert_never

from bot.domain import log_entries
from bot.domain.lane import ClosedReason
from bot.domain.rules import Block, differences
from bot.ui.button_actions import ReportAction
from bot.ui.language import gettext as _
from bot.ui.language import lazy, ngettext
from bot.ui.markup import ago, code, literal
from bot.ui.texts import changes, shared


def line(entry: log_entries.AnyLogEntry) -> str:
    """Return the line of a server's log channel."""
    match entry:
        case log_entries.WordRefused(style=style) if style:
            return _(
                "**Refused** · {member} in {channel} · {phrase} in the style {style} of: {prompt}"
            ).format(
                member=f"<@{entry.member_id}>",
                channel=f"<#{entry.channel_id}>",
                phrase=code(entry.phrase),
                style=code(style),
                prompt=literal(shared.cut(entry.prompt, 300)),
            )
        case log_entries.WordRefused():
            return _("**Refused** · {member} in {channel} · {phrase} in: {prompt}").format(
                member=f"<@{entry.member_id}>",
                channel=f"<#{entry.channel_id}>",
                phrase=code(entry.phrase),
                prompt=literal(shared.cut(entry.prompt, 300)),
            )
        case log_entries.Changed():
            return _changed(entry)
        case log_entries.Blocked():
            return _blocked(entry)
        case log_entries.Unblocked():
            return _("**Unblocked** · {member} by {moderator}").format(
                member=f"<@{entry.member_id}>", moderator=f"<@{entry.by}>"
            )
        case log_entries.LaneClosed():
            return _lane_closed(entry)
        case log_entries.Reported(job=job):
            return _("**Reported** by {member} · [picture]({link}) of {author} · {prompt}").format(
                member=f"<@{entry.by}>",
                link=f"<{shared.jump(job)}>",
                author=f"<@{job.member_id}>",
                prompt=literal(shared.cut(job.order.prompt, 300)),
            )
        case _:
            assert_never(entry)


_LABELS: Final = {
    ReportAction.DELETE: lazy("Delete"),
    ReportAction.BLOCK: lazy("Block member"),
    ReportAction.DISMISS: lazy("Dismiss"),
}


def label(action: ReportAction) -> str:
    """Return the label of a button under a report."""
    return _LABELS[action]()


def deleted(by: int) -> str:
    """Return a report's text after a moderator deleted the pictures."""
    return _("**Deleted** by {moderator}").format(moderator=f"<@{by}>")


# By another way than this report.
deleted_before: Final = lazy("**Deleted** already, by its member or a moderator")


def member_blocked(block: Block) -> str:
    """Return a report's text after the member was blocked."""
    return _("**Blocked** · {member} by {moderator}").format(
        member=f"<@{block.member_id}>", moderator=f"<@{block.by}>"
    )


# The member reads it.
block_reason: Final = lazy("a picture of yours was reported")


def dismissed(by: int) -> str:
    """Return a report's text after a moderator dismissed it."""
    return _("**Dismissed** by {moderator}").format(moderator=f"<@{by}>")


# The order was erased after the report.
forgotten: Final = lazy("**Settled** · the order is not on record any more")


def _blocked(entry: log_entries.Blocked) -> str:
    block = entry.block
    member, moderator = f"<@{block.member_id}>", f"<@{block.by}>"
    if block.until is not None:
        line = _("**Blocked** · {member} by {moderator} · until {when}").format(
            member=member, moderator=moderator, when=f"<t:{int(block.until)}:f>"
        )
    else:
        line = _("**Blocked** · {member} by {moderator} · for good").format(
            member=member, moderator=moderator
        )
    return f"{line} · {literal(block.reason)}" if block.reason else line


def _changed(entry: log_entries.Changed) -> str:
    lines = changes.lines(list(differences(entry.before, entry.after)))
    changed = shared.fitted(lines, shared.LIST, "; ")
    if entry.by is None:
        return _("**Limits changed**, by a deletion in Discord · {changes}").format(changes=changed)
    return _("**Limits changed** by {moderator} · {changes}").format(
        moderator=f"<@{entry.by}>", changes=changed
    )


def _lane_closed(entry: log_entries.LaneClosed) -> str:
    what = ngettext(
        "**Refused** · {count} order could not be placed, nothing was charged",
        "**Refused** · {count} orders could not be placed, nothing was charged",
        entry.orders,
    ).format(count=entry.orders)
    if entry.reason is ClosedReason.BUSY and entry.until is not None:
        why = _("the image service asked for a pause; orders are taken again {when}").format(
            when=ago(entry.until)
        )
    else:
        why = _("the bot's image credit is used up; its operator can top it up")
    place = f"{entry.guild_id}/{entry.channel_id}"
    card = f"https://discord.com/channels/{place}/{entry.message_id or ''}".rstrip("/")
    one = _("one of them")
    return f"{what} · {why} · [{one}](<{card}>)"
