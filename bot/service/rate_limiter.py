"""The rate of one lane's calls.

The rate is one row of the store for all processes; each process reserves the slots of at most one
second. Submits come before polls, but a poll that is long overdue comes before submits.
"""

import asyncio
import contextvars
import heapq
import itertools
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from bot.log import fault
from bot.retry import wait_at_most
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Lanes
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

OVERDUE: Final = 30.0  # seconds after which a poll comes before submits
STALE: Final = 1.0  # seconds after which an unused slot is dropped
AFTER_FAULT: Final = 5.0  # seconds


class LaneRateLimiter:
    """Token-bucket rate limiter of one lane, shared through the store.

    While the store is unavailable it gives out no new slots: callers wait.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        lanes: Lanes,
        give_way: Callable[[], Awaitable[None]],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._lanes = lanes
        self._give_way = give_way
        self._now = now
        self._slots: Iterator[float] = iter(())  # reserved, in Unix seconds
        self._submits: deque[asyncio.Future[None]] = deque()
        self._polls: list[tuple[float, int, asyncio.Future[None]]] = []  # a heap by due time
        self._sequence = itertools.count()
        self._worker: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()
        self.submits_open_at = 0.0  # when the pause of submits ends, in Unix seconds
        self._polls_open_at = 0.0

    async def acquire_submit(self) -> None:
        """Wait for a slot to submit in."""
        waiter = asyncio.get_running_loop().create_future()
        self._submits.append(waiter)
        self._wake_worker()
        await waiter

    async def acquire_poll(self, *, due: float) -> None:
        """Wait for a slot for a status call that was due at *due*, in Unix seconds."""
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._polls, (due, next(self._sequence), waiter))
        self._wake_worker()
        await waiter

    def pause_submits(self, *, until: float) -> None:
        """Give out no slots to submits until then, in Unix seconds."""
        self.submits_open_at = until
        self._arrived.set()

    def pause_polls(self, *, until: float) -> None:
        """Give out no slots to polls until then, in Unix seconds."""
        self._polls_open_at = until

    async def close(self) -> None:
        """Give out no more slots."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])

    def _wake_worker(self) -> None:
        self._arrived.set()
        if self._worker is None or self._worker.done():
            # It works for all jobs, so it must not inherit the log context of one.
            context = contextvars.Context()
            self._worker = asyncio.create_task(self._work(), name="rate limiter", context=context)

    async def _work(self) -> None:
        """Give out slots until no caller waits."""
        delays = self._settings.store_backoff.delays()
        while self._submits or self._polls:
            try:
                await self._serve_next()
                delays = self._settings.store_backoff.delays()
            except StoreUnavailable:
                await asyncio.sleep(next(delays))
            except Exception as error:  # noqa: BLE001 - all callers would wait for ever
                fault(log, "giving out rate limiter slots failed", error)
                await asyncio.sleep(AFTER_FAULT)

    async def _serve_next(self) -> None:
        """Wait until the pause ends, then for a slot, and give it to the next caller."""
        if (pause := self._seconds_until_open()) > 0:
            self._arrived.clear()
            await wait_at_most(self._arrived, pause)  # a new caller may be served sooner
            return
        slot = await self._next_slot()
        await asyncio.sleep(slot - self._now())
        await self._give_way()
        self._give_slot()

    def _seconds_until_open(self) -> float:
        """Return the seconds until the first waiting caller may be served."""
        open_at = []
        if self._submits:
            open_at.append(self.submits_open_at)
        if self._polls:
            open_at.append(self._polls_open_at)
        return min(open_at) - self._now()

    async def _next_slot(self) -> float:
        oldest = self._now() - STALE
        for slot in self._slots:
            if slot > oldest:
                return slot
        count = max(1, int(self._settings.per_second))
        interval = 1.0 / self._settings.per_second
        first = await self._lanes.reserve_slots(
            self._settings.lane, count=count, interval=interval, now=self._now()
        )
        self._slots = (first + number * interval for number in range(1, count))
        return first

    def _give_slot(self) -> None:
        """Give the slot to the first caller that still waits."""
        while (waiter := self._pop_waiter()) is not None:
            if not waiter.done():
                waiter.set_result(None)
                return

    def _pop_waiter(self) -> asyncio.Future[None] | None:
        now = self._now()
        submit_may_go = bool(self._submits) and now >= self.submits_open_at
        poll_may_go = bool(self._polls) and now >= self._polls_open_at
        if poll_may_go:
            due, _, _ = self._polls[0]
            if not submit_may_go or due < now - OVERDUE:
                return heapq.heappop(self._polls)[2]
        return self._submits.popleft() if submit_may_go else None
