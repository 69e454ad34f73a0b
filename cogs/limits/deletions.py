"""Forgets roles, channels and threads that were deleted in Discord."""

import logging
from collections.abc import Collection

import discord
from discord.ext import commands

from bot.client import ImagineBot
from bot.log import about, fault
from bot.service.moderation import ModerationService
from bot.service.port_errors import StoreUnavailable
from bot.ui import guild_cache, language

log = logging.getLogger(__name__)


class Deletions(commands.Cog):
    """Listens for deletions.

    What is deleted while the bot is not connected stays in the rules; the panel says so.
    """

    def __init__(self, bot: ImagineBot, moderation: ModerationService) -> None:
        self._bot = bot
        self._moderation = moderation

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """Forget the role's tier."""
        await self._forget(role.guild, roles=[role.id])

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Forget the channel."""
        await self._forget(channel.guild, channels=[channel.id])

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, thread: discord.RawThreadDeleteEvent) -> None:
        """Forget the thread, also an archived one, and those of a channel that is deleted."""
        if (guild := self._bot.get_guild(thread.guild_id)) is not None:
            await self._forget(guild, channels=[thread.thread_id])

    async def _forget(
        self,
        guild: discord.Guild,
        *,
        roles: Collection[int] = (),
        channels: Collection[int] = (),
    ) -> None:
        guild_cache.look_at(guild)
        for channel_id in channels:
            guild_cache.note_deleted(channel_id)
        spoken = language.of_server(guild.preferred_locale, community="COMMUNITY" in guild.features)
        with about(guild=guild.id):
            try:
                await self._moderation.forget(
                    guild.id, language=spoken, roles=roles, channels=channels
                )
            except StoreUnavailable as error:
                log.warning("deletion not recorded, the panel shows it: error=%s", error)
            except Exception as error:  # noqa: BLE001 - as for commands, with an id
                fault(log, "deletion not recorded", error)
