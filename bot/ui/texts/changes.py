"""What moderators read about a change of their server's rules: made, previewed or rejected.

Blocks and who can't be blocked are among the changes.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, assert_never

from bot.domain import errors, styles
from bot.domain.ineffective_limits import Ineffective
from bot.domain.lane import ClosedReason
from bot.domain.rules import MONEY, Block, Difference, Pause, Rules, differences
from bot.service.errors import (
    BlockFault,
    ChannelNotWritable,
    DraftExpired,
    NotAModerator,
    NotBlockable,
)
from bot.ui import guild_cache
from bot.ui.language import dollars, lazy, ngettext, pgettext, spoken
from bot.ui.language import gettext as _
from bot.ui.markup import ago, clock, code, date, literal
from bot.ui.texts import limits, panel_forms, shared, warnings

_WITHIN_DAY: Final = 20 * 3600  # seconds
_PARTS: Final = 300  # characters of what was added to a list, or removed
_PHRASE: Final = 100  # characters of a phrase that was rejected
_NOTE: Final = 700  # characters of a note above a full panel
_OF_PARTS: Final = frozenset({"channels", "tiers", "blocked", "allowed", "styles"} | {"log_kinds"})


save: Final = lazy("Save")
discard: Final = lazy("Discard")
# No change was made.
discarded: Final = lazy("Nothing was changed.")
# The change changes nothing.
no_difference: Final = lazy("Nothing to change.")


def lines(differences_: Sequence[Difference]) -> list[str]:
    """Return a line for each setting that differs, with its value before and after.

    What was added to a list, or removed from it, shares one line.
    """
    grouped: dict[str, list[Difference]] = {}
    for difference in differences_:
        if difference.name == "nowhere":
            continue  # `limits.channels` tells it
        grouped.setdefault(difference.name, []).append(difference)
    return [line for name, parts in grouped.items() for line in _lines(name, parts)]


def _lines(name: str, parts: Sequence[Difference]) -> Iterator[str]:
    of_list = name in _OF_PARTS
    added = [part.after for part in parts if of_list and part.before is None]
    removed = [part.before for part in parts if of_list and part.after is None]
    if added or removed:
        counted = [_added(name, added)] if added else []
        counted += [_removed(name, removed)] if removed else []
        yield f"{limits.name(name)}: " + ", ".join(counted)
    for part in parts:
        if not of_list or None not in (part.before, part.after):
            before, after = (limits.value(name, side) for side in (part.before, part.after))
            yield f"{limits.name(name)}: {before} → {after}"


def _added(name: str, values: Sequence[Any]) -> str:
    text = ngettext("{count} added ({values})", "{count} added ({values})", len(values))
    return text.format(count=len(values), values=_some(name, values))


def _removed(name: str, values: Sequence[Any]) -> str:
    text = ngettext("{count} removed ({values})", "{count} removed ({values})", len(values))
    return text.format(count=len(values), values=_some(name, values))


def _some(name: str, values: Sequence[Any]) -> str:
    between = " · " if name == "styles" else ", "
    return shared.fitted([limits.value(name, value) for value in values], _PARTS, between)


def changed(before: Rules, after: Rules, ineffective: Sequence[Ineffective] = ()) -> str:
    """Return the answer to a change; *ineffective*: limits that have no effect now."""
    if next(differences(before, after), None) is None:
        return no_difference()
    notes = [*_replaced_styles(before, after), *_warnings(before, after, ineffective)]
    return _titled(_("Saved"), before, after, notes, _NOTE)


def preview(before: Rules, after: Rules, ineffective: Sequence[Ineffective] = ()) -> str:
    """Return the preview of a change; *ineffective*: limits that would have no effect."""
    notes = _warnings(before, after, ineffective)
    return _titled(_("Review changes"), before, after, notes, shared.MESSAGE)


def _warnings(before: Rules, after: Rules, ineffective: Sequence[Ineffective]) -> list[str]:
    """Return what has no effect, and what the bot can't do in channels that are newly chosen."""
    added = [channel for channel in after.channels if channel not in before.channels]
    missing = warnings.missing_permissions(guild_cache.order_channels(added)) if added else []
    return [*map(warnings.ineffective, ineffective), *warnings.age_restricted(after), *missing]


def _replaced_styles(before: Rules, after: Rules) -> Iterator[str]:
    """Yield which new styles of the server hide built-in ones."""
    for style in after.styles:
        if style not in before.styles and (hidden := styles.built_in(style.name)) is not None:
            yield _("{style} replaces the built-in style of that name on this server.").format(
                style=code(styles.title(hidden.name, spoken()))
            )


