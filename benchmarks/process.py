"""A bot in a process of its own, and what the kernel says that this process used."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.botprocess import BOT, BotProcess
from sandbox.environment import SandboxEnvironment

FLOOR = (sys.executable, "-m", "benchmarks.floor")
READY = "connected to Discord"
READY_WITHIN = 300.0  # seconds: it may find thousands of orders to carry on with
TICKS = os.sysconf("SC_CLK_TCK")

# The lane is wide open: with its defaults it would be what is measured. No limit is in the way
# either, but those of a server that nobody changed; all else is as it is by default.
WIDE_OPEN = {
    "LANE_WIDTH": "100000",
    "LANE_RATE_PER_MINUTE": "600000",
    "MAX_IMAGES_PER_DAY": "0",
    "MAX_IMAGES_PER_GUILD_PER_DAY": "0",
    "POLL_SECONDS": "5",
}


@asynccontextmanager
async def playing(
    sandbox: SandboxEnvironment, command: Sequence[str] = BOT, **settings: str
) -> AsyncIterator[BotProcess]:
    """Run *command* before *sandbox* from the moment when it is ready until the context ends."""
    with tempfile.TemporaryDirectory(prefix="imagine-") as folder:
        env = sandbox.bot_environment() | WIDE_OPEN | settings
        bot = BotProcess(env, cwd=Path(folder), command=command)
        await bot.start()
        try:
            await bot.wait_line(READY, within=READY_WITHIN)
            yield bot
        finally:
            await bot.stop()


class Meter:
    """What a process uses, from the making of its meter on."""

    def __init__(self, bot: BotProcess) -> None:
        assert bot.pid is not None
        self._folder = Path(f"/proc/{bot.pid}")
        self._before = self._used()

    @property
    def cpu(self) -> float:
        """Seconds of CPU, of all its threads."""
        return self._used() - self._before

    @property
    def memory(self) -> int:
        """Bytes that it holds."""
        return self._status("VmRSS")

    @property
    def peak_memory(self) -> int:
        """The most bytes that it ever held, its start included."""
        return self._status("VmHWM")

    def _used(self) -> float:
        return cpu_of(int(self._folder.name))

    def _status(self, name: str) -> int:
        lines = (self._folder / "status").read_text().splitlines()
        found = next(line for line in lines if line.startswith(f"{name}:"))
        return int(found.split()[1]) * 1024


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process used, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
