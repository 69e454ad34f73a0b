"""Limits and the row that counts against them: one transaction."""

import asyncio
import itertools
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.domain import admission
from bot.domain.admission import DAY, AdmissionRequest, Caps, Usage, day_of
from bot.domain.job import AT_ONCE, TRANSITIONS, Billed, State
from bot.domain.rules import Rules, changed
from bot.service.errors import LimitReached
from bot.service.ports.store import PeakUsage
from bot.store.guilds import Guilds
from bot.store.tables import jobs as jobs_table
from tests.samples import LANE, NOW, a_job, an_order, changed_job
from tests.store.record import Full, record, record_at_most

ROOT = Path(__file__).parents[2]
BURST = ROOT / "tests/store/burst.py"


FIGURES = ("server", "spent_today", "spent_this_month", "server_spent_this_month")


@pytest.mark.parametrize("figure", FIGURES)
async def test_a_burst_of_orders_never_slips_past_a_cap(jobs, other_jobs, figure):
    """Fifty members, two processes, one database: as many as the cap allows, and not one more."""
    orders = [a_job(price=1) for _ in range(50)]

    ends = await asyncio.gather(
        *(
            record_at_most(7, store, job, figure)
            for job, store in zip(orders, [jobs, other_jobs] * 25, strict=True)
        ),
        return_exceptions=True,
    )

    assert ends.count(True) == 7
    assert sum(isinstance(end, Full) for end in ends) == 43


@pytest.mark.parametrize("figure", FIGURES)
async def test_two_processes_together_never_slip_past_a_cap(database, url, figure):
    """Only the database separates them: no event loop, and no lock of Python's."""
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, BURST, url, "25", "7", figure),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"

    ends = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))

    assert sum(int(admitted) for admitted, _ in ends) == 7
    count = select(func.count()).select_from(jobs_table)
    assert await database.read(lambda connection: connection.scalar(count)) == 7


async def test_a_refused_order_leaves_no_row(jobs):
    job = a_job()

    with pytest.raises(Full):
        await record_at_most(0, jobs, job)

    assert await jobs.get(job.id) is None


@pytest.mark.parametrize(
    ("state", "counted"),
    [(State.WAITING, 2), (State.SUBMITTING, 2), (State.CANCELLED, 0), (State.REFUSED, 0)],
)
async def test_images_count_until_an_order_ends_unbilled(jobs, state, counted):
    job = a_job(order=an_order(images=2))
    await record(jobs, job)
    if state is not State.WAITING:
        await jobs.swap(job, job.transition(state, now=NOW))

    assert await images_of(jobs, job) == (counted, counted)


async def test_a_day_and_a_guild_count_for_themselves(jobs):
    here = a_job()
    assert here.guild_id is not None
    await record(jobs, here)
    await record(jobs, replace(a_job(), guild_id=here.guild_id + 1))
    await record(jobs, replace(a_job(), created_at=here.created_at - DAY))

    assert await images_of(jobs, here) == (2, 1)


@pytest.mark.parametrize(
    ("count_to", "told"), [(None, 6), (0, 0), (2, 4), (3, 6), (500, 6)], ids=str
)
async def test_a_busy_day_is_counted_no_further_than_it_matters(jobs, count_to, told):
    """Never fewer than asked for: each order has an image at least."""
    for _ in range(3):
        await record(jobs, a_job(order=an_order(images=2)))
    usages = []

    def admit(job, standing):
        usages.append(standing.usage.everywhere)
        return job

    await jobs.add(a_job(), admit, count_to=count_to)

    assert usages == [told]


async def test_a_replayed_order_is_not_weighed_again(jobs):
    job = a_job()
    await record(jobs, job)

    again = changed_job(a_job(), interaction_id=job.reply.interaction_id)
    assert not await record_at_most(0, jobs, again)


async def images_of(jobs, job):
    """Return what counts today everywhere, and in the job's server."""
    standing = await jobs.admission_context(job.guild_id, job.member_id, lane=LANE, now=NOW)
    return standing.usage.everywhere, standing.usage.server


# What an order is weighed against.


@pytest.fixture
def usage(jobs):
    """Return what counts for a member in a server."""

    async def usage(member_id=300, guild_id=100, now=NOW):
        return (await jobs.admission_context(guild_id, member_id, lane=LANE, now=now)).usage

    return usage


