"""The rate of one lane's calls.

The rate is one row of the store for all processes; each process reserves the slots of at most one
second. Submits come before polls, but a poll that is long overdue comes before submits.
"""

import asyncio
import contextvars
import heapq
import itertools
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
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
        self._interval = 1.0 / settings.per_second
        self._reserved = range(0)  # the numbers of the slots that are left
        self._given_back = -math.inf  # a slot that there was no use for
        self._first_slot = 0.0  # that of number 0, in Unix seconds
        self._submits: deque[asyncio.Future[None]] = deque()
        self._polls: list[tuple[float, int, asyncio.Future[None]]] = []  # a heap by due time
        self._sequence = itertools.count()
        self._worker: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()
        self.submits_open_at = 0.0  # when the pause of submits ends, in Unix seconds
        self._polls_open_at = 0.0

    async def acquire_submit(self) -> None:
        """Wait for a slot to submit in."""
        if await self.take_submit():
            return
        waiter = asyncio.get_running_loop().create_future()
        self._submits.append(waiter)
        self._wake_worker()
        await waiter

    async def take_submit(self) -> bool:
        """Take a slot to submit in, if there is one now."""
        await self._give_way()
        return self._slot_is_free(self.submits_open_at)

    async def acquire_poll(self, *, due: float) -> None:
        """Wait for a slot for a status call that was due at *due*, in Unix seconds."""
        await self._give_way()
        if self._slot_is_free(self._polls_open_at):
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._polls, (due, next(self._sequence), waiter))
        self._wake_worker()
        await waiter

    def give_back(self) -> None:
        """Take back a slot that there was no use for: it is the next caller's."""
        self._given_back = self._now()

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
        self._give_slot()

    def _seconds_until_open(self) -> float:
        """Return the seconds until the first waiting caller may be served."""
        open_at = []
        if self._submits:
            open_at.append(self.submits_open_at)
        if self._polls:
            open_at.append(self._polls_open_at)
        return min(open_at) - self._now()

    def _slot_is_free(self, open_at: float) -> bool:
        """Take a slot that is reserved and due, where nobody waits and the pause is over."""
        now = self._now()
        if self._submits or self._polls or now < open_at:
            return False
        if (slot := self._reserved_slot()) is None:
            return False
        if slot > now:
            self._reserved = range(self._reserved.start - 1, self._reserved.stop)
            return False
        return True

    async def _next_slot(self) -> float:
        if (slot := self._reserved_slot()) is not None:
            return slot
        count = max(1, int(self._settings.per_second))
        first = await self._lanes.reserve_slots(
            self._settings.lane, count=count, interval=self._interval, now=self._now()
        )
        self._first_slot, self._reserved = first, range(1, count)
        return first

    def _reserved_slot(self) -> float | None:
        """Take the next of the reserved slots, without those that are stale."""
        given_back, self._given_back = self._given_back, -math.inf
        if given_back > self._now() - STALE:
            return given_back
        stale = math.ceil((self._now() - STALE - self._first_slot) / self._interval)
        left = range(max(self._reserved.start, stale), self._reserved.stop)
        self._reserved = left[1:]
        return self._first_slot + left[0] * self._interval if left else None

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
