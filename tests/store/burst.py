"""A process that records many orders at once, and prints how many were admitted.

``python burst.py URL ORDERS LIMIT FIGURE``: it begins when a line comes on standard input.
"""

import asyncio
import secrets
import sys

from bot.store.database import Database
from bot.store.jobs import Jobs
from tests.samples import a_job
from tests.store.record import Full, record_at_most


async def main(url, orders, limit, figure):
    async with Database.open(url) as database:
        jobs = Jobs(database)
        print("ready", flush=True)  # noqa: T201  to the test
        sys.stdin.readline()
        ends = await asyncio.gather(
            *(record_at_most(limit, jobs, an_order_of_ours(), figure) for _ in range(orders)),
            return_exceptions=True,
        )
    unexpected = [end for end in ends if end is not True and not isinstance(end, Full)]
    if unexpected:
        raise BaseExceptionGroup("neither admitted nor refused", unexpected)
    print(ends.count(True), flush=True)  # noqa: T201  to the test


def an_order_of_ours():
    """Return a job that no other process has as well."""
    return a_job(id=secrets.token_hex(8), interaction_id=secrets.randbits(62), price=1)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
