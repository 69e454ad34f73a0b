"""The rules' names and values, and the labels of the forms that change them."""

from typing import Any, Final

from bot.domain.log_kinds import LogKind
from bot.domain.rules import FLAGS, MONEY, RANGES, TIERED, Pause, Rules, Safety, Tier
from bot.domain.styles import Style
from bot.ui.language import dollars, lazy, marked, pgettext, plural
from bot.ui.language import gettext as _
from bot.ui.markup import ago, code, literal
from bot.ui.texts import shared

NAMES: Final = {
    "cooldown": marked("Cooldown between orders"),
    "member_per_day": marked("Images per day, each member"),
    "server_per_day": marked("Images per day, whole server"),
    "server_usd_per_month": marked("Budget per month, whole server"),
    "member_at_once": marked("Orders at the same time, each member"),
    "server_at_once": marked("Orders at the same time, whole server"),
    "images": marked("Max. images per order"),
    "steps": marked("Max. steps per order"),
    "private": marked("Allow private orders"),
    "spoiler": marked("Hide pictures behind a spoiler"),
    "safety": marked("Flagged pictures"),
    "age_restricted_only": marked("Age-restricted channels only"),
    "tiers": marked("Tiers"),
    "channels": marked("Channels for orders"),
    "blocked": marked("Blocked words"),
    "allowed": marked("Allowed words"),
    "look_alikes": marked("Also find look-alikes: Bl00d, b l o o d"),
    "styles": marked("Styles of this server"),
    "pause": marked("Pause"),
    "log_channel": marked("Log channel"),
    "log_ping": marked("Role to ping for reports"),
    "log_kinds": marked("Lines in the log channel"),
    "language": marked("Language"),
}
_LOG_KINDS: Final = {
    LogKind.WORDS: lazy("Refused prompts"),
    LogKind.DEEDS: lazy("What moderators do to orders"),
    LogKind.BLOCKS: lazy("Blocks"),
    LogKind.CHANGES: lazy("Changes of limits"),
    LogKind.SERVICE: lazy("Trouble with the image service"),
    LogKind.BUDGET: lazy("Used budget"),
    LogKind.ORDERS: lazy("Each order"),
    LogKind.PRIVATE_ORDERS: lazy("Each private order, without its prompt"),
}
_GROUPS: Final = {
    "members": marked("Each member"),
    "server": marked("Whole server"),
    "orders": marked("Each order"),
    "channels": marked("Channels"),
    "words": marked("Words"),
    "styles": marked("Styles"),
}
_TIERED: Final = {
    "member_per_day": plural("{count} image per day", "{count} images per day"),
    "member_at_once": plural("{count} order at the same time", "{count} orders at the same time"),
    "images": plural("{count} image per order", "{count} images per order"),
    "steps": plural("{count} step per order", "{count} steps per order"),
}
_SAFETY: Final = {
    Safety.OFF: lazy("not checked"),
    Safety.SPOILER: lazy("behind a spoiler"),
    Safety.HOLD: lazy("held for moderators"),
}
_LANGUAGES: Final = {"en": marked("English"), "de": marked("German")}
_STYLE_WORDS: Final = 200  # characters of one style's words among changes


def name(of: str) -> str:
    """Return a rule's name, by its field."""
    return _(NAMES[of])


def group(of: str) -> str:
    """Return a group's name."""
    return _(_GROUPS[of])


# Buttons of the panel.
set_log: Final = lazy("Log channel")
pause: Final = lazy("Pause orders")
resume: Final = lazy("Resume orders")
blocks: Final = lazy("Blocks")
# Opens the form for a group.
edit: Final = lazy("Edit")
# Removes what was deleted in Discord.
forget: Final = lazy("Remove deleted roles and channels")

# The forms.
channels_label: Final = lazy("Pictures can be ordered in")
channels_hint: Final = lazy(
    "Leave empty for all channels. Categories include their channels, channels their threads"
)
number_hint: Final = lazy("A whole number; 0 removes the limit")
money_hint: Final = lazy("For example 12.50; 0 removes the limit")
phrases_hint: Final = lazy("One per line, or with commas between; cat* also finds catapult")
_LABELS: Final = {
    "blocked": lazy("Blocked words and phrases"),
    "allowed": lazy("Allowed even if they contain a blocked word"),
}


