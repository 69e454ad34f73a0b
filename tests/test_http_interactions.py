"""Without a gateway, discord.py learns of the servers by REST, as the gateway would tell."""

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest

from bot.http_interactions import Servers
from bot.ui import guild_cache
from sandbox.discord.sample import new_guild
from tests.stand_in import stand_in

__all__ = ["stand_in"]

SOON = 0.05  # seconds


class Told(discord.Client):
    """A client that notes which servers came and went."""

    def __init__(self):
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=SOON)
        self.events = asyncio.Queue[tuple[str, int]]()

    async def on_guild_join(self, guild):
        self.events.put_nowait(("join", guild.id))

    async def on_guild_available(self, guild):
        self.events.put_nowait(("available", guild.id))

    async def on_guild_remove(self, guild):
        self.events.put_nowait(("remove", guild.id))

    async def on_ready(self):
        self.events.put_nowait(("ready", len(self.guilds)))


@pytest.fixture
async def client(stand_in) -> AsyncIterator[Told]:
    async with Told() as client:
        await client.login(stand_in.world.bot_token)
        yield client


@pytest.fixture
async def servers(client) -> AsyncIterator[Servers]:
    servers = Servers(client, every=SOON)
    running = asyncio.create_task(servers.run())
    yield servers
    running.cancel()
    servers.close()


def interaction(guild_id, *, moderator, owners=("0",)):
    granted = discord.Permissions(manage_guild=moderator).value
    return {
        "guild_id": guild_id,
        "authorizing_integration_owners": dict.fromkeys(owners, guild_id),
        "member": {"permissions": str(granted)},
    }


async def test_servers_are_listed_and_those_that_come_and_go_are_noticed(stand_in, client, servers):
    world = stand_in.world
    count = sum(guild.has_bot for guild in world.guilds.values())
    assert await client.events.get() == ("ready", count)

    invited = new_guild(world)
    assert await client.events.get() == ("join", int(invited.id))
    joined = client.get_guild(int(invited.id))
    assert joined.me.joined_at is not None
    assert {channel.name for channel in joined.text_channels} >= {"welcome", "art"}

    world.move_bot(invited, present=False)
    assert await client.events.get() == ("remove", int(invited.id))
    assert client.get_guild(int(invited.id)) is None


@pytest.mark.parametrize(
    ("seen", "asked"),
    [
        ({"moderator": True}, True),
        ({"moderator": False}, False),
        ({"moderator": True, "owners": ("1",)}, False),  # a user's own install
    ],
)
async def test_a_server_is_asked_for_when_a_moderator_is_there(
    stand_in, client, servers, seen, asked
):
    await client.events.get()
    here = next(guild for guild in stand_in.world.guilds.values() if guild.has_bot)
    known = client.get_guild(int(here.id))
    guild_cache.look_at(known)
    assert guild_cache.order_channels([]) == []  # nothing is known of its channels

    for _ in range(3):
        servers.note(interaction(here.id, **seen))
        await guild_cache.ask(client.http, ())

    calls = stand_in.journal.find("GET", f"/api/v10/guilds/{here.id}/channels")
    assert len(calls) == asked
    assert bool(guild_cache.order_channels([])) == asked


async def test_an_unknown_server_is_asked_for_when_somebody_is_there(stand_in, client):
    servers = Servers(client)
    invited = new_guild(stand_in.world)
    servers.note(interaction(invited.id, moderator=False))

    assert await client.events.get() == ("join", int(invited.id))
    servers.close()
