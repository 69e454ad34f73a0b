"""Exponential back-off with jitter, a retry loop that uses it, and a bounded wait."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

Result = TypeVar("Result")

JITTER: Final = 0.2  # of a delay, up or down: many clients must not retry at the same moment


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Exponential back-off with jitter: the delays between attempts, in seconds."""

    first: float
    most: float

    def delays(self) -> Iterator[float]:
        """Yield the delays for ever: doubled from *first* up to *most*, each with jitter."""
        delay = self.first
        while True:
            jitter = random.uniform(-JITTER, JITTER)  # noqa: S311 - spreads load, keeps no secret
            yield delay * (1.0 + jitter)
            delay = min(delay * 2.0, self.most)


class WakeUp:
    """An event that one task waits for; it takes a tenth of the memory of asyncio's."""

    __slots__ = ("_is_set", "_waiter")

    def __init__(self) -> None:
        self._is_set = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Wake the task, now or as soon as it waits."""
        self._is_set = True
        _end(self._waiter)

    def is_set(self) -> bool:
        """Tell whether it was set since the last :meth:`clear`."""
        return self._is_set

    def clear(self) -> None:
        """Have the next wait last."""
        self._is_set = False

    async def wait_at_most(self, seconds: float) -> None:
        """Wait until it is set, at most so many seconds."""
        if self._is_set:
            return
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(seconds, _end, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None


def _end(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


async def wait_at_most(event: asyncio.Event, seconds: float) -> None:
    """Wait until *event* is set, at most so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def retry(
    call: Callable[[], Awaitable[Result]],
    *,
    on: type[Exception] | tuple[type[Exception], ...],
    backoff: Backoff,
    failed: Callable[[Exception], None] = lambda _error: None,
) -> Result:
    """Call until it raises no *on*, and return its result; *failed* gets each error."""
    delays = backoff.delays()
    while True:
        try:
            return await call()
        except on as error:
            failed(error)
        await asyncio.sleep(next(delays))
