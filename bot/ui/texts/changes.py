"""What moderators read about a change of their server's rules: made, previewed or rejected."""

from collections.abc import Sequence
from typing import Final, assert_never

from bot.domain import errors
from bot.domain.lane import ClosedReason
from bot.domain.rules import Block, Difference, Pause, Rules, differences
from bot.service.errors import ChannelNotWritable, DraftExpired, NotAModerator
from bot.ui.language import gettext as _
from bot.ui.language import lazy, ngettext
from bot.ui.markup import ago, code, literal
from bot.ui.texts import limits, shared

_PHRASE: Final = 100  # characters of a phrase that was rejected
_NOTE: Final = 900  # characters of a note above a full panel
_OF_PARTS: Final = frozenset({"channels", "tiers", "blocked", "allowed", "styles"})


save: Final = lazy("Save")
discard: Final = lazy("Discard")
# No change was made.
discarded: Final = lazy("Nothing was changed.")
# The change changes nothing.
no_difference: Final = lazy("That is how it stands already: nothing would change.")


def lines(differences_: Sequence[Difference]) -> list[str]:
    """Return a line for each difference: the rule, its value before and after."""
    return [_difference(difference) for difference in differences_]


def _difference(difference: Difference) -> str:
    name = limits.name(difference.name)
    before, after = (
        limits.value(difference.name, side) for side in (difference.before, difference.after)
    )
    if difference.name in _OF_PARTS:
        if difference.before is None:
            return f"{name}: + {after}"
        if difference.after is None:
            return f"{name}: - {before}"
    return f"{name}: {before} → {after}"


def changed(before: Rules, after: Rules) -> str:
    """Return the answer to a change."""
    if next(differences(before, after), None) is None:
        return no_difference()
    return _titled(_("Changed"), before, after, _NOTE)


def preview(before: Rules, after: Rules) -> str:
    """Return the preview of a change."""
    return _titled(_("This would change"), before, after, shared.MESSAGE)


def _titled(title: str, before: Rules, after: Rules, most: int) -> str:
    different = list(differences(before, after))
    listed = [f"- {line}" for line in lines(different)]
    if not after.channels and {"channels", "nowhere"} & {one.name for one in different}:
        listed.insert(0, f"- {limits.channels(after)}")  # each channel, or none: it matters most
    return shared.fitted([f"**{title}**", *listed], most)


def rejection(error: errors.ChangeRejected) -> str:
    """Return why a change was rejected."""
    return f"{_why(error)} {discarded()}"


def given_back(error: errors.ChangeRejected) -> str:
    """Return why a form was rejected, above what was typed in it."""
    return f"{rejection(error)} " + _("This is what you typed, to try again.")


def _why(error: errors.ChangeRejected) -> str:
    match error:
        case NotAModerator():
            return _("Only members who may manage this server can do that.")
        case errors.InvalidLimit():
            return _bad(error)
        case errors.TooManyEntries(name="tiers", most=most):
            return ngettext(
                "There is room for {most} tier.", "There is room for {most} tiers.", most
            ).format(most=most)
        case errors.TooManyEntries(name="styles", most=most):
            return ngettext(
                "There is room for {most} style of your own. Please remove one first.",
                "There is room for {most} styles of your own. Please remove one first.",
                most,
            ).format(most=most)
        case errors.InvalidStyle():
            return _bad_style(error)
        case errors.OwnStyleNotFound(style=style):
            return _(
                "This server has no style {style} of its own. `/limits styles list` shows those "
                "that it has."
            ).format(style=code(shared.cut(style, 100)))
        case errors.TooManyEntries(most=most):
            return ngettext(
                "There is room for {most} channel.", "There is room for {most} channels.", most
            ).format(most=most)
        case errors.InvalidPhrase():
            return _bad_phrase(error)
        case ChannelNotWritable():
            return _(
                "The bot could not write there. It needs View Channel and Send Messages; if it "
                "has them, Discord did not answer: please try again."
            )
        case errors.LanguageNotSpoken():
            return _("The bot does not speak that language.")
        case DraftExpired():
            return _("That change is not on record any more. Please make it anew.")
        case _:
            return _("That did not work.")


