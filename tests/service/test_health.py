"""How the bot is seen from outside."""

from dataclasses import replace

import pytest

from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.service.health import FRESH, HealthService
from bot.service.port_errors import StoreUnavailable
from tests.samples import LANE, NOW, a_job
from tests.service.conftest import service_settings


class Seen:
    """What is looked at."""

    def __init__(self, shop):
        self.shop = shop
        self.connected = True
        self.writes = True
        self.watch = HealthService(
            settings=service_settings(),
            lanes=shop.lanes,
            queries=shop.queries,
            store=self.ready,
            connected=lambda: self.connected,
            now=shop.clock,
        )

    async def ready(self):
        if not self.writes:
            raise StoreUnavailable("the disk is full")


@pytest.fixture
def seen(shop):
    return Seen(shop)


async def test_all_is_well_where_nothing_is_in_the_way(seen):
    assert (await seen.watch.readiness()).ready


async def test_a_store_that_can_only_be_read_is_in_the_way(seen):
    seen.writes = False

    readiness = await seen.watch.readiness()

    assert (readiness.ready, readiness.store) == (False, False)


async def test_without_the_gateway_nobody_could_order(seen):
    seen.connected = False

    readiness = await seen.watch.readiness()

    assert (readiness.ready, readiness.gateway, readiness.store) == (False, False, True)


@pytest.mark.parametrize("reason", [ClosedReason.CREDIT, ClosedReason.KEY])
async def test_a_shut_lane_takes_nothing(seen, reason):
    seen.shop.lanes.lanes[LANE] = Lane(closed=reason, shut_at=seen.shop.clock.now)

    readiness = await seen.watch.readiness()

    assert (readiness.ready, readiness.closed) == (False, reason)


async def test_only_a_long_pause_is_in_the_way(seen):
    """A short one is waited out in the line, and no alarm for it wakes anybody."""
    seen.shop.lanes.lanes[LANE] = Lane(paused_until=seen.shop.clock.now + 30)
    found = await seen.watch.readiness()
    assert (found.ready, found.paused) == (True, True)

    seen.shop.lanes.lanes[LANE] = Lane(paused_until=seen.shop.clock.now + 3600)
    assert (await seen.watch.readiness()).closed is ClosedReason.BUSY


async def test_without_the_store_nothing_is_known_of_the_lane(seen):
    seen.shop.lanes.away = True

    readiness = await seen.watch.readiness()

    assert (readiness.ready, readiness.store, readiness.closed) == (False, False, None)


async def test_orders_are_counted_once_in_some_seconds_however_many_ask(seen):
    """Whoever finds the port cannot keep the store busy with it."""
    shop = seen.shop
    shop.jobs.put(
        a_job(answered_at=NOW), a_job(answered_at=NOW), at_vendor := a_job(state=State.QUEUED)
    )
    orders = {State.WAITING: 2, State.QUEUED: 1}
    for _ in range(5):
        snapshot = await seen.watch.snapshot()
        assert (dict(snapshot.orders), snapshot.waiting) == (orders, 2)
        shop.jobs.put(replace(at_vendor, state=State.PROCESSING))

    shop.clock.now += FRESH
    snapshot = await seen.watch.snapshot()
    assert (snapshot.orders[State.PROCESSING], snapshot.waiting) == (1, 2)


async def test_a_store_that_cannot_count_is_away(seen):
    seen.shop.queries.away = True

    census = await seen.watch.snapshot()

    assert not census.readiness.store
    assert census.orders == {}
