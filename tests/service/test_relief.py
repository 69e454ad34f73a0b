"""A vendor that takes nothing for a long time: nobody waits for it, nothing is charged or lost."""

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.domain import lane as breaker
from bot.domain.admission import Caps, Rule
from bot.domain.job import Billed, EndReason, State
from bot.domain.lane import ClosedReason
from bot.domain.log_entries import LaneClosed
from bot.service import circuit_breaker
from bot.service.errors import LimitReached
from bot.service.moderation import Moderator
from bot.service.port_errors import (
    KeyRejected,
    NotSent,
    OutOfCredit,
    PermanentDiscordError,
    RateLimited,
    VendorRefused,
)
from tests.samples import LANE, NOW, a_job
from tests.service.conftest import PROBE_AFTER, UNLIMITED, a_request, answered, silent, take, until

NO_CREDIT = OutOfCredit(status=402, reason="Insufficient balance")
NO_KEY = KeyRejected(status=401, reason="Invalid key")
MIRA = Moderator(id=1, guild_id=100)


@asynccontextmanager
async def open_for_orders(shop):
    """Let the lane and the rounds run."""
    async with shop.working():
        rounds = asyncio.create_task(shop.recovery.run())
        try:
            yield
        finally:
            rounds.cancel()
            await asyncio.gather(rounds, return_exceptions=True)


@pytest.fixture
def order(shop):
    """Order a picture; return its job."""

    async def order(*, answer=answered, **changes):
        before = set(shop.jobs.rows)
        await take(shop.orders, a_request(**changes), answer)
        (new,) = set(shop.jobs.rows) - before
        return shop.jobs.rows[new]

    return order


@pytest.fixture
def submit(shop):
    """Have the lane submit the next order, and the vendor answer; return what became of it."""

    async def submit(*answers):
        shop.queue.answers.extend(answers)
        async with asyncio.timeout(5):
            return await shop.submitter.submit(await shop.dispatcher.next())

    return submit


@pytest.fixture
async def empty(shop, order, submit):
    """Have the vendor find the wallet empty; return the order that it refused."""
    await order()
    return await submit(NO_CREDIT)


@pytest.fixture
async def probe(shop, empty, order):
    """The order that may find out whether there is credit again."""
    shop.clock.now += PROBE_AFTER
    return await order()


async def refusal(order, **changes):
    """Order a picture that is refused; return why."""
    with pytest.raises(LimitReached) as refused:
        await order(**changes)
    return refused.value.verdict


def warnings(caplog):
    return [
        record.getMessage()
        for record in caplog.get_records("setup") + caplog.get_records("call")
        if record.levelno >= logging.WARNING and record.name == circuit_breaker.__name__
    ]


def states(shop):
    return [job.state for job in shop.jobs.rows.values()]


# An empty wallet.


async def test_an_empty_wallet_gives_back_what_waits_and_charges_nothing(open_shop):
    """Their members would wait for a picture that nobody can pay for."""
    shop = open_shop(width=1)
    shop.queue.answers.append(NO_CREDIT)
    shop.queue.hold = asyncio.Event()

    async with open_for_orders(shop):
        for _ in range(5):
            await take(shop.orders, a_request(), answered)
        await shop.queue.reached.wait()
        shop.queue.hold.set()
        await until(shop.at_rest)

    jobs = shop.jobs.rows.values()
    assert {(job.state, job.end_reason, job.billed) for job in jobs} == {
        (State.REFUSED, EndReason.OUT_OF_CREDIT, Billed.NO)
    }
    assert {job.id for job in shop.presenter.settled} == set(shop.jobs.rows)
    assert len(shop.queue.submitted) == 1


async def test_an_order_that_is_given_back_leaves_no_trace_in_any_limit(open_shop):
    """A full day's images, refused for money, must not cost the server its day."""
    shop = open_shop(width=1, caps=Caps(images_per_day=4, images_per_guild_per_day=4))
    shop.guilds.kept[100] = replace(
        UNLIMITED, member_per_day=4, member_at_once=2, server_at_once=2, cooldown=60
    )
    shop.jobs.put(*(a_job(answered_at=NOW) for _ in range(4)))
    shop.queue.answers.append(NO_CREDIT)

    async with open_for_orders(shop):
        await until(shop.at_rest)
        shop.clock.now += PROBE_AFTER
        await take(shop.orders, a_request(), answered)
        await until(shop.at_rest)

    assert states(shop) == [State.REFUSED] * 4 + [State.DELIVERED]


