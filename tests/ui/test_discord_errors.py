"""What a caller may conclude from an error of discord.py or aiohttp."""

import aiohttp
import discord
import pytest

from bot.service.port_errors import TransientDiscordError
from bot.ui.discord_errors import translated_errors
from bot.ui.discord_session import DiscordSession
from sandbox.faults import Answer, Fault


@pytest.mark.parametrize(
    "bug",
    [
        RuntimeError("a bug"),
        RecursionError("maximum recursion depth exceeded"),
        NotImplementedError(),
        discord.ClientException("wrong use of the library"),
        AttributeError("no such attribute"),
    ],
)
async def test_a_bug_of_ours_is_not_taken_for_an_outage_of_discord(bug):
    with pytest.raises(type(bug)) as raised:
        async with translated_errors():
            raise bug

    assert raised.value is bug


async def test_a_session_that_is_closed_at_shutdown_is_an_outage():
    session = aiohttp.ClientSession()
    await session.close()

    with pytest.raises(TransientDiscordError):
        async with translated_errors():
            await session.get("http://127.0.0.1:9/")


@pytest.mark.parametrize("body", [[], {}, "fine", {"id": "x", "username": None}], ids=str)
async def test_an_unreadable_login_is_tried_again(stand_in, body):
    stand_in.faults.add(Fault(path="*/users/@me", do=Answer(status=200, body=body)))
    session = DiscordSession(stand_in.world.bot_token)

    await session.log_in()

    await session.close()
    stand_in.journal.exchanges.clear()  # Discord describes no such answers


async def test_a_bug_in_the_login_is_not_repeated(monkeypatch):
    async def broken(*_):
        raise discord.ClientException("wrong use of the library")

    monkeypatch.setattr(discord.Client, "login", broken)

    with pytest.raises(discord.ClientException):
        await DiscordSession("token").log_in()
