"""What an operator sees of the bot at one moment, and the heartbeat by which processes are seen."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.admission import Caps, Usage
from bot.domain.alerts import Alert
from bot.domain.job import State
from bot.service.health import Readiness
from bot.service.moderation import ServiceState, service_state
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.alerts import Alerts
from bot.service.ports.store import Denials, JobQueries, Jobs, Processes, ProcessSeen
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

BEAT_EVERY: Final = 60.0  # seconds
LOOK_EVERY: Final = 5.0  # seconds
SHOWN: Final = 50  # characters of the shards' numbers; the store takes 64 with their count
LATELY: Final = 600.0  # seconds for which a process is listed after its last beat


@dataclass(frozen=True, kw_only=True)
class OperatorStatus:
    """The state of the bot, for its operator. Times are Unix seconds."""

    service: ServiceState  # the vendor, by the lane
    readiness: Readiness  # of this process
    orders: Mapping[State, int]  # that have not ended
    waiting: int  # in the lane
    usage: Usage  # of all servers
    caps: Caps
    barred: int
    alerts: Sequence[Alert]  # whose trouble goes on
    processes: Sequence[ProcessSeen]
    own: str  # the owner id of this process


class OperatorStatusService:
    """Puts together the operator's status."""

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        jobs: Jobs,
        queries: JobQueries,
        denials: Denials,
        processes: Processes,
        alerts: Alerts,
        readiness: Callable[[], Awaitable[Readiness]],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._queries = queries
        self._denials = denials
        self._processes = processes
        self._alerts = alerts
        self._readiness = readiness
        self._now = now

    async def status(self) -> OperatorStatus:
        """Return the state of the bot now."""
        settings, now = self._settings, self._now()
        context = await self._jobs.admission_context(None, 0, lane=settings.lane, now=now)
        counts = await self._queries.count(settings.lane)
        _, barred = await self._denials.page(now=now, skip=0, most=1)
        return OperatorStatus(
            service=service_state(context.lane, now),
            readiness=await self._readiness(),
            orders=counts.orders,
            waiting=counts.waiting,
            usage=context.usage,
            caps=settings.caps,
            barred=barred,
            alerts=await self._alerts.episodes(),
            processes=await self._processes.recent(since=now - LATELY),
            own=settings.owner,
        )


class ProcessHeartbeat:
    """Heartbeat of this process: records once a minute that it runs, and as what."""

    def __init__(
        self, *, settings: ServiceSettings, processes: Processes, now: Callable[[], float]
    ) -> None:
        self._shards = settings.shards
        self._seen = ProcessSeen(
            owner=settings.owner,
            version=settings.version,
            shards="",
            started_at=now(),
            seen_at=now(),
        )
        self._processes = processes
        self._now = now

    async def run(self) -> None:
        """Record it until cancelled: each minute, and soon after its shards have changed."""
        while True:
            now = self._now()
            seen = replace(self._seen, shards=self._shown(), seen_at=now)
            if seen.shards != self._seen.shards or now - self._seen.seen_at >= BEAT_EVERY:
                try:
                    await self._processes.record(seen)
                    self._seen = seen
                except StoreUnavailable as error:
                    log.info("process not recorded: error=%s", error)
            await asyncio.sleep(LOOK_EVERY)

    def _shown(self) -> str:
        ids, count = ", ".join(map(str, sorted(self._shards.ids))) or "-", self._shards.count
        if len(ids) > SHOWN:
            ids = ids[:SHOWN].rpartition(" ")[0] + " …"
        return f"{ids} / {count}"