async def test_a_server_is_told_once_however_many_orders_and_rounds(open_shop):
    shop = open_shop(width=1)
    shop.guilds.kept[100] = replace(UNLIMITED, log_channel=900)
    shop.guilds.kept[101] = replace(UNLIMITED, log_channel=901)
    shop.jobs.put(
        *(
            a_job(answered_at=NOW, guild_id=guild_id, channel_id=200 + guild_id, message_id=77)
            for guild_id in (100, 100, 101, 102, 100)
        )
    )
    shop.queue.answers.append(NO_CREDIT)

    async with open_for_orders(shop):
        await until(lambda: len(shop.log_channel.told) == 2)
        await until(shop.at_rest)
    for _ in range(3):
        await shop.round()

    told = dict(shop.log_channel.told)
    assert len(shop.log_channel.told) == 2
    for channel_id, guild_id, orders in ((900, 100, 3), (901, 101, 1)):
        assert told[channel_id] == LaneClosed(
            reason=ClosedReason.CREDIT,
            guild_id=guild_id,
            orders=orders,
            channel_id=200 + guild_id,
            message_id=77,
            until=None,
        )


async def test_what_is_given_back_later_in_an_episode_is_not_told_again(shop, order, submit):
    """Its member was answered only after the lane had been shut."""
    shop.guilds.kept[100] = replace(UNLIMITED, log_channel=900)
    late, asked = asyncio.Event(), asyncio.Event()

    async def slowly():
        asked.set()
        await late.wait()
        return 78

    await order()
    taking = asyncio.create_task(order(answer=slowly))
    await asked.wait()
    await submit(NO_CREDIT)
    await shop.round()
    assert len(shop.log_channel.told) == 1

    late.set()
    await taking
    await shop.round()

    assert states(shop) == [State.REFUSED] * 2
    assert len(shop.log_channel.told) == 1


async def test_another_episode_is_told_anew(shop, probe, order, submit):
    shop.guilds.kept[100] = replace(UNLIMITED, log_channel=900)
    await shop.round()
    await submit()

    shop.clock.now += 60
    await order()
    await submit(NO_CREDIT)
    await shop.round()

    assert [notice.orders for _, notice in shop.log_channel.told] == [1, 1]


async def test_the_next_order_is_refused_before_anything_is_sent(shop, empty, order):
    refused = await refusal(order)

    assert (refused.rule, refused.ends_at) == (Rule.CREDIT, NOW + PROBE_AFTER)
    assert refused.operators
    assert list(shop.jobs.rows) == [empty.id]
    assert len(shop.queue.submitted) == 1


async def test_nothing_is_tried_before_its_time(shop, empty, order):
    shop.clock.now += PROBE_AFTER - 1

    assert (await refusal(order)).rule is Rule.CREDIT


async def test_of_many_who_order_at_once_one_is_the_probe(shop, empty, order):
    """The bot buys no pictures of its own to find out, and no two members' either."""
    shop.clock.now += PROBE_AFTER

    ends = await asyncio.gather(
        *(take(shop.orders, a_request(), answered) for _ in range(6)), return_exceptions=True
    )

    assert ends.count(None) == 1
    refused = [end.verdict for end in ends if isinstance(end, LimitReached)]
    assert {verdict.rule for verdict in refused} == {Rule.CREDIT}
    assert {verdict.ends_at for verdict in refused} == {None}  # nobody knows when it is answered
    assert len(refused) == 5


async def test_the_probe_is_submitted_and_not_given_back(shop, probe):
    await shop.round()
    assert shop.jobs.rows[probe.id].state is State.WAITING

    async with shop.working():
        await until(lambda: shop.jobs.rows[probe.id].state is State.DELIVERED)


async def test_the_probes_success_opens_the_lane_for_everybody(shop, probe, order, submit, caplog):
    await submit()

    await order()
    job = await submit()

    assert job.state is State.QUEUED
    assert warnings(caplog)[1:] == [f"lane reopened, there is credit again: lane={LANE}"]


