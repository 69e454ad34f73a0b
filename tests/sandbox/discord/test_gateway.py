"""The gateway, with discord.py."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

from sandbox.discord.events import BotOnline
from tests.sandbox.discord.conftest import Client, running


class Echo(Client):
    """A bot that counts how often each interaction reached it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[int] = []

        @self.tree.command()
        async def ping(interaction: discord.Interaction) -> None:
            """Answer."""
            self.heard.append(interaction.id)
            await interaction.response.send_message("pong")


async def test_resume_replays_an_interaction_of_the_downtime(connect, stand_in, noah):
    client = await connect(Echo())
    stand_in.gateway.drop()
    await stand_in.offline()

    sent = await noah.command("ping")
    assert (await sent.answer())["content"] == "pong"
    assert client.resumed.is_set()
    assert client.heard == [int(sent.id)]


async def test_events_report_the_bot_going_offline_and_online(connect, stand_in):
    """A resumed session counts like a new one."""
    report: asyncio.Queue[object] = asyncio.Queue()
    stand_in.world.listeners.append(report.put_nowait)
    await connect(Echo())
    stand_in.gateway.drop()

    online: list[bool] = []
    async with asyncio.timeout(5):
        while len(online) < 3:
            if isinstance(event := await report.get(), BotOnline):
                online.append(event.online)
    assert online == [True, False, True]


async def test_interaction_is_replayed_on_demand(connect, stand_in, noah):
    """A bot may receive an interaction twice; its second response is rejected."""
    client = Echo()
    refused = []

    @client.tree.error
    async def on_error(_: discord.Interaction, error: Any) -> None:
        refused.append(error.original.code)

    await connect(client)
    sent = await noah.command("ping")
    await sent.answer()
    stand_in.replay(sent.id)

    await stand_in.journal.wait("POST", "*/callback", count=2)
    assert client.heard == [int(sent.id)] * 2
    assert [entry.status for entry in stand_in.journal.find("POST", "*/callback")] == [200, 400]


async def test_bot_identifies_again_after_its_session_was_dropped(connect, stand_in, noah):
    client = await connect(Echo())
    before = set(stand_in.gateway.sessions)
    stand_in.gateway.drop(resumable=False)
    await stand_in.offline()
    await stand_in.online()

    assert set(stand_in.gateway.sessions).isdisjoint(before)
    sent = await noah.command("ping")
    assert (await sent.answer())["content"] == "pong"
    assert not client.resumed.is_set()


async def test_bot_resumes_after_a_reconnect_frame(connect, stand_in):
    client = await connect(Echo())

    stand_in.gateway.reconnect()

    await asyncio.wait_for(client.resumed.wait(), timeout=5)


@pytest.mark.parametrize("resumable", [True, False])
async def test_bot_comes_back_after_its_session_was_called_invalid(connect, stand_in, resumable):
    client = await connect(Client())
    before = set(stand_in.gateway.sessions)

    stand_in.gateway.invalidate(resumable=resumable)
    await stand_in.offline()
    await stand_in.online()

    assert (set(stand_in.gateway.sessions) == before) is resumable
    assert client.is_ready()


async def test_bot_keeps_its_connection_by_heartbeats(connect, stand_in):
    stand_in.world.heartbeat_interval = 0.1
    client = await connect(Client())
    await asyncio.sleep(0.5)
    async with asyncio.timeout(10):
        while client.latency >= 0.1:  # noqa: ASYNC110 - discord.py tells nobody of an answer
            await asyncio.sleep(0.05)
    assert stand_in.gateway.online
    assert len(stand_in.world.starts.taken) == 1


async def test_members_are_told_when_they_are_asked_for(connect, stand_in):
    stand_in.world.privileged_intents = True
    client = await connect(Client(intents=discord.Intents.all(), chunk_guilds_at_startup=False))
    guild = discord.utils.get(client.guilds, name="Lighthouse Club")

    everyone = await guild.chunk()
    noahs = await guild.query_members("noa")
    one = await guild.query_members(user_ids=[noahs[0].id, 1])

    assert {member.name for member in everyone} >= {"mira", "noah", "ada", "sam"}
    assert noahs == one
    assert noahs[0].name == "noah"


async def test_guilds_and_interactions_go_to_their_shards(connect, stand_in):
    world = stand_in.world
    joined = [guild for guild in world.guilds.values() if guild.has_bot]
    expected = {guild.name: (int(guild.id) >> 22) % 2 for guild in joined}
    clients = [await connect(Client(shard_id=shard, shard_count=2)) for shard in (0, 1)]

    for shard, client in enumerate(clients):
        assert {guild.name for guild in client.guilds} == {
            name for name, wanted in expected.items() if wanted == shard
        }


async def test_wrong_token_cannot_log_in(connect, stand_in):
    with pytest.raises(discord.LoginFailure):
        async with running(Client(), "wrong"):
            pass


async def test_refused_gateway_refuses_connections(stand_in):
    stand_in.world.refuse_gateway = True
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(stand_in.gateway_url)


async def test_bot_receives_messages_without_content(connect, stand_in, noah):
    """Without the privileged intent, content comes only with mentions and in direct messages."""
    client = await connect(Client())

    await noah.say("hello all")
    await stand_in.member("Noah").say("hello you")

    heard = [await asyncio.wait_for(client.seen.get(), timeout=5) for _ in range(2)]
    assert [message.content for message in heard] == ["", "hello you"]


async def test_bot_receives_its_removal_and_its_invitation(connect, stand_in):
    client = await connect(Client())
    guild = stand_in.world.guild("Quiet Library")

    stand_in.world.move_bot(guild, present=False)
    await client.wait_for("guild_remove", timeout=5)
    stand_in.world.move_bot(guild, present=True)
    await client.wait_for("guild_join", timeout=5)
