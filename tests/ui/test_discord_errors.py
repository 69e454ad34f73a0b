"""What a caller may conclude from an error of discord.py or aiohttp."""

import aiohttp
import discord
import pytest

from bot.service.port_errors import TransientDiscordError
from bot.ui.discord_errors import translated_errors


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
