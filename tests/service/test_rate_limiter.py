"""The lane's rate: in which order its slots are given, and that there are never too many."""

import asyncio
import time

import pytest

from bot.service.port_errors import StoreUnavailable
from bot.service.rate_limiter import OVERDUE, STALE, LaneRateLimiter
from bot.store.database import Database
from bot.store.lanes import Lanes
from tests.samples import NOW
from tests.service.conftest import Clock, service_settings, until
from tests.service.store_tables import LaneTable


class SlowLanes(LaneTable):
    """Lanes whose slots come when a test says so, and which count them."""

    def __init__(self, adapter, engine) -> None:
        super().__init__(adapter, engine)
        self.open = asyncio.Event()
        self.counts = []

    async def reserve_slots(self, lane, *, count, interval, now):
        self.counts.append(count)
        await self.open.wait()
        if self.away:
            raise StoreUnavailable("the store is away")
        return await self._adapter.reserve_slots(lane, count=count, interval=interval, now=now)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lanes(database, engine):
    return SlowLanes.of(database, engine)


@pytest.fixture
async def make(lanes, clock):
    made = []

    def make(per_second=1000.0, *, lanes=lanes, now=clock):
        settings = service_settings(per_second=per_second)
        made.append(LaneRateLimiter(settings=settings, lanes=lanes, now=now))
        return made[-1]

    yield make
    for limiter in made:
        await limiter.close()


class Queueing:
    """Those who wait for a slot, and the order in which they got one."""

    def __init__(self) -> None:
        self.served = []
        self.tasks = {}

    def add(self, name, waiting):
        async def wait():
            await waiting
            self.served.append(name)

        self.tasks[name] = asyncio.create_task(wait())

    async def all(self):
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        return self.served


async def begun():
    """Let every task that was just made come to where it waits."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_submits_come_before_polls(make, lanes):
    """A member waits for a submit; a poll that comes later costs nobody anything."""
    limiter, queueing = make(), Queueing()
    queueing.add("poll", limiter.acquire_poll(due=NOW))
    queueing.add("first", limiter.acquire_submit())
    queueing.add("second", limiter.acquire_submit())
    await begun()

    lanes.open.set()

    assert await queueing.all() == ["first", "second", "poll"]


async def test_a_poll_that_is_long_overdue_comes_before_submits(make, lanes):
    """However many orders come, those that are drawn already get to their members."""
    limiter, queueing = make(), Queueing()
    queueing.add("submit", limiter.acquire_submit())
    queueing.add("overdue", limiter.acquire_poll(due=NOW - OVERDUE - 1))
    queueing.add("late", limiter.acquire_poll(due=NOW - OVERDUE + 1))
    await begun()

    lanes.open.set()

    assert await queueing.all() == ["overdue", "submit", "late"]


async def test_polls_come_in_the_order_in_which_they_were_due(make, lanes):
    limiter, queueing = make(), Queueing()
    for due in (3, 1, 2):
        queueing.add(due, limiter.acquire_poll(due=NOW - due))
    await begun()

    lanes.open.set()

    assert await queueing.all() == [3, 2, 1]


async def test_whoever_gave_up_waiting_takes_no_slot(make, lanes):
    limiter, queueing = make(), Queueing()
    for name in ("gone", "there"):
        queueing.add(name, limiter.acquire_submit())
        queueing.add(f"{name} poll", limiter.acquire_poll(due=NOW))
    await begun()
    queueing.tasks["gone"].cancel()
    queueing.tasks["gone poll"].cancel()
    await begun()

    lanes.open.set()

    assert await queueing.all() == ["there", "there poll"]


@pytest.mark.parametrize(("per_second", "count"), [(0.2, 1), (1.0, 1), (7.5, 7), (100.0, 100)])
async def test_no_more_is_drawn_than_a_seconds_worth(make, lanes, per_second, count):
    """What one process has drawn, others wait for."""
    lanes.open.set()

    await make(per_second).acquire_submit()

    assert lanes.counts == [count]


async def test_slots_that_nobody_took_are_lost(make, lanes, clock):
    """A quiet night must not be followed by a burst."""
    lanes.open.set()
    limiter = make(100.0)
    await limiter.acquire_submit()

    clock.now += 1.0 + STALE
    await limiter.acquire_submit()

    assert lanes.counts == [100, 100]


async def test_while_the_store_is_away_everybody_waits_and_then_goes_on(make, lanes):
    lanes.open.set()
    lanes.away = True
    limiter, queueing = make(), Queueing()
    queueing.add("submit", limiter.acquire_submit())
    await until(lambda: len(lanes.counts) > 3)
    assert queueing.served == []

    lanes.away = False

    assert await queueing.all() == ["submit"]


async def test_two_processes_together_keep_the_lanes_rate(make, tmp_path):
    """The vendor counts calls by key, not by process."""
    url, rate, calls = f"sqlite+aiosqlite:///{tmp_path}/imagine.db", 40.0, 30
    times = []

    async def work(limiter):
        for number in range(calls):
            await (
                limiter.acquire_submit() if number % 2 else limiter.acquire_poll(due=time.time())
            )
            times.append(time.time())

    async with Database.open(url) as here, Database.open(url) as there:
        limiters = [make(rate, lanes=Lanes(database), now=time.time) for database in (here, there)]
        start = time.time()
        await asyncio.gather(*map(work, limiters))

    assert len(times) == 2 * calls
    early = [at - (start + number / rate) for number, at in enumerate(sorted(times))]
    assert min(early) > -0.005  # the clock of the loop is another one