def _titled(title: str, before: Rules, after: Rules, notes: Sequence[str], most: int) -> str:
    different = list(differences(before, after))
    listed = [f"- {line}" for line in lines(different)]
    if not after.channels and {"channels", "nowhere"} & {one.name for one in different}:
        listed.insert(0, f"- {limits.channels(after)}")  # each channel, or none: it matters most
    room = max(most // 2, most - sum(len(note) + 1 for note in notes))
    text = shared.fitted([f"**{title}**", *listed], room)
    return shared.fitted([text, *notes], most)


def rejection(error: errors.ChangeRejected, *, form: bool = False) -> str:
    """Return why a change was rejected; *form*: limits are called as in the form."""
    faults = "\n".join(_why(fault, form=form) for fault in (error, *error.others))
    between = "\n" if error.others else " "
    return f"{faults}{between}{discarded()}"


def _why(error: errors.ChangeRejected, *, form: bool = False) -> str:
    match error:
        case NotAModerator():
            return _("You need the **Manage Server** permission to do that.")
        case errors.InvalidLimit():
            return _bad(error, form=form)
        case errors.TooManyEntries(name="tiers", most=most):
            return ngettext(
                "You can have at most {most} tier.", "You can have at most {most} tiers.", most
            ).format(most=most)
        case errors.TooManyEntries(name="styles", most=most):
            return ngettext(
                "You can have at most {most} style of your own. Please remove one first.",
                "You can have at most {most} styles of your own. Please remove one first.",
                most,
            ).format(most=most)
        case errors.InvalidStyle():
            return _bad_style(error, form=form)
        case errors.OwnStyleNotFound(style=style):
            return _(
                "This server has no style of its own called {style}. `/limits styles list` shows "
                "them all."
            ).format(style=code(shared.cut(style, 100)))
        case errors.TooManyEntries(most=most):
            return ngettext(
                "You can choose at most {most} channel.",
                "You can choose at most {most} channels.",
                most,
            ).format(most=most)
        case errors.InvalidPhrase():
            return _bad_phrase(error)
        case ChannelNotWritable():
            return _(
                "The bot can't write there. Please give it View Channel and Send Messages, or try "
                "again if it has both."
            )
        case NotBlockable():
            return _NOT_BLOCKABLE[error.fault]().format(member=f"<@{error.member_id}>")
        case errors.LogChannelNeeded():
            return _(
                "Pictures are held in the log channel, and this server has none. Please choose one "
                "first, with `/limits log`."
            )
        case errors.LanguageNotSpoken():
            return _("The bot does not speak that language.")
        case DraftExpired():
            return _("That change is no longer stored. Please enter it again.")
        case _:
            return _("That didn't work.")


def _bad(error: errors.InvalidLimit, *, form: bool) -> str:
    in_form = form and error.name in limits.NAMES
    option = f"**{limits.label(error.name)}**" if in_form else code(error.name)
    match error:
        case errors.InvalidLimit(low=False):
            return _("{option} must be True or False.").format(option=option)
        case errors.InvalidLimit(name="hours"):
            return _("{option} must be a whole number from {low} to {high}.").format(
                option=option, low=error.low, high=error.high
            )
        case errors.InvalidLimit(name=name) if name in MONEY:
            return _("{option} must be 0 (no limit) or an amount from {low} to {high}.").format(
                option=option, low=dollars(int(error.low)), high=dollars(int(error.high))
            )
        case _:
            return _(
                "{option} must be 0 (no limit) or a whole number from {low} to {high}."
            ).format(option=option, low=error.low, high=error.high)


def _bad_phrase(error: errors.InvalidPhrase) -> str:
    phrase = code(shared.cut(error.phrase, _PHRASE)) if error.phrase else ""
    if error.place is not None:
        of, line = error.place
        where = _("{list}, line {line}").format(list=limits.label(of), line=line)
        phrase = f"{where}: {phrase}" if phrase else where
    return f"**{phrase}**\n{_phrase_fault(error)}" if phrase else _phrase_fault(error)


def _phrase_fault(error: errors.InvalidPhrase) -> str:
    match error.fault:
        case errors.PhraseFault.NO_WORD:
            return _("A phrase needs at least one letter, digit or emoji.")
        case errors.PhraseFault.WILDCARD:
            return _(
                "Use `*` only at the start or the end of a phrase, as in `cat*` or `*cat*`. `?` "
                "isn't supported."
            )
        case errors.PhraseFault.SEPARATOR:
            return _(
                "Please leave out the dash, underscore, quotation mark or bracket at the start or "
                "end of the phrase."
            )
        case errors.PhraseFault.TOO_LONG:
            return _("A phrase can have up to {limit} characters. Yours has {got}.").format(
                limit=error.limit, got=error.got
            )
        case errors.PhraseFault.TOO_MANY:
            return _("A list can have up to {limit} phrases.").format(limit=error.limit)
        case errors.PhraseFault.LIST_TOO_LONG:
            return _("A list can have up to {limit} characters in all.").format(limit=error.limit)
        case _:
            assert_never(error.fault)


def _bad_style(error: errors.InvalidStyle, *, form: bool) -> str:
    option = f"**{panel_forms.STYLE[error.name]()}**" if form else code(error.name)
    if error.got == 0:
        return _("{option} is empty: it takes 1 to {most} characters.").format(
            option=option, most=error.most
        )
    return _("{option} takes 1 to {most} characters, yours has {got}.").format(
        option=option, most=error.most, got=error.got
    )


_NOT_BLOCKABLE: Final = {
    BlockFault.SELF: lazy("You can't block yourself."),
    BlockFault.BOT: lazy("{member} is a bot. Bots can't order pictures."),
    BlockFault.MODERATOR: lazy("{member} can manage this server, so you can't block them."),
    BlockFault.RANK: lazy(
        "{member} has a role as high as yours or higher, so you can't block them."
    ),
}


def block_end(block: Block) -> str:
    """Return when a block ends: a time of day if that is clear, else a date."""
    if block.until is None:
        return _("permanently")
    soon = block.until - block.since < _WITHIN_DAY
    return f"{(clock if soon else date)(block.until)} ({ago(block.until)})"


def blocked(block: Block) -> str:
    """Return the answer to a block."""
    member = f"<@{block.member_id}>"
    if block.until is None:
        text = _("{member} is blocked permanently.").format(member=member)
    else:
        text = _("{member} is blocked until {end}.").format(member=member, end=block_end(block))
    if not block.reason:
        return text
    return f"{text}\n" + _("Reason: {reason}").format(reason=literal(block.reason))


def unblocked(member_id: int, *, was: bool) -> str:
    """Return the answer to the end of a block."""
    text = _("{member} can order again.") if was else _("{member} wasn't blocked.")
    return text.format(member=f"<@{member_id}>")


def paused(pause: Pause) -> str:
    """Return the answer to a pause."""
    text = _("Orders paused until `/limits resume`. Orders already placed will finish.")
    if not pause.reason:
        return text
    return f"{text} " + _("Members see: {reason}").format(reason=literal(pause.reason))


def resumed(*, was_paused: bool, tries: ClosedReason | None) -> str:
    """Return the answer to the end of a pause; *tries*: what is tried again at once."""
    text = _("Orders resumed.") if was_paused else _("Orders weren't paused.")
    match tries:
        case None:
            return text
        case ClosedReason.CREDIT:
            more = _("The next order checks whether there is image credit again.")
        case _:
            more = _("The bot checks now whether the image service works again.")
    return f"{text} {more}"


# Of `/limits log`; no change was made.
channel_and_off: Final = lazy("Choose a channel, or `off: True`, not both. Nothing was changed.")


def logged(rules: Rules) -> str:
    """Return where is logged, by choice or still, and what."""
    if rules.log_channel is None:
        return _(
            "Logging is off. `/limits log channel:` chooses a channel for reports, refused prompts "
            "and changes."
        )
    text = _(
        "Log channel: {channel}. Reports and flagged pictures always go there; besides: {kinds}. "
        "`/limits show` changes that, `/limits log off: True` turns logging off."
    )
    kinds = [limits.value("log_kinds", kind) for kind in rules.log_kinds]
    return text.format(
        channel=shared.channel(rules.log_channel),
        kinds=" \N{MIDDLE DOT} ".join(kinds) or pgettext("lines", "nothing"),
    )


def pinged(role_id: int | None) -> str:
    """Return which role reports ping; empty: none."""
    if role_id is None:
        return ""
    return _(
        "Each reported picture pings {role} once. `/limits log no_ping: True` ends that."
    ).format(role=shared.role(role_id))
