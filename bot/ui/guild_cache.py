"""What the gateway's cache tells of the server that a task is about.

Like the language, the server is a context variable of the task. Without a gateway, and before it
has sent the server, nothing is known: then nothing counts as deleted or missing.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import discord

from bot.domain.rules import Rules
from bot.service.port_errors import DiscordError
from bot.ui.discord_errors import translated_errors

ASKED_WITHIN: Final = 1.0  # seconds; some questions precede an answer, for which Discord waits 3
MOST_NOTED: Final = 10_000  # channels

_UNKNOWN_CHANNEL: Final = 10003  # Discord's code

AGE_RESTRICTED_SERVERS: Final = {discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted}
MOST_OFFERED: Final = 3  # channels

_here: ContextVar[tuple[int | None, discord.Permissions]] = ContextVar(
    "here", default=(None, discord.Permissions.none())
)
_guild: ContextVar[discord.Guild | None] = ContextVar("guild", default=None)
_member: ContextVar[discord.Member | None] = ContextVar("member", default=None)
# Channels that Discord does not know any more. Threads are in the cache only while they are active.
_deleted: set[int] = set()
# Where no gateway tells of servers: the question about each that is being asked.
_coming: dict[int, asyncio.Task[None]] = {}


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """What a server's rules name and Discord does not know any more, by ids."""

    roles: frozenset[int]
    channels: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.roles or self.channels)


def look_at(
    guild: discord.Guild | None, member: discord.User | discord.Member | None = None
) -> None:
    """Set the server of this task and of those that it starts, and who reads its answer."""
    _guild.set(guild)
    _member.set(member if isinstance(member, discord.Member) else None)


def is_everyone(role_id: int) -> bool:
    """Tell whether the role is @everyone."""
    guild = _guild.get()
    return guild is not None and guild.id == role_id


def is_deleted_role(role_id: int) -> bool:
    """Tell whether the server is known to have no such role."""
    guild = _cached()
    return guild is not None and guild.get_role(role_id) is None


def is_unpingable(role_id: int, channel_id: int) -> bool:
    """Tell whether the bot is known to be unable to ping the role in that channel."""
    guild, permissions = _cached(), granted(channel_id)
    role = None if guild is None else guild.get_role(role_id)
    if role is None or permissions is None:
        return False
    return role.is_default() or not (role.mentionable or permissions.mention_everyone)


def is_deleted_channel(channel_id: int) -> bool:
    """Tell whether the channel or thread is known to be deleted; see :func:`ask`."""
    return channel_id in _deleted


def is_elsewhere(channel_id: int) -> bool:
    """Tell whether the server is known to have no such channel; threads are not looked for."""
    guild = _cached()
    return guild is not None and guild.get_channel(channel_id) is None


def deleted_of(rules: Rules) -> Deleted:
    """Return what *rules* name and is deleted, but for the log channel."""
    pinged = () if rules.log_ping is None else (rules.log_ping,)
    roles = (*(tier.role_id for tier in rules.tiers), *pinged)
    return Deleted(
        roles=frozenset(filter(is_deleted_role, roles)),
        channels=frozenset(filter(is_deleted_channel, rules.channels)),
    )


def age_restricted(within: Sequence[int]) -> list[int]:
    """Return some age-restricted channels that the reader sees; *within*: of these, if any."""
    guild, member = _cached(), _member.get()
    if guild is None or member is None:
        return []
    chosen = [
        channel.id
        for channel in guild.text_channels
        if channel.nsfw
        and (not within or {channel.id, channel.category_id} & {*within})
        and channel.permissions_for(member).view_channel
    ]
    return chosen[:MOST_OFFERED]


def note_deleted(channel_id: int) -> None:
    """Note that the channel or thread is deleted."""
    if len(_deleted) >= MOST_NOTED:
        _deleted.clear()  # Discord is asked again
    _deleted.add(channel_id)


def note_coming(guild_id: int, asking: asyncio.Task[None]) -> None:
    """Note a task that asks Discord about a server: :func:`ask` waits for it."""
    _coming[guild_id] = asking
    asking.add_done_callback(lambda _: _coming.pop(guild_id, None))


async def ask(http: discord.http.HTTPClient, channel_ids: Iterable[int | None]) -> None:
    """Ask Discord about channels that are not in the cache: deleted ones, or archived threads."""
    here = _guild.get()
    if here is not None and (asking := _coming.get(here.id)) is not None:
        await asyncio.wait([asking], timeout=ASKED_WITHIN)
    guild = _cached()
    if guild is None:
        return
    unknown = [
        channel_id
        for channel_id in channel_ids
        if channel_id and channel_id not in _deleted and not guild.get_channel_or_thread(channel_id)
    ]
    await asyncio.gather(*(_ask(http, channel_id) for channel_id in unknown))


