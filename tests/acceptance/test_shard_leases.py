"""Processes that share the shards by themselves: one dies, one joins, one knows more shards."""

import asyncio
import time
from collections import defaultdict
from itertools import pairwise

import pytest

from bot.service.gateway_starts import token_name
from bot.store.database import Database
from bot.store.shard_leases import ShardLeases
from sandbox.discord.member import Invocation
from tests.acceptance.driver import (
    FAST_LANE,
    POLL,
    accepted,
    delivered,
    eventually,
    order_at_once,
    quick,
    without_limits,
)
from tests.openapi import assert_conform

pytestmark = pytest.mark.gateway("without it there are no shards")

SHARDS = 4
SERVERS = [f"Harbour {shard}" for shard in range(SHARDS)]
FIRST_ID = 745_100_321_596_440_576  # of shard 0 of any number of shards up to 128


@pytest.fixture
async def sandbox(make_sandbox):
    """A sandbox with a server for each shard, which spaces starts."""
    async with make_sandbox(vendor=quick()) as opened:
        world = opened.world
        world.starts.spacing, world.starts.max_concurrency = 5.0, 2
        mira = world.user("Mira")
        first = FIRST_ID - (FIRST_ID >> 22) % 128 * (1 << 22)
        for shard, name in enumerate(SERVERS):
            guild = world.add_guild(name, owner=mira, id=str(first + shard * (1 << 22)))
            world.add_channel(guild, "pier")
        yield opened
        assert_conform(opened.discord.journal.exchanges)


@pytest.fixture
def members(sandbox):
    return [sandbox.discord.member("Mira", channel="pier", guild=name) for name in SERVERS]


class Processes:
    """The processes on one PostgreSQL."""

    def __init__(self, sandbox, url):
        self._sandbox, self._url = sandbox, url
        self.bots = {}

    async def start(self, name, *, count=SHARDS):
        port = "0" if self.bots else str(self._sandbox.web_port)
        bot = self._sandbox.bot(
            **FAST_LANE,
            DATABASE_URL=self._url,
            INSTANCE=name,
            SHARD_IDS="auto",
            SHARD_COUNT=str(count),
            POLL_SECONDS="0.5",
            MAX_IMAGES_PER_DAY="0",
            MAX_IMAGES_PER_GUILD_PER_DAY="0",
            WEB_PORT=port,
        )
        self.bots[name] = bot
        await bot.start()
        return bot

    async def share(self, *, within=90, **counts):
        """Wait until so many shards of each process are connected."""
        bot = token_name(self._sandbox.world.bot_token)
        until = time.monotonic() + within
        async with Database.open(self._url) as database:
            while True:
                view = await ShardLeases(database).view(bot, now=await database.now())
                up: dict[str, int] = defaultdict(int)
                for lease in view.leases:
                    if lease.up and lease.owner is not None:
                        up[lease.owner.partition(":")[0]] += 1
                if up == counts:
                    return
                assert time.monotonic() < until, (up, view)
                await asyncio.sleep(10 * POLL)


@pytest.fixture
async def processes(sandbox, postgres):
    return Processes(sandbox, await postgres.new())


def connected(sandbox):
    """Return the shards with a connection, each as often as it has one."""
    sessions = sandbox.discord.gateway.sessions.values()
    return sorted(session.shard for session in sessions if session.connection is not None)


async def test_the_shards_of_a_killed_process_answer_again_within_a_minute(
    sandbox, processes, members, metrics, operate
):
    one = await processes.start("one")
    two = await processes.start("two")
    await processes.share(one=2, two=2)
    for name in SERVERS:
        await without_limits(sandbox, name)
    taken = sandbox.world.starts.taken
    before = len(taken)
    await two.kill()
    killed_at = time.monotonic()
    await eventually(
        lambda: len(taken) >= before + 2 and connected(sandbox) == [*range(SHARDS)], within=60
    )

    admitted, refused = await order_at_once(members, sandbox=sandbox)

    assert (len(admitted), refused) == (SHARDS, [])
    assert time.monotonic() - killed_at < 60
    for sent in admitted:
        await sent.until(delivered(1), within=30)
    assert len(taken) == before + 2
    assert (await metrics()).count("imagine_shard_connected{") == SHARDS
    _, lines = await operate("check", **one.env)
    assert any("one:" in line and "has 0, 1, 2, 3 of 4" in line for line in lines)
    for bucket in range(2):
        in_turn = [at for at, shard in taken if shard % 2 == bucket]
        assert min(b - a for a, b in pairwise(in_turn)) > 5


async def test_shards_are_handed_over_and_their_number_changes_by_a_rolling_restart(
    sandbox, processes, members
):
    sandbox.world.starts.max_concurrency = SHARDS
    one = await processes.start("one", count=2)
    await processes.share(one=2)
    for name in SERVERS:
        await without_limits(sandbox, name)
    two = await processes.start("two")
    orders: list[Invocation] = []
    while not any("shards handed over" in line for line in one.log):
        admitted, refused = await order_at_once(members, first=len(orders), sandbox=sandbox)
        assert (len(admitted), refused) == (SHARDS, [])
        orders += admitted
        for sent in admitted:
            await sent.until(delivered(1), within=30)
    await processes.share(two=SHARDS)
    assert await one.stop() == 0
    await processes.start("three")
    await processes.share(two=2, three=2)
    assert await two.stop() == 0
    await processes.share(three=SHARDS)

    assert len(accepted(sandbox)) == len(set(accepted(sandbox))) == len(orders)
    assert not [line for bot in processes.bots.values() for line in bot.log if "ERROR" in line]
