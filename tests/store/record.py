"""Ways to record an order, for tests that are about the store and not about rules."""

from bot.domain.errors import OrderRejected
from tests.samples import anybody


class Full(OrderRejected):
    """These tests' own refusal."""


async def record(jobs, job):
    """Record *job* as it is, whatever is on record already; tell whether it is new."""
    return await jobs.add(job, anybody) is not None


async def record_at_most(limit, jobs, job, figure="server"):
    """Record *job* if that figure of the usage is below *limit*: its server's images today.

    Raises :class:`Full`.
    """

    def admit(asked, standing):
        if getattr(standing.usage, figure) >= limit:
            raise Full
        return asked

    return await jobs.add(job, admit) is not None
