"""Reads what Discord says about an interaction: member, server, channel, roles, languages."""

from datetime import UTC, datetime
from typing import Any, Final

import discord

from bot.domain.admission import SAMPLE, AdmissionRequest
from bot.log import mark
from bot.service.blocking import BlockTarget
from bot.service.errors import NotAModerator
from bot.service.moderation import Moderator
from bot.service.order_actions import Person
from bot.service.reports import Seen
from bot.ui import guild_cache, language
from bot.ui.discord_errors import translated_errors

Interaction = discord.Interaction[Any]

MEMBER_WITHIN: Final = 10.0  # seconds; asked after the answer was deferred
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def bind_task(interaction: Interaction) -> None:
    """Set this task's language and the fields of its log lines from *interaction*."""
    granted = interaction.app_permissions
    if isinstance(interaction.channel, discord.Thread):
        granted.send_messages = granted.send_messages_in_threads
    guild_cache.note_here(interaction.channel_id if granted.value else None, granted)
    language.speak(language.of(interaction.locale))
    guild_cache.look_at(interaction.guild, interaction.user)
    shards = interaction.client.shard_count or 1
    mark(guild=interaction.guild_id, shard=((interaction.guild_id or 0) >> 22) % shards)


def person(interaction: Interaction) -> Person:
    """Return the member, and whether they may manage the server they are in."""
    return Person(
        id=interaction.user.id,
        guild_id=guild_id(interaction),
        moderates=interaction.permissions.manage_guild,
        server=server_name(interaction),
        language=server_language(interaction),
    )


def moderator(interaction: Interaction) -> Moderator:
    """Return the member as a moderator of the server they are in, or raise NotAModerator.

    Discord sends the permissions with each interaction. They are checked here, whatever a server's
    overrides for commands say.
    """
    if interaction.guild_id is None or not interaction.permissions.manage_guild:
        raise NotAModerator
    return Moderator(
        id=interaction.user.id,
        guild_id=interaction.guild_id,
        language=server_language(interaction),
        server=server_name(interaction),
    )


def admission_request(
    interaction: Interaction, member: discord.abc.Snowflake | None = None
) -> AdmissionRequest:
    """Return a request for the smallest order there is, here, by *member* or who asks."""
    return AdmissionRequest(
        order=SAMPLE,
        guild_id=guild_id(interaction),
        channel_id=interaction.channel_id or 0,
        parent_ids=parent_ids(interaction),
        role_ids=role_ids(member or interaction.user),
        age_restricted=age_restricted(interaction),
        timed_out_until=timed_out_until(interaction, member or interaction.user),
    )


def guild_id(interaction: Interaction) -> int | None:
    """Return the server, if the bot is a member of it; ``None``: outside of servers.

    A member may bring the bot into a server by a user install. That server has no rules here, and
    the bot can't see it.
    """
    return interaction.guild_id if interaction.is_guild_integration() else None


def parent_ids(interaction: Interaction) -> frozenset[int]:
    """Return the channel that a thread is in, and the category that the channel is in."""
    channel = interaction.channel
    named = (
        getattr(channel, "parent_id", None),
        getattr(getattr(channel, "parent", channel), "category_id", None),
    )
    return frozenset(parent for parent in named if parent is not None)


def answers_only(interaction: Interaction) -> bool:
    """Tell whether the bot can only answer here, not post: a user install, or a group chat."""
    return guild_id(interaction) is None and not interaction.context.dm_channel


