"""Takes this process's share of the shards by lease, keeps it, and hands over what is more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Final

from bot.domain.shard_leases import LEASE, ShardMember, ShardPlan, ShardView, plan
from bot.domain.shards import Shards
from bot.service.gateway_starts import GatewayStartBudget
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.discord import ShardConnections
from bot.service.ports.store import ShardLeases

log = logging.getLogger(__name__)

EVERY: Final = 3.0  # seconds between two renewals
STORE_WITHIN: Final = 3.0  # seconds
LEAVE_WITHIN: Final = 2.0  # seconds
STALLED: Final = 90.0  # seconds without any connection, while others have theirs
STEP_BACK: Final = 300.0  # seconds for which the others share without this process then
ASK_EVERY: Final = 10.0  # seconds between two questions about starts, while the store is away


class ShardKeeper:
    """Holder of leases: a shard is connected only while it is this process's on record.

    While the store is away nobody can renew, and nobody can take over: the shards stay connected
    past their lease until Discord's count of starts shows that another process has made one.
    """

    def __init__(
        self,
        bot: str,
        me: ShardMember,
        *,
        store: ShardLeases,
        connections: ShardConnections,
        starts: GatewayStartBudget,
        prepare: Callable[[Shards], Awaitable[None]],
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Call *prepare* with shards before they are connected; it may raise StoreUnavailable."""
        self._bot = bot
        self._me = me
        self._store = store
        self._connections = connections
        self._starts = starts
        self._prepare = prepare
        self._now = now
        self._sleep = sleep
        self._held: dict[int, int] = {}  # the epochs of this process's shards
        self._until = 0.0  # when its lease ends
        self._take_from = 0.0
        self._foreign: tuple[float, int] | None = None  # starts, as the store went away
        self._ask_at = 0.0
        self._connected_at = 0.0  # the last time that a shard was, or that there was none
        self._back_at = 0.0
        self._lock = asyncio.Lock()
        self._left = False

    async def run(self) -> None:
        """Renew until this process leaves, from the moment when it can connect."""
        await self._connections.opened()
        while not self._left:
            await self.renew()
            await self._sleep(EVERY)

    async def renew(self) -> None:
        """Renew the leases, and do what is planned next."""
        async with self._lock:
            if not self._left and self._now() >= self._back_at:
                await self._renew()

    async def leave(self) -> None:
        """Close all shards and free them, so that others take them at once."""
        self._left = True
        async with self._lock:
            await self._connections.assign(())
            await self._free()

    async def _free(self) -> None:
        try:
            async with asyncio.timeout(LEAVE_WITHIN):
                await self._store.leave(self._bot, self._me.owner)
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("shards not freed, they are taken later: error=%s", error)

    async def _renew(self) -> None:
        now = self._now()
        if self._until and now >= self._until:  # others had no time to renew theirs either
            self._take_from = now + LEASE
        me = replace(self._me, until=now + LEASE)
        decide = partial(
            plan,
            me=me,
            now=now,
            idle=set(range(me.count)).difference(self._connections.begun),
            may_take=now >= self._take_from,
            may_move=self._starts.plenty,
        )
        try:
            async with asyncio.timeout(STORE_WITHIN):
                view, planned = await self._store.renew(
                    self._bot, me, decide, up=self._connections.up, now=now
                )
        except (StoreUnavailable, TimeoutError) as error:
            await self._hold_on(error)
            return
        self._until, self._foreign = me.until, None
        if self._connections.up or not self._held:
            self._connected_at = now
        if now - self._connected_at > STALLED and view.up_elsewhere(me):
            log.warning("shards given up, they don't connect here: ids=%s", _shown(self._held))
            self._held, self._back_at = {}, now + STEP_BACK
            await self._connections.assign(None)
            await self._free()
        else:
            await self._follow(view, planned)

    async def _follow(self, view: ShardView, planned: ShardPlan) -> None:
        """Make the connections what is on record."""
        held, given = dict(view.held(self._me.owner)), set(planned.give)
        lost = {shard_id for shard_id, epoch in self._held.items() if held.get(shard_id) != epoch}
        if lost:
            log.warning("shards lost, another process took them: ids=%s", _shown(lost))
        kept = self._held.keys() - lost - given
        if lost or given:
            await self._connections.assign(kept)
        if given:
            log.info("shards handed over: ids=%s", _shown(given))
            try:
                await self._store.release(self._bot, self._me, given)
            except StoreUnavailable as error:  # they are handed over again
                log.info("shards not freed, retrying: error=%s", error)
        self._held = {shard_id: epoch for shard_id, epoch in held.items() if shard_id in kept}
        if new := held.keys() - kept - given:
            try:
                await self._prepare(Shards(count=self._me.count, ids=frozenset(new)))
            except StoreUnavailable as error:
                log.info("shards not taken, retrying: error=%s", error)
                return
            log.info("shards taken: ids=%s", _shown(new))
            self._held |= {shard_id: held[shard_id] for shard_id in new}
        await self._connections.assign(self._held.keys())

    async def _hold_on(self, error: Exception) -> None:
        """Give up all shards if the lease is over, unless nobody else has them."""
        log.warning("shards not renewed: error=%s", error)
        now, end = self._now(), self._until - EVERY
        if not self._held or now < self._ask_at:
            return
        foreign = await self._starts.foreign()
        self._ask_at = now + ASK_EVERY
        if now < end:
            self._foreign, self._ask_at = foreign, min(self._ask_at, end)
        elif foreign is None or self._foreign is None or not _same(foreign, self._foreign):
            log.warning("shards given up, they can't be renewed: ids=%s", _shown(self._held))
            self._held = {}
            await self._connections.assign(None)


def _same(now: tuple[float, int], before: tuple[float, int]) -> bool:
    """Tell whether no process but this one has started a session."""
    return abs(now[0] - before[0]) < LEASE and now[1] <= before[1]


def _shown(shard_ids: Collection[int]) -> str:
    return ",".join(map(str, sorted(shard_ids)))
