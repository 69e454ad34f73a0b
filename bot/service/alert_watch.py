"""Looks for troubles of which the operator is told, in the store and in this process."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bot.domain import lane as lane_rules
from bot.domain.alerts import LANE_TEXTS, AlertKind
from bot.domain.job import State
from bot.domain.lane import lasts
from bot.retry import wait_at_most
from bot.service.alert_outbox import AlertOutbox
from bot.service.alerts import HOUR, AlertService
from bot.service.health import HealthService, StoreSnapshot
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Counts, Lanes
from bot.service.retention import DAY
from bot.service.settings import ServiceSettings
from bot.service.tracker import LISTEN

log = logging.getLogger(__name__)

EVERY: Final = 5.0  # seconds between two looks
ANSWERS_WITHIN: Final = 10.0  # seconds until the store counts as away
AWAY_LASTS: Final = 10.0  # seconds until the operator is told that the store is away
OUTSTANDING_LASTS: Final = 30.0  # seconds; a file that is late is there by then
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
        self._erased_at = 0.0
        # Returns what is wrong with the place where pictures wait.
        self.storage_error: Callable[[], str | None] = lambda: None
        self._since: dict[AlertKind, float] = {}  # of what is bad, but not told at once

    async def run(self) -> None:
        """Look and record, until cancelled."""
        while True:
            self._due.clear()
            await self.look()
            await wait_at_most(self._due, EVERY)

    async def look(self) -> None:
        """Note what is bad and what is not, and record it; a store that is away is noted too."""
        snapshot = await self._snapshot()
        readiness, shards = snapshot.readiness, self._settings.shards
        self._note(
            AlertKind.GATEWAY,
            UNCONNECTED_LASTS,
            "The bot is not connected to Discord's gateway: it gets no commands.",
            "The bot is connected to Discord's gateway again.",
            is_good=readiness.gateway,
            subject=self._settings.name if shards.leased else shards.shown,
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
        away = self.storage_error()
        self._note(
            AlertKind.FILES,
            AWAY_LASTS,
            f"The place where pictures wait (FILES_URL) is away: {away}. Private, held and "
            "undelivered pictures wait for it; public orders go on. Find out more by: "
            "python -m bot check",
            "The place where pictures wait (FILES_URL) works again.",
            is_good=away is None,
            subject=self._settings.name,
        )
        if readiness.store:
            try:
                await self._look_at_lane()
                self._look_at_orders(snapshot.counts)
                await self._alerts.record()
                await self._erase_old()
            except StoreUnavailable as error:
                log.info("alerts not recorded, later: error=%s", error)
        untold = self._alerts.unrecorded(AlertKind.STORE)
        if untold is not None and await self._outbox.send_directly(untold):
            self._alerts.told(untold)

    async def _snapshot(self) -> StoreSnapshot:
        """Return the state; a store that takes long is away, too: others wait for it."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                return await self._health.snapshot()
        except TimeoutError:
            return StoreSnapshot(readiness=self._health.without_store())

    async def _erase_old(self) -> None:
        """Erase alerts after their retention time, once in an hour."""
        now, days = self._now(), self._settings.retention.orders_days
        if days and now - self._erased_at >= HOUR:
            self._erased_at = now
            await self._alerts.erase(before=now - days * DAY)

    async def _look_at_lane(self) -> None:
        now = self._now()
        lane = await self._lanes.get(self._settings.lane)
        closed = lane_rules.closed_reason(lane, now)
        for reason, (text, over) in LANE_TEXTS.items():
            if reason is not closed:
                self._alerts.close(AlertKind.LANE, reason)
            elif lasts(lane, reason, now):
                self._alerts.open(AlertKind.LANE, reason, text, over=over)

    def _look_at_orders(self, counts: Counts) -> None:
        now, uncertain = self._now(), counts.orders.get(State.UNCERTAIN, 0)
        plural = "" if uncertain == 1 else "s"
        text = f"{uncertain} order{plural} with an unknown outcome: billed or not, and not sent "
        text += "again. Look them up at the vendor, then: python -m bot jobs settle"
        patience = LISTEN if self._settings.public_url else 0.0  # a callback may tell the outcome
        newest = counts.newest_uncertain or 0.0
        self._note(
            AlertKind.UNCERTAIN,
            0.0,
            text,
            "No order has an unknown outcome any more.",
            is_good=counts.oldest_uncertain is None or now - counts.oldest_uncertain < patience,
        )
        episode = self._alerts.episode(AlertKind.UNCERTAIN)
        is_told = episode is None or now - episode.opened_at < HOUR or newest <= episode.opened_at
        if not is_told and newest < now - patience:
            self._alerts.tell(AlertKind.UNCERTAIN, "more", text, at_most_every=HOUR, once=newest)
        plural = "" if counts.outstanding == 1 else "s"
        self._note(
            AlertKind.OUTSTANDING,
            0.0,
            f"{counts.outstanding} paid order{plural} whose pictures can't be fetched: they are "
            "tried again. Find out why by: python -m bot check",
            "No paid pictures are outstanding any more.",
            is_good=now - (counts.oldest_outstanding or now) < OUTSTANDING_LASTS,
        )

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
