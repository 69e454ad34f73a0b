"""The lines of a server's log channel."""

from typing import Final

from bot.domain.lane import ClosedReason
from bot.domain.log_entries import (
    AnyLogEntry,
    Blocked,
    Changed,
    LaneClosed,
    Reported,
    Unblocked,
    WordRefused,
)
from bot.domain.rules import Block, differences
from bot.ui.language import gettext as _
from bot.ui.language import lazy, ngettext
from bot.ui.markup import ago, code, literal
from bot.ui.texts import changes, shared


def notice(found: AnyLogEntry) -> str:
    """Return the line of a server's log channel."""
    match found:
        case WordRefused(style=style) if style:
            return _(
                "**Refused** · {member} in {channel} · {phrase} in the style {style} of: {prompt}"
            ).format(
                member=f"<@{found.member_id}>",
                channel=f"<#{found.channel_id}>",
                phrase=code(found.phrase),
                style=code(style),
                prompt=literal(shared.cut(found.prompt, 300)),
            )
        case WordRefused():
            return _("**Refused** · {member} in {channel} · {phrase} in: {prompt}").format(
                member=f"<@{found.member_id}>",
                channel=f"<#{found.channel_id}>",
                phrase=code(found.phrase),
                prompt=literal(shared.cut(found.prompt, 300)),
            )
        case Changed():
            lines = changes.lines(list(differences(found.before, found.after)))
            return _("**Limits changed** by {moderator} · {changes}").format(
                moderator=f"<@{found.by}>", changes=shared.fitted(lines, shared.LIST, "; ")
            )
        case Blocked():
            return _blocked(found)
        case Unblocked():
            return _("**Unblocked** · {member} by {moderator}").format(
                member=f"<@{found.member_id}>", moderator=f"<@{found.by}>"
            )
        case LaneClosed():
            return _shut(found)
        case Reported(job=job):
            return _("**Reported** by {member} · [picture]({link}) of {author} · {prompt}").format(
                member=f"<@{found.by}>",
                link=f"<{shared.jump(job)}>",
                author=f"<@{job.member_id}>",
                prompt=literal(shared.cut(job.order.prompt, 300)),
            )


def label(deed: str) -> str:
    """Return the label of a button under a report."""
    match deed:
        case "delete":
            return _("Delete")
        case "block":
            return _("Block member")
        case _dismiss:
            return _("Dismiss")


def deleted(by: int) -> str:
    """Return what a report says once a moderator had its pictures deleted."""
    return _("**Deleted** by {moderator}").format(moderator=f"<@{by}>")


# By another way than this report.
deleted_before: Final = lazy("**Deleted** already, by its member or a moderator")


def member_blocked(block: Block) -> str:
    """Return what a report says once its member is blocked."""
    return _("**Blocked** · {member} by {moderator}").format(
        member=f"<@{block.member_id}>", moderator=f"<@{block.by}>"
    )


# The member reads it.
block_reason: Final = lazy("a picture of yours was reported")


def dismissed(by: int) -> str:
    """Return what a report says once a moderator found nothing to do."""
    return _("**Dismissed** by {moderator}").format(moderator=f"<@{by}>")


# The order was erased after the report.
forgotten: Final = lazy("**Settled** · the order is not on record any more")


def _blocked(found: Blocked) -> str:
    block = found.block
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


def _shut(found: LaneClosed) -> str:
    what = ngettext(
        "**Refused** · {count} order could not be placed, nothing was charged",
        "**Refused** · {count} orders could not be placed, nothing was charged",
        found.orders,
    ).format(count=found.orders)
    if found.reason is ClosedReason.BUSY and found.until is not None:
        why = _("the image service asked for a pause; orders are taken again {when}").format(
            when=ago(found.until)
        )
    else:
        why = _("the bot's image credit is used up; its operator can top it up")
    place = f"{found.guild_id}/{found.channel_id}"
    card = f"https://discord.com/channels/{place}/{found.message_id or ''}".rstrip("/")
    one = _("one of them")
    return f"{what} · {why} · [{one}](<{card}>)"