async def test_an_order_counts_until_it_ends_unbilled(usage, add):
    """What may still be charged counts as charged."""
    everywhere = 0
    for number, (state, billed) in enumerate(itertools.product(State, Billed)):
        await add(guild_id=number, state=state, billed=billed, order=an_order(images=2))
        counted = 2 * (billed is not Billed.NO or state is State.WAITING)
        everywhere += counted
        at_once = int(state in AT_ONCE)

        usage_now = await usage(guild_id=number)

        assert usage_now == Usage(
            everywhere=everywhere,
            server=counted,
            member=counted,
            server_at_once=at_once,
            member_at_once=at_once,
            last_order_at=NOW if counted else None,
        ), (state, billed)


async def test_each_limit_counts_its_own(usage, add):
    await add(order=an_order(images=1))
    await add(order=an_order(images=2), member_id=301)
    await add(order=an_order(images=3), guild_id=101)
    await add(order=an_order(images=4), guild_id=None)

    here = await usage()

    assert (here.everywhere, here.server, here.member) == (10, 3, 1)
    assert (here.server_at_once, here.member_at_once) == (2, 1)
    assert await usage(member_id=302) == Usage(everywhere=10, server=3, server_at_once=2)
    assert await usage(guild_id=102) == Usage(everywhere=10)


async def test_a_day_is_utcs_and_what_runs_runs_through_midnight(usage, add):
    midnight = day_of(NOW)
    await add(created_at=midnight - 0.001)
    await add(created_at=midnight)

    today, tomorrow = await usage(now=midnight), await usage(now=midnight + DAY)

    assert (today.everywhere, today.server, today.member) == (1, 1, 1)
    assert (tomorrow.everywhere, tomorrow.server, tomorrow.member) == (0, 0, 0)
    for found in (today, tomorrow):
        assert (found.server_at_once, found.member_at_once) == (2, 2)
        assert found.last_order_at == midnight


async def test_a_cooldown_counts_from_the_last_order_that_counts(usage, add):
    """A server's cooldown may be a day long, and an order that was refused is none."""
    await add(created_at=NOW - DAY, state=State.DELIVERED, billed=Billed.YES)
    await add(created_at=NOW - 2 * DAY, state=State.DELIVERED, billed=Billed.YES)
    await add(created_at=NOW - 5, state=State.REFUSED)
    await add(created_at=NOW - 4, member_id=301)
    await add(created_at=NOW - 3, guild_id=101)

    assert (await usage()).last_order_at == NOW - DAY


async def test_the_most_of_one_member_is_told_and_not_the_sum(jobs, add):
    for member_id, images, state in (
        (1, 3, State.WAITING),
        (1, 2, State.DELIVERED),
        (2, 4, State.WAITING),
        (2, 4, State.CANCELLED),
    ):
        billed = Billed.YES if state is State.DELIVERED else Billed.NO
        await add(member_id=member_id, order=an_order(images=images), state=state, billed=billed)
    await add(member_id=2, guild_id=101)

    assert await jobs.peak_usage(100, now=NOW) == PeakUsage(images=5, member_id=1, at_once=1)
    assert await jobs.peak_usage(100, now=NOW + DAY) == PeakUsage(images=0, at_once=1)
    assert await jobs.peak_usage(102, now=NOW) == PeakUsage(images=0, at_once=0)


# No place is taken for ever, and none is given twice.

members = st.integers(1, 3)
images = st.integers(1, 4)
steps_of_time = st.one_of(
    st.integers(0, 120),
    st.integers(0, 2 * int(DAY)),
    st.integers(-600, 0),  # clocks are set back
)
COUNTING = ("member_per_day", "server_per_day", "member_at_once", "server_at_once")
acts = st.one_of(
    *2 * [st.tuples(st.just("order"), members, images)],
    *2 * [st.tuples(st.just("turn"), st.integers(0, 50), st.integers(0, 20))],
    st.tuples(st.just("tick"), steps_of_time, st.none()),
    st.tuples(st.just("limit"), st.sampled_from([*COUNTING, "images"]), st.integers(0, 4)),
    st.tuples(st.just("limit"), st.just("cooldown"), st.sampled_from([0, 1, 60, int(DAY)])),
)
guild_ids = itertools.count(10**6)


