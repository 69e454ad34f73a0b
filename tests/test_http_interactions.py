"""Without a gateway, discord.py learns of the servers by REST, as the gateway would tell."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from bot import http_interactions
from bot.http_interactions import InteractionInbox, Servers
from bot.ui import guild_cache
from sandbox.discord.sample import new_guild
from sandbox.faults import Fault, Hold, Rewrite
from tests.stand_in import stand_in

__all__ = ["stand_in"]

SOON = 0.05  # seconds


class Told(discord.Client):
    """A client that notes which servers came and went."""

    def __init__(self):
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=SOON)
        self.events = asyncio.Queue[tuple[str, int]]()
        self.deleted: list[int] = []  # roles and channels

    async def on_guild_join(self, guild):
        self.events.put_nowait(("join", guild.id))

    async def on_guild_available(self, guild):
        self.events.put_nowait(("available", guild.id))

    async def on_guild_role_delete(self, role):
        self.deleted.append(role.id)

    async def on_guild_channel_delete(self, channel):
        self.deleted.append(channel.id)

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


def interaction(guild_id, *, moderator=False, owners=("0",)):
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


async def test_a_server_that_is_joined_while_they_are_listed_is_not_left(
    stand_in, client, monkeypatch
):
    """Its page was read before."""
    servers = Servers(client, every=SOON)
    listed, listings, invited = servers._list, itertools.count(), []

    async def listing():
        found = [guild async for guild in listed()]
        number = next(listings)
        if number == 1:
            invited.append(new_guild(stand_in.world))
            servers.note(interaction(invited[0].id))
            while await client.events.get() != ("join", int(invited[0].id)):
                pass
        elif number == 3:
            compared.set()
        for guild in found:
            yield guild

    compared = asyncio.Event()
    monkeypatch.setattr(servers, "_list", listing)
    running = asyncio.create_task(servers.run())
    await compared.wait()

    assert client.get_guild(int(invited[0].id)) is not None
    seen = [client.events.get_nowait()[0] for _ in range(client.events.qsize())]
    assert "remove" not in seen
    running.cancel()
    servers.close()


async def test_a_token_that_discord_takes_no_more_ends_it(stand_in, client):
    servers = Servers(client, every=SOON)
    running = asyncio.create_task(servers.run())
    await client.events.get()
    stand_in.world.bot_token = "another"

    with pytest.raises(discord.LoginFailure):
        await running


async def test_a_list_that_makes_no_sense_ends_nothing(stand_in, client, servers):
    await client.events.get()
    odd = Rewrite(change=lambda _: [{"name": "no id"}])
    stand_in.faults.add(Fault(method="GET", path="*/users/@me/guilds", do=odd, times=2))
    invited = new_guild(stand_in.world)
    assert await client.events.get() == ("join", int(invited.id))
    stand_in.journal.exchanges.clear()  # Discord would not send that


@pytest.fixture
async def here(stand_in, client, servers):
    """A server of which no more than the name is known."""
    await client.events.get()
    here = next(guild for guild in stand_in.world.guilds.values() if guild.has_bot)
    assert client.get_guild(int(here.id)).name == here.name
    guild_cache.look_at(client.get_guild(int(here.id)))
    assert guild_cache.order_channels([]) == []  # nothing is known of its channels
    return here


@pytest.mark.parametrize(("owners", "asked"), [(("0",), True), (("0", "1"), True), (("1",), False)])
async def test_a_server_is_asked_for_once_when_somebody_is_there_and_the_bot_too(
    stand_in, client, servers, here, owners, asked
):
    for _ in range(3):
        asking = servers.note(interaction(here.id, owners=owners))
        await guild_cache.ask(client.http, ())
        if asking:
            await asking

    calls = stand_in.journal.find("GET", f"/api/v10/guilds/{here.id}/channels")
    assert len(calls) == asked
    assert bool(guild_cache.order_channels([])) == asked


@pytest.mark.parametrize("moderator", [True, False])
async def test_what_was_deleted_is_known_when_a_moderator_uses_something(
    stand_in, client, servers, here, moderator
):
    world, member = stand_in.world, interaction(here.id, moderator=moderator)
    role, channel = world.add_role(here, "Patrons"), world.add_channel(here, "studio")
    await servers.note(member)
    known = client.get_guild(int(here.id))
    assert known.get_role(int(role.id))
    assert known.get_channel(int(channel.id))

    world.remove_role(here, role)
    world.remove_channel(channel)
    assert servers.note(member) is None  # nobody waits for news of a server that is known
    await guild_cache.ask(client.http, ())
    assert (known.get_role(int(role.id)) is None) == moderator
    assert (known.get_channel(int(channel.id)) is None) == moderator
    assert client.deleted == ([int(role.id), int(channel.id)] if moderator else [])


async def test_a_server_that_has_the_commands_without_the_bot_is_asked_for_once(
    monkeypatch, stand_in, client, servers
):
    """Discord bans an address that asks for what it may not see, again and again."""
    monkeypatch.setattr(http_interactions, "RETRY", 0.0)
    await client.events.get()
    there = next(guild for guild in stand_in.world.guilds.values() if not guild.has_bot)
    await servers.note(interaction(there.id, moderator=True))
    assert servers.note(interaction(there.id, moderator=True)) is None
    assert len(stand_in.journal.find("GET", f"/api/v10/guilds/{there.id}*")) == 1


async def test_a_channel_that_is_only_hidden_is_not_taken_for_deleted(
    stand_in, client, servers, here
):
    channel = stand_in.world.add_channel(here, "studio")
    await servers.note(interaction(here.id, moderator=True))
    hide = Rewrite(change=lambda shown: [one for one in shown if one["id"] != channel.id])
    stand_in.faults.add(Fault(method="GET", path="*/guilds/*/channels", do=hide))

    servers.note(interaction(here.id, moderator=True))
    await guild_cache.ask(client.http, ())
    assert client.get_channel(int(channel.id)) is None
    assert client.deleted == []


async def test_a_thread_in_a_new_channel_is_read_with_that_channel(
    monkeypatch, stand_in, client, servers, here
):
    monkeypatch.setattr(http_interactions, "RETRY", 0.0)
    await servers.note(interaction(here.id))
    studio = stand_in.world.add_channel(here, "studio", nsfw=True)
    thread = {"id": "1", "thread_metadata": {}, "parent_id": studio.id}
    await servers.note(interaction(here.id) | {"channel": thread})
    assert client.get_channel(int(studio.id)).nsfw


async def test_the_first_interactions_of_a_server_wait_until_it_is_known_but_not_long(
    monkeypatch, stand_in, client
):
    inbox, handed_over = InteractionInbox(), asyncio.Queue[Any]()
    running = asyncio.create_task(inbox.run(client))
    await client.events.get()
    take = handed_over.put_nowait
    monkeypatch.setattr(client._connection, "parse_interaction_create", take)
    one, other = (guild for guild in stand_in.world.guilds.values() if guild.has_bot)
    first, second, direct = interaction(one.id), interaction(other.id), {"id": "1"}

    assert inbox.receive(direct)
    assert handed_over.get_nowait() is direct
    assert inbox.receive(first)
    assert handed_over.empty()
    assert await handed_over.get() is first
    assert not client.get_guild(int(one.id)).unavailable
    assert inbox.receive(first)
    assert handed_over.get_nowait() is first

    monkeypatch.setattr(http_interactions, "LEARN_WITHIN", SOON)
    stand_in.faults.add(Fault(method="GET", path="*/channels", do=Hold()))
    assert inbox.receive(second)
    assert await handed_over.get() is second
    assert client.get_guild(int(other.id)).unavailable
    running.cancel()


async def test_an_unknown_server_is_asked_for_when_somebody_is_there(stand_in, client):
    servers = Servers(client)
    invited = new_guild(stand_in.world)
    servers.note(interaction(invited.id, moderator=False))

    assert await client.events.get() == ("join", int(invited.id))
    servers.close()
