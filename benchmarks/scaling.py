"""What more processes bring and cost, and what a restart of all or the death of one does."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.cluster import SETTLE, Cluster, Judged, is_told
from benchmarks.crowd import Crowd
from benchmarks.postgres import postgres
from benchmarks.process import Meter, cpu_of
from benchmarks.statement_meter import StatementMeter
from benchmarks.table import Row, spread
from sandbox.pixazo import Settings
from tests.bucket_server import BucketServer

WARM_UP: Final = 10.0  # seconds
IDLE: Final = 10.0  # seconds: a few rounds of all loops
MEMBERS: Final = 400
AT_ONCE: Final = 40  # orders, around a restart or a kill
BEFORE: Final = 60  # orders
POSTED: Final = 20  # pictures of private orders
HELD: Final = 8  # orders, by a process that is killed


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is measured."""

    at_once: int  # orders, whose number a second is measured
    seconds: float
    counted: int  # orders whose statements are counted
    restarted: int  # orders, while all processes are restarted
    killed: int  # orders, while one is killed


FULL: Final = Scale(at_once=200, seconds=20.0, counted=200, restarted=500, killed=200)
QUICK: Final = Scale(at_once=5, seconds=2.0, counted=10, restarted=100, killed=70)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Orders again and again. CPU is in seconds an order."""

    orders: float  # a second
    answers: Sequence[float]  # seconds
    cpu: float  # of all processes of the bot
    postgres_cpu: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What goes over the wires for an order, and for none in a second."""

    statements: float
    store_bytes: float
    discord_calls: float
    discord_bytes: float  # bodies, pictures included
    vendor_calls: float
    idle_statements: float


@dataclass(frozen=True, kw_only=True)
class Restarted:
    """All processes were stopped and started, one after the other, while members ordered."""

    judged: Judged
    seconds: float  # that it took
    meanwhile: int  # orders


@dataclass(frozen=True, kw_only=True)
class Killed:
    """A process was killed while members ordered."""

    judged: Judged
    held: int  # orders that it had
    shown: int  # of those, by the others
    told: int  # of those, that there was no reply to the submit: it did not reach the vendor
    after: float  # seconds from the kill until the last of those
    posted: int  # pictures of private orders, out of the bucket


async def costs(scale: Scale) -> list[Row]:
    """Measure what processes carry, and what an order costs."""
    rates, cost = await _rates(scale), await _cost(scale)
    spent = [(1000 * rate.cpu, 1000 * rate.postgres_cpu) for rate in rates]
    of_three = {
        "statements an order, with BEGIN and COMMIT": f"{cost.statements:.0f}",
        "KB an order to and from PostgreSQL": f"{cost.store_bytes / 1e3:.0f}",
        "calls of Discord an order": f"{cost.discord_calls:.1f}",
        "KB an order to and from Discord": f"{cost.discord_bytes / 1e3:.0f}",
        "calls of the vendor an order": f"{cost.vendor_calls:.1f}",
        "statements a second without orders": f"{cost.idle_statements:.0f}",
    }
    return [
        (f"orders a second, with {scale.at_once} at once", [f"{one.orders:.1f}" for one in rates]),
        ("to the answer, ms p50 / p99 / max", [spread(one.answers) for one in rates]),
        (
            "CPU an order, ms: bot + PostgreSQL",
            [f"{bot:.0f} + {store:.0f}" for bot, store in spent],
        ),
        *((title, ("", "", figure)) for title, figure in of_three.items()),
    ]


async def losses(scale: Scale) -> tuple[list[Row], bool]:
    """Restart all processes, then kill one; tell whether that did any harm."""
    restarted, killed = await _restart(scale), await _kill(scale)
    both = (restarted.judged, killed.judged)
    counts = {
        "not answered in 3 s": [one.unanswered for one in both],
        "lost": [one.lost for one in both],
        "submitted or shown twice": [one.twice for one in both],
    }
    rows: list[Row] = [
        (
            "it took, s",
            (f"{restarted.seconds:.0f}", f"{killed.after:.0f}, until the last of its orders came"),
        ),
        ("orders, of which private", [f"{one.orders}, {one.private}" for one in both]),
        (
            "... of which meanwhile, or in the killed process",
            (f"{restarted.meanwhile}", f"{killed.held}"),
        ),
        ("... and delivered by the others", ("", f"{killed.shown}")),
        ("... and not arrived at the vendor, as their cards say", ("", f"{killed.told}")),
        *(
            (title, [" ".join((str(len(prompts)), *sorted(prompts))) for prompts in of_both])
            for title, of_both in counts.items()
        ),
        ("refused privately, the bot is too busy", [f"{one.refused}" for one in both]),
        ("the slowest from order to picture, s", [f"{one.slowest:.0f}" for one in both]),
        ("private pictures posted from the bucket", ("", f"{killed.posted} of {POSTED}")),
    ]
    harmed = [restarted.judged.unanswered, *counts["lost"], *counts["submitted or shown twice"]]
    are_missing = killed.shown + killed.told < killed.held or killed.posted < POSTED
    return rows, any(harmed) or are_missing


