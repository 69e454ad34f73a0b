"""Fixtures for tests of what talks to Discord: a stand-in of it, and counters."""

from collections.abc import AsyncIterator

import discord
import pytest

from bot.client import prepare_discord
from sandbox.discord import Discord, sample_world
from sandbox.faults import Faults
from sandbox.journal import Journal
from tests.meters import FakeMeters
from tests.openapi import assert_conform


@pytest.fixture
async def stand_in(monkeypatch) -> AsyncIterator[Discord]:
    """A stand-in; whatever was said to it is held against Discord's own description."""
    for place, name in (
        (discord.http.Route, "BASE"),
        (discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY"),
        (discord.VoiceClient, "warn_nacl"),
        (discord.VoiceClient, "warn_dave"),
        (discord.client, "ExponentialBackoff"),
    ):
        monkeypatch.setattr(place, name, getattr(place, name))  # put back at the end
    async with Discord(sample_world(), Journal(), Faults()) as server:
        prepare_discord(api_url=server.api_url, gateway_url=server.gateway_url)
        yield server
        assert_conform(server.journal.exchanges)


@pytest.fixture
def meters() -> FakeMeters:
    return FakeMeters()
