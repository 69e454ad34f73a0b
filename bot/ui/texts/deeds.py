"""What members read in private about what moderators did."""

from typing import Final, assert_never

from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import Job
from bot.ui.language import gettext as _
from bot.ui.language import lazy
from bot.ui.markup import ago, literal
from bot.ui.texts import cards, shared

_PROMPT: Final = 300  # characters
_still_counts: Final = lazy("It was drawn already, so it still counts toward the limits.")


# What became of a report.
_OUTCOMES: Final = {
    DeedKind.DELETE: lazy("{moderator} removed the picture that you reported. Thank you!"),
    DeedKind.SPOILER: lazy(
        "{moderator} hid the picture that you reported behind a spoiler. Thank you!"
    ),
    DeedKind.BLOCK: lazy("{moderator} acted on your report. Thank you!"),
    DeedKind.DISMISS: lazy("{moderator} looked at your report and left the picture as it is."),
}


def notice(deed: Deed, job: Job | None) -> str:
    """Return what the member reads; *job* is the order, if it is still on record."""
    who = _moderator(deed)
    match deed.kind:
        case DeedKind.CANCEL:
            lines = [_("{moderator} cancelled your order."), _("Nothing was charged.")]
        case DeedKind.HIDE:
            lines = [
                _("{moderator} hid your order in the channel."),
                f"{cards.perhaps_drawn()} {cards.if_they_come()}"
                if job is None
                else cards.goes_on(job),
            ]
        case DeedKind.DELETE:
            lines = [_("{moderator} removed your pictures."), _still_counts()]
            if job is not None and job.order.images == 1:
                lines[0] = _("{moderator} removed your picture.")
        case DeedKind.RELEASE:
            lines = [_("{moderator} released your pictures. They are delivered now.")]
        case DeedKind.DISCARD:
            lines = [
                _("{moderator} looked at your pictures and deleted them."),
                _still_counts(),
            ]
        case DeedKind.RESTORE:
            lines = [_("{moderator} put your pictures back.")]
            if job is not None and job.order.images == 1:
                lines = [_("{moderator} put your picture back.")]
        case DeedKind.SPOILER:
            lines = [_("{moderator} hid your pictures behind a spoiler.")]
            if job is not None and job.order.images == 1:
                lines = [_("{moderator} hid your picture behind a spoiler.")]
        case DeedKind.BLOCK:
            return _blocked(deed, who)
        case DeedKind.UNBLOCK:
            return _("{moderator} unblocked you: you can order pictures there again.").format(
                moderator=who
            )
        case DeedKind.OUTCOME:
            outcome = _OUTCOMES[DeedKind(deed.detail["outcome"])]()
            return outcome.format(moderator=who)
        case DeedKind.REPORT | DeedKind.ENTRY | DeedKind.HOLD | DeedKind.WELCOME:
            return ""  # of these neither
        case DeedKind.BUDGET | DeedKind.DENY | DeedKind.ALLOW:
            return ""  # told in the log channel only
        case DeedKind.UNSPOILER | DeedKind.DISMISS | DeedKind.REOPEN:
            return ""  # no member is told of it
        case _:
            assert_never(deed.kind)
    text = lines[0].format(moderator=who)
    prompt = literal(shared.cut(job.order.prompt, _PROMPT)) if job and job.order.prompt else ""
    quote = f"\n> {prompt}" if prompt else ""
    return "\n".join([f"{text}{quote}", *(f"-# {line}" for line in lines[1:])])


def _moderator(deed: Deed) -> str:
    server = deed.detail.get("server")
    if not server:
        return _("A moderator on one of your servers")
    return _("A moderator on {server}").format(server=f"**{literal(server)}**")


def _blocked(deed: Deed, who: str) -> str:
    until, reason = deed.detail.get("until"), deed.detail.get("reason")
    if until is None:
        text = _("{moderator} blocked you from ordering pictures there.").format(moderator=who)
    else:
        text = _(
            "{moderator} blocked you from ordering pictures there until {end} ({when})."
        ).format(moderator=who, end=f"<t:{int(until)}:f>", when=ago(until))
    if not reason:
        return text
    return f"{text}\n" + _("Reason: {reason}").format(reason=literal(reason))
