"""What is cleared away, and what never is."""

import asyncio
import os
from dataclasses import replace

import pytest

from bot.domain.job import ENDED, EndReason, State
from bot.service import retention as retain_module
from bot.service.port_errors import StoreUnavailable
from bot.service.retention import DAY, RetentionLoop, RetentionSettings
from tests.samples import NOW, a_job
from tests.service.conftest import until


class FakeRecords:
    """The heap over the fake jobs, with the store's own rules."""

    def __init__(self, jobs):
        self._jobs = jobs
        self.batches = []
        self.away = False

    async def stale_undelivered(self, *, kept_before, most):
        return [
            job
            for job in self._jobs.rows.values()
            if job.state is State.COMPLETED
            and job.undeliverable_since
            and job.undeliverable_since < kept_before
        ][:most]

    async def erase_ended(self, *, made_before, most):
        if self.away:
            raise StoreUnavailable("away")
        old = [
            job.id
            for job in self._jobs.rows.values()
            if job.state in ENDED and job.created_at < made_before and job.lease.owner is None
        ][:most]
        for job_id in old:
            del self._jobs.rows[job_id]
        self.batches.append(len(old))
        return len(old)


@pytest.fixture
def records(shop):
    return FakeRecords(shop.jobs)


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
def broom(shop, records, own, folder, monkeypatch):
    monkeypatch.setattr(retain_module, "BETWEEN", 0.0)

    def broom(*, files_days=7, orders_days=90):
        return RetentionLoop(
            settings=RetentionSettings(
                files_days=files_days, orders_days=orders_days, folder=folder
            ),
            jobs=shop.jobs,
            queries=records,
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


async def test_what_is_fetched_while_it_is_swept_away_counts_as_fetched(shop, broom, records):
    job = kept(8)
    shop.jobs.put(job)
    (stale,) = await records.stale_undelivered(kept_before=NOW, most=5)
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
async def test_old_orders_go_only_when_they_have_ended(shop, broom, state):
    job = a_job(state=state, created_at=NOW - 91 * DAY, state_since=NOW - 91 * DAY)
    shop.jobs.put(job)

    await broom().sweep()

    assert (job.id in shop.jobs.rows) == (state not in ENDED)


@pytest.mark.parametrize("orders_days", [1, 90])
async def test_no_order_goes_whose_day_still_counts(shop, broom, orders_days):
    """Limits are counted by day: an order that vanished would make room for another."""
    shop.clock.now = NOW - NOW % DAY + DAY - 1  # the last second of a day
    shop.jobs.put(a_job(state=State.DELIVERED, created_at=NOW - NOW % DAY))

    await broom(orders_days=orders_days).sweep()

    assert shop.jobs.rows


async def test_orders_go_in_small_batches(shop, broom, records, monkeypatch):
    """A store that is written to for long would keep members waiting."""
    monkeypatch.setattr(retain_module, "MOST", 3)
    shop.jobs.put(*(a_job(state=State.DELIVERED, created_at=NOW - 99 * DAY) for _ in range(7)))

    await broom().sweep()

    assert records.batches == [3, 3, 1, 0]


async def test_for_ever_means_for_ever(shop, broom, files):
    ended = a_job(state=State.DELIVERED, created_at=NOW - 9999 * DAY)
    old = kept(9999)
    shop.jobs.put(ended, old)
    place = files(ended, days=9999)

    await broom(files_days=0, orders_days=0).sweep()

    assert shop.jobs.rows == {ended.id: ended, old.id: old}
    assert place.exists()


async def test_it_sweeps_again_after_a_time_when_nothing_could_be_swept(
    shop, broom, records, monkeypatch
):
    monkeypatch.setattr(retain_module, "FIRST", 0.0)
    monkeypatch.setattr(retain_module, "EVERY", 0.001)
    shop.jobs.put(replace(a_job(state=State.DELIVERED), created_at=NOW - 99 * DAY))
    records.away = True
    running = asyncio.create_task(broom().run())

    await asyncio.sleep(0.01)
    assert shop.jobs.rows
    records.away = False

    await until(lambda: not shop.jobs.rows)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
