"""The texts of the list of blocked members, and of the member menu *Image limits*."""

from typing import Final

from bot.domain.job import Job, State
from bot.domain.rules import Block
from bot.service.blocking import BlockPage
from bot.service.moderation import MemberOverview
from bot.ui.language import gettext as _
from bot.ui.language import lazy, marked, ngettext, pgettext
from bot.ui.markup import ago, literal
from bot.ui.texts import changes, explanations, shared

_REASON: Final = 100  # characters of a reason in the list
_PROMPT: Final = 80  # characters of one order's prompt
_NAME: Final = 30  # characters of a member's name in a form's title

unblock: Final = lazy("Unblock")
block: Final = lazy("Block")
change: Final = lazy("Change block")
newer: Final = lazy("Newer")
older: Final = lazy("Older")
all_limits: Final = lazy("All limits")
all_blocks: Final = lazy("All blocks")
permanently: Final = lazy("permanently")
duration_label: Final = lazy("For how long")
reason_label: Final = lazy("Reason")
reason_hint: Final = lazy("The member sees the reason")
# An id that is none.
not_an_id: Final = lazy("An id consists of digits only. Nothing was changed.")

_STATES: Final = {
    State.WAITING: marked("waiting"),
    State.SUBMITTING: marked("in the queue"),
    State.QUEUED: marked("in the queue"),
    State.PROCESSING: marked("being drawn"),
    State.UNCERTAIN: marked("no reply yet"),
    State.EXPIRED: marked("no reply in time"),
    State.COMPLETED: marked("drawn"),
    State.DELIVERED: marked("delivered"),
    State.FAILED: marked("failed"),
    State.ERROR: marked("failed"),
    State.REFUSED: marked("refused"),
    State.CANCELLED: marked("cancelled"),
}


def form_title(name: str) -> str:
    """Return the title of the form to block a member, at most 45 characters."""
    return _("Block {name}").format(name=shared.cut(name, _NAME))


def heading(page: BlockPage, note: str | None) -> str:
    """Return the heading of the list."""
    title = _("Blocked members")
    count = ngettext("{count} member", "{count} members", page.total).format(count=page.total)
    if page.of > 1:
        place = _("page {number} of {of}").format(number=page.number + 1, of=page.of)
        count = f"{count} \N{MIDDLE DOT} {place}"
    lines = [f"## {title}", f"-# {count}" if page.total else _("Nobody is blocked.")]
    return "\n".join([*lines, note] if note else lines)


def entry(one: Block) -> str:
    """Return who is blocked until when, by whom, since when and why."""
    ends = changes.block_end(one)
    if one.until is not None:
        ends = _("until {when}").format(when=ends)
    first = f"<@{one.member_id}> \N{MIDDLE DOT} {ends}"
    by = _("by {moderator}, {when}").format(moderator=f"<@{one.by}>", when=ago(one.since))
    lines = [first, f"-# {by}"]
    if one.reason:
        reason = literal(shared.cut(one.reason, _REASON))
        lines.append(_("Reason: {reason}").format(reason=reason))
    return "\n".join(lines)


def member(overview: MemberOverview, note: str | None) -> str:
    """Return whether a member can order and why not, their block and their last orders."""
    lines = [note] if note else []
    lines.append(explanations.explained(overview.member_id, overview.results))
    if overview.block is not None:
        blocked, by = _("Blocked"), _("by {moderator}, {when}")
        by = by.format(moderator=f"<@{overview.block.by}>", when=ago(overview.block.since))
        lines.append(f"**{blocked}** \N{MIDDLE DOT} {by}")
    title = _("Last orders on this server")
    orders = [f"- {_order(job)}" for job in overview.orders]
    lines += [f"**{title}**", *(orders or [pgettext("orders", "none")])]
    return shared.fitted(lines, shared.MESSAGE)


def _order(job: Job) -> str:
    """Return an order as moderators may see it: a private one without its prompt."""
    prompt = literal(shared.cut(job.order.prompt, _PROMPT))
    what = _("“{text}”").format(text=prompt) if prompt else _("erased")
    if job.reply.private:
        what = _("a private order")
    elif job.reply.message_id:
        view = _("view")
        what = f"{what} [{view}](<{shared.jump(job)}>)"
    parts = (what, _(_STATES[job.state]), ago(job.created_at))
    return " \N{MIDDLE DOT} ".join(parts)
