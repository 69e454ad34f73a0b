"""A real bot process between the stand-ins, over real sockets.

With ``CAPTURE_STATEMENTS`` in pytest's environment, every bot appends each statement that it sends
to its store to the file of that name: a line of JSON with dialect, statement and parameters.

Whatever a test does, at its end every exchange with Discord's stand-in is held against Discord's
own description of its API.
"""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial

import pytest

from sandbox.botprocess import BotProcess, Launch, launch
from sandbox.discord.member import Member
from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Settings
from tests.acceptance.forked import ForkServer
from tests.acceptance.outside import without_limits
from tests.openapi import assert_conform

Start = Callable[..., Awaitable[BotProcess]]
MakeSandbox = Callable[..., SandboxEnvironment]


def quick(**changes) -> Settings:
    """Return a vendor that draws small pictures and does not take its time."""
    settings = Settings(queued_seconds=(0.2, 0.2), processing_seconds=(0.3, 0.3), picture_size=64)
    for name, value in changes.items():
        setattr(settings, name, value)
    return settings


@pytest.fixture(scope="session")
async def launched() -> AsyncIterator[Launch]:
    """How bots are started: by forks, where the system has what that takes."""
    if sys.platform != "linux":
        yield launch
        return
    async with ForkServer.open(capture=os.environ.get("CAPTURE_STATEMENTS", "")) as server:
        yield server.launch


@pytest.fixture(scope="session")
def make_sandbox(launched: Launch) -> MakeSandbox:
    return partial(SandboxEnvironment, launch=launched)


@pytest.fixture
async def sandbox(make_sandbox: MakeSandbox) -> AsyncIterator[SandboxEnvironment]:
    async with make_sandbox(vendor=quick()) as opened:
        yield opened
        assert_conform(opened.discord.journal.exchanges)


@pytest.fixture
def start(sandbox: SandboxEnvironment) -> Start:
    """Start a bot with these settings and wait until it is at the gateway."""

    async def started(**settings: str) -> BotProcess:
        process = sandbox.bot(**({"LANE_RATE_PER_MINUTE": "6000"} | settings))
        await process.start()
        await sandbox.ready()
        return process

    return started


@pytest.fixture
def noah(sandbox: SandboxEnvironment) -> Member:
    return sandbox.discord.member("Noah", channel="general", guild="Lighthouse Club")


@pytest.fixture(scope="module")
async def running(make_sandbox: MakeSandbox) -> AsyncIterator[SandboxEnvironment]:
    """One bot for all tests of a module that ask nothing special of it: starting one takes long."""
    async with make_sandbox(vendor=quick()) as opened:
        await opened.bot().start()
        await opened.ready()
        await without_limits(opened)
        yield opened


@pytest.fixture
def shared(running: SandboxEnvironment) -> Iterator[SandboxEnvironment]:
    """The running sandbox, with nothing on record of what other tests did."""
    running.pixazo.accepted.clear()
    for journal in (running.discord.journal, running.pixazo.journal, running.pixazo.media_journal):
        journal.exchanges.clear()
    yield running
    running.discord.faults.clear()
    assert_conform(running.discord.journal.exchanges)


@pytest.fixture
def member(shared: SandboxEnvironment) -> Member:
    return shared.discord.member("Noah", channel="general", guild="Lighthouse Club")
