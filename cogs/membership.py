"""Which servers the bot is in: Discord says so at each connection, and when that changes."""

import discord
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.shards import Shards
from bot.service.server_membership import ServerMembership


class Membership(commands.Cog):
    """Tells the service which servers the bot is in. An outage of a server is no departure."""

    def __init__(self, bot: ImagineBot, membership: ServerMembership) -> None:
        self._bot = bot
        self._membership = membership

    @commands.Cog.listener()
    async def on_connect(self) -> None:
        """Record the servers that READY lists."""
        bot = self._bot
        shards = Shards(count=bot.shard_count or 1, ids=frozenset({bot.shard_id or 0}))
        await self._membership.listed(shards, self._present)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Record that the bot is in another server."""
        await self._membership.changed(guild.id, self._present)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Record that the bot was removed from a server."""
        await self._membership.changed(guild.id, self._present)

    def _present(self) -> set[int] | None:
        if self._bot.is_closed():
            return None
        return {guild.id for guild in self._bot.guilds}


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service that it calls."""
    await bot.add_cog(Membership(bot, bot.services.membership))
