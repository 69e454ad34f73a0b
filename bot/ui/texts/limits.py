"""The texts of the moderators' panel: the rules' names, their values and their use."""

from collections.abc import Iterable
from typing import Any, Final

from bot.domain.admission import Caps
from bot.domain.rules import TIERED, Pause, Rules, Tier
from bot.domain.styles import BUILT_IN, Style
from bot.service.moderation import Overview
from bot.ui.language import gettext as _
from bot.ui.language import lazy, marked, ngettext, pgettext
from bot.ui.markup import ago, code, literal
from bot.ui.texts import shared

NAMES: Final = {
    "cooldown": marked("Cooldown of a member"),
    "member_per_day": marked("Images a day, a member"),
    "server_per_day": marked("Images a day, the server"),
    "member_at_once": marked("Orders at once, a member"),
    "server_at_once": marked("Orders at once, the server"),
    "images": marked("Images in an order"),
    "steps": marked("Steps in an order"),
    "spoiler": marked("Pictures as spoilers"),
    "age_restricted_only": marked("Age-restricted channels only"),
    "tiers": marked("Tier"),
    "channels": marked("Channel for orders"),
    "nowhere": marked("No chosen channel is left"),
    "blocked": marked("Blocked words"),
    "allowed": marked("Allowed words"),
    "look_alikes": marked("Also look-alikes, leet and spaced letters"),
    "styles": marked("Style of this server"),
    "pause": marked("Pause"),
    "log_channel": marked("Log channel"),
    "language": marked("Language"),
}
_GROUPS: Final = {
    "members": marked("Each member"),
    "server": marked("The server"),
    "orders": marked("Each order"),
    "channels": marked("Channels"),
    "words": marked("Words"),
    "styles": marked("Styles, by `/limits styles`"),
}
_LANGUAGES: Final = {"en": marked("English"), "de": marked("German")}
_STYLES: Final = 400  # characters of their names in the panel
_STYLE_WORDS: Final = 200  # characters of one style's words among changes


def name(of: str) -> str:
    """Return a rule's name, by its field."""
    return _(NAMES[of])


def group(of: str) -> str:
    """Return a group's name."""
    return _(_GROUPS[of])


def edit(of: str) -> str:
    """Return the label of the button that opens the form for a group."""
    return _("Change: {group}").format(group=group(of))


# Removes what was deleted in Discord.
forget: Final = lazy("Remove deleted roles and channels")

# The forms.
channels_label: Final = lazy("Orders are taken in")
channels_hint: Final = lazy(
    "None: everywhere. A category counts with its channels, a channel with its threads"
)
number_hint: Final = lazy("A whole number; 0 removes the limit")
phrases_hint: Final = lazy("Lines or commas separate; whole words; * at an end: longer words, too")
_LABELS: Final = {
    "blocked": lazy("Blocked words and phrases"),
    "allowed": lazy("Allowed although they contain a blocked word"),
}


def form_title(of: str) -> str:
    """Return the title of the form for a group of limits, at most 45 characters."""
    return _("Limits · {group}").format(group=group(of))


def label(of: str) -> str:
    """Return the label of a rule's field, with its unit."""
    if of == "cooldown":
        return _("{name}, seconds").format(name=name(of))
    return _LABELS[of]() if of in _LABELS else name(of)


def panel(overview: Overview, note: str | None = None) -> tuple[str, dict[str, str]]:
    """Return the panel's heading, with *note*, and its sections by group; they fit one message."""
    rules, usage, peaks = overview.rules, overview.standing.usage, overview.peaks
    title, tiers_title = _("Limits of this server"), _("Tiers, by `/limits tier`")
    heading = "\n".join([f"## {title}", *_notes(overview, note)])
    sections = {
        "members": _listed(
            "members",
            _line("cooldown", rules),
            _line(
                "member_per_day",
                rules,
                _("most by one member today: {count}").format(count=peaks.images),
            ),
            _line(
                "member_at_once",
                rules,
                _("most of one member now: {count}").format(count=peaks.at_once),
            ),
        ),
        "server": _listed(
            "server",
            _line("server_per_day", rules, _("today: {count}").format(count=usage.server)),
            _line("server_at_once", rules, _("now: {count}").format(count=usage.server_at_once)),
            *_operators(overview.caps, usage.server, usage.everywhere),
        ),
        "orders": _listed(
            "orders",
            *(_line(of, rules) for of in ("images", "steps", "spoiler", "age_restricted_only")),
        ),
        "channels": _listed("channels", channels(rules)),
        "words": _listed(
            "words",
            _("Blocked: {blocked} · allowed: {allowed}").format(
                blocked=shared.phrases(len(rules.words.blocked)),
                allowed=shared.phrases(len(rules.words.allowed)),
            ),
            _line("look_alikes", rules),
        ),
        "styles": _listed("styles", _styles(rules)),
    }
    tiers = [_tier(tier) for tier in rules.tiers] or [pgettext("tiers", "none")]
    room = shared.MESSAGE - len(heading) - sum(map(len, sections.values()))
    lines = [f"**{tiers_title}**", *(f"- {tier}" for tier in tiers)]
    return heading, sections | {"tiers": shared.fitted(lines, room)}