async def test_a_probe_that_finds_no_credit_waits_again(shop, probe, order, submit, caplog):
    refused = await submit(NO_CREDIT)
    assert (refused.id, refused.end_reason) == (probe.id, EndReason.OUT_OF_CREDIT)

    verdict = await refusal(order)
    assert (verdict.rule, verdict.ends_at) == (Rule.CREDIT, NOW + 2 * PROBE_AFTER)

    shop.clock.now += PROBE_AFTER
    again = await order()
    assert shop.lanes.lanes[LANE].probe == again.id


async def test_the_operator_is_warned_once_an_episode(shop, probe, order, submit, caplog):
    """A line for each refused order would hide what else is in the log."""
    await submit(NO_CREDIT)
    for _ in range(3):
        await refusal(order)
        await shop.round()

    assert warnings(caplog) == [f"lane closed, the wallet is empty: lane={LANE}"]


async def test_an_order_that_was_taken_before_the_wallet_ran_dry_opens_nothing(shop, order, submit):
    """Its answer is late: it tells of a wallet that was."""
    await order()
    await order()
    early = await shop.dispatcher.next()
    await submit(NO_CREDIT)

    after = await shop.submitter.submit(early)

    assert after.state is State.QUEUED
    assert (await refusal(order)).ends_at == NOW + PROBE_AFTER


@pytest.mark.parametrize("seconds", [10, PROBE_AFTER + 1])
async def test_a_refusal_that_comes_late_prolongs_nothing(shop, order, submit, caplog, seconds):
    """It was sent before the lane was shut, and refused for the same reason."""
    await order()
    await order()
    early = await shop.dispatcher.next()
    await submit(NO_CREDIT)
    shop.clock.now += seconds
    lane = shop.lanes.lanes[LANE]

    shop.queue.answers.append(NO_CREDIT)
    after = await shop.submitter.submit(early)

    assert (after.state, after.end_reason) == (State.REFUSED, EndReason.OUT_OF_CREDIT)
    assert shop.lanes.lanes[LANE] == lane
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("answers", [[], [NO_CREDIT]], ids=["taken", "refused"])
async def test_what_comes_late_leaves_the_probe_its_turn(shop, order, submit, answers):
    await order()
    await order()
    early = await shop.dispatcher.next()
    await submit(NO_CREDIT)
    shop.clock.now += PROBE_AFTER
    probe = await order()

    shop.queue.answers.extend(answers)
    await shop.submitter.submit(early)

    assert shop.lanes.lanes[LANE].probe == probe.id
    assert (await refusal(order)).ends_at is None


@pytest.mark.parametrize(
    ("answer", "state"),
    [(silent(), State.UNCERTAIN), (VendorRefused(status=400, reason="no"), State.REFUSED)],
)
async def test_a_probe_that_finds_nothing_out_makes_room(shop, probe, order, submit, answer, state):
    """Else its lane would be shut for ever: nobody else may ask the vendor."""
    assert (await submit(answer)).state is state

    again = await order()

    assert shop.lanes.lanes[LANE].probe == again.id
    assert (await refusal(order)).rule is Rule.CREDIT


async def test_a_probe_whose_member_was_not_answered_makes_room(shop, empty, order):
    async def refused():
        raise PermanentDiscordError("404 (10062)")

    shop.clock.now += PROBE_AFTER
    cancelled = await order(answer=refused)
    assert shop.jobs.rows[cancelled.id].state is State.CANCELLED

    again = await order()

    assert shop.lanes.lanes[LANE].probe == again.id


@pytest.mark.parametrize(
    "answer", [RateLimited(status=429, retry_after=60), NotSent("no connection")]
)
async def test_a_probe_that_the_vendor_did_not_take_remains_the_probe(
    shop, probe, order, submit, answer
):
    after = await submit(answer)
    await shop.round()

    assert (after.id, after.state) == (probe.id, State.WAITING)
    assert shop.jobs.rows[probe.id].state is State.WAITING
    assert (await refusal(order)).rule is Rule.CREDIT


async def test_a_moderator_has_the_wallet_tried_at_once(shop, empty, order, submit):
    assert await shop.limits.resume(MIRA) == (False, True)

    await order()

    assert (await submit()).state is State.QUEUED
    await order()