async def _ask(http: discord.http.HTTPClient, channel_id: int) -> None:
    if await is_gone(http, channel_id):
        note_deleted(channel_id)


async def is_gone(http: discord.http.HTTPClient, channel_id: int) -> bool:
    """Ask Discord whether a channel or thread is deleted; without an answer it is not."""
    with suppress(DiscordError):
        async with translated_errors(ASKED_WITHIN):
            try:
                await http.get_channel(channel_id)
            except discord.NotFound as error:
                return error.code == _UNKNOWN_CHANNEL
    return False


def is_unwritable(channel_id: int) -> bool:
    """Tell whether the bot is known to lack the permissions to write there."""
    permissions = granted(channel_id)
    return permissions is not None and not _may_write(permissions)


def note_here(channel_id: int | None, granted: discord.Permissions) -> None:
    """Note the bot's permissions in the channel that this task's interaction came from."""
    _here.set((channel_id, granted))


def granted(channel_id: int) -> discord.Permissions | None:
    """Return the bot's permissions in a channel or thread; ``None``: not known."""
    here, permissions = _here.get()
    if channel_id == here:
        return permissions
    guild = _cached()
    channel = None if guild is None else guild.get_channel_or_thread(channel_id)
    if guild is None or channel is None or not guild.me.joined_at:
        return None  # discord.py makes up a member that joined at no time
    permissions = channel.permissions_for(guild.me)
    if isinstance(channel, discord.Thread):
        permissions.send_messages = permissions.send_messages_in_threads
    return permissions


def order_channels(chosen: Sequence[int]) -> list[int]:
    """Return the known channels in which pictures are ordered: the *chosen*, or what all write in.

    Of a category they are its channels.
    """
    guild = _cached()
    if guild is None:
        return list(chosen)
    if chosen:
        inside = {
            category.id: [channel.id for channel in category.channels]
            for category in guild.categories
        }
        return [
            channel_id for chosen_id in chosen for channel_id in inside.get(chosen_id, [chosen_id])
        ]
    everyone = guild.default_role
    return [
        channel.id
        for channel in guild.text_channels
        if (granted := channel.permissions_for(everyone)).send_messages and granted.view_channel
    ]


def lacks_age_restricted(chosen: Sequence[int]) -> bool:
    """Tell whether the server is known to have no age-restricted channel, of the *chosen* if any.

    A category counts with its channels, a thread with its channel.
    """
    guild = _cached()
    if guild is None or guild.nsfw_level in AGE_RESTRICTED_SERVERS:
        return False
    known = [guild.get_channel_or_thread(channel_id) for channel_id in chosen]
    if None in known:
        return False
    places = {
        channel.parent_id if isinstance(channel, discord.Thread) else channel.id
        for channel in known
        if channel
    }
    return not any(
        getattr(channel, "nsfw", False)
        for channel in guild.channels
        if not chosen or {channel.id, channel.category_id} & places
    )


def is_public(channel_id: int) -> bool:
    """Tell whether @everyone is known to be able to read the channel."""
    guild = _cached()
    channel = None if guild is None else guild.get_channel(channel_id)
    return channel is not None and channel.permissions_for(channel.guild.default_role).view_channel


def welcome_channels(guild: discord.Guild) -> list[int]:
    """Return where the bot tries to introduce itself: the system channel, else among moderators.

    Of the first two only Discord knows whether it may: the bot's own role may come a moment later.
    """
    candidates = (
        guild.system_channel,
        guild.public_updates_channel,  # Discord's own for moderators of a Community
        *(
            channel
            for channel in guild.text_channels
            if _may_write(channel.permissions_for(guild.me)) and _is_for_moderators(channel)
        ),
    )
    return [channel.id for channel in filter(None, dict.fromkeys(candidates))]


def _may_write(permissions: discord.Permissions) -> bool:
    return permissions.view_channel and permissions.send_messages


def _is_for_moderators(channel: discord.TextChannel) -> bool:
    """Tell whether nobody but bots and those who may manage the server see the channel."""
    guild = channel.guild
    if channel.permissions_for(guild.default_role).view_channel:
        return False
    let_in = [target for target, granted in channel.overwrites.items() if granted.view_channel]
    return all(
        role.permissions.manage_guild or role.permissions.administrator or role.is_bot_managed()
        for role in guild.roles
        if channel.permissions_for(role).view_channel
    ) and all(isinstance(target, discord.Role) or target.id == guild.me.id for target in let_in)


def _cached() -> discord.Guild | None:
    """Return the server if the gateway sent it; a partial one has no roles, not even @everyone."""
    guild = _guild.get()
    known = guild is not None and not guild.unavailable and guild.get_role(guild.id) is not None
    return guild if known else None
