"""The clock of a process: the database's, carried on by a monotonic one."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Self

from bot.service.port_errors import StoreUnavailable

log = logging.getLogger(__name__)

EVERY: Final = 10.0  # seconds between two measurements
SLEW: Final = 0.5  # of the time that passes: the most by which it is stretched or shortened
STEP: Final = 5.0  # seconds of difference that are reported
HOPELESS: Final = 2 * 86400.0  # seconds of difference that are corrected at once
SLOW: Final = 1.0  # seconds after which an answer tells the time too vaguely


def _monotonic() -> Callable[[], float]:
    """Return a clock that is never set and, where the system has one, counts while it sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    return time.monotonic


class SharedClock:
    """Slewing clock: Unix time by the database's clock, which all processes share.

    Between measurements a monotonic clock carries it on, so it never goes back and never jumps:
    when the database's clock is set, it follows by running faster or slower for a while. Durations
    that it measures are wrong by a third then, at most by half.
    """

    def __init__(
        self,
        measure: Callable[[], Awaitable[float]],
        *,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._measure = measure  # returns the database's time, or raises StoreUnavailable
        self._monotonic = monotonic or _monotonic()
        self._offset = 0.0  # from the monotonic clock, when the last slew began
        self._error = 0.0  # that is slewed
        self._since = 0.0  # when the slew began, by the monotonic clock

    @classmethod
    async def start(
        cls,
        measure: Callable[[], Awaitable[float]],
        *,
        monotonic: Callable[[], float] | None = None,
    ) -> Self:
        """Return a clock that agrees with the database's. Raises StoreUnavailable."""
        clock = cls(measure, monotonic=monotonic)
        await clock.adjust(at_once=True)
        return clock

    def __call__(self) -> float:
        """Return the time, in Unix seconds."""
        now = self._monotonic()
        slewed = min(abs(self._error), SLEW * (now - self._since))
        return now + self._offset + math.copysign(slewed, self._error)

    async def adjust(self, *, at_once: bool = False) -> None:
        """Measure the database's clock, and begin to follow it. Raises StoreUnavailable."""
        asked_at = self._monotonic()
        measured = await self._measure()
        answered_at = self._monotonic()
        if answered_at - asked_at > SLOW and not at_once:
            return
        own = self()
        error = measured + (answered_at - asked_at) / 2 - own
        if at_once or abs(error) > HOPELESS:
            own, error = own + error, 0.0
        self._offset, self._error, self._since = own - answered_at, error, answered_at
        if abs(error) > STEP:
            log.warning("database clock was set: seconds=%.1f", error)

    async def keep(self) -> None:
        """Follow the database's clock, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.adjust()
            except StoreUnavailable as error:
                log.debug("database clock not read: error=%s", error)