async def test_an_empty_wallet_is_not_forgotten_while_the_store_is_away(shop, order, empty_later):
    """Orders that are admitted in between are refused by the vendor, one by one."""
    submitting = await empty_later()
    shop.lanes.away = True
    shop.queue.hold.set()
    tries = shop.lanes.calls.count("update")
    await until(lambda: shop.lanes.calls.count("update") > tries + 3)

    shop.lanes.away = False

    assert (await submitting).end_reason is EndReason.OUT_OF_CREDIT
    assert (await refusal(order)).rule is Rule.CREDIT


@pytest.fixture
def empty_later(shop, order):
    """Have an order submitted whose refusal comes when the vendor is let go."""

    async def empty_later():
        await order()
        shop.queue.answers.append(NO_CREDIT)
        shop.queue.hold = asyncio.Event()
        job = await shop.dispatcher.next()
        submitting = asyncio.create_task(shop.submitter.submit(job))
        await shop.queue.reached.wait()
        return submitting

    return empty_later


# A key that the vendor does not accept.


async def test_a_refused_key_keeps_what_waits_and_takes_no_more(shop, order, submit, caplog):
    """An operator mends it within minutes: for that, nobody loses their place."""
    orders = {(await order()).id for _ in range(2)}
    refused = await submit(NO_KEY)
    (waiting,) = orders - {refused.id}

    await shop.round()

    assert (refused.state, refused.end_reason) == (State.REFUSED, EndReason.KEY_REFUSED)
    assert shop.jobs.rows[waiting].state is State.WAITING
    assert not await shop.jobs.has_claimable(lane=LANE, width=4, now=NOW + 10**6)
    verdict = await refusal(order)
    assert (verdict.rule, verdict.ends_at) == (Rule.KEY, None)
    assert len(warnings(caplog)) == 1
    assert shop.log_channel.told == []


async def test_a_start_lets_what_waits_for_a_key_go(shop, order, submit):
    orders = {(await order()).id for _ in range(2)}
    refused = await submit(NO_KEY)
    (waiting,) = orders - {refused.id}

    await shop.lanes.update(LANE, breaker.key_accepted)
    async with open_for_orders(shop):
        await until(lambda: shop.jobs.rows[waiting].state is State.DELIVERED)


# A long pause.


async def test_a_pause_that_nobody_should_wait_for_gives_back_what_waits(shop, order, caplog):
    shop.guilds.kept[100] = replace(UNLIMITED, log_channel=900)
    shop.jobs.put(*(a_job(answered_at=NOW) for _ in range(3)))
    shop.queue.answers.extend([RateLimited(status=429, retry_after=601)] * 3)

    async with open_for_orders(shop):
        await until(shop.at_rest)
    await shop.round()

    assert {(job.state, job.end_reason, job.billed) for job in shop.jobs.rows.values()} == {
        (State.REFUSED, EndReason.BUSY, Billed.NO)
    }
    ((channel_id, notice),) = shop.log_channel.told
    assert (channel_id, notice.reason, notice.orders) == (900, ClosedReason.BUSY, 3)
    assert notice.until == NOW + 601
    verdict = await refusal(order)
    assert (verdict.rule, verdict.ends_at) == (Rule.BUSY, NOW + 601)
    assert warnings(caplog) == [f"lane closed, the vendor asked for a long pause: lane={LANE}"]


async def test_a_pause_that_is_worth_waiting_for_keeps_what_waits(shop, order, submit):
    await order()
    waiting = await order()
    await submit(RateLimited(status=429, retry_after=600))

    await shop.round()
    later = await order()
    assert states(shop) == [State.WAITING] * 3

    shop.clock.now += 600
    async with open_for_orders(shop):
        await until(shop.at_rest)

    assert shop.jobs.rows[waiting.id].state is State.DELIVERED
    assert shop.jobs.rows[later.id].state is State.DELIVERED
    assert shop.log_channel.told == []


async def test_orders_are_taken_again_once_the_rest_of_a_long_pause_is_worth_waiting_for(
    shop, order, submit
):
    await order()
    await submit(RateLimited(status=429, retry_after=3600))
    await refusal(order)

    shop.clock.now += 3000

    assert (await order()).state is State.WAITING
