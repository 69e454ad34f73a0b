"""Shows waiting orders their position in the queue, and when a paused lane goes on."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.domain import lane as lane_rules
from bot.domain.card_status import CardStatus
from bot.domain.job import Job
from bot.domain.lane import ClosedReason, Lane
from bot.service.job_runner import JobRunner
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.discord import CardPresenter
from bot.service.ports.store import Jobs, Lanes
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

MOST: Final = 100  # positions that are shown; orders further back are shown one later
# Seconds between two changes of a card, for each ten positions from the front: near the front each
# step matters, far back it would only use up Discord's rate limit.
CHANGE_EVERY: Final = 4.0


class QueuePositionUpdater:
    """Periodically updates the cards of waiting orders.

    Cosmetic: what fails is repeated two seconds later.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        lanes: Lanes,
        presenter: CardPresenter,
        runner: JobRunner,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._lanes = lanes
        self._presenter = presenter
        self._runner = runner
        self._now = now
        self._shown: dict[str, tuple[CardStatus, float]] = {}  # by job id, with its time

    async def run(self) -> None:
        """Update every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.positions_every)
            try:
                await self.look()
            except StoreUnavailable as error:
                log.info("queue positions not updated: error=%s", error)

    async def look(self) -> None:
        """Change every card whose position or pause differs from what it shows."""
        lane = await self._lanes.get(self._settings.lane)
        waiting = await self._jobs.waiting_jobs(self._settings.lane, most=MOST)
        now = self._now()
        before, self._shown = self._shown, {}
        for place, job in enumerate(waiting, start=1):
            if not self._settings.shards.cover(job.guild_id):
                continue
            status = _status(lane, place, now)
            is_new = now - (job.reply.answered_at or now) < self._settings.positions_every
            if is_new and status == CardStatus(place=place):  # an open lane may take it at once
                continue
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
        # The job may have been claimed since the store was read.
        if not self._runner.is_running(job.id):
            self._presenter.show(job, status)
        return status, now


def _status(lane: Lane, place: int, now: float) -> CardStatus:
    reason = lane_rules.closed_reason(lane, now)
    return CardStatus(
        place=place,
        paused_until=lane.next_try_at(now) if reason is not ClosedReason.CREDIT else None,
        closed=reason if reason not in lane_rules.GIVES_BACK else None,
    )
