"""Cancelling and hiding while the whole process works: the lane, the vendor, the delivery."""

import asyncio

import pytest

from bot.domain.admission import Rule
from bot.domain.job import Billed, State, Update
from bot.domain.rules import Rules
from bot.service.errors import AlreadyEnded, LimitReached
from bot.service.order_actions import Person
from bot.service.port_errors import VendorRefused
from bot.service.undelivered import UndeliveredPictures
from tests.samples import a_job
from tests.service.conftest import a_request, answered, silent, take, until

MEMBER, GUILD = 300, 100
NOAH = Person(id=MEMBER, guild_id=GUILD)


@pytest.fixture
def place(shop):
    """Have an order taken, and return its id."""

    async def place(**changes):
        await take(shop.orders, a_request(**changes), answered)
        return next(reversed(shop.jobs.rows))

    return place


async def test_a_cancelled_order_gives_its_place_back(shop, place):
    shop.guilds.kept[GUILD] = Rules(member_at_once=1, member_per_day=1, cooldown=3600)
    job_id = await place()
    with pytest.raises(LimitReached):
        await place()

    await shop.actions.cancel(job_id, NOAH)

    assert await place() != job_id


async def test_a_burst_of_cancels_against_the_lane_never_has_both(shop):
    for number in range(30):
        await take(shop.orders, a_request(guild_id=GUILD + number), answered)
    ids = list(shop.jobs.rows)

    async def cancel(number, job_id):
        for _ in range(number % 7):
            await asyncio.sleep(0)
        by = Person(id=MEMBER, guild_id=GUILD)
        try:
            return await shop.actions.cancel(job_id, by)
        except AlreadyEnded:
            return None

    async with shop.working():
        await asyncio.gather(*(cancel(*one) for one in enumerate(ids)))
        await until(
            lambda: all(job.ended or job.undeliverable_since for job in shop.jobs.rows.values())
        )

    cancelled = [job for job in shop.jobs.rows.values() if job.state is State.CANCELLED]
    assert all(State.SUBMITTING not in shop.jobs.history[job.id] for job in cancelled)
    assert len(shop.queue.submitted) == len(ids) - len(cancelled)


async def test_hiding_while_the_submit_is_on_its_way_disturbs_nothing(shop, place):
    """What the vendor says is recorded: it is being paid for."""
    shop.queue.hold = asyncio.Event()
    job_id = await place()
    async with shop.working():
        await shop.queue.reached.wait()

        await shop.actions.cancel(job_id, NOAH)
        shop.queue.hold.set()
        await until(lambda: shop.jobs.only.undeliverable_since)

    job = shop.jobs.only
    assert (job.state, job.withdrawn, job.request_id) == (State.COMPLETED, True, "r-1")
    assert len(shop.queue.submitted) == 1
    assert not shop.presenter.delivered
    assert shop.presenter.settled[-1].withdrawn


@pytest.mark.parametrize(
    ("answer", "state"),
    [(VendorRefused(status=400, reason="no"), State.REFUSED), (silent(), State.UNCERTAIN)],
    ids=["refused", "silent"],
)
async def test_what_was_hidden_as_it_was_sent_is_shown_by_no_later_end(shop, place, answer, state):
    """Its card would say anew what was ordered."""
    shop.queue.hold = asyncio.Event()
    shop.queue.answers.append(answer)
    job_id = await place()
    async with shop.working():
        await shop.queue.reached.wait()
        shown = len(shop.presenter.shown)

        await shop.actions.cancel(job_id, NOAH)
        shop.queue.hold.set()
        await until(shop.at_rest)

    assert (shop.jobs.only.state, shop.jobs.only.withdrawn) == (state, True)
    later = [job for job, _ in shop.presenter.shown[shown:]] + shop.presenter.settled
    assert later
    assert all(job.withdrawn for job in later)


