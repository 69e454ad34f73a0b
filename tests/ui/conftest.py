"""A stand-in of Discord, with a real login before it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.ui.discord_session import DiscordSession
from tests.stand_in import meters, stand_in

__all__ = ["meters", "rest", "stand_in"]


@pytest.fixture
async def rest(stand_in) -> AsyncIterator[DiscordSession]:
    async with logged_in(stand_in) as session:
        yield session


@pytest.fixture
async def rest_of_another(stand_in) -> AsyncIterator[DiscordSession]:
    """The session of another process: discord.py sends the calls of one session in turn."""
    async with logged_in(stand_in) as session:
        yield session


@asynccontextmanager
async def logged_in(stand_in) -> AsyncIterator[DiscordSession]:
    session = DiscordSession(stand_in.world.bot_token)
    await session.log_in()
    yield session
    await session.close()
