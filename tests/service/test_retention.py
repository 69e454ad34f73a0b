"""What is cleared away, and what never is."""

import asyncio
import os

import pytest

from bot.domain.job import ENDED, EndReason, State
from bot.service.retention import DAY, RetentionLoop
from bot.service.settings import RetentionPolicy
from tests.samples import NOW, a_job
from tests.service.conftest import service_settings, until


@pytest.fixture
def folder(tmp_path):
    """Where the shop's deliveries put their files."""
    return tmp_path / "files"


class FakeOwn:
    """The members' desk, which forgets at each sweep."""

    def __init__(self):
        self.sweeps = 0

    async def sweep(self):
        self.sweeps += 1


@pytest.fixture
def own():
    return FakeOwn()


@pytest.fixture
def broom(shop, own, folder):
    def broom(*, files_days=7, orders_days=90, **pace):
        return RetentionLoop(
            settings=service_settings(
                retention=RetentionPolicy(files_days=files_days, orders_days=orders_days),
                files=folder,
                sweep_pause=0.0,
                **pace,
            ),
            jobs=shop.jobs,
            queries=shop.queries,
            delivery=shop.delivery,
            account=own,
            now=shop.clock,
        )

    return broom


@pytest.fixture
def files(folder):
    """Lay a picture of a job down, as it would lie after so many days."""

    def files(job, *, days=0.0):
        place = folder / job.id
        place.mkdir(parents=True)
        (place / "1").write_bytes(b"a picture")
        os.utime(place, (NOW - days * DAY, NOW - days * DAY))
        return place

    return files


def kept(days):
    return a_job(
        state=State.COMPLETED,
        undeliverable_since=NOW - days * DAY,
        completed_at=NOW,
        answered_at=NOW,
    )


async def test_kept_pictures_go_after_their_days_and_are_offered_no_more(shop, broom, files):
    old, young = kept(7.1), kept(6.9)
    shop.jobs.put(old, young)
    old_files, young_files = files(old), files(young)

    await broom().sweep()

    after = shop.jobs.rows[old.id]
    assert (after.state, after.end_reason) == (State.FAILED, EndReason.KEPT_TOO_LONG)
    assert after.billed == "yes"
    assert [job.id for job in await shop.jobs.undelivered(old.member_id, most=5)] == [young.id]
    assert (old_files.exists(), young_files.exists()) == (False, True)


async def test_what_is_fetched_while_it_is_swept_away_counts_as_fetched(shop, broom):
    job = kept(8)
    shop.jobs.put(job)
    (stale,) = await shop.queries.stale_undelivered(kept_before=NOW, most=5)
    await shop.delivery.record_delivered(job)

    await shop.delivery.give_up(stale)

    assert shop.jobs.rows[job.id].state is State.DELIVERED


async def test_files_that_a_crash_left_behind_go_too(shop, broom, files):
    """Between the record that an order is delivered and the removal of its files lies a moment."""
    delivered = a_job(state=State.DELIVERED)
    running = a_job(state=State.COMPLETED)
    shop.jobs.put(delivered, running)
    unknown = files(a_job(), days=8)
    left_over, needed = files(delivered, days=8), files(running, days=8)

    await broom().sweep()

    assert [place.exists() for place in (unknown, left_over, needed)] == [False, False, True]


async def test_files_of_today_are_nobodys_left_overs(shop, broom, files):
    delivered = a_job(state=State.DELIVERED)
    shop.jobs.put(delivered)
    place = files(delivered)

    await broom().sweep()

    assert place.exists()


@pytest.mark.parametrize("state", State)
async def test_old_orders_go_only_when_they_are_over(shop, broom, state):
    job = a_job(state=state, created_at=NOW - 91 * DAY, state_since=NOW - 91 * DAY)
    shop.jobs.put(job)

    await broom().sweep()

    over = ENDED | {State.UNCERTAIN, State.EXPIRED}  # as nobody works on them any more
    assert (job.id in shop.jobs.rows) == (state not in over)


@pytest.mark.parametrize("orders_days", [1, 90])
async def test_no_order_goes_whose_day_still_counts(shop, broom, orders_days):
    """Limits are counted by day: an order that vanished would make room for another."""
    shop.clock.now = NOW - NOW % DAY + DAY - 1  # the last second of a day
    shop.jobs.put(a_job(state=State.DELIVERED, created_at=NOW - NOW % DAY))

    await broom(orders_days=orders_days).sweep()

    assert shop.jobs.rows


async def test_orders_go_in_small_batches(shop, broom):
    """A store that is written to for long would keep members waiting."""
    shop.jobs.put(*(a_job(state=State.DELIVERED, created_at=NOW - 99 * DAY) for _ in range(7)))

    await broom(sweep_batch=3).sweep()

    assert not shop.jobs.rows
    assert shop.queries.calls.count("erase_ended") == 4  # 3, 3 and 1 orders, then none


async def test_for_ever_means_for_ever(shop, broom, files):
    ended = a_job(state=State.DELIVERED, created_at=NOW - 9999 * DAY)
    old = kept(9999)
    shop.jobs.put(ended, old)
    place = files(ended, days=9999)

    await broom(files_days=0, orders_days=0).sweep()

    assert shop.jobs.rows == {ended.id: ended, old.id: old}
    assert place.exists()


async def test_it_sweeps_again_after_a_time_when_nothing_could_be_swept(shop, broom):
    shop.jobs.put(a_job(state=State.DELIVERED, created_at=NOW - 99 * DAY))
    shop.queries.away = True
    running = asyncio.create_task(broom(sweep_first=0.0, sweep_every=0.001).run())

    await until(lambda: shop.queries.calls.count("erase_ended") > 1)
    assert shop.jobs.rows
    shop.queries.away = False

    await until(lambda: not shop.jobs.rows)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
