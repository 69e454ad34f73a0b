"""The ports with meters on them: each does what the one under it does, and tells of it.

So neither services nor the store nor the vendor's client know that anybody counts. A figure may
miss what a store that went away did without saying so.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bot.domain.job import Job, Update
from bot.domain.lane import Lane
from bot.domain.order import Order
from bot.service import ports
from bot.service.errors import LimitReached
from bot.service.ports import Admit, Callback, Picture
from bot.service.telemetry import VendorCall, timed
from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from bot.telemetry.prometheus import PrometheusTelemetry, Recovery


class InstrumentedJobs(Jobs):
    """Jobs whose ways are counted."""

    def __init__(self, database: Database, meters: PrometheusTelemetry) -> None:
        super().__init__(database)
        self._meters = meters

    async def add(self, job: Job, admit: Admit, *, count_to: int | None = None) -> Job | None:
        """Count orders that are taken, and those that a rule refused."""
        try:
            added = await super().add(job, admit, count_to=count_to)
        except LimitReached as refusal:
            self._meters.refused(refusal.verdict.rule)
            raise
        if added is not None:
            self._meters.taken()
        return added

    async def swap(self, before: Job, after: Job) -> bool:
        """Count ends, and what was paid."""
        swapped = await super().swap(before, after)
        if swapped:
            self._meters.moved(before, after)
        return swapped

    async def take_over(
        self, owner: str, *, lease: float, submitted_before: float, most: int = 100
    ) -> Sequence[Job]:
        """Count what others left."""
        taken = await super().take_over(
            owner, lease=lease, submitted_before=submitted_before, most=most
        )
        self._meters.recovered(Recovery.TAKEN_OVER, len(taken))
        return taken

    async def inherit(self, owner: str, *, lease: float, most: int = 100) -> Sequence[Job]:
        """Count what a predecessor left."""
        taken = await super().inherit(owner, lease=lease, most=most)
        self._meters.recovered(Recovery.INHERITED, len(taken))
        return taken


class InstrumentedLanes(Lanes):
    """Lanes whose pauses are counted."""

    def __init__(self, database: Database, meters: PrometheusTelemetry) -> None:
        super().__init__(database)
        self._meters = meters

    async def turn(self, lane: str, how: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        """Count pauses, and how often the lane was shut."""
        before, after = await super().turn(lane, how)
        self._meters.turned(before, after)
        return before, after


class InstrumentedQueue:
    """The vendor's queue, with a watch."""

    def __init__(self, queue: ports.Queue, meters: PrometheusTelemetry) -> None:
        self._queue = queue
        self._meters = meters

    async def submit(self, order: Order, callback: Callback | None) -> Update:
        """Time a submit."""
        with timed(partial(self._meters.called_vendor, VendorCall.SUBMIT)):
            return await self._queue.submit(order, callback)

    async def status(self, request_id: str) -> Update:
        """Time a status call."""
        with timed(partial(self._meters.called_vendor, VendorCall.STATUS)):
            return await self._queue.status(request_id)


class InstrumentedMedia:
    """The vendor's pictures, with a watch."""

    def __init__(self, media: ports.Media, meters: PrometheusTelemetry) -> None:
        self._media = media
        self._meters = meters

    async def fetch(self, address: str, path: Path, *, limit: int) -> Picture:
        """Time a download, with what is done to make it fit."""
        with timed(partial(self._meters.called_vendor, VendorCall.MEDIA)):
            return await self._media.fetch(address, path, limit=limit)
