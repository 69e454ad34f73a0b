"""The operator, and a server of its own, are warned of budgets: once for each step."""

import asyncio
import logging

import pytest

from bot.domain.admission import Caps, Rule
from bot.domain.job import State, Update
from bot.domain.log_entries import BudgetUsed
from bot.domain.money import Price, month_end
from bot.domain.rules import Rules
from bot.service.errors import LimitReached
from bot.service.port_errors import StoreUnavailable
from tests.service.conftest import on_each_engine
from tests.service.harness import background, until

GUILD, LOG = 100, 900
PRICE = Price(amount=1000)
MONTH = Caps(price=PRICE, usd_per_month=4000)


@pytest.fixture
def warned(caplog):
    """Return the steps that the operator was told of since the last call."""
    caplog.set_level(logging.WARNING)

    def warned():
        told = [
            dict(part.split("=") for part in record.getMessage().split(": ", 1)[1].split())
            for record in caplog.records
            if record.getMessage().startswith("budget step reached: ")
        ]
        caplog.clear()
        return [(one["rule"], one["percent"]) for one in told]

    return warned


async def order(app, **changes):
    """Order a picture, as far as that is admitted, and have the steps told."""
    try:
        job = await app.order(**changes)
    except LimitReached:
        job = None
    await app.services.budgets.sweep()
    await app.tell()
    return job


@on_each_engine
async def test_the_operator_is_told_of_each_step_once_by_whatever_process(open_process, warned):
    first, second = open_process(caps=MONTH), open_process(caps=MONTH)
    steps = []
    for app in (first, second, first, second, first, second):
        await order(app)
        steps.append([percent for _, percent in warned()])

    restarted = open_process(caps=MONTH)
    await order(restarted)

    assert steps == [[], ["50"], [], ["100"], [], []]
    assert warned() == []


async def test_a_step_that_was_jumped_over_is_not_told_later(open_process, warned):
    app = open_process(caps=MONTH)
    await order(app, images=4)
    job = await app.claim()
    await app.jobs.swap(job, job.transition(State.REFUSED, now=app.clock()))

    await order(app, images=2)

    assert warned() == [(Rule.OPERATOR_MONTH_USD, "100")]
    assert await order(app, images=2)  # an order that was refused has given its price back


async def test_an_error_of_the_vendor_gives_the_price_back(open_process):
    app = open_process(caps=Caps(price=PRICE, usd_per_day=1000))
    await app.order()
    assert await order(app) is None

    await app.submit(Update(state=State.QUEUED, request_id="r-1"))
    job = await app.only_job()
    await app.jobs.swap(job, job.transition(State.ERROR, now=app.clock()))

    assert await order(app)


async def test_a_rest_that_is_too_little_for_an_order_is_told_as_used_up(open_process, warned):
    app = open_process(caps=Caps(price=PRICE, usd_per_day=3900))
    await order(app, images=3)
    await order(app)

    assert warned() == [(Rule.OPERATOR_DAY_USD, "50"), (Rule.OPERATOR_DAY_USD, "100")]


async def test_a_new_period_is_told_of_anew_and_a_clock_that_is_set_back_is_not(
    open_process, warned
):
    app = open_process(caps=MONTH)
    await order(app, images=4)
    now = app.clock.now
    app.clock.now = month_end(now) - 1
    assert await order(app) is None

    app.clock.now = month_end(now)
    assert await order(app, images=4)
    app.clock.now = now
    assert await order(app) is None  # what was ordered while it was ahead counts

    assert warned() == 2 * [(Rule.OPERATOR_MONTH_USD, "100")]


@on_each_engine
async def test_a_server_reads_of_its_own_budgets_in_its_log(open_process, warned):
    app = open_process(caps=Caps(price=PRICE, usd_per_guild_per_month=4000, usd_per_day=4000))
    await app.set_rules(GUILD, Rules(log_channel=LOG, server_usd_per_month=2000))
    await order(app, images=2)

    entries = [entry for channel, entry in app.log_channel.entries if channel == LOG]
    assert {(entry.operators, entry.percent, entry.used, entry.cap) for entry in entries} == {
        (False, 100, 2000, 2000),
        (True, 50, 2000, 4000),
    }
    assert all(isinstance(entry, BudgetUsed) for entry in entries)
    assert entries[0].ends_at == month_end(app.clock())
    assert len(warned()) == 3  # and the operator of all


async def test_a_server_that_sets_another_budget_is_warned_of_that(open_process, warned):
    app = open_process(caps=Caps(price=PRICE))
    await app.set_rules(GUILD, Rules(server_usd_per_month=10_000))
    await order(app, images=4)
    await app.set_rules(GUILD, Rules(server_usd_per_month=5000))
    await order(app)

    assert warned() == [(Rule.SERVER_MONTH_USD, "100")]


async def test_a_step_that_was_seen_before_a_crash_is_told_at_the_start(open_process, warned):
    await open_process(caps=MONTH).order(images=2)

    async with background(open_process(caps=MONTH).services.budgets.run()):
        await until(lambda: _told(warned))


async def test_a_step_is_told_when_the_store_is_back(open_process, warned):
    app = open_process(caps=MONTH)
    await app.order(images=2)
    app.faults.set_away(away=True)
    with pytest.raises(StoreUnavailable):
        await app.services.budgets.sweep()
    app.faults.set_away(away=False)

    await app.services.budgets.sweep()

    assert warned() == [(Rule.OPERATOR_MONTH_USD, "50")]


async def _told(warned):
    return warned() == [(Rule.OPERATOR_MONTH_USD, "50")]


async def test_what_was_ordered_before_midnight_warns_of_the_day_before(open_process, warned):
    app = open_process(caps=Caps(price=PRICE, usd_per_day=1000))
    midnight = month_end(app.clock())
    app.clock.now = midnight - 1
    adding = app.faults.jobs.gate("add")
    late = asyncio.create_task(order(app))
    await adding.reached.wait()
    app.clock.now = midnight
    adding.open()

    assert await late
    assert await order(app)

    assert warned() == 2 * [(Rule.OPERATOR_DAY_USD, "100")]
