"""Gathers lines about orders, so that a busy server's log takes few messages."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from bot.domain.log_entries import AnyLogEntry, OrdersPlaced
from bot.ui import language, texts
from bot.ui.language import speaking

log = logging.getLogger(__name__)

MOST_WAITING: Final = 200  # orders of one channel
_LONGEST: Final = 2000  # characters of a message


class GatheredOrders:
    """Batches entries about orders: for each channel one message at a time, with a pause between.

    Discord takes five messages in five seconds in a channel: reports, which go there too, must not
    wait behind them.
    """

    def __init__(
        self, write: Callable[[int, AnyLogEntry], Awaitable[None]], *, pause: float
    ) -> None:
        """*write* raises nothing; *pause* is in seconds."""
        self._write = write
        self._pause = pause
        self._waiting: dict[int, OrdersPlaced] = {}
        self._writing: dict[int, asyncio.Task[None]] = {}

    def add(self, channel_id: int, entry: OrdersPlaced) -> None:
        """Write an entry soon, with others of its channel."""
        waiting = self._waiting.get(channel_id)
        jobs = (*(waiting.jobs if waiting else ()), *entry.jobs)
        if len(jobs) > MOST_WAITING:
            log.warning("log entry dropped, too many orders: channel=%d", channel_id)
            return
        self._waiting[channel_id] = replace(entry, jobs=jobs)
        if channel_id not in self._writing:
            task = asyncio.create_task(self._write_all(channel_id), name="log of orders")
            self._writing[channel_id] = task

    async def close(self) -> None:
        """Drop what is not written yet."""
        tasks = [*self._writing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write_all(self, channel_id: int) -> None:
        try:
            while channel_id in self._waiting:
                await asyncio.sleep(self._pause)
                waiting = self._waiting.pop(channel_id)
                count = _fitting(waiting)
                if rest := waiting.jobs[count:]:
                    self._waiting[channel_id] = replace(waiting, jobs=rest)
                await self._write(channel_id, replace(waiting, jobs=waiting.jobs[:count]))
        finally:
            del self._writing[channel_id]


def _fitting(entry: OrdersPlaced) -> int:
    """Return how many of an entry's orders one message has room for, at least one."""
    with speaking(entry.language or language.default()):
        room, count = _LONGEST, 0
        for job in entry.jobs:
            room -= len(texts.log_channel.line(replace(entry, jobs=(job,)))) + 1
            if room < 0 and count:
                break
            count += 1
    return count