def form_title(of: str) -> str:
    """Return the title of the form for a group of limits, at most 45 characters."""
    return _("Limits · {group}").format(group=group(of))


def label(of: str) -> str:
    """Return the label of a rule's field, with its unit."""
    if of == "cooldown":
        return _("{name} (seconds)").format(name=name(of))
    if of in MONEY:
        return _("{name} (US dollars)").format(name=name(of))
    return _LABELS[of]() if of in _LABELS else name(of)


def line(of: str, rules: Rules, used: str | None = None) -> str:
    """Return a rule's name and value, and how much of it is *used*."""
    text = f"{name(of)}: **{value(of, getattr(rules, of))}**"
    return f"{text} · {used}" if used else text


def figures(rules: Rules) -> str:
    """Return the settings that `/limits set` changes."""
    names = (*RANGES, *FLAGS, "language")
    return "\n".join(f"- {line(of, rules)}" for of in names)


def images_per_day(count: int) -> str:
    """Return a number of images for each day."""
    return _TIERED["member_per_day"](count).format(count=count)


def tier(rules: Rules, role_id: int) -> str:
    """Return the tier of a role, if there is one."""
    for one in rules.tiers:
        if one.role_id == role_id:
            return tier_line(one)
    return _("{role} has no limits of its own; those for all members apply.").format(
        role=shared.role(role_id)
    )


def channels(rules: Rules) -> str:
    """Return where orders are taken."""
    if rules.nowhere:
        return _(
            "Pictures can be ordered **nowhere**: all chosen channels were deleted. Please choose "
            "others, or all channels."
        )
    if rules.channels:
        listed = shared.channels(rules.channels)
        return _("Pictures can be ordered in {channels}").format(channels=listed)
    return _("Pictures can be ordered in all channels")


def value(of: str, setting: Any) -> str:
    """Return a rule's value as Discord markdown."""
    match of, setting:
        case _, bool():
            return shared.yes_or_no(setting)
        case "cooldown", int():
            return shared.duration(setting) if setting else pgettext("cooldown", "none")
        case "log_channel", None:
            return pgettext("channel", "none")
        case "log_ping", None:
            return pgettext("role", "none")
        case "log_ping", int():
            return shared.role(setting)
        case (("channels" | "log_channel"), int()):
            return shared.channel(setting)
        case "safety", _:
            return _SAFETY[Safety(setting)]()
        case "log_kinds", str():
            return _LOG_KINDS[LogKind(setting)]() if setting in {*LogKind} else setting
        case "language", None:
            return _("as in Discord")
        case "language", _:
            return _(_LANGUAGES[setting])
        case "styles", Style():
            return f"{code(setting.name)} {literal(shared.cut(setting.words, _STYLE_WORDS))}"
        case "pause", None:
            return pgettext("pause", "none")
        case _, Tier():
            return tier_line(setting)
        case _, Pause():
            return pause_line(setting)
        case (("blocked" | "allowed"), str()):
            return code(setting)
        case _, 0:
            return _("no limit")
        case _, int() if of in MONEY:
            return dollars(setting)
        case _:
            return f"{setting}"


def pause_line(pause: Pause) -> str:
    """Return who paused the server, since when and why."""
    who = _("by {moderator} {when}").format(moderator=f"<@{pause.by}>", when=ago(pause.since))
    return f"{who}: {literal(pause.reason)}" if pause.reason else who


def tier_line(tier: Tier) -> str:
    """Return a tier's role and limits."""
    role = shared.role(tier.role_id)
    if tier.exempt:
        return _("{role}: no limits on members and orders").format(role=role)
    named = [_tiered(of, limit) for of in TIERED if (limit := getattr(tier, of)) is not None]
    return f"{role}: " + " · ".join(named)


def _tiered(of: str, limit: int) -> str:
    """Return a limit of a tier in a few words."""
    if limit == 0:
        return f"{name(of)}: {value(of, limit)}"
    if of == "cooldown":
        return _("{duration} between orders").format(duration=shared.duration(limit))
    return _TIERED[of](limit).format(count=limit)
