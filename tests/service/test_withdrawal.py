"""Cancelling and withdrawing while the whole process works: the lane, the vendor, the delivery."""

import asyncio

import pytest

from bot.domain.admission import Rule
from bot.domain.job import Billed, State, Update
from bot.domain.rules import Rules
from bot.service.errors import AlreadyEnded, LimitReached
from bot.service.order_actions import Person
from bot.service.port_errors import VendorRefused
from tests.samples import NOW, a_job
from tests.service.conftest import on_each_engine
from tests.service.harness import no_answer, until

MEMBER, GUILD = 300, 100
NOAH = Person(id=MEMBER, guild_id=GUILD)


@pytest.fixture
def hide(app):
    """Hide an order of Noah's, or cancel it; return how many cards were shown before."""

    async def hide(job):
        shown = len(app.cards.shown)
        await app.cogs.actions.hide(job.id, NOAH)
        return shown

    return hide


async def fetch_undelivered(app):
    """Hand over the kept pictures, as a cog does; return the ids of their orders."""
    ids = []
    for job, pictures in (await app.cogs.history.orders(MEMBER, file_limit=1 << 20)).ready:
        await app.cogs.history.confirm(job, count=len(pictures))
        ids.append(job.id)
    return ids


async def test_a_cancelled_order_does_not_count(app, hide):
    await app.set_rules(GUILD, Rules(member_at_once=1, member_per_day=1, cooldown=3600))
    job = await app.order()
    with pytest.raises(LimitReached):
        await app.order()

    await hide(job)

    assert (await app.order()).id != job.id


@on_each_engine
async def test_in_a_burst_of_cancels_no_order_is_both_cancelled_and_sent(app):
    jobs = [a_job(guild_id=GUILD + number, answered_at=NOW) for number in range(30)]
    await app.put(*jobs)

    async def cancel(job):
        try:
            await app.cogs.actions.hide(job.id, NOAH)
        except AlreadyEnded:
            return

    async def all_ended():
        return all(job.ended or job.outstanding.kept_at for job in await app.all_jobs())

    async with app.claiming():
        await until(lambda: app.queue.submitted)
        await asyncio.gather(*map(cancel, jobs))
        await until(all_ended)

    cancelled = [job for job in await app.all_jobs() if job.state is State.CANCELLED]
    assert all(job.lease.submit_started_at is None for job in cancelled)  # never claimed
    assert len(app.queue.submitted) == len(jobs) - len(cancelled)


async def test_a_withdrawal_during_the_submit_does_not_lose_the_vendors_answer(app, hide):
    """It is recorded: it is being paid for."""
    app.queue.gate.close()
    job = await app.order()
    async with app.claiming():
        await app.queue.gate.reached.wait()

        await hide(job)
        app.queue.gate.open()
        await until(app.is_kept(job.id))

    after = await app.only_job()
    assert (after.state, after.withdrawn, after.request_id) == (State.COMPLETED, True, "r-1")
    assert len(app.queue.submitted) == 1
    assert app.cards.delivered == []
    assert app.cards.settled[-1].withdrawn


@pytest.mark.parametrize(
    ("answer", "state", "callbacks"),
    [
        (VendorRefused(status=400, reason="no"), State.REFUSED, False),
        (no_answer(), State.UNCERTAIN, False),
        # It is shown as uncertain for minutes, while a callback may bring its request id.
        (no_answer(), State.UNCERTAIN, True),
    ],
    ids=["refused", "no answer", "awaits a callback"],
)
async def test_an_order_withdrawn_during_its_submit_is_shown_by_no_later_end(
    open_process, answer, state, callbacks
):
    """Its card would show again what was ordered."""
    app = open_process(public_url="https://bot.example" if callbacks else None)
    app.queue.gate.close()
    app.queue.answers.append(answer)
    job = await app.order()
    async with app.claiming():
        await app.queue.gate.reached.wait()
        shown = len(app.cards.shown)

        await app.cogs.actions.hide(job.id, NOAH)
        after_cancel = len(app.cards.shown)
        app.queue.gate.open()
        await until(app.is_in(job.id, state))
        if callbacks:
            await until(lambda: len(app.cards.shown) > after_cancel)
        else:
            await until(app.at_rest)

    after = await app.only_job()
    assert (after.state, after.withdrawn) == (state, True)
    later = app.cards.shown_jobs[shown:] + app.cards.settled
    assert later
    assert all(job.withdrawn for job in later)


@pytest.mark.parametrize("state", [State.QUEUED, State.PROCESSING])
async def test_a_withdrawn_order_goes_on_and_history_offers_its_pictures(app, hide, state):
    app.queue.after = Update(state=state, request_id="r-1")
    job = await app.order()
    async with app.claiming():
        await until(app.is_in(job.id, state))

        shown = await hide(job)
        app.queue.after = Update(state=State.PROCESSING, request_id="r-1")
        await until(app.is_in(job.id, State.PROCESSING))
        app.queue.after = None  # it completes
        await until(app.is_kept(job.id))

    assert all(later.withdrawn for later in app.cards.shown_jobs[shown:] + app.cards.settled)
    after = await app.only_job()
    assert (after.state, after.billed, after.lease.owner) == (State.COMPLETED, Billed.YES, None)
    assert app.cards.delivered == []
    assert await fetch_undelivered(app) == [job.id]
    assert (await app.only_job()).state is State.DELIVERED


async def test_pictures_withdrawn_during_their_delivery_are_taken_back_and_kept(app, hide):
    """Discord may have them already: the card is edited once more, and shows nothing."""
    job = await app.order()
    app.cards.gate.close()
    async with app.claiming():
        await app.cards.gate.reached.wait()

        await hide(job)
        app.cards.gate.open()
        await until(app.is_kept(job.id))

    after = await app.only_job()
    assert (after.state, after.withdrawn, after.lease.owner) == (State.COMPLETED, True, None)
    assert [settled.withdrawn for settled in app.cards.settled] == [True]
    assert await fetch_undelivered(app) == [job.id]


async def test_a_withdrawn_order_counts(app, hide):
    await app.set_rules(GUILD, Rules(member_per_day=1, member_at_once=0))
    app.queue.gate.close()
    job = await app.order()
    async with app.claiming():
        await app.queue.gate.reached.wait()
        await hide(job)

        with pytest.raises(LimitReached) as refused:
            await app.order()
        app.queue.gate.open()

    assert refused.value.verdict.rule is Rule.MEMBER_DAY


async def test_a_callback_brings_the_request_id_of_a_withdrawn_uncertain_order(app, hide):
    """What is learned of an order that may be paid for is never dropped."""
    job = a_job(state=State.UNCERTAIN, billed=Billed.UNKNOWN)
    await app.put(job)
    await hide(job)

    await app.services.callbacks.handle(
        job.id, job.callback_token, Update(state=State.QUEUED, request_id="r-9")
    )

    after = await app.only_job()
    assert (after.state, after.request_id, after.withdrawn) == (State.QUEUED, "r-9", True)