def _notes(overview: Overview, note: str | None) -> Iterable[str]:
    rules = overview.rules
    if rules.pause is not None:
        yield _("**Paused**, {pause}.").format(pause=_pause(rules.pause))
    channel = value("log_channel", rules.log_channel)
    days = _("Days are in UTC · log channel: {channel} · language: {language}").format(
        channel=channel, language=value("language", rules.language)
    )
    yield f"-# {days}"
    if warning := shared.log_warning(rules.log_channel, refused=overview.log_refused):
        yield warning
    if note:
        yield note


def _operators(caps: Caps, server: int, everywhere: int) -> Iterable[str]:
    """Yield the operator's caps, which moderators can't change."""
    if cap := caps.images_per_guild_per_day:
        yield ngettext(
            "The operator's cap for this server: **{cap} image a day** · today: {used}",
            "The operator's cap for this server: **{cap} images a day** · today: {used}",
            cap,
        ).format(cap=cap, used=server)
    if cap := caps.images_per_day:
        yield ngettext(
            "The operator's cap for all servers together: **{cap} image a day** · today: {used}",
            "The operator's cap for all servers together: **{cap} images a day** · today: {used}",
            cap,
        ).format(cap=cap, used=everywhere)


def _listed(of: str, *lines: str) -> str:
    return "\n".join([f"**{group(of)}**", *(f"- {line}" for line in lines)])


def _line(of: str, rules: Rules, used: str | None = None) -> str:
    line = f"{name(of)}: **{value(of, getattr(rules, of))}**"
    return f"{line} · {used}" if used else line


def channels(rules: Rules) -> str:
    """Return where orders are taken."""
    if rules.nowhere:
        return _(
            "Orders are taken in: **no channel**. All that were chosen are deleted; please choose "
            "others, or every channel."
        )
    if rules.channels:
        return _("Orders are taken in: {channels}").format(channels=shared.channels(rules.channels))
    return _("Orders are taken in: every channel")


def _styles(rules: Rules) -> str:
    names = [literal(style.name) for style in rules.styles]
    own = shared.fitted(names, _STYLES, ", ") or pgettext("styles", "none")
    return _("Of this server: {own} · of every server: {count}").format(
        own=own, count=len(BUILT_IN)
    )


def value(of: str, setting: Any) -> str:
    """Return a rule's value as Discord markdown."""
    match of, setting:
        case _, bool():
            return shared.yes_or_no(setting)
        case "cooldown", int():
            return shared.duration(setting) if setting else pgettext("cooldown", "none")
        case "log_channel", None:
            return pgettext("channel", "none")
        case (("channels" | "log_channel"), int()):
            return shared.channel(setting)
        case "language", None:
            return _("as in Discord")
        case "language", _:
            return _(_LANGUAGES[setting])
        case "styles", Style():
            return f"{code(setting.name)} {literal(shared.cut(setting.words, _STYLE_WORDS))}"
        case "pause", None:
            return pgettext("pause", "none")
        case _, Tier():
            return _tier(setting)
        case _, Pause():
            return _pause(setting)
        case (("blocked" | "allowed"), str()):
            return code(setting)
        case _, 0:
            return _("no limit")
        case _:
            return f"{setting}"


def _pause(pause: Pause) -> str:
    who = _("by {moderator} {when}").format(moderator=f"<@{pause.by}>", when=ago(pause.since))
    return f"{who}: {literal(pause.reason)}" if pause.reason else who


def _tier(tier: Tier) -> str:
    role = shared.role(tier.role_id)
    if tier.exempt:
        return _("{role} exempt from the limits on members and orders").format(role=role)
    named = [
        f"{name(of)}: {value(of, limit)}"
        for of in TIERED
        if (limit := getattr(tier, of)) is not None
    ]
    return f"{role} " + " · ".join(named)
