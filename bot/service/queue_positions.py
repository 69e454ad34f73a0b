"""The board over the lane: tells those who wait where they stand, and when it goes on."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.domain import lane as breaker
from bot.domain.card_status import CardStatus
from bot.domain.job import Job
from bot.domain.lane import ClosedReason, Lane
from bot.domain.shards import Shards
from bot.service.job_runner import JobRunner
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs, Lanes

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 2.0  # seconds
MOST: Final = 100  # places; who stands further behind is told when they come nearer
# A card changes at most so often, in seconds, for each ten places that it is away from its turn:
# near the front each step is news, far behind it would only use up Discord's patience.
CHANGE_EVERY: Final = 4.0


class QueuePositionUpdater:
    """Shows the waiting their places."""

    def __init__(
        self,
        *,
        lane: str,
        jobs: Jobs,
        lanes: Lanes,
        presenter: CardPresenter,
        runner: JobRunner,
        shards: Shards,
        now: Callable[[], float],
    ) -> None:
        self._lane = lane
        self._jobs = jobs
        self._lanes = lanes
        self._presenter = presenter
        self._runner = runner
        self._shards = shards  # another process shows the others' orders their places
        self._now = now
        self._shown: dict[str, tuple[CardStatus, float]] = {}  # by job, with when it was

    async def run(self) -> None:
        """Look for ever. What fails is done at the next look."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except StoreUnavailable as error:
                log.info("nobody was told of their place: %s", error)

    async def look(self) -> None:
        """Have every card changed whose place, or whose lane's pause, is another than it says."""
        lane = await self._lanes.get(self._lane)
        waiting = await self._jobs.waiting_jobs(self._lane, most=MOST)
        now = self._now()
        before, self._shown = self._shown, {}
        for place, job in enumerate(waiting, start=1):
            if not self._shards.cover(job.guild_id):
                continue
            status = _status(lane, place, now)
            self._shown[job.id] = self._show(job, status, before.get(job.id), now)

    def _show(
        self, job: Job, status: CardStatus, shown: tuple[CardStatus, float] | None, now: float
    ) -> tuple[CardStatus, float]:
        if shown is not None:
            shown_status, shown_at = shown
            only_place_differs = replace(shown_status, place=status.place) == status
            rest = CHANGE_EVERY * (1 + (status.place or 0) // 10)
            if shown_status == status or (only_place_differs and now < shown_at + rest):
                return shown
        # Between the look into the store and now its turn may have come.
        if not self._runner.carries(job.id):
            self._presenter.show(job, status)
        return status, now


def _status(lane: Lane, place: int, now: float) -> CardStatus:
    return CardStatus(
        place=place,
        paused_until=lane.paused_until if lane.paused(now) else None,
        key_rejected=breaker.closed_reason(lane, now) is ClosedReason.KEY,
    )