async def test_what_was_hidden_while_it_was_listened_for_stays_hidden(open_shop):
    """An uncertain order is shown as such for minutes, while a callback may name it."""
    shop = open_shop(callbacks=True, public_url="https://bot.example")
    shop.queue.answers.append(silent())
    shop.queue.hold = asyncio.Event()
    await take(shop.orders, a_request(), answered)
    async with shop.working():
        await shop.queue.reached.wait()
        shown = len(shop.presenter.shown)
        await shop.actions.cancel(shop.jobs.only.id, NOAH)
        shop.queue.hold.set()
        await until(lambda: shop.jobs.only.state is State.UNCERTAIN)
        for _ in range(10):
            await asyncio.sleep(0)

    assert all(job.withdrawn for job, _ in shop.presenter.shown[shown:])


@pytest.mark.parametrize("state", [State.QUEUED, State.PROCESSING])
async def test_a_hidden_order_goes_on_and_history_offers_what_comes_of_it(shop, place, state):
    shop.queue.answers.append(Update(state=State.QUEUED, request_id="r-1"))
    shop.queue.after = Update(state=state, request_id="r-1")
    job_id = await place()
    async with shop.working():
        await until(lambda: state in [job.state for job, _ in shop.presenter.shown])
        shown = len(shop.presenter.shown)

        await shop.actions.cancel(job_id, NOAH)
        shop.queue.after = Update(state=State.PROCESSING, request_id="r-1")
        await until(lambda: shop.jobs.only.state is State.PROCESSING)
        shop.queue.after = None  # it completes
        await until(lambda: shop.jobs.only.undeliverable_since)

    assert all(job.withdrawn for job, _ in shop.presenter.shown[shown:])
    assert (shop.jobs.only.state, shop.jobs.only.billed) == (State.COMPLETED, Billed.YES)
    assert not shop.presenter.delivered
    assert await _history(shop) == [job_id]
    assert shop.jobs.only.state is State.DELIVERED


async def _history(shop):
    handed = []
    history = UndeliveredPictures(jobs=shop.jobs, delivery=shop.delivery)
    async for job, _pictures in history.orders(MEMBER, file_limit=1 << 20):
        await history.confirm(job)
        handed.append(job.id)
    return handed


async def test_hidden_while_its_pictures_are_brought_they_are_taken_back_and_kept(shop, place):
    """Discord may have them already: the card is edited once more, and shows nothing."""
    job_id = await place()
    async with shop.working():
        await until(lambda: shop.jobs.only.state is State.COMPLETED)
        shop.presenter.hold = asyncio.Event()
        await until(lambda: shop.media.fetched)
        for _ in range(5):
            await asyncio.sleep(0)

        await shop.actions.cancel(job_id, NOAH)
        shop.presenter.hold.set()
        await until(lambda: shop.jobs.only.undeliverable_since)

    job = shop.jobs.only
    assert (job.state, job.withdrawn, job.lease.owner) == (State.COMPLETED, True, None)
    assert State.DELIVERED not in shop.jobs.history[job_id]
    assert shop.presenter.settled[-1].withdrawn
    shop.presenter.hold = None
    assert await _history(shop) == [job_id]


async def test_a_hidden_order_counts(shop, place):
    shop.guilds.kept[GUILD] = Rules(member_per_day=1, member_at_once=0)
    shop.queue.hold = asyncio.Event()
    job_id = await place()
    async with shop.working():
        await shop.queue.reached.wait()
        await shop.actions.cancel(job_id, NOAH)

        with pytest.raises(LimitReached) as refused:
            await place()
        shop.queue.hold.set()

    assert refused.value.verdict.rule is Rule.MEMBER_DAY


async def test_a_callback_names_a_hidden_uncertain_order(shop):
    """What is learned of an order that may be paid for is never dropped."""
    job = a_job(state=State.UNCERTAIN, billed=Billed.UNKNOWN)
    shop.jobs.put(job)
    await shop.actions.cancel(job.id, NOAH)

    await shop.callbacks.handle(
        job.id, job.callback_token, Update(state=State.QUEUED, request_id="r-9")
    )

    assert (shop.jobs.only.state, shop.jobs.only.request_id) == (State.QUEUED, "r-9")
    assert shop.jobs.only.withdrawn
