"""A stand-in of Discord, with a real login before it."""

from collections.abc import AsyncIterator

import pytest

from bot.ui.discord_session import DiscordSession
from tests.stand_in import meters, stand_in

__all__ = ["meters", "rest", "stand_in"]


@pytest.fixture
async def rest(stand_in) -> AsyncIterator[DiscordSession]:
    rest = DiscordSession(stand_in.world.bot_token)
    await rest.log_in()
    yield rest
    await rest.close()
