"""Keeps Discord's limit of starts at its gateway, for all processes with the same token."""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from bot.domain import gateway_starts as rules
from bot.domain.gateway_starts import GatewayStart, Permit, StartLimit
from bot.service.errors import StartPostponed
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import GatewayStarts

log = logging.getLogger(__name__)

AHEAD: Final = 8.0  # seconds that a shard waits while it is connected; from 10 discord.py warns
EVERY: Final = 15.0  # seconds between two looks at the record
ASK_EVERY: Final = 60.0  # seconds between two questions about the limit, before a start
ASK_SELDOM: Final = 1800.0  # seconds, while no shard wants to start
STORE_WITHIN: Final = 10.0  # seconds until this process goes by its own record
CONFIRM_WITHIN: Final = 2.0  # seconds
TOLD_FROM: Final = 30.0  # seconds; shorter waits are not logged


def token_name(token: str) -> str:
    """Return the name of the bot with *token*: a fingerprint that does not give it away."""
    return hashlib.sha256(b"bot:" + token.encode()).hexdigest()[:32]


class GatewayStartBudget:
    """Rate limiter of starts at Discord's gateway, shared through the store."""

    def __init__(
        self,
        bot: str,
        *,
        store: GatewayStarts,
        ask: Callable[[], Awaitable[StartLimit | None]],
        now: Callable[[], float],
        report: Callable[[int, bool], None] = lambda _left, _low: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Count the starts of *bot*; *ask* returns Discord's limit, or ``None`` if it is away.

        *report* is told how many are left, and whether these are few.
        """
        self._bot = bot
        self._store = store
        self._ask = ask
        self._now = now
        self._report = report
        self._sleep = sleep
        self._limit = StartLimit()
        self._asked_at = 0.0
        # Of this process, for when the store is away.
        self._own: deque[GatewayStart] = deque(maxlen=self._limit.total)
        self._connected: dict[int, float] = {}  # since when, by shard
        self._unconfirmed: dict[int, GatewayStart] = {}  # whose session has not lasted yet
        self._exhausted = False  # the operator was told
        self._left = self._limit.total
        self._count = 0  # starts of this process

    @property
    def plenty(self) -> bool:
        """Whether so many starts are left that shards may be moved between processes."""
        return self._left > self._limit.total * rules.SCARCE

    @property
    def concurrency(self) -> int:
        """The number of shards that may start at once."""
        return self._limit.concurrency

    async def until_free(self, shard_id: int) -> None:
        """Wait until a start of *shard_id* is allowed soon."""
        await self._note_failure(shard_id)
        told = None
        while True:
            await self._refresh()
            now = self._now()
            permit = rules.permit(await self._recent(now), shard_id, self._limit, now)
            self._tell(permit.left)
            if permit.at <= now + AHEAD:
                return
            if permit.wait is not told and permit.at - now > TOLD_FROM:
                told = permit.wait
                log.warning(
                    "gateway start postponed: shard=%d seconds=%.0f reason=%r left=%d",
                    *(shard_id, permit.at - now, str(permit.wait), permit.left),
                )
            await self._sleep(min(permit.at - now, EVERY))

    async def acquire(self, shard_id: int) -> None:
        """Record a start of *shard_id* and wait for its time, which is seconds at most.

        Raises StartPostponed if it is not allowed soon.
        """
        await self._note_failure(shard_id)
        await self._refresh()
        now = self._now()
        permit = await self._reserve(shard_id, now)
        self._tell(permit.left)
        if permit.at > now + AHEAD:
            raise StartPostponed(permit.wait)
        start = GatewayStart(at=permit.at, shard_id=shard_id)
        self._own.append(start)
        self._count += 1
        self._connected.pop(shard_id, None)
        self._unconfirmed[shard_id] = start
        if permit.at > now:
            await self._sleep(permit.at - now)

    def connected(self, shard_id: int) -> None:
        """Note that the shard's session goes on."""
        self._connected[shard_id] = self._now()

    def disconnected(self, shard_id: int) -> None:
        """Note that the shard's session is interrupted."""
        self._connected.pop(shard_id, None)

    async def released(self, shard_ids: Collection[int]) -> None:
        """Record that the sessions of shards were ended in order."""
        await self.confirm(of=shard_ids)
        for shard_id in shard_ids:
            self._connected.pop(shard_id, None)
            self._unconfirmed.pop(shard_id, None)

    async def foreign(self) -> tuple[float, int] | None:
        """Ask Discord how many starts other processes made, and until when it counts these.

        Only the difference between two answers means something. ``None``: it does not say.
        """
        limit = await self._ask()
        if limit is None:
            return None
        return limit.resets_at, limit.total - limit.remaining - self._count

    async def run(self) -> None:
        """Record which sessions last, until cancelled."""
        while True:
            await self._sleep(EVERY)
            await self.confirm(lasted=rules.STEADY)
            await self._refresh(ASK_SELDOM)

    async def confirm(self, *, lasted: float = 0.0, of: Collection[int] | None = None) -> None:
        """Record the sessions that have lasted for so many seconds; at the end of the bot: all.

        *of*: only of these shards.
        """
        for shard_id, start in tuple(self._unconfirmed.items()):
            since = self._connected.get(shard_id)
            if since is None or self._now() - since < lasted:
                continue
            if of is not None and shard_id not in of:
                continue
            now = self._now()
            self._replace(start, replace(start, steady_at=now))
            mark = self._store.mark_steady(self._bot, shard_id, started_at=start.at, now=now)
            if not await self._marked(mark):
                return
            self._unconfirmed.pop(shard_id, None)

    async def _note_failure(self, shard_id: int) -> None:
        """Record that the shard's last session ended too soon, if there was one."""
        if (start := self._unconfirmed.pop(shard_id, None)) is not None:
            self._replace(start, replace(start, failed=True))
            mark = self._store.mark_failed(self._bot, shard_id, started_at=start.at)
            await self._marked(mark)

    def _replace(self, start: GatewayStart, by: GatewayStart) -> None:
        starts = (by if own == start else own for own in self._own)
        self._own = deque(starts, maxlen=self._own.maxlen)

    async def _marked(self, mark: Awaitable[None]) -> bool:
        try:
            async with asyncio.timeout(CONFIRM_WITHIN):
                await mark
        except (StoreUnavailable, TimeoutError) as error:
            log.debug("gateway session not recorded: error=%s", error)
            return False
        return True

    async def _refresh(self, every: float = ASK_EVERY) -> None:
        """Ask for the limit again, unless the last answer is younger than *every* seconds."""
        if self._now() - self._asked_at < every:
            return
        self._asked_at = self._now()
        self._limit = await self._ask() or self._limit
        now = self._now()
        self._tell(self._limit.left(await self._recent(now), now))

    def _tell(self, left: int) -> None:
        self._left = left
        self._report(left, self._limit.is_low(left))
        if left > self._limit.reserve:
            self._exhausted = False
        elif not self._exhausted:
            self._exhausted = True
            log.error(
                "gateway starts used up, waiting for Discord's reset: left=%d reset_in=%.0f",
                *(left, max(self._limit.resets_at - self._now(), 0.0)),
            )

    async def _recent(self, now: float) -> Sequence[GatewayStart]:
        try:
            async with asyncio.timeout(STORE_WITHIN):
                return await self._store.recent(self._bot, now=now)
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("gateway starts not read from the store: error=%s", error)
            return self._own

    async def _reserve(self, shard_id: int, now: float) -> Permit:
        decide = partial(rules.permit, shard_id=shard_id, limit=self._limit, now=now)
        try:
            async with asyncio.timeout(STORE_WITHIN):
                return await self._store.reserve(self._bot, shard_id, decide, now=now, ahead=AHEAD)
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("gateway start not recorded in the store: error=%s", error)
            return decide(self._own)
