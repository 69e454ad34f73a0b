"""A crowd that orders again and again: how many orders a second the bot can carry."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks.crowd import Crowd
from benchmarks.postgres import postgres
from benchmarks.process import Meter, playing
from sandbox.botprocess import BOT
from sandbox.discord.member import Member
from sandbox.listener import free_port
from sandbox.pixazo import Settings

WARM_UP = 3.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What came of it, of all processes of the bot together."""

    orders: float  # a second
    refused: int  # in all
    cpu: float  # seconds of each second
    stand_ins_cpu: float  # the same


async def one_process(members: int, command: Sequence[str], *, seconds: float) -> Rate:
    """Measure one process; the bot's store is SQLite."""
    async with Crowd.gather(members, _at_once()) as crowd:
        return await _measure(crowd, [({}, command)], seconds)


async def two_shards(members: int, *, seconds: float) -> Rate:
    """Measure two processes of the bot, a shard each, on one PostgreSQL.

    The vendor calls each one's orders back to itself.
    """
    async with postgres() as url, Crowd.gather(members, _at_once()) as crowd:
        shards = []
        for number in range(2):
            port, origin = free_port(), f"https://shard-{number}.example"
            crowd.sandbox.pixazo.settings.forward[origin] = f"http://127.0.0.1:{port}"
            settings = {
                "DATABASE_URL": url,
                "INSTANCE": f"shard-{number}",
                "SHARD_COUNT": "2",
                "SHARD_IDS": str(number),
                "WEB_PORT": str(port),
                "PUBLIC_URL": origin,
            }
            shards.append((settings, BOT))
        return await _measure(crowd, shards, seconds)


def _at_once() -> Settings:
    """Return a vendor that needs no time for a picture."""
    return Settings(queued_seconds=(0.0, 0.0), processing_seconds=(0.0, 0.0))


async def _measure(
    crowd: Crowd, processes: Sequence[tuple[Mapping[str, str], Sequence[str]]], seconds: float
) -> Rate:
    async with AsyncExitStack() as stack:
        bots = [
            await stack.enter_async_context(playing(crowd.sandbox, command, **settings))
            for settings, command in processes
        ]
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for member in crowd.members:
                group.create_task(_order_again(crowd, member, enough))
            await asyncio.sleep(WARM_UP)
            meters, own, started = [Meter(bot) for bot in bots], time.process_time(), time.time()
            await asyncio.sleep(seconds)
            ended = time.time()
            cpu, own = sum(meter.cpu for meter in meters), time.process_time() - own
            enough.set()
    took = ended - started
    visible = sum(started <= sent.visible_at < ended for sent in crowd.orders)
    return Rate(
        orders=visible / took,
        refused=sum(sent.refused for sent in crowd.orders),
        cpu=cpu / took,
        stand_ins_cpu=own / took,
    )


async def _order_again(crowd: Crowd, member: Member, enough: asyncio.Event) -> None:
    """Order, wait for the picture, and order again until it is *enough*."""
    while not enough.is_set():
        sent = await crowd.order(member, f"picture for {member.user.name}")
        await sent.over.wait()
