"""One measurement: so many members order at once, and each waits for the pictures."""

import asyncio
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.discord.member import Invocation
from sandbox.faults import Answer, Fault
from sandbox.pixazo import Settings
from sandbox.pixazo.painter import paint
from sandbox.stage import Stage

POLL_SECONDS = 5.0
WITHIN = 240.0  # seconds that a whole measurement may take


@dataclass(kw_only=True)
class Measured:
    """What came of it. Times are in seconds, memory in bytes."""

    orders: int
    to_answer: list[float] = field(default_factory=list)
    to_visible: list[float] = field(default_factory=list)  # from the vendor's COMPLETED
    cpu: float = 0.0
    peak_memory: int = 0
    status_calls: int = 0
    fixed_calls: int = 0  # that polling every POLL_SECONDS would have made
    discord_calls: int = 0


async def measure(orders: int, settings: dict[str, str]) -> Measured:
    """Have *orders* orders made at once and measure the bot until all are delivered."""
    vendor = Settings(queued_seconds=(1.0, 5.0), processing_seconds=(5.0, 15.0))
    measured = Measured(orders=orders)
    async with Stage(vendor=vendor) as stage:
        # One picture for all, painted before: the painter is not what is measured.
        picture = Answer(status=200, body=await asyncio.to_thread(_painted))
        stage.pixazo.media_faults.add(Fault(method="GET", path="*", do=picture, times=10**9))
        bot = stage.bot(
            LANE_RATE_PER_MINUTE="60000",
            MAX_IMAGES_PER_DAY="0",
            MAX_IMAGES_PER_GUILD_PER_DAY="0",
            LOG_LEVEL="WARNING",
            POLL_SECONDS=str(POLL_SECONDS),
            **settings,
        )
        await bot.start()
        await stage.ready()
        before = len(stage.discord.journal.exchanges)
        member = stage.discord.member("Noah", channel="general", guild="Lighthouse Club")
        async with asyncio.TaskGroup() as group:
            for number in range(orders):
                group.create_task(_order(stage, member, number, measured))
        assert bot.pid is not None
        measured.cpu = _cpu(bot.pid)
        measured.peak_memory = _peak_memory(bot.pid)
        measured.status_calls = stage.pixazo.status_calls
        measured.discord_calls = len(stage.discord.journal.exchanges) - before
    return measured


async def _order(stage: Stage, member: Any, number: int, measured: Measured) -> None:
    prompt = f"picture {number}"
    started = time.time()
    sent: Invocation = await member.command("imagine", prompt=prompt)
    await sent.acknowledged(within=WITHIN)
    measured.to_answer.append(time.time() - started)
    await sent.until(lambda message: message["attachments"], within=WITHIN)
    visible = time.time()
    request = next(one for one in stage.pixazo.latest(10_000) if one.order.prompt == prompt)
    measured.to_visible.append(visible - request.updated_at)
    measured.fixed_calls += math.ceil((request.updated_at - request.created_at) / POLL_SECONDS)


def _painted() -> bytes:
    return paint("a lighthouse in a storm", steps=50, guidance=3.5, index=0, size=1024)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_memory(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
