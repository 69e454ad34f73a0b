"""So many orders at one moment, each followed to its pictures."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.crowd import Crowd, Sent
from benchmarks.process import Meter, playing
from sandbox.pixazo import Settings

SETTLE = 1.0  # seconds before and after, in which nothing happens that a member sees
WITHIN = 240.0  # seconds that all orders may take
TICK = 0.001  # seconds between two looks at the stand-ins' own delay


@dataclass(frozen=True, kw_only=True)
class Burst:
    """What came of it. Times are in seconds, memory in bytes."""

    taken: int
    refused: int  # privately, since they could not be recorded in time
    to_answer: Sequence[float]  # from the dispatch of INTERACTION_CREATE to the deferral's arrival
    delays: Sequence[float]  # of the stand-ins' own event loop meanwhile
    to_visible: Sequence[float]  # from the vendor's COMPLETED
    cpu: float
    stand_ins_cpu: float
    peak_memory: int
    discord_calls: int
    vendor_calls: int


async def measure(orders: int, command: Sequence[str], **settings: str) -> Burst:
    """Have *orders* members order at once, and measure until each has their picture."""
    # They end one by one, so that what is left to do for one does not wait for all the others.
    vendor = Settings(queued_seconds=(1.0, 5.0), processing_seconds=(5.0, 15.0))
    async with (
        Crowd.gather(orders, vendor) as crowd,
        playing(crowd.sandbox, command, **settings) as bot,
    ):
        await asyncio.sleep(SETTLE)
        discord, pixazo = crowd.sandbox.discord.journal, crowd.sandbox.pixazo.journal
        calls, meter, own = discord.total, Meter(bot), time.process_time()
        async with asyncio.timeout(WITHIN):
            async with _delays() as delays:
                for number, member in enumerate(crowd.members):
                    await crowd.order(member, f"picture {number}")
                for sent in crowd.orders:
                    await sent.answered.wait()
            for sent in crowd.orders:
                await sent.over.wait()
        await asyncio.sleep(SETTLE)  # the last one's end is on its way into the store
        taken = [sent for sent in crowd.orders if not sent.refused]
        return Burst(
            taken=len(taken),
            refused=orders - len(taken),
            to_answer=[sent.answered_at - sent.sent_at for sent in taken],
            delays=delays,
            to_visible=_to_visible(crowd, taken),
            cpu=meter.cpu,
            stand_ins_cpu=time.process_time() - own,
            peak_memory=meter.peak_memory,
            discord_calls=discord.total - calls,
            vendor_calls=pixazo.total,
        )


@asynccontextmanager
async def _delays() -> AsyncIterator[list[float]]:
    """Note how late this event loop, which is the stand-ins', comes to whatever is due."""
    delays: list[float] = []

    async def look() -> None:
        while True:
            due = time.perf_counter() + TICK
            await asyncio.sleep(TICK)
            delays.append(time.perf_counter() - due)

    looking = asyncio.create_task(look(), name="delays")
    try:
        yield delays
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking


def _to_visible(crowd: Crowd, taken: Sequence[Sent]) -> list[float]:
    completed = {
        request.order.prompt: request.updated_at
        for request in crowd.sandbox.pixazo.latest(len(taken))
    }
    return [sent.visible_at - completed[sent.prompt] for sent in taken]
