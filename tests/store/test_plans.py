"""No statement of the store reads through what grows: it would be slow only once it matters.

``python -m benchmarks.plans`` does the same with a million orders, and measures.
"""

import time

from benchmarks.plans import fill, scans
from bot.store.database import Database

ROWS = 20_000  # enough for both planners to prefer an index


async def test_every_statement_finds_its_rows_by_an_index(url):
    now = time.time()
    async with Database.open(url) as database:
        await fill(database, rows=ROWS, now=now)

        assert await scans(database, now=now) == []
