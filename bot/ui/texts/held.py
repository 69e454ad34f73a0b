"""The texts of held pictures: the entry in the log channel, its buttons, and the answers."""

from typing import Final

from bot.domain.deeds import DeedKind
from bot.domain.log_entries import Held
from bot.ui.button_actions import HeldAction
from bot.ui.language import gettext as _
from bot.ui.language import lazy
from bot.ui.markup import date

_LABELS: Final = {
    HeldAction.RELEASE: lazy("Release"),
    HeldAction.DELETE: lazy("Delete"),
}
_DECIDED: Final = {
    DeedKind.RELEASE: lazy("**Released** by {moderator} · {when}"),
    DeedKind.DISCARD: lazy("**Deleted** by {moderator} · {when}"),
}
alt: Final = lazy("AI-generated picture that a check didn't clear")
released: Final = lazy("Released. The member gets the pictures now.")
deleted: Final = lazy("Deleted. The member is told.")
# Another moderator decided, or time ran out.
decided: Final = lazy("This has been decided already. Nothing was changed.")


def label(action: HeldAction) -> str:
    """Return the label of a button under held pictures."""
    return _LABELS[action]()


def state(held: Held) -> str:
    """Return what moderators can do about held pictures, or what became of them."""
    if (job := held.job) is not None and held.waits:
        until = job.outstanding.next_try_at or held.entry.at
        text = _(
            "Only readers of this channel see them. Without a decision by {until} they are "
            "deleted. Deleting can't be undone."
        )
        lines = [text.format(until=date(until))]
        if job.reply.private:
            lines.append(_("This order is private: once released, only its member gets them."))
        if not (held.pictures or held.pictured):
            lines.append(_("They can't be shown here right now."))
        return "\n".join(f"-# {line}" for line in lines)
    if (deed := held.decision) is not None:
        text = _DECIDED[DeedKind(deed.kind)]()
        return text.format(moderator=f"<@{deed.moderator_id}>", when=f"<t:{int(deed.at)}:f>")
    if held.job is None:
        return _("**Closed** · this order is no longer stored")
    return _("**Deleted** · nobody decided in time")