async def _rates(scale: Scale) -> Sequence[Rate]:
    """Measure one process on SQLite, one on PostgreSQL, and three."""
    measured = []
    for count, on_postgres in ((1, False), (1, True), (3, True)):
        async with AsyncExitStack() as stack:
            gathering = Crowd.gather(MEMBERS, _some_time(3.0), by_http=True)
            crowd = await stack.enter_async_context(gathering)
            url = crowd.sandbox.bot_environment()["DATABASE_URL"]
            if on_postgres:
                url = await stack.enter_async_context(postgres())
            cluster = await stack.enter_async_context(Cluster.open(crowd, url, count=count))
            measured.append(await _rate(cluster, scale, url if on_postgres else None))
    return measured


async def _cost(scale: Scale) -> Cost:
    """Count statements, calls and bytes of orders that three processes carry."""
    async with (
        postgres() as real,
        StatementMeter.before(real) as (meter, url),
        Crowd.gather(MEMBERS, _some_time(3.0), by_http=True) as crowd,
        Cluster.open(crowd, url) as cluster,
    ):
        discord, pixazo = crowd.sandbox.discord.journal, crowd.sandbox.pixazo.journal
        await asyncio.sleep(SETTLE)
        statements, size = meter.statements, meter.bytes
        await asyncio.sleep(IDLE)
        idle, idle_bytes = (meter.statements - statements) / IDLE, (meter.bytes - size) / IDLE

        calls, vendor_calls = discord.total, pixazo.total
        statements, size, started = meter.statements, meter.bytes, time.time()
        enough = asyncio.Event()
        enough.set()
        await cluster.keep_ordering(AT_ONCE, enough, least=scale.counted)
        await asyncio.sleep(SETTLE)
        took, orders = time.time() - started, len(cluster.sent)
        exchanges = discord.between(started)
        carried = sum(len(exchange.body) + len(exchange.answer) for exchange in exchanges)
        return Cost(
            statements=(meter.statements - statements - idle * took) / orders,
            store_bytes=(meter.bytes - size - idle_bytes * took) / orders,
            discord_calls=(discord.total - calls) / orders,
            discord_bytes=carried / len(exchanges) * (discord.total - calls) / orders,
            vendor_calls=(pixazo.total - vendor_calls) / orders,
            idle_statements=idle,
        )


async def _restart(scale: Scale) -> Restarted:
    """Restart all processes one after the other while members order."""
    async with (
        postgres() as url,
        BucketServer.start() as bucket,
        Crowd.gather(MEMBERS, _some_time(0.5), by_http=True) as crowd,
        Cluster.open(crowd, url, settings=await bucket.new()) as cluster,
    ):
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(cluster.keep_ordering(AT_ONCE, enough, least=scale.restarted))
            await cluster.ordered(BEFORE)
            before, started = len(cluster.sent), time.monotonic()
            await cluster.restart_all()
            seconds, meanwhile = time.monotonic() - started, len(cluster.sent) - before
            enough.set()
        return Restarted(judged=await cluster.judge(), seconds=seconds, meanwhile=meanwhile)


async def _kill(scale: Scale) -> Killed:
    """Kill a process with SIGKILL while members order."""
    async with (
        postgres() as url,
        BucketServer.start() as bucket,
        Crowd.gather(MEMBERS, _some_time(3.0), by_http=True) as crowd,
        Cluster.open(crowd, url, settings=await bucket.new()) as cluster,
    ):
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(cluster.keep_ordering(AT_ONCE, enough, least=scale.killed))
            await cluster.ordered(BEFORE)
            held = await cluster.kill_one(holding=HELD)
            enough.set()
        judged = await cluster.judge()
        return Killed(
            judged=judged,
            held=len(held),
            shown=sum(sent.visible_at > 0.0 for sent in held),
            told=sum(is_told(sent) for sent in held),
            posted=await cluster.post_private(POSTED),
            after=max((sent.visible_at - cluster.killed_at for sent in held), default=0.0),
        )


def _some_time(seconds: float) -> Settings:
    """Return a vendor that draws for so long, and calls back again while one restarts.

    Of several processes the bot lets cards of waiting orders rest for 3 s after a submit.
    """
    return Settings(
        queued_seconds=(0.2, 0.5),
        processing_seconds=(seconds, 2 * seconds),
        callback_retry_seconds=(1.0,) * 60,
    )


async def _rate(cluster: Cluster, scale: Scale, url: str | None) -> Rate:
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(cluster.keep_ordering(scale.at_once, enough))
        await asyncio.sleep(WARM_UP)
        meters, theirs = [Meter(bot) for bot in cluster.bots.values()], _postgres_cpu(url)
        started = time.time()
        await asyncio.sleep(scale.seconds)
        ended, cpu = time.time(), sum(meter.cpu for meter in meters)
        theirs = _postgres_cpu(url) - theirs
        enough.set()
    orders = sum(started <= sent.visible_at < ended for sent in cluster.sent)
    return Rate(
        orders=orders / (ended - started),
        answers=[
            sent.answered_at - sent.sent_at
            for sent in cluster.sent
            if started <= sent.answered_at < ended and not sent.refused
        ],
        cpu=cpu / orders,
        postgres_cpu=theirs / orders,
    )


def _postgres_cpu(url: str | None) -> float:
    """Return the seconds of CPU of the server at *url* and of its processes so far."""
    if url is None:
        return 0.0
    folder = Path(url.partition("?host=")[2])
    server = int((folder / "data/postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return sum(map(cpu_of, (server, *map(int, children))))
