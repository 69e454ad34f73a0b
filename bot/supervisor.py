"""Runs the loops of the process, and restarts one that an unexpected error ended."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bot.log import fault

log = logging.getLogger(__name__)

JITTER: Final = 0.2  # a pause is up to this share shorter or longer


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Exponential back-off between two runs of a loop, in seconds."""

    first: float = 1.0
    longest: float = 60.0
    steady: float = 120.0  # after a run of this length the pause is the first one again


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A coroutine function that runs until it is cancelled, or ends when its work is done.

    The process can't work without an *essential* one: an error in it ends the process.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    essential: bool = False


class Supervisor:
    """Runs loops side by side, each in a task of its own."""

    def __init__(self, loops: Iterable[Loop], *, backoff: Backoff | None = None) -> None:
        self._loops = tuple(loops)
        self._backoff = backoff or Backoff()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event, *, stopping: Callable[[], Awaitable[None]]) -> None:
        """Run all loops until *stop* is set, then call *stopping* and cancel them.

        Raises:
            ExceptionGroup: of what an essential loop raised. The others are cancelled.
        """
        async with asyncio.TaskGroup() as group:
            for loop in self._loops:
                self._tasks[loop.name] = group.create_task(self._keep(loop), name=loop.name)
            await stop.wait()
            await stopping()
            for task in self._tasks.values():
                task.cancel()

    def cancel(self, name: str) -> None:
        """Cancel the loop of that name."""
        self._tasks[name].cancel()

    async def _keep(self, loop: Loop) -> None:
        pause = self._backoff.first
        while True:
            started = time.monotonic()
            try:
                await loop.run()
            except Exception as error:
                if loop.essential:
                    raise
                fault(log, "loop failed, restarting", error, loop=loop.name)
            else:
                return
            if time.monotonic() - started > self._backoff.steady:
                pause = self._backoff.first
            await asyncio.sleep(pause * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - spreads load, keeps no secret
            pause = min(pause * 2, self._backoff.longest)
