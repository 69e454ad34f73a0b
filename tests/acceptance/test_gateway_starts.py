"""Starts at Discord's gateway: few enough whatever happens, and in turns."""

import asyncio
import itertools

import pytest
from aiohttp import ClientSession

from sandbox.discord.gateway_troubles import Stage
from sandbox.environment import SandboxEnvironment
from tests.acceptance.driver import eventually, quick

pytestmark = pytest.mark.gateway("starts are limited there alone")

POSTPONED = "gateway start postponed"


@pytest.fixture
async def sandbox(launched):
    """A sandbox that spaces starts, with bots that remember them through restarts."""
    async with SandboxEnvironment(vendor=quick(), launch=launched) as opened:
        opened.world.starts.spacing = 5.0
        yield opened


def taken(sandbox):
    """Return when there were starts, in seconds."""
    return [at for at, _ in sandbox.world.starts.taken]


@pytest.mark.parametrize("stage", [Stage.IDENTIFY, Stage.READY])
async def test_two_processes_whose_sessions_are_all_closed_start_three_times_in_ten_minutes(
    sandbox, postgres, stage
):
    """The third start is followed by none for ten minutes: 432 a day, and below 150 later."""
    sandbox.discord.gateway.close_each(4000, stage, resumable=False)
    url = await postgres.new()
    bots = [
        sandbox.bot(
            DATABASE_URL=url,
            SHARD_COUNT="2",
            WEB_PORT="0",
            SHARD_IDS=shard,
            INSTANCE=f"process {shard}",
        )
        for shard in ("0", "1")
    ]
    for bot in bots:
        await bot.start()
    lines = [await bot.wait_line(POSTPONED, within=60) for bot in bots]

    starts = taken(sandbox)
    assert len(starts) <= 3
    assert min(b - a for a, b in itertools.pairwise(starts)) > 5
    assert all(float(line.partition("seconds=")[2].split()[0]) > 100 for line in lines)


async def test_a_process_that_is_killed_a_few_times_starts_again_in_its_turn(sandbox):
    bot = sandbox.bot()
    for _ in range(3):
        await bot.start()
        await sandbox.ready()
        await bot.kill()
        await eventually(lambda: not sandbox.online)

    assert not [line for line in bot.log if POSTPONED in line]
    assert min(b - a for a, b in itertools.pairwise(taken(sandbox))) > 5


async def test_a_process_that_ends_in_order_starts_again_soon(sandbox):
    bot = sandbox.bot()
    for _ in range(3):
        await bot.start()
        await sandbox.ready()
        assert await bot.stop() == 0
        await eventually(lambda: not sandbox.online)

    assert not [line for line in bot.log if POSTPONED in line]
    assert len(taken(sandbox)) == 3


async def test_the_last_starts_are_left_to_the_operator_who_is_told(sandbox):
    sandbox.world.starts.remaining = 50
    bot = sandbox.bot()
    await bot.start()

    line = await bot.wait_line("gateway starts used up")
    assert "ERROR" in line
    assert "left=50" in line
    await bot.wait_line(POSTPONED)
    assert taken(sandbox) == []
    async with ClientSession() as session:
        answer = await session.get(f"http://127.0.0.1:{sandbox.web_port}/metrics")
        assert "imagine_gateway_starts_remaining 50.0" in await answer.text()


async def test_connections_that_are_resumed_cost_no_start_and_pause(sandbox):
    bot = sandbox.bot()
    await bot.start()
    await sandbox.ready()
    sandbox.discord.gateway.close_each(4000, Stage.READY, resumable=True)
    sandbox.discord.gateway.close(4009, resumable=True)

    await asyncio.sleep(10)  # a while in which nothing else may happen

    resumed = [line for line in bot.log if "RESUMED" in line]
    assert 2 <= len(resumed) <= 6
    assert len(taken(sandbox)) == 1
