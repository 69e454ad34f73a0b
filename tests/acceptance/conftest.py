"""A real bot process between the stand-ins, over real sockets.

Whatever a test does, at its end every exchange with Discord's stand-in is held against Discord's
own description of its API.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from sandbox.botprocess import BotProcess
from sandbox.discord.member import Member
from sandbox.pixazo import Settings
from sandbox.stage import Stage
from tests.acceptance.outside import without_limits
from tests.openapi import DESCRIPTION, assert_conform

Start = Callable[..., Awaitable[BotProcess]]


def quick(**changes) -> Settings:
    """Return a vendor that draws small pictures and does not take its time."""
    settings = Settings(queued_seconds=(0.2, 0.2), processing_seconds=(0.3, 0.3), picture_size=64)
    for name, value in changes.items():
        setattr(settings, name, value)
    return settings


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage(vendor=quick()) as opened:
        yield opened
        if DESCRIPTION.is_file():
            assert_conform(opened.discord.journal.exchanges)


@pytest.fixture
def start(stage: Stage) -> Start:
    """Start a bot with these settings and wait until it is at the gateway."""

    async def started(**settings: str) -> BotProcess:
        process = stage.bot(**({"LANE_RATE_PER_MINUTE": "6000"} | settings))
        await process.start()
        await stage.ready()
        return process

    return started


@pytest.fixture
def noah(stage: Stage) -> Member:
    return stage.discord.member("Noah", channel="general", guild="Lighthouse Club")


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[Stage]:
    """One bot for all tests of a module that ask nothing special of it: starting one takes long."""
    async with Stage(vendor=quick()) as opened:
        await opened.bot().start()
        await opened.ready()
        await without_limits(opened)
        yield opened


@pytest.fixture
def shared(running: Stage) -> Iterator[Stage]:
    """The running stage, with nothing on record of what other tests did."""
    running.pixazo.accepted.clear()
    for journal in (running.discord.journal, running.pixazo.journal, running.pixazo.media_journal):
        journal.exchanges.clear()
    yield running
    running.discord.faults.clear()
    if DESCRIPTION.is_file():
        assert_conform(running.discord.journal.exchanges)


@pytest.fixture
def member(shared: Stage) -> Member:
    return shared.discord.member("Noah", channel="general", guild="Lighthouse Club")