class Story:
    """One server's orders in a store that others use too, and what should count of them."""

    def __init__(self, jobs, guilds):
        self._jobs = jobs
        self._guilds = guilds
        self.guild_id = next(guild_ids)
        self.now = NOW
        self.caps = Caps(images_per_guild_per_day=9)
        self.ordered = []

    async def order(self, member_id, count):
        """Order pictures; tell whether that was admitted."""
        job = a_job(
            guild_id=self.guild_id,
            member_id=member_id,
            order=an_order(images=count),
            created_at=self.now,
            state_since=self.now,
        )
        try:
            self.ordered.append(await self._jobs.add(job, self._admit))
        except LimitReached:
            return False
        return True

    def _admit(self, job, standing):
        ask = AdmissionRequest(order=job.order, guild_id=self.guild_id, channel_id=1)
        refusal = admission.first_violation(ask, caps=self.caps, context=standing, now=self.now)
        if refusal is not None:
            raise LimitReached(verdict=refusal)
        self._assert_room(job, standing.rules)
        return job

    def _assert_room(self, job, rules):
        """Hold what is admitted against our own count."""
        theirs = [one for one in self.ordered if one.member_id == job.member_id]
        for limit, of in (
            (rules.images, []),
            (rules.member_per_day, theirs),
            (rules.server_per_day, self.ordered),
            (self.caps.images_per_guild_per_day, self.ordered),
        ):
            assert not limit or self._today(of) + job.order.images <= limit
        for limit, of in ((rules.member_at_once, theirs), (rules.server_at_once, self.ordered)):
            assert not limit or sum(one.state in AT_ONCE for one in of) + 1 <= limit
        last = max((one.created_at for one in theirs if _counts(one)), default=-DAY)
        assert not last <= self.now < last + rules.cooldown

    def _today(self, of):
        today = [one for one in of if _counts(one) and one.created_at >= day_of(self.now)]
        return sum(one.order.images for one in today)

    async def turn(self, which, where):
        """Have an order take one of the steps that its state allows."""
        running = [index for index, job in enumerate(self.ordered) if TRANSITIONS[job.state]]
        if running:
            index = running[which % len(running)]
            await self._step(index, TRANSITIONS[self.ordered[index].state], where)

    async def _step(self, index, states, where):
        job, following = self.ordered[index], sorted(states)
        after = job.transition(following[where % len(following)], now=self.now)
        assert await self._jobs.swap(job, after)
        self.ordered[index] = after

    async def tick(self, seconds, _):
        self.now += seconds

    async def limit(self, name, to):
        await self._guilds.change(self.guild_id, lambda rules: changed(rules, **{name: to}))

    async def end(self, where):
        """Have every order end, one way or another, and let a day pass."""
        for index in range(len(self.ordered)):
            while (job := self.ordered[index]).state in AT_ONCE:
                await self._step(index, TRANSITIONS[job.state] - {State.WAITING}, where + index)
        latest = max((job.created_at for job in self.ordered), default=self.now)
        self.now = max(self.now, latest) + DAY + 1


def _counts(job):
    return job.billed is not Billed.NO or job.state is State.WAITING


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(did=st.lists(acts, max_size=16), where=st.integers(0, 20))
async def test_whatever_happens_no_place_is_given_twice_or_taken_for_ever(
    jobs, database, did, where
):
    """Places that are not given back would, over days, leave a server none."""
    story = Story(jobs, Guilds(database))
    for act, one, other in did:
        await getattr(story, act)(one, other)

    await story.end(where)

    assert await story.order(1, 1)
    for name in COUNTING:
        await story.limit(name, 1)
    for member_id in (1, 2, 3):
        await story.end(where)
        assert await story.order(member_id, 1)


async def test_a_burst_at_every_limit_at_once_lets_through_as_many_as_the_least_allows(
    jobs, other_jobs, database
):
    """Two processes and the real rules: the tightest one decides, to the picture."""
    guilds = Guilds(database)
    story, others = Story(jobs, guilds), Story(other_jobs, guilds)
    others.guild_id, others.ordered = story.guild_id, story.ordered
    for name, to in (("member_per_day", 0), ("server_at_once", 8), ("member_at_once", 3)):
        await story.limit(name, to)

    admitted = await asyncio.gather(
        *(
            by.order(member_id, 2)
            for by in (story, others)
            for member_id in (1, 2, 3)
            for _ in range(4)
        )
    )

    assert sum(admitted) == 4  # of two pictures each, where the operator allows nine
    rules = await guilds.rules(story.guild_id)
    assert rules == Rules(member_per_day=0, server_at_once=8)


async def test_outside_of_servers_all_count_together_and_apart_from_servers(usage, add):
    """The operator's cap for a server holds for them all, a member's limits for each."""
    await add(order=an_order(images=1))
    await add(order=an_order(images=2), guild_id=None)
    await add(order=an_order(images=4), guild_id=None, member_id=301)

    outside = await usage(guild_id=None)

    assert (outside.everywhere, outside.server, outside.member) == (7, 6, 2)
    assert (outside.server_at_once, outside.member_at_once) == (2, 1)
