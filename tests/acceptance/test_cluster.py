"""Two equal processes behind a load balancer: restarts and a kill lose nothing, repeat nothing."""

import asyncio
import itertools
from collections import Counter

import pytest
from sqlalchemy import select

from benchmarks.balancer import Balancer
from bot.domain.job import FOLLOWED
from bot.store.database import Database
from bot.store.tables import jobs
from sandbox.discord.enums import CallbackType
from sandbox.discord.member import Invocation
from sandbox.listener import free_port
from tests.acceptance.driver import (
    FAST_LANE,
    ROUNDS,
    Server,
    accepted,
    delivered,
    eventually,
    pictures,
    quick,
)
from tests.openapi import assert_conform

LOOK_EVERY = 0.1  # seconds, of the balancer
LEASE = 2.0  # seconds
PATIENCE = 40.0  # seconds; a loaded machine needs a while for a start
SETTINGS = {
    "DRAIN_SECONDS": "1.5",
    "LEASE_SECONDS": str(LEASE),
    "SUBMIT_TIMEOUT_SECONDS": "5",
    "LANE_WIDTH": "50",
}


@pytest.fixture
async def sandbox(make_sandbox):
    """A sandbox that has patience: what nobody takes fails at once, whatever the machine does."""
    async with make_sandbox(vendor=quick(), by_http=True) as opened:
        opened.world.ack_window = PATIENCE
        yield opened
        assert_conform(opened.discord.journal.exchanges)


@pytest.fixture
async def url(postgres):
    url = await postgres.new()
    yield url
    await postgres.drop(url)


@pytest.fixture
async def cluster(sandbox, url):
    """Start two processes behind a balancer; return it, and them by their ports."""
    ports = [free_port(), free_port()]
    async with Balancer(sandbox.web_port, ports, every=LOOK_EVERY) as balancer:
        bots = {}
        for port in ports:
            own = {"WEB_PORT": str(port), "INSTANCE": f"bot-{port}", "DATABASE_URL": url}
            bots[port] = sandbox.bot(**(FAST_LANE | SETTINGS | own))
            await bots[port].start()
            await balancer.until(port, ready=True, within=PATIENCE)
        await sandbox.ready()
        yield balancer, bots
        for bot in bots.values():
            await bot.kill()


@pytest.fixture
def order(sandbox):
    """Let new members order, every other privately; all are answered, and return what they sent.

    Who is told that the bot is too busy, or about to stop, orders again.
    """
    server, numbers = Server(sandbox), itertools.count()

    async def order(count):
        taken: list[Invocation] = []
        for _ in range(ROUNDS):
            sents = []
            for member in server.crowd(count - len(taken)):
                number = next(numbers)
                prompt = f"picture {number:03}"
                sents.append(await member.command("imagine", prompt=prompt, private=number % 2 > 0))
            await asyncio.gather(*(sent.acknowledged(within=2 * PATIENCE) for sent in sents))
            deferred = CallbackType.DEFERRED_MESSAGE
            taken += [sent for sent in sents if sent.interaction.callback is deferred]
            if len(taken) == count:
                return taken
        raise AssertionError("refused again and again")

    return order


async def test_restarts_and_a_kill_lose_no_order_and_make_none_twice(sandbox, cluster, order, url):
    balancer, bots = cluster
    sents = []
    for port, bot in bots.items():
        sents += await order(4)
        stopping = asyncio.create_task(bot.stop(within=PATIENCE))
        sents += await order(4)
        await balancer.until(port, ready=False, within=PATIENCE)
        sents += await order(4)
        assert await stopping == 0
        await bot.start()
        await balancer.until(port, ready=True, within=PATIENCE)
    for sent in sents:
        await sent.until(delivered(1), within=PATIENCE)

    sandbox.pixazo.hold_states()
    sents += await order(8)
    async with Database.open(url) as database:
        owners = await _owners(database, 8)
        owner, held = owners.most_common(1)[0]
        killed = next(bot for bot in bots.values() if owner.startswith(bot.env["INSTANCE"]))
        await killed.kill()
        sandbox.pixazo.release_states()
        assert held > 0
    for sent in sents:
        await sent.until(delivered(1), within=PATIENCE)

    prompts = [sent.interaction.data["options"][0]["value"] for sent in sents]
    assert Counter(accepted(sandbox)) == Counter(prompts)
    await eventually(lambda: all(len(pictures(sandbox, prompt)) == 1 for prompt in prompts))


async def _owners(database, count):
    """Wait until the vendor has *count* orders and all is on record; count them by their owners."""
    query = select(jobs.c.owner).where(jobs.c.state.in_([state.value for state in FOLLOWED]))
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = await database.read(lambda connection: connection.execute(query).all())
            owners = Counter(row.owner for row in rows if row.owner)
            if owners.total() == count:
                return owners
            await asyncio.sleep(LOOK_EVERY)
