"""The texts of reports: the form, what an entry in the log channel says, and its buttons."""

from typing import Final

from bot.domain.deeds import LONGEST_REPORT, Deed, DeedKind, ReportReason
from bot.domain.log_entries import Reported
from bot.ui.button_actions import ReportAction
from bot.ui.language import gettext as _
from bot.ui.language import lazy
from bot.ui.markup import date, literal
from bot.ui.texts import shared

# At most 45 characters.
form_title: Final = lazy("Report a picture")
reason_label: Final = lazy("What's wrong with it?")
text_label: Final = lazy("Anything to add?")
text_hint: Final = lazy("The moderators see your report with your name.")

_WHY: Final = {
    ReportReason.SEXUAL: lazy("Nudity or sexual content"),
    ReportReason.VIOLENCE: lazy("Violence or gore"),
    ReportReason.HATE: lazy("Hate or harassment"),
    ReportReason.PERSON: lazy("It shows a real person"),
    ReportReason.OTHER: lazy("Something else"),
}


def reason(of: ReportReason) -> str:
    """Return a reason to report a picture."""
    return _WHY[of]()


_LABELS: Final = {
    ReportAction.SPOILER: lazy("Hide behind a spoiler"),
    ReportAction.UNSPOILER: lazy("Remove spoiler"),
    ReportAction.DELETE: lazy("Delete"),
    ReportAction.DELETE_NOW: lazy("Delete"),
    ReportAction.RESTORE: lazy("Undo deletion"),
    ReportAction.BLOCK_DAY: lazy("Block for 1 day"),
    ReportAction.BLOCK_WEEK: lazy("Block for 1 week"),
    ReportAction.BLOCK: lazy("Block permanently"),
    ReportAction.UNBLOCK: lazy("Unblock"),
    ReportAction.DISMISS: lazy("Dismiss"),
    ReportAction.REOPEN: lazy("Undo"),
}
_DONE: Final = {
    DeedKind.SPOILER: lazy("**Hidden behind a spoiler** by {moderator} · {when}"),
    DeedKind.UNSPOILER: lazy("**Spoiler removed** by {moderator} · {when}"),
    DeedKind.DELETE: lazy("**Deleted** by {moderator} · {when}"),
    DeedKind.RESTORE: lazy("**Deletion undone** by {moderator} · {when}"),
    DeedKind.BLOCK: lazy("**Blocked permanently** by {moderator} · {when}"),
    DeedKind.UNBLOCK: lazy("**Unblocked** by {moderator} · {when}"),
    DeedKind.DISMISS: lazy("**Dismissed** by {moderator} · {when}"),
    DeedKind.REOPEN: lazy("**Dismissal undone** by {moderator} · {when}"),
}
_blocked_until: Final = lazy("**Blocked** until {end} by {moderator} · {when}")
_deleted_before: Final = lazy("**Deleted** by the member who ordered it")
_MOST_DONE: Final = 20  # lines about what was done
_REASONS: Final = 1200  # characters


def label(action: ReportAction) -> str:
    """Return the label of a button under a report."""
    return _LABELS[action]()


def confirm_delete(member_id: int, undo_until: float | None) -> str:
    """Return the question before reported pictures are deleted."""
    member = f"<@{member_id}>"
    if undo_until is None:
        return _("Delete these pictures? {member} will be told. This can't be undone.").format(
            member=member
        )
    return _("Delete these pictures? {member} will be told. You can undo it until {end}.").format(
        member=member, end=date(undo_until)
    )


deleted: Final = lazy("Pictures deleted.")


def reasons(report: Reported) -> str:
    """Return why the picture was reported, a line for each reporter; empty: none said why."""
    lines = [_reason(deed) for deed in report.reports if deed.detail.get("reason")]
    return shared.fitted(lines, _REASONS)


def _reason(deed: Deed) -> str:
    said = str(deed.detail["reason"])
    why = reason(ReportReason(said) if said in {*ReportReason} else ReportReason.OTHER)
    text = literal(shared.cut(str(deed.detail.get("text") or ""), LONGEST_REPORT))
    return f"<@{deed.member_id}>: **{why}**" + (f" · {text}" if text else "")


def done(report: Reported) -> str:
    """Return what was done about a report, a line each; empty: nothing."""
    lines = [_done(deed) for deed in report.deeds if deed.kind in _DONE]
    deleted = any(deed.kind is DeedKind.DELETE for deed in report.deeds)
    if report.job is None:
        lines.append(_forgotten())
    elif report.job.reply.deleted_at is not None and not deleted:
        lines.append(_deleted_before())
    return "\n".join(lines[-_MOST_DONE:])


def _done(deed: Deed) -> str:
    until = deed.detail.get("until")
    text = _blocked_until() if until is not None else _DONE[deed.kind]()
    return text.format(
        moderator=f"<@{deed.moderator_id}>",
        when=f"<t:{int(deed.at)}:f>",
        end=f"<t:{int(until or 0)}:f>",
    )


# The member reads it, and so do moderators.
block_reason: Final = lazy("reported picture")


# The order was erased after the report.
_forgotten: Final = lazy("**Closed** · this order is no longer stored")
