"""Counts refused orders by server, day and rule, for the figures of moderators."""

import asyncio
import contextlib
import logging
from collections import Counter

from bot.domain.admission import Rule, day_of
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.figures import Figures, Refused

log = logging.getLogger(__name__)


class RefusalCounter:
    """Write-behind counter: a refusal costs no write of its own.

    What was counted since the last write is lost with a process that is killed. Where an outage
    hides whether a write was made, its orders may count twice.
    """

    def __init__(self, figures: Figures, *, every: float) -> None:
        """*every*: so many seconds are between two writes."""
        self._figures = figures
        self._every = every
        self._counted: Counter[Refused] = Counter()
        self._due = asyncio.Event()

    def count(self, guild_id: int | None, rule: Rule, *, now: float) -> None:
        """Count an order that *rule* refused in a server; outside of servers none is counted."""
        if guild_id is not None:
            self._counted[guild_id, int(day_of(now)), rule] += 1
            self._due.set()

    async def run(self) -> None:
        """Write what was counted every few seconds, until cancelled."""
        while True:
            await self._due.wait()
            await asyncio.sleep(self._every)
            try:
                await self.flush()
            except StoreUnavailable as error:
                log.info("refusals not counted, later: error=%s", error)

    async def flush(self) -> None:
        """Write what was counted. Raises StoreUnavailable: it is written later."""
        self._due.clear()
        counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            await self._figures.count_refusals(counted)
        except BaseException:
            self._counted.update(counted)
            self._due.set()
            raise

    async def close(self) -> None:
        """Write what was counted, if the store is there."""
        with contextlib.suppress(StoreUnavailable):
            await self.flush()
