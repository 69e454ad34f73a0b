"""How the bot stands, for those who look at it from outside: a supervisor, and whoever measures."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.domain import lane as breaker
from bot.domain.job import State
from bot.domain.lane import ClosedReason
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import JobQueries, Lanes

FRESH: Final = 5.0  # seconds in which the orders are not counted again, however many ask


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Whether orders can be taken now, and what is in the way if not.

    That the tables are up to date is not in it: nobody is served before they are.
    """

    gateway: bool  # Discord sends interactions
    store: bool  # it answers, and takes what is written
    paused: bool = False  # the lane sends nothing for a moment; orders are taken all the same
    shut: ClosedReason | None  # why the lane takes no orders; None: it does, or the store is away

    @property
    def ready(self) -> bool:
        """Whether nothing is in the way."""
        return self.gateway and self.store and self.shut is None


@dataclass(frozen=True, kw_only=True)
class StoreSnapshot:
    """The readiness, and the orders that have not ended; none where the store is away."""

    readiness: Readiness
    orders: Mapping[State, int] = field(default_factory=dict)
    waiting: int = 0  # orders that wait for their turn


class HealthService:
    """The look from outside."""

    def __init__(
        self,
        *,
        lane: str,
        lanes: Lanes,
        queries: JobQueries,
        store: Callable[[], Awaitable[None]],
        connected: Callable[[], bool],
        now: Callable[[], float],
    ) -> None:
        self._lane = lane
        self._lanes = lanes
        self._queries = queries
        self._store = store  # raises StoreAway where it does not read and write
        self._connected = connected
        self._now = now
        self._census: StoreSnapshot | None = None
        self._counted_at = 0.0

    async def readiness(self) -> Readiness:
        """Return how things stand at this moment."""
        try:
            await self._store()
            lane = await self._lanes.get(self._lane)
        except StoreUnavailable:
            return Readiness(gateway=self._connected(), store=False, shut=None)
        return Readiness(
            gateway=self._connected(),
            store=True,
            paused=lane.paused(self._now()),
            shut=breaker.closed_reason(lane, self._now()),
        )

    async def census(self) -> StoreSnapshot:
        """Return how things stood a few seconds ago at most."""
        age = self._now() - self._counted_at
        if self._census is None or not 0 <= age < FRESH:
            self._census = await self._take()
            self._counted_at = self._now()
        return self._census

    async def _take(self) -> StoreSnapshot:
        readiness = await self.readiness()
        if not readiness.store:
            return StoreSnapshot(readiness=readiness)
        try:
            counts = await self._queries.count(self._lane)
        except StoreUnavailable:
            away = Readiness(gateway=readiness.gateway, store=False, shut=None)
            return StoreSnapshot(readiness=away)
        return StoreSnapshot(readiness=readiness, orders=counts.orders, waiting=counts.waiting)
