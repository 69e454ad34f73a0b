"""What orders cost: sums that change with the orders, to the millionth."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.job import TRANSITIONS, State
from bot.domain.money import Budget, month_end, month_start
from bot.store.job_queries import JobQueries
from bot.store.tables import spending
from tests.samples import LANE, NOW, a_job
from tests.store.record import record

DAY = 86400


@pytest.fixture
def spent(jobs):
    """Return the sums of the day, of the month, and of a server's month."""

    async def spent(now=NOW, guild_id=100):
        usage = (await jobs.admission_context(guild_id, 300, lane=LANE, now=now)).usage
        return usage.spent_today, usage.spent_this_month, usage.server_spent_this_month

    return spent


async def test_each_budget_sums_up_its_own(jobs, spent):
    before = month_start(NOW) - 1
    for changes in (
        {"price": 1},
        {"price": 20, "guild_id": 101},
        {"price": 300, "guild_id": None},
        {"price": 4000, "created_at": month_start(NOW)},
        {"price": 50_000, "created_at": before},
        {"price": None},  # made before there were prices
    ):
        await record(jobs, a_job(**changes))

    assert await spent() == (321, 4321, 4001)
    assert await spent(guild_id=None) == (321, 4321, 300)
    assert await spent(now=month_end(NOW)) == (0, 0, 0)


async def test_the_budgets_of_all_servers_can_be_read_alone(jobs, database):
    for changes in ({"price": 1}, {"price": 20, "guild_id": 101}, {"price": 300, "guild_id": None}):
        await record(jobs, a_job(**changes))
    await record(jobs, a_job(price=4000, created_at=month_start(NOW)))
    queries = JobQueries(database)

    assert await queries.spent(now=NOW) == {Budget.DAY: 321, Budget.MONTH: 4321}
    assert await queries.spent(now=month_end(NOW)) == {Budget.DAY: 0, Budget.MONTH: 0}


async def test_a_clock_that_is_set_back_frees_nothing(jobs, spent):
    """What was ordered while it was ahead counts now, as images do, and in its own month."""
    ahead = month_end(NOW) + 60
    await record(jobs, a_job(price=5, created_at=ahead))

    assert await spent() == (5, 5, 5)
    assert await spent(now=ahead) == (5, 5, 5)


@pytest.mark.parametrize(
    ("path", "charged"),
    [
        ((State.SUBMITTING, State.QUEUED, State.ERROR), 0),
        ((State.SUBMITTING, State.QUEUED, State.FAILED), 5),
        ((State.SUBMITTING, State.UNCERTAIN), 5),
        ((State.SUBMITTING, State.UNCERTAIN, State.REFUSED), 0),
        ((State.SUBMITTING, State.WAITING, State.CANCELLED), 0),
        ((State.SUBMITTING, State.COMPLETED, State.DELIVERED), 5),
        ((State.SUBMITTING, State.ERROR, State.COMPLETED), 5),  # the vendor took its ERROR back
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
)
async def test_a_price_counts_until_the_order_ends_unbilled(jobs, spent, path, charged):
    """Also if it ends in another month: what it was charged to gets it back."""
    job = a_job(price=5)
    await record(jobs, job)
    for state in path:
        job = await jobs.swap(job, job.transition(state, now=month_end(NOW) + DAY))

    assert await spent() == (charged, charged, charged)


async def test_a_swap_that_comes_too_late_gives_nothing_back(jobs, spent):
    job = a_job(price=5)
    await record(jobs, job)
    cancelled = job.transition(State.CANCELLED, now=NOW)

    assert await jobs.swap(job, cancelled)
    assert await jobs.swap(job, cancelled) is None

    assert await spent() == (0, 0, 0)


steps = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=20)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prices=st.lists(st.integers(0, 10**9), max_size=4), steps=steps)
async def test_the_sums_are_those_of_the_orders_whatever_happens(jobs, database, prices, steps):
    """And whole numbers in the store: no float takes part."""
    before = await rows(database)
    made = [
        a_job(price=price, created_at=NOW + number * DAY) for number, price in enumerate(prices)
    ]
    for job in made:
        await record(jobs, job)
    for which, where in steps if made else ():
        job = made[which % len(made)]
        if following := sorted(TRANSITIONS[job.state]):
            after = job.transition(following[where % len(following)], now=NOW)
            made[which % len(made)] = await jobs.swap(job, after)

    after = await rows(database)

    assert all(type(total) is int for total in after.values())
    changed = {key: total - before.get(key, 0) for key, total in after.items()}
    for budget in ("day", "month", "server_month"):
        total = sum(total for key, total in changed.items() if key[0] == budget)
        assert total == sum(job.charged for job in made)


async def rows(database):
    query = select(spending)
    return {
        tuple(row[:3]): row.spent
        for row in await database.read(lambda connection: connection.execute(query).all())
    }


async def test_what_is_erased_stays_in_the_sums(jobs, database, spent):
    job = a_job(price=5)
    await record(jobs, job)
    for state in (State.SUBMITTING, State.COMPLETED, State.DELIVERED):
        job = await jobs.swap(job, job.transition(state, now=NOW))
    assert await JobQueries(database).erase_ended(made_before=NOW + 1, most=9) == 1

    assert await spent() == (5, 5, 5)
