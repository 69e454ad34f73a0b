"""Store writes that must not be lost: they are retried until the store answers."""

from collections.abc import Awaitable, Callable, Sequence

from bot.domain.deeds import Deed
from bot.domain.job import Job
from bot.retry import Backoff, Result, retry
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Jobs


async def swap_with_retry(
    jobs: Jobs, before: Job, after: Job, backoff: Backoff, *, deeds: Sequence[Deed] = ()
) -> Job:
    """Replace *before* by *after*; return the stored job, also if another change came first."""

    async def swap() -> Job:
        return await jobs.swap(before, after, deeds=deeds) or await jobs.get(before.id) or before

    return await retry_store(swap, backoff)


async def retry_store(call: Callable[[], Awaitable[Result]], backoff: Backoff) -> Result:
    """Call until the store answers, and return the result."""
    return await retry(call, on=StoreUnavailable, backoff=backoff)