def block_target(interaction: Interaction, member: discord.User | discord.Member) -> BlockTarget:
    """Return *member* as somebody whom the member behind *interaction* wants to block.

    The server's owner has the highest rank. Without the server's roles no rank is known.
    """
    if not isinstance(member, discord.Member):
        is_bot = getattr(member, "bot", False)  # Discord may have sent no more than an id
        return BlockTarget(id=member.id, is_bot=is_bot)
    guild, by = member.guild, interaction.user
    if guild.get_role(guild.id) is None:  # not in the cache yet
        granted = member.resolved_permissions or discord.Permissions.none()
        return BlockTarget(id=member.id, is_bot=member.bot, moderates=granted.manage_guild)
    granted = member.resolved_permissions or member.guild_permissions
    roles = [role.permissions for role in member.roles]  # a time-out hides permissions
    return BlockTarget(
        id=member.id,
        is_bot=member.bot,
        moderates=member.id == guild.owner_id
        or any(each.manage_guild or each.administrator for each in (granted, *roles)),
        outranks=isinstance(by, discord.Member)
        and by.id != guild.owner_id
        and member.top_role >= by.top_role,
    )


async def fetch_block_target(interaction: Interaction, member_id: int) -> BlockTarget:
    """Return a member of whom only the id is known, as :func:`fetch_member` does."""
    member = await fetch_member(interaction, member_id)
    if not isinstance(member, discord.Member):
        return BlockTarget(id=member.id)
    return block_target(interaction, member)


async def fetch_member(interaction: Interaction, member_id: int) -> discord.Member | discord.Object:
    """Ask Discord for a member of the server; an object with the id: they left it.

    Raises DiscordError if Discord does not answer.
    """
    if (guild := interaction.guild) is None:
        return discord.Object(member_id)
    async with translated_errors(MEMBER_WITHIN):
        try:
            data = await interaction.client.http.get_member(guild.id, member_id)
        except discord.NotFound:
            return discord.Object(member_id)
        return discord.Member(data=data, guild=guild, state=interaction._state)  # noqa: SLF001 - as discord.py does


def age_restricted(interaction: Interaction) -> bool:
    """Tell whether the server or the channel is known to be age-restricted; a thread inherits it.

    In a server that is restricted as a whole, the channels' own marks say nothing.
    """
    guild, channel = interaction.guild, interaction.channel
    if guild is not None and guild.nsfw_level in guild_cache.AGE_RESTRICTED_SERVERS:
        return True
    marked = channel.parent if isinstance(channel, discord.Thread) else channel
    return bool(getattr(marked, "nsfw", False))


def timed_out_until(interaction: Interaction, member: discord.abc.Snowflake) -> float | None:
    """Return when a member's time-out ends, in Unix seconds; administrators are exempt.

    Discord refuses their commands itself. A form that they opened before may still come.
    """
    if not isinstance(member, discord.Member) or guild_id(interaction) is None:
        return None
    granted, until = member.resolved_permissions, member.timed_out_until
    exempt = granted is not None and granted.administrator
    return None if until is None or exempt else (until - _EPOCH).total_seconds()


def role_ids(member: discord.abc.Snowflake) -> frozenset[int]:
    """Return a member's roles, as Discord sent them; empty outside of servers.

    ``Member.roles`` leaves out the roles of a server that is not in the cache yet.
    """
    return frozenset(member._roles) if isinstance(member, discord.Member) else frozenset()  # noqa: SLF001 - pinned by a test


def card_language(interaction: Interaction, *, private: bool = False) -> str:
    """Return the language of the card: the server's where others read it, else the member's."""
    public = interaction.guild_id is not None and not private
    return server_language(interaction) if public else language.of(interaction.locale)


def server_language(interaction: Interaction) -> str:
    """Return the language of what the server's members read, unless its moderators chose one."""
    guild = interaction.guild
    community = guild is not None and "COMMUNITY" in guild.features
    return language.of_server(interaction.guild_locale, community=community)


def server_name(interaction: Interaction) -> str:
    """Return the server's name; empty: it is not known."""
    return interaction.guild.name if interaction.guild is not None else ""


def seen(message: discord.Message | None) -> Seen | None:
    """Return where *message* shows its pictures; ``None``: only one member sees it."""
    if message is None or message.flags.ephemeral:
        return None
    return Seen(channel_id=message.channel.id, message_id=message.id)
