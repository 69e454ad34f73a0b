"""Warnings to moderators: limits without effect, and a log that everybody can read."""

from collections.abc import Iterable
from typing import Final

from bot.domain.ineffective_limits import Ineffective, Overruled
from bot.domain.rules import MONEY, Rules
from bot.ui import guild_cache
from bot.ui.language import dollars, marked
from bot.ui.language import gettext as _
from bot.ui.markup import literal
from bot.ui.texts import limits, shared

_CHANNELS: Final = 200  # characters of the channels in one warning
_WHY: Final = {
    Overruled.OPERATOR_SERVER: marked(
        "{limit} has no effect: the bot owner's cap for this server is {bound}."
    ),
    Overruled.OPERATOR_ALL: marked(
        "{limit} has no effect: the bot owner's cap for all servers is {bound}."
    ),
    Overruled.OTHER: marked("{limit} has no effect: a stricter limit applies ({other})."),
    Overruled.EVERYONE: marked("{limit} has no effect: the tier of {everyone} comes first."),
    Overruled.NO_CHECK: marked(
        "{limit} has no effect: the bot's owner hasn't set up a check of pictures."
    ),
    Overruled.NO_LOG_CHANNEL: marked(
        "{limit} needs a log channel: until there is one, flagged pictures are delivered behind a "
        "spoiler."
    ),
    Overruled.EXEMPT: marked("{limit} has no effect: members of this tier have no limits."),
}


def warning(text: str) -> str:
    """Return *text* as a warning."""
    return f"\N{WARNING SIGN}\N{VARIATION SELECTOR-16} {text}"


def ineffective(one: Ineffective) -> str:
    """Return that a limit has no effect, and why."""
    limit = f"**{limits.name(one.name)}: {limits.value(one.name, one.limit)}**"
    if one.role_id is not None:
        limit = f"{shared.role(one.role_id)} · {limit}"
    other = f"{limits.name(one.other)}: {one.bound}" if one.other else ""
    return warning(
        _(_WHY[one.by]).format(
            limit=limit,
            bound=dollars(one.bound) if one.name in MONEY else limits.images_per_day(one.bound),
            other=other,
            everyone=literal("@everyone"),
        )
    )


def safety(ineffective_limits: Iterable[Ineffective]) -> list[str]:
    """Return what of these is about flagged pictures."""
    return [ineffective(one) for one in ineffective_limits if one.name == "safety"]


_LACKS: Final = {
    "view_channel": marked("I can't see {channels}."),
    "send_messages": marked("I can't send messages in {channels}."),
    "attach_files": marked("I can't attach files in {channels}, so no pictures."),
    "read_message_history": marked("I can't read the message history in {channels}."),
}


def missing_permissions(channel_ids: Iterable[int]) -> list[str]:
    """Return which permissions the bot lacks where; the first that is missing in each channel."""
    lacking: dict[str, list[int]] = {}
    for channel_id in channel_ids:
        if guild_cache.is_deleted_channel(channel_id):
            continue  # it is listed as deleted
        granted = guild_cache.granted(channel_id)
        missing = [name for name in _LACKS if granted is not None and not getattr(granted, name)]
        if missing:
            lacking.setdefault(missing[0], []).append(channel_id)
    return [
        warning(
            _(_LACKS[name]).format(
                channels=shared.fitted([*map(shared.channel, ids)], _CHANNELS, ", ")
            )
        )
        for name, ids in lacking.items()
    ]


def age_restricted(rules: Rules) -> list[str]:
    """Return that no channel for orders is age-restricted although it must be, if so."""
    if not rules.age_restricted_only or not guild_cache.lacks_age_restricted(rules.channels):
        return []
    return [
        warning(
            _(
                "Nobody can order: only age-restricted channels are allowed, and none of your "
                "channels for pictures is one."
            )
        )
    ]


def log_channel(channel_id: int | None) -> str:
    """Return that everybody can read the log channel; empty: it is not known to be so."""
    if channel_id is None or not guild_cache.is_public(channel_id):
        return ""
    return warning(
        _(
            "Everyone on this server can read {channel}, including reports with names, refused "
            "prompts and reasons for blocks. Better make it private."
        ).format(channel=shared.channel(channel_id))
    )


def log_ping(rules: Rules) -> str:
    """Return that the bot can't ping the role of reports; empty: it is not known to be so."""
    role_id, channel_id = rules.log_ping, rules.log_channel
    if role_id is None or channel_id is None:
        return ""
    if not guild_cache.is_unpingable(role_id, channel_id):
        return ""
    return warning(
        _(
            "Reports can't ping {role}. Let everyone mention the role, or let me mention all roles "
            "in {channel}."
        ).format(role=shared.role(role_id), channel=shared.channel(channel_id))
    )
