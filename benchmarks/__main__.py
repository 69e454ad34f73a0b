"""``python -m benchmarks``: measure the bot beside the floor, and print one table.

All of it takes about ten minutes, and a machine that has nothing else to do. With ``--quick`` it
takes two, and the figures mean nothing.
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

import uvloop

from benchmarks import burst, flight, sustained, words
from benchmarks.burst import Burst
from benchmarks.flight import Flight
from benchmarks.process import FLOOR
from benchmarks.sustained import Rate
from sandbox.botprocess import BOT

BY_POLLING = {"PUBLIC_URL": ""}
COLUMNS = ("bot, callbacks", "floor, callbacks", "bot, polling", "floor, polling")

Row = tuple[str, Sequence[str]]  # its title, and a cell for each column that it has a figure for


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is measured. Times are in seconds."""

    at_once: int  # orders
    in_flight: int  # orders
    watched: float
    members: int  # who order again and again
    sustained: float
    prompts: int  # of each kind


FULL = Scale(
    at_once=300, in_flight=10_000, watched=flight.ROUND, members=100, sustained=15.0, prompts=1000
)
QUICK = Scale(at_once=20, in_flight=300, watched=3.0, members=10, sustained=3.0, prompts=50)


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
        row("to the answer, ms p50 / p99 / max", lambda one: _spread(one.to_answer)),
        row("... and the stand-ins' own delay", lambda one: _spread(one.delays)),
        row("COMPLETED to visible, ms p50 / p99 / max", lambda one: _spread(one.to_visible)),
        row("CPU an order, ms", lambda one: f"{1000 * one.cpu / one.taken:.0f}"),
        row("... and of the stand-ins", lambda one: f"{1000 * one.stand_ins_cpu / one.taken:.0f}"),
        row("peak memory, MB", lambda one: _megabytes(one.peak_memory)),
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
        row("memory, MB, and its peak", lambda one: _megabytes(one.memory, one.peak_memory)),
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


async def filtered(scale: Scale) -> list[Row]:
    """Measure a server's words against prompts; the column is the bot's, as there is no floor."""
    return [
        ("**500 phrases against a prompt of 1,000 characters**", ()),
        *(
            (f"{title}, ms p50 / p99 / max", [_spread(seconds, digits=2)])
            for title, seconds in words.measure(scale.prompts).items()
        ),
    ]


PARTS: dict[str, Callable[[Scale], Awaitable[list[Row]]]] = {
    "burst": bursts,
    "flight": flights,
    "rate": rates,
    "words": filtered,
}


def _spread(seconds: Sequence[float], *, digits: int = 0) -> str:
    """Return median, 99th percentile and maximum, in milliseconds."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    chosen = (ordered[last // 2], ordered[int(last * 0.99)], ordered[last])
    return " / ".join(f"{1000 * value:.{digits}f}" for value in chosen)


def _megabytes(*sizes: int) -> str:
    return " / ".join(f"{size / 1e6:.0f}" for size in sizes)


def _line(title: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join([title, *cells, *[''] * (len(COLUMNS) - len(cells))])} |"


async def main() -> None:
    """Measure what is asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little of everything")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part of the table")
    arguments = parser.parse_args()
    logging.getLogger("sandbox").setLevel(logging.ERROR)  # lost callbacks are counted instead
    rows: list[Row] = []
    for name in arguments.only or PARTS:
        print(f"measuring: {name}", file=sys.stderr)
        rows += await PARTS[name](QUICK if arguments.quick else FULL)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(_line(machine, COLUMNS))
    print(_line("---", ["---:"] * len(COLUMNS)))
    for title, cells in rows:
        print(_line(title, cells))


if __name__ == "__main__":
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(main())
