"""What the bot holds when it has nothing to do, and what of it each step of its start takes."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Final

from benchmarks.crowd import Crowd
from benchmarks.process import FLOOR, Meter, playing
from bot.client import COGS
from bot.domain.gateway_starts import SPACING
from sandbox import pixazo
from sandbox.botprocess import BOT

STEPS: Final = ("asyncio", "uvloop", "aiohttp", "sqlalchemy", "discord.ext.commands", "bot.app")
SHARDS: Final = 16  # on top of the first
# Run by a new interpreter; prints the bytes that it holds after each import.
_IMPORTS: Final = """
import importlib, resource, sys
for names in sys.argv[1:]:
    for name in names.split():
        importlib.import_module(name)
    with open("/proc/self/statm") as file:
        print(int(file.read().split()[1]) * resource.getpagesize())
"""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Resident bytes: after each of the imports of a start, and of idle processes."""

    imports: dict[str, int]
    bot: int
    floor: int
    shard: int  # what each further one takes
    shard_cpu: float  # seconds of CPU in an hour, of each further shard


async def measure(idle: float) -> Memory:
    """Import what the bot does, in a process of its own; let the bot and the floor be *idle*."""
    steps = ("sys", *STEPS, " ".join(COGS))
    importing = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _IMPORTS, *steps, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await importing.communicate()
    names = ("python", *STEPS, "cogs")
    held = []
    async with Crowd.gather(1, pixazo.Settings()) as crowd:
        for command in (BOT, FLOOR):
            async with playing(crowd.sandbox, command) as process:
                await asyncio.sleep(idle)
                held.append(Meter(process).memory)
        alone, many = await _shards(crowd, 1, idle), await _shards(crowd, 1 + SHARDS, idle)
    imports = dict(zip(names, map(int, output.split()), strict=True))
    return Memory(
        imports=imports,
        bot=held[0],
        floor=held[1],
        shard=(many[0] - alone[0]) // SHARDS,
        shard_cpu=(many[1] - alone[1]) / SHARDS,
    )


async def _shards(crowd: Crowd, count: int, idle: float) -> tuple[int, float]:
    """Return the resident bytes of the bot with so many shards, and its seconds of CPU an hour."""
    starts, gateway = crowd.sandbox.world.starts, crowd.sandbox.discord.gateway
    starts.max_concurrency = count
    gateway.sessions.clear()
    async with playing(crowd.sandbox, SHARD_COUNT=str(count)) as process:
        async with asyncio.timeout(SPACING * (count + 2)):
            while len(gateway.sessions) < count:  # noqa: ASYNC110 - no stand-in rings a bell
                await asyncio.sleep(0.1)
        await asyncio.sleep(idle)
        meter = Meter(process)
        await asyncio.sleep(4 * idle)
        return meter.memory, meter.cpu * 3600 / (4 * idle)
