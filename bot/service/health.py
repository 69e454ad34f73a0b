"""The state of the bot for health checks and metrics."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.domain import lane as lane_rules
from bot.domain.job import State
from bot.domain.lane import REFUSES, ClosedReason
from bot.domain.money import Budget
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Counts, JobQueries, Lanes
from bot.service.settings import ServiceSettings

FRESH: Final = 5.0  # seconds for which a snapshot is reused
NOTHING: Final = Counts(orders={}, waiting=0)
LASTING: Final = 60.0  # seconds after which rejected status calls are reported


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Whether orders can be accepted now, and what prevents it if not.

    Migrations are not part of it: the bot serves nothing before they are done.
    """

    gateway: bool  # Discord sends interactions
    store: bool  # it can be read and written
    paused: bool = False  # the lane sends nothing for a moment; orders are still accepted
    closed: ClosedReason | None  # why the lane sends no orders; None: it does, or unknown
    descriptors_low: bool = False  # connections and files will soon fail
    status_calls_rejected: bool = False  # for a while now: the vendor rejects the key in them
    draining: bool = False  # the process is about to stop

    @property
    def serves(self) -> bool:
        """Whether this process answers members, if only with a refusal."""
        return self.gateway and self.store and not self.draining

    @property
    def ready(self) -> bool:
        """Whether orders can be accepted; in some closed lanes they wait."""
        return self.serves and self.closed not in REFUSES


@dataclass(frozen=True, kw_only=True)
class BudgetUse:
    """How much of a budget is used in its period, in millionths of a dollar."""

    spent: int
    cap: int  # 0: none


@dataclass(frozen=True, kw_only=True)
class StoreSnapshot:
    """The readiness and the open orders; no orders when the store is away."""

    readiness: Readiness
    counts: Counts = NOTHING
    budgets: Mapping[Budget, BudgetUse] = field(default_factory=dict)  # of all servers together

    @property
    def orders(self) -> Mapping[State, int]:
        """The number of orders by their state."""
        return self.counts.orders

    @property
    def waiting(self) -> int:
        """The number of orders in the queue."""
        return self.counts.waiting


class HealthService:
    """Answers health checks; a store that is away is reported, never raised."""

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        lanes: Lanes,
        queries: JobQueries,
        store: Callable[[], Awaitable[None]],
        connected: Callable[[], bool],
        descriptors_low: Callable[[], bool],
        status_calls_rejected_since: Callable[[], float | None],
        now: Callable[[], float],
    ) -> None:
        self._lane = settings.lane
        self._caps = settings.caps
        self._lanes = lanes
        self._queries = queries
        self._store = store  # raises StoreUnavailable
        self._connected = connected
        self._descriptors_low = descriptors_low
        self._rejected_since = status_calls_rejected_since
        self._now = now
        self._snapshot: StoreSnapshot | None = None
        self._counted_at = 0.0
        self._draining = False

    def drain(self) -> None:
        """Report from now on that orders go elsewhere; those that come are accepted."""
        self._draining = True

    async def readiness(self) -> Readiness:
        """Return the readiness at this moment."""
        try:
            await self._store()
            lane = await self._lanes.get(self._lane)
        except StoreUnavailable:
            return self.without_store()
        return Readiness(
            store=True,
            paused=lane.paused(self._now()),
            closed=lane_rules.closed_reason(lane, self._now()),
            **self._of_process(),
        )

    async def snapshot(self) -> StoreSnapshot:
        """Return a snapshot: what the store says is at most a few seconds old, the rest is new."""
        age = self._now() - self._counted_at
        if self._snapshot is None or not 0 <= age < FRESH:
            self._snapshot = await self._take_snapshot()
            self._counted_at = self._now()
        readiness = replace(self._snapshot.readiness, **self._of_process())
        return replace(self._snapshot, readiness=readiness)

    async def _take_snapshot(self) -> StoreSnapshot:
        readiness = await self.readiness()
        if not readiness.store:
            return StoreSnapshot(readiness=readiness)
        try:
            counts = await self._queries.count(self._lane)
            spent = await self._queries.spent(now=self._now())
        except StoreUnavailable:
            return StoreSnapshot(readiness=self.without_store())
        return StoreSnapshot(
            readiness=readiness,
            counts=counts,
            budgets={
                budget: BudgetUse(spent=amount, cap=self._caps.of(budget))
                for budget, amount in spent.items()
            },
        )

    def without_store(self) -> Readiness:
        """Return the readiness as far as it does not depend on the store, which is away."""
        return Readiness(store=False, closed=None, **self._of_process())

    def _of_process(self) -> dict[str, Any]:
        """Return the fields of a readiness that need no store."""
        since = self._rejected_since()
        return {
            "gateway": self._connected(),
            "descriptors_low": self._descriptors_low(),
            "draining": self._draining,
            "status_calls_rejected": since is not None and self._now() - since > LASTING,
        }
