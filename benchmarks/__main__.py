"""``python -m benchmarks``: measure the bot beside the floor, and print a table for each part.

All of it takes about half an hour, and a machine that has nothing else to do. With ``--quick`` it
takes six minutes, and the figures mean nothing. The guard takes two, and runs only where it is
asked for. The exit status is 1 if the bot costs too much beside the floor, or if an order is lost
or made twice while processes restart.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import platform
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from benchmarks import (
    burst,
    flight,
    growth,
    guard,
    memory,
    pictures,
    plot,
    scaling,
    sustained,
    words,
)
from benchmarks.burst import Burst
from benchmarks.flight import Flight
from benchmarks.process import FLOOR
from benchmarks.sustained import Rate
from benchmarks.table import Row, megabytes, show, spread
from sandbox.botprocess import BOT

BY_POLLING = {"PUBLIC_URL": ""}
COLUMNS = ("bot, callbacks", "floor, callbacks", "bot, polling", "floor, polling")

FATES = ("each stopped and started", "one killed, LEASE_SECONDS 30")
PROCESSES = ("one process, SQLite", "one process, PostgreSQL", "three processes, PostgreSQL")
GROWTH = ("sizes", "cost at each", "it is")
GUARD = ("bot", "floor", "ratio", "at most")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is measured. Times are in seconds."""

    at_once: int  # orders
    in_flight: int  # orders
    watched: float
    members: int  # who order again and again
    sustained: float
    prompts: int  # of each kind
    pictures: int  # looks at each
    idle: float
    guarded: int  # orders
    growth: growth.Scale
    scaling: scaling.Scale


FULL = Scale(
    at_once=300,
    in_flight=10_000,
    watched=flight.ROUND,
    members=100,
    sustained=15.0,
    prompts=1000,
    pictures=200,
    idle=5.0,
    guarded=guard.ORDERS,
    growth=growth.FULL,
    scaling=scaling.FULL,
)
QUICK = Scale(
    at_once=20,
    in_flight=300,
    watched=3.0,
    members=10,
    sustained=3.0,
    prompts=50,
    pictures=20,
    idle=1.0,
    guarded=20,
    growth=growth.QUICK,
    scaling=scaling.QUICK,
)


async def bursts(scale: Scale) -> list[Row]:
    """Measure a burst in each of the four ways."""
    found = [
        await burst.measure(scale.at_once, command, **settings)
        for settings in ({}, BY_POLLING)
        for command in (BOT, FLOOR)
    ]

    def row(title: str, show: Callable[[Burst], str]) -> Row:
        return title, [show(one) for one in found]

    return [
        (f"**{scale.at_once} orders at once**", ()),
        row("refused: not on record in time", lambda one: f"{one.refused}"),
        row("to the answer, ms p50 / p99 / max", lambda one: spread(one.to_answer)),
        row("... and the stand-ins' own delay", lambda one: spread(one.delays)),
        row("COMPLETED to visible, ms p50 / p99 / max", lambda one: spread(one.to_visible)),
        row("CPU an order, ms", lambda one: f"{1000 * one.cpu / one.taken:.0f}"),
        row("... and of the stand-ins", lambda one: f"{1000 * one.stand_ins_cpu / one.taken:.0f}"),
        row("peak memory, MB", lambda one: megabytes(one.peak_memory)),
        row("Discord calls an order", lambda one: f"{one.discord_calls / one.taken:.1f}"),
        row("vendor calls an order", lambda one: f"{one.vendor_calls / one.taken:.1f}"),
    ]


async def flights(scale: Scale) -> list[Row]:
    """Measure orders in flight that the vendor calls back."""
    found = [
        await flight.inherited(scale.in_flight, seconds=scale.watched),
        await flight.ordered(scale.in_flight, seconds=scale.watched),
    ]

    def row(title: str, show: Callable[[Flight], str]) -> Row:
        return title, [show(one) for one in found]

    return [
        (f"**{scale.in_flight:,} orders in flight**", ()),
        row("memory, MB, and its peak", lambda one: megabytes(one.memory, one.peak_memory)),
        row("CPU a second, ms", lambda one: f"{1000 * one.cpu:.0f}"),
        row("status calls a second", lambda one: f"{one.status_calls:.0f}"),
        row(
            "each called back every 15 s: CPU a second, ms",
            lambda one: f"{1000 * one.cpu_called:.0f}",
        ),
        row(
            "... callbacks taken a second, of how many",
            lambda one: f"{one.callbacks_taken:.0f} / {one.callbacks:.0f}",
        ),
    ]


async def rates(scale: Scale) -> list[Row]:
    """Measure how many orders are carried of a vendor that needs no time and calls back."""
    alone = [
        await sustained.one_process(scale.members, command, seconds=scale.sustained)
        for command in (BOT, FLOOR)
    ]
    shards = await sustained.two_shards(scale.members, seconds=scale.sustained)
    return [
        (f"**{scale.members} members order again and again**", ()),
        *_rate("one process", alone),
        *_rate("two shards on PostgreSQL", [shards]),
    ]


