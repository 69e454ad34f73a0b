"""Warns of budgets that are used to 50, 80 and 100 %: the operator, and a server of its own."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from bot.domain import admission
from bot.domain.admission import SAMPLE, AdmissionRequest, Rule, RuleResult
from bot.domain.alerts import Alert, AlertKind
from bot.domain.budget_steps import STEPS, BudgetReached, budgets_reached
from bot.domain.deeds import Deed, DeedKind, fixed_id
from bot.domain.money import written
from bot.service.alerts import new_alert, new_event
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Deeds, Jobs
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

RETRY: Final = 5.0  # seconds, when the store is away
MOST: Final = 10_000  # budgets that are known to be told

_NAMES: Final = {
    Rule.OPERATOR_DAY_USD: "MAX_USD_PER_DAY",
    Rule.OPERATOR_MONTH_USD: "MAX_USD_PER_MONTH",
    Rule.OPERATOR_SERVER_MONTH_USD: "MAX_USD_PER_GUILD_PER_MONTH",
    Rule.SERVER_MONTH_USD: "server_usd_per_month",
}

_Key = tuple[object, ...]


def log_reached(reached: BudgetReached) -> None:
    """Tell the operator of a step, in the log."""
    log.warning(
        "budget step reached: rule=%s guild=%s percent=%d used_usd=%s cap_usd=%s ends_at=%d",
        *(reached.rule, reached.guild_id or "-", reached.percent),
        *(written(reached.used), written(reached.cap), reached.ends_at),
    )


class BudgetWatch:
    """Observer of admissions: tells of each step of each budget once, whatever process saw it.

    The store knows what was told. A step that was not recorded, since the process died, is seen
    again with the next order; steps of all servers together at the start, too.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        deeds: Deeds,
        tell_deeds: Callable[[], None],
        now: Callable[[], float],
        report: Callable[[BudgetReached], None] = log_reached,
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._deeds = deeds
        self._tell_deeds = tell_deeds
        self._now = now
        self._report = report
        self._due = asyncio.Event()
        self._pending: dict[_Key, tuple[BudgetReached, str]] = {}
        self._told: dict[_Key, int] = {}  # percent

    def look(
        self,
        results: Iterable[RuleResult],
        *,
        guild_id: int | None,
        now: float,
        admitted: bool,
        language: str = "en",
    ) -> None:
        """Note the steps that budgets reached with an order.

        *results* were found at *now*, maybe yesterday by the clock; *language* is the server's.
        """
        for reached in budgets_reached(results, guild_id=guild_id, admitted=admitted, now=now):
            pending = self._pending.get(reached.key)
            known = max(self._told.get(reached.key, 0), pending[0].percent if pending else 0)
            if reached.percent > known:
                self._pending[reached.key] = (reached, language)
                self._due.set()

    async def run(self) -> None:
        """Tell of the steps that are reached, until cancelled."""
        started = False
        while True:
            try:
                if not started:
                    await self._look_at_all()
                    started = True
                await self.sweep()
            except StoreUnavailable as error:
                log.warning("budget steps not told, later: error=%s", error)
                await asyncio.sleep(RETRY)
                continue
            await self._due.wait()

    async def sweep(self) -> None:
        """Tell of what is noted. Raises StoreUnavailable if that is incomplete."""
        self._due.clear()
        while self._pending:
            key, (reached, language) = next(iter(self._pending.items()))
            deed = _deed(reached, language, self._now())
            alert = _alert(reached, self._now())
            new = await self._deeds.warn(reached, *filter(None, (deed,)), alert=alert)
            if self._pending[key][0] is reached:
                del self._pending[key]
            if len(self._told) >= MOST:
                self._told.clear()
            self._told[key] = reached.percent
            if new:
                self._report(reached)
                self._tell_deeds()

    async def _look_at_all(self) -> None:
        """Note the steps of the budgets of all servers, as they are now."""
        now, caps = self._now(), self._settings.caps
        context = await self._jobs.admission_context(None, 0, lane=self._settings.lane, now=now)
        sample = AdmissionRequest(order=SAMPLE, guild_id=None, channel_id=0)
        results = admission.rule_results(sample, caps=caps, context=context, now=now)
        self.look(results, guild_id=None, now=now, admitted=False)


def _alert(reached: BudgetReached, now: float) -> Alert:
    """Return what the operator is told; a budget that is used up has an end."""
    of_server = "" if reached.guild_id is None else f" of server {reached.guild_id}"
    ends = datetime.fromtimestamp(reached.ends_at, UTC)
    text = f"The budget {_NAMES[reached.rule]}{of_server} is used to {reached.percent} %: "
    text += f"{written(reached.used)} of {written(reached.cap)} USD, until {ends:%Y-%m-%d %H:%M}"
    subject = f"{reached.rule}{of_server}, {reached.percent} % of {written(reached.cap)}"
    if reached.percent < STEPS[-1]:
        return new_event(AlertKind.BUDGET, f"{text} UTC.", at=now, subject=subject)
    return new_alert(
        AlertKind.BUDGET,
        f"{text} UTC. Orders are refused until then.",
        at=now,
        subject=subject,
        over_text=f"A new period of the budget {_NAMES[reached.rule]}{of_server} began.",
        ends_at=float(reached.ends_at),
    )


def _deed(reached: BudgetReached, language: str, now: float) -> Deed | None:
    """Return what tells the server's log of its own budget; ``None``: it is no server's."""
    if reached.guild_id is None:
        return None
    return Deed(
        id=fixed_id(DeedKind.BUDGET, *reached.key, reached.percent),
        guild_id=reached.guild_id,
        at=now,
        kind=DeedKind.BUDGET,
        detail={
            "rule": reached.rule,
            "percent": reached.percent,
            "used": reached.used,
            "cap": reached.cap,
            "ends_at": reached.ends_at,
            "language": language,
        },
        tell_member=False,
    )
