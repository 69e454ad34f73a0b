"""The lane's rate: who may call the vendor next, and when.

The rate is one row of the store for all processes; each draws a second's worth of slots at most.
Submits come first, but a poll that is long overdue goes before them.
"""

import asyncio
import contextlib
import contextvars
import heapq
import itertools
import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.domain import lane as breaker
from bot.domain.lane import ClosedReason, Lane
from bot.log import fault
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Lanes

log = logging.getLogger(__name__)

OVERDUE: Final = 30.0  # seconds after which a poll goes before submits
STALE: Final = 1.0  # seconds after which a slot that nobody took is lost
LONGEST_REST: Final = 60.0  # seconds that status calls rest when the vendor asks for patience
STORE_AWAY: Final = 1.0  # seconds until the store is asked again
AFTER_A_BUG: Final = 5.0  # seconds


@dataclass(frozen=True, kw_only=True)
class PaceSettings:
    """The lane, its rate, and how many seconds an empty wallet is left alone."""

    lane: str
    per_second: float
    probe_after: float


class Pace:
    """Hands out the lane's slots, and pauses when the vendor asks for patience."""

    def __init__(
        self,
        *,
        settings: PaceSettings,
        lanes: Lanes,
        now: Callable[[], float],
        wake_rounds: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._lanes = lanes
        self._wake_rounds = wake_rounds  # a lane that is shut gives back what waits in it
        self._now = now
        self._slots: deque[float] = deque()
        self._submits: deque[asyncio.Future[None]] = deque()
        self._polls: list[tuple[float, int, asyncio.Future[None]]] = []  # a heap by due time
        self._order = itertools.count()
        self._worker: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()
        self._submits_open_at = 0.0
        self._polls_open_at = 0.0

    async def submit(self) -> None:
        """Wait for a slot to submit in."""
        turn = asyncio.get_running_loop().create_future()
        self._submits.append(turn)
        self._line_up()
        await turn

    async def poll(self, *, due: float) -> None:
        """Wait for a slot to make a status call in that was due at *due*, in Unix seconds."""
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._polls, (due, next(self._order), turn))
        self._line_up()
        await turn

    async def close(self) -> None:
        """Hand out nothing any more."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])

    async def press(self, retry_after: float | None) -> float:
        """Pause the lane, since the vendor asked for patience; return until when.

        *retry_after* is in seconds; ``None``: the vendor did not say how long. Status calls rest
        for a minute at most: what is paid for shall not wait for days until a quota is new.
        """
        jitter = random.random()  # noqa: S311 - spreads load, keeps no secret
        now = self._now()
        # While the store is away nothing is sent from here; then all processes know of the pause.
        self._submits_open_at = max(self._submits_open_at, now + STORE_AWAY)
        lane = await self._insist(
            lambda lane: breaker.after_back_off(
                lane, retry_after=retry_after, now=now, jitter=jitter
            )
        )
        self._submits_open_at = lane.paused_until
        self._polls_open_at = min(self._submits_open_at, self._now() + LONGEST_REST)
        log.info("the lane pauses for %.1f s", self._submits_open_at - self._now())
        return self._submits_open_at

    async def drain(self, job_id: str, *, at: float) -> None:
        """Shut the lane, since the wallet could not pay for that job, however long it takes."""
        after = self._settings.probe_after
        await self._insist(
            lambda lane: breaker.out_of_credit(lane, job_id, now=at, probe_after=after)
        )

    async def lock(self, *, at: float) -> None:
        """Shut the lane, since the vendor did not accept the key, however long it takes."""
        await self._insist(lambda lane: breaker.key_rejected(lane, now=at))

    async def _insist(self, how: Callable[[Lane], Lane]) -> Lane:
        while True:
            try:
                return await self._turn(how)
            except StoreUnavailable:
                await asyncio.sleep(STORE_AWAY)

    async def _turn(self, how: Callable[[Lane], Lane]) -> Lane:
        """Change the lane, and tell when that shut it: the operator once, the rounds each time."""
        before, after = await self._lanes.update(self._settings.lane, how)
        reason = breaker.closed_reason(after, self._now())
        if reason is not None:
            if after.shut_at != before.shut_at:
                log.warning(_SHUT[reason])
            self._wake_rounds()
        return after

    async def until_open(self) -> float:
        """Return the seconds until the lane's pause ends, as the store has it; 0: it is open.

        Raises StoreUnavailable.
        """
        lane = await self._lanes.get(self._settings.lane)
        return max(lane.paused_until - self._now(), 0.0)

    async def ease(self, job_id: str) -> None:
        """Note that the vendor took that job: the next pause starts small again.

        Where the job was to find out if there is credit again, this opens the lane.
        """
        try:
            before, after = await self._lanes.update(
                self._settings.lane, lambda lane: breaker.after_success(lane, job_id)
            )
        except StoreUnavailable:
            log.warning("the lane could not be eased")  # the next order will find the probe's end
            return
        if before.closed is not None and after.closed is None:
            log.warning("there is credit again: the lane is open")

    def _line_up(self) -> None:
        """Have the worker know that somebody came."""
        self._arrived.set()
        if self._worker is None or self._worker.done():
            # It works for all jobs, and not for the one that happened to come first.
            nobodys = contextvars.Context()
            self._worker = asyncio.create_task(self._work(), name="pace", context=nobodys)

    async def _work(self) -> None:
        """Hand out slots until nobody waits for one."""
        while self._submits or self._polls:
            try:
                if (rest := self._rest()) > 0:
                    await self._sleep(rest)
                    continue
                slot = await self._next_slot()
                await asyncio.sleep(slot - self._now())
                self._hand_out()
            except StoreUnavailable:
                await asyncio.sleep(STORE_AWAY)
            except Exception as error:  # noqa: BLE001 - whoever waits here would wait for ever
                fault(log, "handing out slots failed", error)
                await asyncio.sleep(AFTER_A_BUG)

    def _rest(self) -> float:
        """Return the seconds until the first of those who wait may call."""
        open_at = [self._submits_open_at] * bool(self._submits)
        open_at += [self._polls_open_at] * bool(self._polls)
        return min(open_at) - self._now()

    async def _sleep(self, seconds: float) -> None:
        """Sleep, or until somebody comes who may call sooner."""
        self._arrived.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._arrived.wait()

    async def _next_slot(self) -> float:
        while self._slots:
            slot = self._slots.popleft()
            if slot > self._now() - STALE:
                return slot
        count = max(1, int(self._settings.per_second))
        interval = 1.0 / self._settings.per_second
        first = await self._lanes.reserve_slots(
            self._settings.lane, count=count, interval=interval, now=self._now()
        )
        self._slots.extend(first + number * interval for number in range(1, count))
        return first

    def _hand_out(self) -> None:
        """Give the slot to whoever is most important among those who still wait."""
        while (turn := self._first()) is not None:
            if not turn.done():
                turn.set_result(None)
                return

    def _first(self) -> asyncio.Future[None] | None:
        now = self._now()
        submit = self._submits and now >= self._submits_open_at
        poll = self._polls and now >= self._polls_open_at
        if poll and (not submit or self._polls[0][0] < now - OVERDUE):
            return heapq.heappop(self._polls)[2]
        return self._submits.popleft() if submit else None


_SHUT: Final = {
    ClosedReason.CREDIT: "the wallet is empty: orders are refused until it is topped up",
    ClosedReason.KEY: "the vendor rejects PIXAZO_API_KEY: nothing is submitted until a restart",
    ClosedReason.BUSY: "the vendor asked for a long pause: orders are refused until it ends",
}
