"""The budget of starts at the gateway: processes that share a record, in time that a test makes."""

import asyncio
import heapq
import itertools

import pytest

from bot.domain.gateway_starts import DAY, STEADY, GatewayStart, StartLimit
from bot.service.errors import StartPostponed
from bot.service.gateway_starts import ASK_EVERY, GatewayStartBudget
from bot.service.port_errors import StoreUnavailable
from tests.samples import NOW

BOT = "bot"


class Timeline:
    """Time that passes once everybody sleeps."""

    def __init__(self) -> None:
        self.now = NOW
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), future))
        await future

    async def run(self, seconds: float) -> None:
        until = self.now + seconds
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if not self._sleepers or self._sleepers[0][0] > until:
                break
            self.now, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
        self.now = until


class FakeStarts:
    """The record, in memory."""

    def __init__(self) -> None:
        self.starts: dict[tuple[float, int], GatewayStart] = {}
        self.away = False

    async def recent(self, _bot, *, now):
        if self.away:
            raise StoreUnavailable
        return [start for start in self.starts.values() if start.at >= now - DAY]

    async def reserve(self, bot, shard_id, decide, *, now, ahead):
        permit = decide(await self.recent(bot, now=now))
        if permit.at <= now + ahead:
            self.starts[permit.at, shard_id] = GatewayStart(at=permit.at, shard_id=shard_id)
        return permit

    async def mark_steady(self, _bot, shard_id, *, started_at, now):
        self.starts[started_at, shard_id] = GatewayStart(
            at=started_at, shard_id=shard_id, steady_at=now
        )

    async def mark_failed(self, _bot, shard_id, *, started_at):
        if self.away:
            raise StoreUnavailable
        self.starts[started_at, shard_id] = GatewayStart(
            at=started_at, shard_id=shard_id, failed=True
        )


class World:
    """Discord, and processes with one token."""

    def __init__(self) -> None:
        self.time = Timeline()
        self.store = FakeStarts()
        self.total, self.used, self.asked = 1000, 0, 0
        self.identified: list[tuple[float, int]] = []  # Unix time, shard
        self.reported: list[int] = []
        self.low: list[bool] = []
        self._tasks: list[asyncio.Task[None]] = []

    def budget(self) -> GatewayStartBudget:
        return GatewayStartBudget(
            BOT,
            store=self.store,
            ask=self._ask,
            now=self.time,
            report=self._note,
            sleep=self.time.sleep,
        )

    def _note(self, left: int, low: bool) -> None:
        self.reported.append(left)
        self.low.append(low)

    async def _ask(self) -> StartLimit:
        self.asked += 1
        day_ends = NOW + DAY * ((self.time.now - NOW) // DAY + 1)
        today = sum(at >= day_ends - DAY for at, _ in self.identified) + self.used
        return StartLimit(
            total=self.total,
            remaining=self.total - today,
            resets_at=day_ends,
            asked_at=self.time.now,
        )

    def process(self, shard_id: int, *, life: float = 1.0) -> asyncio.Task[None]:
        """Run a process whose sessions end after *life* seconds."""
        task = asyncio.create_task(self._run(self.budget(), shard_id, life))
        self._tasks.append(task)
        return task

    async def _run(self, budget, shard_id, life):
        async with asyncio.TaskGroup() as group:
            group.create_task(budget.run())
            group.create_task(self._keep_starting(budget, shard_id, life))

    async def _keep_starting(self, budget, shard_id, life):
        while True:
            await budget.until_free(shard_id)
            try:
                await budget.acquire(shard_id)
            except StartPostponed:
                continue
            self.identified.append((self.time.now, shard_id))
            budget.connected(shard_id)
            await self.time.sleep(life)
            budget.disconnected(shard_id)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def world():
    world = World()
    yield world
    await world.close()


@pytest.mark.parametrize("away", [False, True])
async def test_two_processes_whose_sessions_never_last_start_below_500_times_a_day(world, away):
    """Without the store each process knows its own starts only, which is still enough."""
    world.store.away = away
    world.process(0)
    world.process(1)

    await world.time.run(600)
    first = len(world.identified)
    assert first * 144 < (1000 if away else 500)

    await world.time.run(DAY - 600)
    assert len(world.identified) < (310 if away else 155)


async def test_a_healthy_start_is_not_delayed(world):
    for shard_id in range(3):
        world.process(shard_id, life=DAY)

    await world.time.run(DAY / 2)

    assert [round(at - NOW, 1) for at, _ in world.identified] == [0, 5.5, 11]


async def test_a_process_that_is_killed_again_and_again_is_spaced_by_its_predecessors(world):
    for _ in range(100):
        task = world.process(0, life=DAY)
        await world.time.run(20)
        task.cancel()

    quick = [at for at, _ in world.identified if at < NOW + 220]
    assert len(quick) == 11  # somebody tries what happens
    assert len(world.identified) <= 18  # in 33 minutes


async def test_once_a_session_lasts_the_others_start_too(world):
    world.process(0)
    world.process(1)
    await world.time.run(3600)
    await world.close()
    before = len(world.identified)

    for shard_id in range(4):
        world.process(shard_id, life=DAY)
    await world.time.run(600 + STEADY + 30)

    assert {shard for _, shard in world.identified[before:]} == {0, 1, 2, 3}


async def test_the_reserve_is_kept_and_the_operator_told_once(world, caplog):
    world.used = 955
    world.process(0)

    await world.time.run(DAY - 1)
    assert world.identified == []
    assert (world.reported[-1], world.low[-1]) == (45, True)
    assert caplog.text.count("gateway starts used up") == 1
    assert world.asked < DAY / ASK_EVERY + 2

    world.used = 0
    await world.time.run(ASK_EVERY + 30)
    assert len(world.identified) >= 1


async def test_a_bot_that_ends_in_order_may_start_again_at_once(world):
    for _ in range(5):
        budget = world.budget()
        await budget.until_free(0)
        await budget.acquire(0)
        budget.connected(0)
        await budget.confirm()
        world.time.now += 6

    assert all(start.steady_at for start in world.store.starts.values())


async def test_a_limit_that_is_reached_between_looks_postpones_the_start(world):
    budget = world.budget()
    await budget.until_free(0)
    for number in range(3):
        world.store.starts[NOW - number, 0] = GatewayStart(at=NOW - number, shard_id=0, failed=True)

    with pytest.raises(StartPostponed):
        await budget.acquire(0)


async def test_a_shard_that_is_handed_over_has_not_failed(world):
    """Its next start, by another process, waits for its turn only."""
    budget = world.budget()
    for shard_id in range(2):
        await budget.until_free(shard_id)
        taken = asyncio.create_task(budget.acquire(shard_id))
        await world.time.run(6)
        await taken
    budget.connected(0)
    await budget.released([0, 1])  # the second one had not connected yet
    await budget.until_free(1)

    first, second = world.store.starts.values()
    assert (first.steady_at, first.failed) == (world.time.now, False)
    assert (second.steady_at, second.failed) == (None, False)


async def test_starts_of_other_processes_are_told_from_the_own_by_discords_count(world):
    budget = world.budget()
    before = await budget.foreign()
    await budget.acquire(0)
    world.used += 1
    assert await budget.foreign() == before

    world.used += 1

    assert await budget.foreign() == (before[0], before[1] + 1)
