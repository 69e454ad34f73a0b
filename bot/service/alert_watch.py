"""Looks for troubles of which the operator is told, in the store and in this process."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bot.domain import lane as lane_rules
from bot.domain.alerts import LANE_TEXTS, AlertKind
from bot.domain.lane import lasts
from bot.retry import wait_at_most
from bot.service.alert_outbox import AlertOutbox
from bot.service.alerts import AlertService
from bot.service.health import HealthService
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Lanes
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

EVERY: Final = 5.0  # seconds between two looks
AWAY_LASTS: Final = 10.0  # seconds until the operator is told that the store is away
UNCONNECTED_LASTS: Final = 30.0  # seconds; a session that goes on takes a few


class AlertWatch:
    """Observer of states: opens an alert while one is bad, and closes it when it is not.

    What it sees is a state and no change, so that a crash loses nothing: the next look, of this
    process or of the next one, sees the same.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        alerts: AlertService,
        outbox: AlertOutbox,
        health: HealthService,
        lanes: Lanes,
        disk_nearly_full: Callable[[], bool],
        due: asyncio.Event,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._alerts = alerts
        self._outbox = outbox
        self._health = health
        self._lanes = lanes
        self._disk_nearly_full = disk_nearly_full
        self._due = due  # set when something was noted
        self._now = now
        self._since: dict[AlertKind, float] = {}  # of what is bad, but not told at once

    async def run(self) -> None:
        """Look and record, until cancelled."""
        while True:
            self._due.clear()
            await self.look()
            await wait_at_most(self._due, EVERY)

    async def look(self) -> None:
        """Note what is bad and what is not, and record it; a store that is away is noted too."""
        readiness = (await self._health.snapshot()).readiness
        self._note(
            AlertKind.GATEWAY,
            UNCONNECTED_LASTS,
            "The bot is not connected to Discord's gateway: it gets no commands.",
            "The bot is connected to Discord's gateway again.",
            is_good=readiness.gateway,
            subject=self._settings.shards.shown,
        )
        self._note(
            AlertKind.DISK,
            0.0,
            "The disk of the data folder is nearly full: soon no order can be recorded and no "
            "picture be kept. Make room.",
            "The disk of the data folder has room again.",
            is_good=not await asyncio.to_thread(self._disk_nearly_full),
            subject=self._settings.name,
        )
        self._note(
            AlertKind.STORE,
            AWAY_LASTS,
            "The store does not answer: no order is accepted, and pictures wait.",
            "The store answers again.",
            is_good=readiness.store,
            subject=self._settings.name,
        )
        try:
            if readiness.store:
                await self._look_at_lane()
            await self._alerts.record()
        except StoreUnavailable as error:
            log.info("alerts not recorded, later: error=%s", error)
            away = self._alerts.unrecorded(AlertKind.STORE)
            if away is not None and await self._outbox.send_directly(away):
                self._alerts.told(away)

    async def _look_at_lane(self) -> None:
        now = self._now()
        lane = await self._lanes.get(self._settings.lane)
        closed = lane_rules.closed_reason(lane, now)
        for reason, (text, over) in LANE_TEXTS.items():
            if reason is not closed:
                self._alerts.close(AlertKind.LANE, reason)
            elif lasts(lane, reason, now):
                self._alerts.open(AlertKind.LANE, reason, text, over=over)

    def _note(
        self, kind: AlertKind, lasts: float, *texts: str, is_good: bool, subject: str = ""
    ) -> None:
        """Note whether something is good; it may be bad for *lasts* seconds until that is told."""
        if is_good:
            self._since.pop(kind, None)
            self._alerts.close(kind, subject)
        elif self._now() - self._since.setdefault(kind, self._now()) >= lasts:
            text, over = texts
            self._alerts.open(kind, subject, text, over=over)
