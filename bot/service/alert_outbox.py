"""Tells the operator of alerts, and tries again while the receiver is away."""

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Final

from bot.domain.alerts import Alert, AlertMessage
from bot.log import fault
from bot.retry import Backoff, wait_at_most
from bot.service.port_errors import AlertNotTaken, StoreUnavailable
from bot.service.ports.alerts import Alerts, AlertSender

log = logging.getLogger(__name__)

EVERY: Final = 5.0  # seconds between two looks for what other processes left
SEND_WITHIN: Final = 15.0  # seconds
LEASE: Final = 75.0  # seconds until another process tries, if this one died over it
# Seconds between two tries, less a fifth: never two in a minute while the receiver is away.
BACKOFF: Final = Backoff(first=76.0, most=300.0)
LONGEST_WAIT: Final = 1800.0  # seconds that a receiver may ask for
KEEP_TRYING: Final = 3 * 86400.0  # seconds after an alert


class AlertOutbox:
    """Transactional outbox: tells of alerts at least once, in their order, by any process.

    Without a receiver nobody is told, and nothing piles up.
    """

    def __init__(
        self,
        *,
        alerts: Alerts,
        sender: AlertSender | None,
        now: Callable[[], float],
        due: asyncio.Event,
        pause: float,
    ) -> None:
        self._alerts = alerts
        self._sender = sender
        self._now = now
        self._due = due  # set when something is to be told
        self._pause = pause if sender is not None else 0.0  # seconds between two messages
        self.pending = 0.0  # alerts that are to be told; not a number: unknown
        self._direct_at = 0.0  # when the store is away: the next try

    async def run(self) -> None:
        """Tell of alerts as they are recorded, until cancelled."""
        while True:
            self._due.clear()
            try:
                await self.sweep()
            except StoreUnavailable as error:
                self.pending = math.nan
                log.warning("alerts not told, later: error=%s", error)
            await wait_at_most(self._due, EVERY)

    async def sweep(self) -> None:
        """Tell of everything that is due. Raises StoreUnavailable if that is incomplete."""
        pause = 0.0
        while alert := await self._alerts.claim(now=self._now(), lease=LEASE):
            await asyncio.sleep(pause)
            asked = await self._send(alert.message)
            if asked is None or self._is_too_old(alert):
                await self._alerts.settle(alert, now=self._now())
            else:
                await self._alerts.settle(alert, now=self._now(), due_at=self._again(alert, asked))
            pause = self._pause
        self.pending = await self._alerts.pending()

    async def send_directly(self, alert: Alert) -> bool:
        """Tell of an alert that the store can't take, at most once in a minute; tell if it was."""
        now = self._now()
        if self._sender is None or now < self._direct_at:
            return False
        self._direct_at = now + BACKOFF.first
        return await self._send(alert.message) is None

    async def _send(self, message: AlertMessage) -> float | None:
        """Return ``None`` if it was taken, else the seconds that the receiver asks for."""
        if self._sender is None:
            return None
        try:
            async with asyncio.timeout(SEND_WITHIN):
                await self._sender.send(message)
        except (AlertNotTaken, TimeoutError) as error:
            reason = str(error) or "no answer"
            log.warning("alert not taken, trying again: kind=%s error=%s", message.kind, reason)
            return min(getattr(error, "retry_after", 0.0), LONGEST_WAIT)
        except Exception as error:  # noqa: BLE001 - it must not end the loop, nor be sent at once
            fault(log, "alert not sent", error, kind=message.kind)
            return 0.0
        return None

    def _again(self, alert: Alert, asked: float) -> float:
        delays = BACKOFF.delays()
        for _ in range(alert.tries - 1):
            next(delays)
        return self._now() + max(next(delays), asked)

    def _is_too_old(self, alert: Alert) -> bool:
        """Tell whether a message that is not taken is given up."""
        too_old = self._now() - (alert.message.closed_at or alert.opened_at) > KEEP_TRYING
        if too_old:
            log.error("alert given up: kind=%s subject=%s", alert.kind, alert.subject)
        return too_old
