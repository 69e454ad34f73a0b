"""What is deleted after its retention time, and what never is."""

import os

import pytest
from sqlalchemy import select

from bot.domain.admission import Rule
from bot.domain.budget_steps import BudgetReached
from bot.domain.job import ENDED, Delivery, EndReason, State
from bot.domain.money import month_start
from bot.service.retention import DAY
from bot.service.settings import RetentionPolicy
from bot.store.tables import budget_warnings, spending
from tests.samples import LANE, NOW, a_job
from tests.service.conftest import on_each_engine
from tests.service.harness import background, until
from tests.store.record import record

FILES_DAYS, ORDERS_DAYS = 7, 90  # as in the harness


@pytest.fixture
def files(app):
    """Write a picture of a job, as if so many days ago; return its folder."""

    def files(job, *, days=0.0):
        folder = app.settings.files / job.id
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(b"a picture")
        os.utime(folder, (NOW - days * DAY, NOW - days * DAY))
        return folder

    return files


def undelivered(days):
    kept_at = NOW - days * DAY
    return a_job(state=State.COMPLETED, kept_at=kept_at, completed_at=NOW)


def delivered(days=0.0):
    return a_job(state=State.DELIVERED, created_at=NOW - days * DAY)


async def test_undelivered_pictures_are_dropped_after_their_days(app, files):
    old, young = undelivered(FILES_DAYS + 0.1), undelivered(FILES_DAYS - 0.1)
    await app.put(old, young)
    old_files, young_files = files(old), files(young)

    await app.services.retention.sweep()

    after = await app.job(old.id)
    assert (after.state, after.end_reason) == (State.FAILED, EndReason.KEPT_TOO_LONG)
    assert after.billed == "yes"
    assert after.delivery is Delivery.GONE
    assert (old_files.exists(), young_files.exists()) == (False, True)


async def test_pictures_that_their_member_fetches_during_a_sweep_count_as_delivered(app):
    job = undelivered(FILES_DAYS + 1)
    await app.put(job)
    await app.pipeline.delivery.record_delivered(job)

    await app.pipeline.delivery.give_up(job)  # the sweep has read it before

    assert (await app.only_job()).state is State.DELIVERED


async def test_files_that_a_crash_left_behind_are_removed(app, files):
    """A process may die after it has recorded a delivery and before it removes the files."""
    ended, young, running = delivered(), delivered(), a_job(state=State.COMPLETED, owner="there")
    await app.put(ended, young, running)
    days = FILES_DAYS + 1
    folders = {
        "unknown": files(a_job(), days=days),
        "ended": files(ended, days=days),
        "young": files(young),
        "running": files(running, days=days),
    }

    await app.services.retention.sweep()

    assert {name for name, folder in folders.items() if folder.exists()} == {"young", "running"}


@pytest.mark.parametrize("state", State)
async def test_old_orders_are_erased_once_no_process_works_on_them(app, state):
    """UNCERTAIN and EXPIRED orders are over too: the vendor had KEEP_ORDERS_DAYS to end them."""
    created_at = NOW - (ORDERS_DAYS + 1) * DAY
    await app.put(a_job(state=state, created_at=created_at, state_since=created_at))

    await app.services.retention.sweep()

    over = ENDED | {State.UNCERTAIN, State.EXPIRED}
    assert await app.states() == ([] if state in over else [state])


@pytest.mark.parametrize("orders_days", [1, ORDERS_DAYS])
async def test_orders_that_todays_limits_count_are_not_erased(open_process, orders_days):
    """An order that vanished would make room for another."""
    app = open_process(retention=RetentionPolicy(files_days=FILES_DAYS, orders_days=orders_days))
    app.clock.now = NOW - NOW % DAY + DAY - 1  # the last second of a day
    await app.put(a_job(state=State.DELIVERED, created_at=NOW - NOW % DAY))

    await app.services.retention.sweep()

    assert await app.states() == [State.DELIVERED]


@on_each_engine
async def test_orders_are_erased_in_small_batches(open_process):
    """A long transaction would keep members waiting."""
    app = open_process(sweep_batch=3)
    await app.put(*(delivered(ORDERS_DAYS + 1) for _ in range(7)))
    counts = []

    async def count():
        counts.append(len(await app.all_jobs()))

    app.faults.queries.before["erase_ended"] = count

    await app.services.retention.sweep()

    assert counts == [7, 4, 1, 0]


@on_each_engine
async def test_sums_of_money_are_erased_with_the_orders_of_their_months(open_process):
    """Those of this month, and of months of which orders are kept, stay to the millionth."""
    app = open_process(sweep_batch=2)
    old = month_start(NOW - ORDERS_DAYS * DAY) - 1
    kept = month_start(NOW - ORDERS_DAYS * DAY)
    guild_ids = range(100, 105)
    for made, price in ((old, 1), (kept, 20), (NOW, 300)):
        for guild_id in guild_ids:
            await record(app.jobs, a_job(created_at=made, guild_id=guild_id, price=price))
            step = a_step(guild_id, since=month_start(made))
            await app.deeds.warn(step)
    await app.guilds.record_joined(guild_ids)

    await app.services.retention.sweep()

    async def rows(table):
        query = select(table.c.since)
        return await app.database.read(lambda connection: connection.execute(query).scalars().all())

    def usage(now):
        return app.jobs.admission_context(100, 300, lane=LANE, now=now)

    for table in (spending, budget_warnings):
        assert min(await rows(table)) == kept
    assert (await usage(NOW)).usage.server_spent_this_month == 300
    assert (await usage(kept)).usage.spent_this_month == 5 * 320
    assert not await app.deeds.warn(a_step(100, since=month_start(NOW)))


def a_step(guild_id, since):
    figures = {"ends_at": since + 1, "percent": 50, "cap": 2, "used": 1}
    return BudgetReached(rule=Rule.SERVER_MONTH_USD, guild_id=guild_id, since=since, **figures)


async def test_without_a_retention_time_nothing_is_deleted(open_process, files):
    app = open_process(retention=RetentionPolicy(files_days=0, orders_days=0))
    jobs = [delivered(9999), undelivered(9999)]
    await app.put(*jobs)
    folder = files(jobs[0], days=9999)

    await app.services.retention.sweep()

    assert await app.all_jobs() == jobs
    assert folder.exists()


async def test_a_sweep_that_failed_is_repeated(app):
    await app.put(delivered(ORDERS_DAYS + 1))
    app.faults.queries.away = True

    async def is_empty():
        return await app.all_jobs() == []

    async with background(app.services.retention.run()):
        await app.faults.queries.refused("erase_ended", times=2)
        assert not await is_empty()

        app.faults.queries.away = False
        await until(is_empty)


async def test_a_sweep_erases_the_data_of_members_who_asked_for_it(app):
    """Of today's orders, limits count the images until the day is over."""
    await app.put(delivered())
    assert not (await app.cogs.account.erase(300)).done
    app.clock.now += DAY

    await app.services.retention.sweep()

    assert await app.all_jobs() == []