def _rate(title: str, found: Sequence[Rate]) -> Iterator[Row]:
    yield f"{title}: orders a second", [f"{one.orders:.1f}" for one in found]
    cores = [f"{one.cpu:.2f} + {one.stand_ins_cpu:.2f}" for one in found]
    yield "... CPU, of it + of the stand-ins, cores", cores
    yield "... refused: not on record in time", [f"{one.refused}" for one in found]


async def grown(scale: Scale, to: Path | None) -> list[Row]:
    """Measure what costs do while something grows; plot it into the file *to*."""
    found = await growth.measure(scale.growth)
    if to is not None:
        await asyncio.to_thread(to.write_text, plot.svg(found), encoding="utf-8")
    return [
        (
            f"{one.cost}, {one.unit}, by {one.grows}",
            (
                " / ".join(f"{size:,}" for size in one.sizes),
                " / ".join(f"{value:.3g}" for value in one.values),
                one.kind,
            ),
        )
        for one in found
    ]


async def guarded(scale: Scale) -> tuple[list[Row], bool]:
    """Measure the bot's CPU against the floor's; tell whether it is too much."""
    ratios = await guard.measure(scale.guarded, guard.ROUNDS)
    rows: list[Row] = [
        (
            f"{one.way}: CPU an order, ms",
            (
                f"{1000 * one.bot:.1f}",
                f"{1000 * one.floor:.1f}",
                f"{one.times:.2f}",
                f"{guard.MOST[one.way]} x {guard.TOLERANCE} (goal: {guard.GOAL})",
            ),
        )
        for one in ratios
    ]
    return rows, any(one.is_over for one in ratios)


async def filtered(scale: Scale) -> list[Row]:
    """Measure a server's words against prompts; the column is the bot's, as there is no floor."""
    return [
        ("**500 phrases against a prompt of 1,000 characters**", ()),
        *(
            (f"{title}, ms p50 / p99 / max", [spread(seconds, digits=2)])
            for title, seconds in words.measure(scale.prompts).items()
        ),
    ]


async def held(scale: Scale) -> list[Row]:
    """Measure what idle processes hold, and what the bot's imports take of that."""
    found = await memory.measure(scale.idle)
    return [
        ("**nothing to do**", ()),
        ("memory, MB", [megabytes(found.bot), megabytes(found.floor)]),
        ("memory of a further shard, MB", [f"{found.shard / 1e6:.2f}"]),
        ("CPU of a further shard, s an hour", [f"{found.shard_cpu:.1f}"]),
        *(
            (f"... after import of {step}", [megabytes(size)])
            for step, size in found.imports.items()
        ),
    ]


async def checked(scale: Scale) -> list[Row]:
    """Measure how a picture is checked; the column is the bot's."""
    return [
        (f"**a picture of {pictures.SIDE} x {pictures.SIDE}**", ()),
        *(
            (
                f"{title}: CPU to check it, ms (to decode it)",
                [f"{1000 * check:.2f} ({1000 * decode:.1f})"],
            )
            for title, (check, decode) in pictures.measure(scale.pictures).items()
        ),
    ]


PARTS: dict[str, Callable[[Scale], Awaitable[list[Row]]]] = {
    "burst": bursts,
    "flight": flights,
    "rate": rates,
    "words": filtered,
    "memory": held,
    "pictures": checked,
}


async def main() -> int:
    """Measure what is asked for and print the tables; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little of everything")
    parts = [*PARTS, "growth", "cluster", "guard"]
    parser.add_argument("--only", choices=parts, action="append", help="a part of it")
    parser.add_argument("--plot", type=Path, help="the SVG file that growth is plotted into")
    arguments = parser.parse_args()
    logging.getLogger("sandbox").setLevel(logging.ERROR)  # lost callbacks are counted instead
    scale = QUICK if arguments.quick else FULL
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    failed = False
    for name in arguments.only or [*PARTS, "growth", "cluster"]:
        print(f"measuring: {name}", file=sys.stderr)
        if name == "guard":
            rows, is_over = await guarded(scale)
            show(machine, GUARD, rows)
            failed |= is_over
        elif name == "cluster":
            show(machine, PROCESSES, await scaling.costs(scale.scaling))
            rows, is_wrong = await scaling.losses(scale.scaling)
            show("three processes, PostgreSQL, a bucket", FATES, rows)
            failed |= is_wrong
        elif name == "growth":
            show(machine, GROWTH, await grown(scale, arguments.plot))
        else:
            show(machine, COLUMNS, await PARTS[name](scale))
    return 1 if failed else 0


if __name__ == "__main__":
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        sys.exit(runner.run(main()))
