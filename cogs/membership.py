"""Which servers the bot is in: Discord says so at each connection, and when that changes."""

import discord
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.shards import Shards
from bot.service.server_membership import Arrival, ServerMembership, Snapshot
from bot.ui import guild_cache, language


class Membership(commands.Cog):
    """Tells the service which servers the bot is in. An outage of a server is no departure.

    discord.py takes a server for joined that comes back after some outages; the time at which the
    bot joined tells the difference.
    """

    def __init__(self, membership: ServerMembership) -> None:
        self._membership = membership

    @commands.Cog.listener()
    async def on_shard_connect(self, client: discord.Client) -> None:
        """Record the servers that READY lists."""
        shards = Shards(count=client.shard_count or 1, ids=frozenset({client.shard_id or 0}))
        await self._membership.listed(shards, _present(client))

    @commands.Cog.listener()
    async def on_shard_guild_join(self, client: discord.Client, guild: discord.Guild) -> None:
        """Record that the bot is in another server, and have it welcomed."""
        await self._membership.changed(guild.id, _present(client))
        await self._welcome(guild)

    @commands.Cog.listener()
    async def on_shard_guild_available(self, client: discord.Client, guild: discord.Guild) -> None:
        """Take a server for joined to which the bot was added while one of them was away."""
        if self._new_since(guild) is not None:
            await self.on_shard_guild_join(client, guild)

    @commands.Cog.listener()
    async def on_shard_ready(self, client: discord.Client) -> None:
        """Have those servers welcomed of which discord.py told nothing, as its wait just ended."""
        for guild in client.guilds:
            await self.on_shard_guild_available(client, guild)

    @commands.Cog.listener()
    async def on_shard_guild_remove(self, client: discord.Client, guild: discord.Guild) -> None:
        """Record that the bot was removed from a server."""
        await self._membership.changed(guild.id, _present(client))

    def _new_since(self, guild: discord.Guild) -> float | None:
        """Return when the bot was added to a server, if that is known and not long ago."""
        me: discord.Member | None = guild.me  # None: the server is away
        joined_at = None if me is None else me.joined_at
        if joined_at is None or not self._membership.is_new(guild.id, joined_at.timestamp()):
            return None
        return joined_at.timestamp()

    async def _welcome(self, guild: discord.Guild) -> None:
        if (joined_at := self._new_since(guild)) is None:
            return
        community = "COMMUNITY" in guild.features
        await self._membership.arrived(
            Arrival(
                guild_id=guild.id,
                name=guild.name,
                joined_at=joined_at,
                language=language.of_server(guild.preferred_locale, community=community),
                channels=guild_cache.welcome_channels(guild),
            )
        )


def _present(client: discord.Client) -> Snapshot:
    return lambda: None if client.is_closed() else {guild.id for guild in client.guilds}


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service that it calls."""
    await bot.add_cog(Membership(bot.services.membership))