def _bad(error: errors.InvalidLimit) -> str:
    match error:
        case errors.InvalidLimit(low=False):
            return _("`{option}` takes True or False.").format(option=error.name)
        case errors.InvalidLimit(name="hours"):
            return _("`{option}` takes whole numbers from {low} to {high}.").format(
                option=error.name, low=error.low, high=error.high
            )
        case _:
            return _("`{option}` takes 0, or whole numbers from {low} to {high}.").format(
                option=error.name, low=error.low, high=error.high
            )


def _bad_phrase(error: errors.InvalidPhrase) -> str:
    phrase = code(shared.cut(error.phrase, _PHRASE)) if error.phrase else ""
    if error.place is not None:
        of, line = error.place
        where = _("{list}, line {line}").format(list=limits.name(of), line=line)
        phrase = f"{where}: {phrase}" if phrase else where
    return f"**{phrase}**\n{_phrase_fault(error)}" if phrase else _phrase_fault(error)


def _phrase_fault(error: errors.InvalidPhrase) -> str:
    match error.fault:
        case errors.PhraseFault.NO_WORD:
            return _("A phrase must hold a word, a number or an emoji.")
        case errors.PhraseFault.WILDCARD:
            return _(
                "A `*` goes to the start or the end of a phrase, as in `cat*` or `*cat*`. It can't "
                "be alone or within."
            )
        case errors.PhraseFault.SEPARATOR:
            return _(
                "A dash, an underscore or a quotation mark at the start or the end of a phrase "
                "only separates words. Please leave it out."
            )
        case errors.PhraseFault.TOO_LONG:
            return _("A phrase takes {limit} characters, yours has {got}.").format(
                limit=error.limit, got=error.got
            )
        case errors.PhraseFault.TOO_MANY:
            return _("A list takes {limit} phrases.").format(limit=error.limit)
        case errors.PhraseFault.LIST_TOO_LONG:
            return _("A list takes {limit} characters in all.").format(limit=error.limit)
        case _:
            assert_never(error.fault)


def _bad_style(error: errors.InvalidStyle) -> str:
    if error.got == 0:
        return _("`{option}` is empty: it takes 1 to {most} characters.").format(
            option=error.name, most=error.most
        )
    return _("`{option}` takes 1 to {most} characters, yours has {got}.").format(
        option=error.name, most=error.most, got=error.got
    )


def blocked(block: Block) -> str:
    """Return the answer to a block."""
    member = f"<@{block.member_id}>"
    if block.until is not None:
        text = _("{member} can't order pictures in this server. It ends {when}.")
    else:
        text = _(
            "{member} can't order pictures in this server. It ends when somebody unblocks them."
        )
    text = text.format(member=member, when=ago(block.until or 0))
    if not block.reason:
        return text
    return f"{text}\n" + _("Reason: {reason}").format(reason=literal(block.reason))


def unblocked(member_id: int, *, was: bool) -> str:
    """Return the answer to the end of a block."""
    text = _("{member} can order again.") if was else _("{member} was not blocked.")
    return text.format(member=f"<@{member_id}>")


def paused(pause: Pause) -> str:
    """Return the answer to a pause."""
    text = _("This server takes no orders until `/limits resume`. Orders taken before go on.")
    if not pause.reason:
        return text
    return f"{text} " + _("Members read: {reason}").format(reason=literal(pause.reason))


def resumed(*, was_paused: bool, tries: ClosedReason | None) -> str:
    """Return the answer to the end of a pause; *tries*: what is tried again at once."""
    text = _("This server takes orders again.") if was_paused else _("This server was not paused.")
    match tries:
        case None:
            return text
        case ClosedReason.CREDIT:
            more = _("The next order will find out whether there is image credit again.")
        case _:
            more = _("The bot tries at once whether the image service works again.")
    return f"{text} {more}"


def logged(channel_id: int | None) -> str:
    """Return the answer to the choice of a log channel."""
    if channel_id is None:
        return _("Nothing is logged any more.")
    return _(
        "{channel} is told of reports, refused words, blocks, changes, an empty wallet and long "
        "pauses."
    ).format(channel=shared.channel(channel_id))
