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
