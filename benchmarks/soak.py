"""``python -m benchmarks.soak``: thousands of orders through one bot, while the vendor stumbles.

Resident memory must stay level; descriptors and tasks must return to where they began. Else it
exits with 1.
"""

import argparse
import asyncio
import contextlib
import itertools
import logging
import random
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import uvloop

from benchmarks.crowd import Crowd
from benchmarks.outcomes import Outcomes
from benchmarks.process import playing
from benchmarks.troubles import Troubles, keep_opening
from sandbox.discord.member import Member
from sandbox.pixazo import Settings

EACH = 20  # orders of one member: fewer than a server allows by default
AT_ONCE = 40  # orders
WARM_UP = 200  # orders before the first figures: pools and caches are full then
PATIENCE = 10.0  # seconds: an order may end without a picture
LASTING, APART = (0.3, 1.5), (5.0, 10.0)  # seconds, of the troubles: the least and the most
LOOK = 2.0  # seconds
KEEP_ALIVE = 35.0  # seconds after which idle connections are closed
SETTLE = 420.0  # seconds: an order without an answer is listened for 5 minutes
GROWTH = 1.10  # of resident memory, at most: the last third of the run to the first
METRICS = {  # attributes of `Sample` by their names in /metrics
    "process_resident_memory_bytes": "memory",
    "process_open_fds": "descriptors",
    "imagine_asyncio_tasks": "tasks",
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the process holds at one moment."""

    orders: int  # made before
    memory: float  # bytes, resident
    descriptors: float
    tasks: float

    def __str__(self) -> str:
        """Return it as a row of the table."""
        return (
            f"{self.orders:8} {self.memory / 1e6:11.1f} {self.descriptors:12.0f} {self.tasks:6.0f}"
        )


class Soak:
    """One run."""

    def __init__(self, crowd: Crowd, session: aiohttp.ClientSession) -> None:
        self.made = 0
        self._crowd = crowd
        self._url = f"http://127.0.0.1:{crowd.sandbox.web_port}/metrics"
        self._session = session

    async def order(self, wishes: Iterator[tuple[Member, str]]) -> None:
        """Make all orders, a few at once."""

        async def keep_ordering() -> None:
            for member, prompt in wishes:
                while await self._refused(member, prompt):  # noqa: ASYNC110 - a lane rings no bell
                    await asyncio.sleep(LOOK)
                self.made += 1

        await asyncio.gather(*(keep_ordering() for _ in range(AT_ONCE)))

    async def _refused(self, member: Member, prompt: str) -> bool:
        """Order, wait a while for the picture, and return whether nothing was ordered."""
        sent = await self._crowd.order(member, prompt)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sent.over.wait(), PATIENCE)
        return sent.refused

    async def sample(self) -> Sample:
        """Return what the process holds now."""
        async with self._session.get(self._url) as answer:
            lines = (line.split() for line in (await answer.text()).splitlines())
            figures = {METRICS[line[0]]: float(line[1]) for line in lines if line[0] in METRICS}
        return Sample(orders=self.made, **figures)

    async def watch(self, orders: int) -> list[Sample]:
        """Take samples until *orders* orders are made; print one at each tenth."""
        samples: list[Sample] = []
        printed = self.made
        while self.made < orders:
            await asyncio.sleep(LOOK)
            samples.append(await self.sample())
            if self.made >= min(printed + orders / 10, orders):
                print(samples[-1])
                printed = self.made
        return samples

    async def settle(self) -> Sample:
        """Wait until no process works on an order, but not for ever; return what it holds then."""
        outcomes, until = Outcomes(self._crowd.sandbox), time.monotonic() + SETTLE
        while time.monotonic() < until:
            await asyncio.sleep(LOOK)
            if not any(row.owner or row.state == "WAITING" for row in outcomes.rows()):
                break
        await asyncio.sleep(KEEP_ALIVE)
        return await self.sample()


def _verdict(began: Sample, samples: list[Sample], ended: Sample) -> bool:
    """Print the figures that decide, and return whether they are good."""
    third = len(samples) // 3
    first, last = (
        statistics.mean(sample.memory for sample in part)
        for part in (samples[:third], samples[-third:])
    )
    checks = {
        f"memory, first and last third: {first / 1e6:.1f} and {last / 1e6:.1f} MB": last
        < first * GROWTH,
        f"descriptors: {began.descriptors:.0f}, then {ended.descriptors:.0f}": ended.descriptors
        <= began.descriptors,
        f"tasks: {began.tasks:.0f}, then {ended.tasks:.0f}": ended.tasks <= began.tasks,
    }
    for text, good in checks.items():
        print(f"{'ok' if good else 'FAILED':<7} {text}")
    return all(checks.values())


async def main() -> int:
    """Run once and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="file that gets all of the bot's log")
    arguments = parser.parse_args()
    logging.getLogger("sandbox").setLevel(logging.ERROR)  # lost callbacks are meant
    vendor = Settings(queued_seconds=(0.0, 0.2), processing_seconds=(0.0, 0.5), picture_size=64)
    orders = WARM_UP + arguments.orders
    async with (
        Crowd.gather(-(-orders // EACH), vendor) as crowd,
        aiohttp.ClientSession() as session,
    ):
        pixazo = crowd.sandbox.pixazo
        pixazo.media_faults.clear()  # each order has a picture of its own
        origins = f"{pixazo.media_origin},{pixazo.other_media.origin}"
        settings = {"MEDIA_ORIGINS": origins, "SUBMIT_TIMEOUT_SECONDS": "5", "POLL_SECONDS": "0.5"}
        troubles = Troubles(pixazo, random.Random(arguments.seed))  # noqa: S311 - no secret
        wishes = (
            (member, f"wish {number} of {member.user.name}")
            for number in range(EACH)
            for member in crowd.members
        )
        async with playing(crowd.sandbox, **settings) as bot:
            bot.log = deque(bot.log)  # all of it
            soak = Soak(crowd, session)
            await soak.order(itertools.islice(wishes, WARM_UP))
            print("  orders  memory, MB  descriptors  tasks")
            print(began := await soak.settle())
            stumbling = [
                asyncio.create_task(troubles.keep_coming(lasting=LASTING, apart=APART)),
                asyncio.create_task(keep_opening(crowd.sandbox, every=PATIENCE)),
            ]
            started = time.monotonic()
            watching = asyncio.create_task(soak.watch(orders))
            await soak.order(itertools.islice(wishes, arguments.orders))
            samples = await watching
            for task in stumbling:
                task.cancel()
            troubles.lift()
            took = time.monotonic() - started
            ended = await soak.settle()
            print(ended)
            states = Counter(row.state for row in Outcomes(crowd.sandbox).rows())
    if arguments.log:
        arguments.log.write_text("\n".join(bot.log))
    refused = sum(sent.refused for sent in crowd.orders)
    print(f"{took:.0f} s; {refused} refused, and ordered again; {dict(states)}")
    print(f"troubles: {dict(troubles.begun)}")
    return 0 if _verdict(began, samples, ended) else 1


if __name__ == "__main__":
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        sys.exit(runner.run(main()))
