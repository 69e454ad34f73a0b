"""Recording a step that has been taken, however long the store is away."""

import asyncio
from typing import Final

from bot.domain.job import Job
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Jobs

STORE_AWAY: Final = 1.0  # seconds until the store is asked again


async def swap_with_retry(jobs: Jobs, before: Job, after: Job) -> Job:
    """Put *after* in the place of *before* and return it.

    Where somebody else was quicker, return the job as it then is.
    """
    while True:
        try:
            if await jobs.swap(before, after):
                return after
            return await jobs.get(before.id) or before
        except StoreUnavailable:
            await asyncio.sleep(STORE_AWAY)
