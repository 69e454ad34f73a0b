"""Observer: turns what adapters report into metrics and alerts, and tells of the bot's end."""

import asyncio
import logging
import sys
from dataclasses import dataclass
from typing import Final

from bot.domain.alerts import AlertKind
from bot.errors import ImagineError
from bot.pixazo.signing import NotSigned
from bot.service.alerts import HOUR
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.picture_check import Verdict
from bot.services import Alerting
from bot.telemetry.prometheus import PrometheusTelemetry

log = logging.getLogger(__name__)

LAST_WORDS_WITHIN: Final = 1.5  # seconds


def first_of(error: Exception) -> Exception:
    """Return an exception of a group, or of groups in it."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


@dataclass(frozen=True)
class OperatorReports:
    """Tells the operator of what goes wrong outside the services, and when it is over."""

    telemetry: PrometheusTelemetry
    alerting: Alerting
    subject: str  # of alerts of one process: its INSTANCE

    def starts_left(self, left: int, low: bool) -> None:  # noqa: FBT001 - the budget's callback
        """Report how many starts at the gateway Discord allows today."""
        self.telemetry.starts_left(left)
        if not low:
            self.alerting.alerts.close(AlertKind.STARTS)
            return
        text = f"Only {left} starts at Discord's gateway are left today: something restarts "
        text += "the bot, or its sessions do not last. With few left it waits."
        over = "There are enough starts at Discord's gateway again."
        self.alerting.alerts.open(AlertKind.STARTS, "", text, over=over)

    def picture_signed(self, error: NotSigned | None) -> None:
        """Report that a picture was signed, or why it was not."""
        self.telemetry.picture_signed(failed=error is not None)
        if error is None:
            self.alerting.alerts.close(AlertKind.SIGNING, self.subject)
            return
        text = f"Pictures can't be signed, and are delivered without: {error}. "
        text += "Find out more with: python -m bot check"
        over = "Pictures are signed again."
        self.alerting.alerts.open(AlertKind.SIGNING, self.subject, text, over=over)

    def pictures_checked(self, verdict: Verdict, error: Exception | None) -> None:
        """Report what the check said of pictures, or why it said nothing."""
        self.telemetry.pictures_checked(verdict)
        if error is not None:
            text = f"Pictures can't be checked: {error}. "
            text += "PICTURE_CHECK_AWAY decides what becomes of them."
            over = "Pictures are checked again."
            self.alerting.alerts.open(AlertKind.PICTURE_CHECK, self.subject, text, over=over)
        elif verdict is not Verdict.AWAY:
            self.alerting.alerts.close(AlertKind.PICTURE_CHECK, self.subject)

    def ended(self, errors: ExceptionGroup) -> None:
        """Report that essential loops failed, which ends the bot."""
        expected = errors.subgroup(ImagineError)
        why = "unexpected errors" if expected is None else str(first_of(expected))
        text = f"The bot ended: {why}. The log has the rest."
        self.alerting.alerts.tell(AlertKind.ERROR, "end", text, at_most_every=HOUR)

    async def send_last(self) -> None:
        """Record and send what the loops had no time for; the next start sends the rest.

        An end that was asked for sends nothing: nobody waits for a receiver that is slow.
        """
        try:
            async with asyncio.timeout(LAST_WORDS_WITHIN):
                await self.alerting.alerts.record()
                if sys.exception() is not None:
                    await self.alerting.outbox.sweep()
        except (StoreUnavailable, TimeoutError) as error:
            log.info("alerts not told at the end: error=%s", error)
