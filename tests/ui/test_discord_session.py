"""What Discord says of how often the bot may connect."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from bot.domain.gateway_starts import StartLimit
from bot.ui.discord_session import DiscordSession
from tests.samples import NOW

TOLD = {"total": 1000, "remaining": 7, "reset_after": 3_600_000, "max_concurrency": 16}


async def limit(answer):
    """Return the limit that is read from *answer*, which may be an error."""

    async def ask():
        if isinstance(answer, Exception):
            raise answer
        return 1, "wss://gateway.discord.gg", answer

    session = DiscordSession("token")
    client: Any = SimpleNamespace(http=SimpleNamespace(get_bot_gateway=ask))
    session._client.set_result(client)
    return await session.start_limit(NOW)


async def test_the_limit_is_read():
    assert await limit(TOLD) == StartLimit(
        total=1000, remaining=7, resets_at=NOW + 3600, concurrency=16, asked_at=NOW
    )


async def test_a_day_that_has_not_begun_has_no_end():
    read = await limit(TOLD | {"reset_after": 0, "max_concurrency": 0})

    assert read.resets_at == 0
    assert read.concurrency == 1


@pytest.mark.parametrize(
    "answer",
    [{}, None, TOLD | {"total": "many"}, TOLD | {"remaining": None}, aiohttp.ClientError()],
)
async def test_an_answer_that_makes_no_sense_is_none(answer):
    """The starts on record then tell what remains."""
    assert await limit(answer) is None
