"""Runs the loops of the process, and restarts one that an unexpected error ended."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bot.errors import ImagineError
from bot.log import fault
from bot.retry import Backoff

log = logging.getLogger(__name__)

BACKOFF: Final = Backoff(first=1.0, most=60.0)
STEADY: Final = 120.0  # seconds; after a run of this length the next delay is the first again


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

    def __init__(self, loops: Iterable[Loop], *, backoff: Backoff = BACKOFF) -> None:
        self._loops = tuple(loops)
        self._backoff = backoff
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event, *, stopping: Callable[[], Awaitable[None]]) -> None:
        """Run all loops until *stop* is set, then call *stopping* and cancel them.

        Raises an ExceptionGroup of what an essential loop raised; the others are cancelled.
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
        delays = self._backoff.delays()
        while True:
            started = time.monotonic()
            try:
                return await loop.run()
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                fault(log, "loop cancelled by what it called, restarting", error, loop=loop.name)
            except Exception as error:
                if loop.essential:
                    # A loop of several tasks raises a group.
                    _, unexpected = ExceptionGroup(loop.name, [error]).split(ImagineError)
                    if unexpected is not None:
                        fault(log, "essential loop failed, the bot ends", error, loop=loop.name)
                    raise
                fault(log, "loop failed, restarting", error, loop=loop.name)
            if time.monotonic() - started > STEADY:
                delays = self._backoff.delays()
            await asyncio.sleep(next(delays))
