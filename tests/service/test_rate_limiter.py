"""The lane's rate: in which order its slots are given, and that there are never too many."""

import asyncio
import time
from dataclasses import replace

import pytest

from bot.service.answers_first import AnswersFirst
from bot.service.rate_limiter import OVERDUE, STALE, LaneRateLimiter
from bot.store.database import Database
from bot.store.lanes import Lanes
from tests.samples import LANE, NOW
from tests.service.conftest import on_each_engine


@pytest.fixture
async def make(app):
    limiters = []

    def make(per_second=1000.0, *, lanes=app.lanes, now=app.clock):
        settings = replace(app.settings, per_second=per_second)
        give_way = AnswersFirst().give_way
        limiters.append(LaneRateLimiter(settings=settings, lanes=lanes, give_way=give_way, now=now))
        return limiters[-1]

    yield make
    for limiter in limiters:
        await limiter.close()


class Callers:
    """Callers that wait for a slot while the store is slow, and the order in which they get one."""

    def __init__(self, gate) -> None:
        self.served: list[object] = []
        self.tasks: dict[object, asyncio.Task[None]] = {}
        self.gate = gate

    async def add(self, name, waiting) -> None:
        async def wait() -> None:
            await waiting
            self.served.append(name)

        self.tasks[name] = asyncio.create_task(wait())
        await asyncio.sleep(0)  # it waits now

    async def all(self):
        self.gate.open()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        return self.served


@pytest.fixture
def callers(app):
    return Callers(app.faults.lanes.gate("reserve_slots"))


async def test_submits_come_before_polls(make, callers):
    """A member waits for a submit; a later poll costs no member anything."""
    limiter = make()
    await callers.add("poll", limiter.acquire_poll(due=NOW))
    await callers.add("first", limiter.acquire_submit())
    await callers.add("second", limiter.acquire_submit())

    assert await callers.all() == ["first", "second", "poll"]


async def test_a_poll_that_is_long_overdue_comes_before_submits(make, callers):
    """However many orders come, finished pictures get to their members."""
    limiter = make()
    await callers.add("submit", limiter.acquire_submit())
    await callers.add("overdue", limiter.acquire_poll(due=NOW - OVERDUE - 1))
    await callers.add("late", limiter.acquire_poll(due=NOW - OVERDUE + 1))

    assert await callers.all() == ["overdue", "submit", "late"]


async def test_polls_come_in_the_order_in_which_they_were_due(make, callers):
    limiter = make()
    for due in (3, 1, 2):
        await callers.add(due, limiter.acquire_poll(due=NOW - due))

    assert await callers.all() == [3, 2, 1]


async def test_a_caller_that_gave_up_takes_no_slot(make, callers):
    limiter = make()
    for name in ("gone", "there"):
        await callers.add(name, limiter.acquire_submit())
        await callers.add(f"{name} poll", limiter.acquire_poll(due=NOW))
    for name in ("gone", "gone poll"):
        callers.tasks[name].cancel()

    assert await callers.all() == ["there", "there poll"]


@pytest.mark.parametrize(("per_second", "count"), [(0.2, 1), (1.0, 1), (7.5, 7), (100.0, 100)])
async def test_slots_of_at_most_a_second_are_reserved(app, make, per_second, count):
    """Other processes wait for what one has reserved."""
    await make(per_second).acquire_submit()

    free = await app.lanes.reserve_slots(LANE, count=1, interval=0.0, now=NOW)
    assert free == pytest.approx(NOW + count / per_second)


async def test_unused_slots_are_dropped(app, make):
    """A quiet night must not be followed by a burst."""
    limiter = make(100.0)
    await limiter.acquire_submit()

    app.clock.now += 1.0 + STALE
    await limiter.acquire_submit()

    free = await app.lanes.reserve_slots(LANE, count=1, interval=0.0, now=NOW)
    assert free == pytest.approx(app.clock.now + 1.0)


async def test_callers_wait_while_the_store_is_away(app, make, callers):
    app.faults.lanes.away = True
    await callers.add("submit", make().acquire_submit())
    callers.gate.open()
    await app.faults.lanes.refused("reserve_slots", times=3)
    assert callers.served == []

    app.faults.lanes.away = False

    assert await callers.all() == ["submit"]


@on_each_engine
async def test_two_processes_together_keep_the_lanes_rate(make, url):
    """The vendor counts calls by key, not by process."""
    rate, calls = 40.0, 30
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
