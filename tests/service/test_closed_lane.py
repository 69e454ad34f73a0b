"""A vendor that accepts nothing for a long time: members don't wait, nothing is charged or lost."""

import asyncio
import logging
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest

from bot.domain import lane_transitions
from bot.domain.admission import Caps, Rule
from bot.domain.job import Billed, EndReason, State, Update
from bot.domain.lane import GIVES_BACK, ClosedReason, Lane
from bot.domain.log_entries import LaneClosed, LaneReopened
from bot.domain.rules import Rules
from bot.service import circuit_breaker
from bot.service.errors import LimitReached
from bot.service.moderation import Moderator
from bot.service.port_errors import (
    KeyRejected,
    NotSent,
    OutOfCredit,
    PermanentDiscordError,
    RateLimited,
    RequestNotFound,
    TransientDiscordError,
    VendorRefused,
)
from bot.service.ports.vendor import NO_REQUEST
from tests.samples import LANE, NOW, a_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import Gate
from tests.service.harness import (
    PROBE_AFTER,
    UNLIMITED,
    a_request,
    answered,
    background,
    no_answer,
    take,
    until,
)

NO_CREDIT = OutOfCredit(status=402, reason="Insufficient balance")
NO_KEY = KeyRejected(status=401, reason="Invalid key")
MIRA = Moderator(id=1, guild_id=100)
LOG = 900  # the log channel of server 100


@asynccontextmanager
async def running(app):
    """Run the lane and the recovery rounds."""
    async with app.claiming(), background(app.services.recovery.run()):
        yield


@pytest.fixture
async def refused(app):
    """The order for which the vendor found the wallet empty."""
    await app.order()
    return await app.submit(NO_CREDIT)


@pytest.fixture
async def probe(app, refused):
    """The order that may find out whether there is credit again."""
    app.clock.now += PROBE_AFTER
    return await app.order()


@pytest.fixture
async def log_channel(app):
    """Give server 100 a log channel."""
    await app.set_rules(100, replace(UNLIMITED, log_channel=LOG))
    return app.log_channel


async def refusal(app):
    """Place an order that the rules refuse; return the rule's verdict."""
    with pytest.raises(LimitReached) as refused:
        await app.order()
    return refused.value.verdict


async def outcomes(app):
    return {(job.state, job.end_reason, job.billed) for job in await app.all_jobs()}


def warnings(caplog):
    return [
        record.getMessage()
        for record in caplog.get_records("setup") + caplog.get_records("call")
        if record.levelno >= logging.WARNING and record.name == circuit_breaker.__name__
    ]


# An empty wallet.


@on_each_engine
async def test_an_empty_wallet_refuses_what_waits_and_charges_nothing(open_process):
    """Their members would wait for a picture for which there is no money."""
    app = open_process(width=1)
    app.queue.answers.append(NO_CREDIT)
    app.queue.gate.close()

    async with running(app):
        for _ in range(5):
            await app.order()
        await app.queue.gate.reached.wait()
        app.queue.gate.open()
        await until(app.at_rest)

    assert await outcomes(app) == {(State.REFUSED, EndReason.OUT_OF_CREDIT, Billed.NO)}
    assert {job.id for job in app.cards.settled} == {job.id for job in await app.all_jobs()}
    assert len(app.queue.submitted) == 1


async def test_an_order_refused_for_credit_counts_in_no_limit(open_process):
    """A full day's images, refused for money, must not cost the server its day."""
    app = open_process(width=1, caps=Caps(images_per_day=4, images_per_guild_per_day=4))
    rules = Rules(member_per_day=4, member_at_once=2, server_at_once=2, cooldown=60)
    await app.set_rules(100, rules)
    await app.put(*(a_job(interaction_id=number, answered_at=NOW) for number in range(4)))
    app.queue.answers.append(NO_CREDIT)

    async with running(app):
        await until(app.at_rest)
        app.clock.now += PROBE_AFTER
        await app.order()
        await until(app.at_rest)

    assert await app.states() == [State.REFUSED] * 4 + [State.DELIVERED]


async def test_a_server_gets_one_log_entry_however_many_orders_and_rounds(
    open_process, log_channel
):
    app = open_process(width=1)
    await app.set_rules(101, replace(UNLIMITED, log_channel=901))
    await app.put(
        *(
            a_job(answered_at=NOW, guild_id=guild_id, channel_id=200 + guild_id, message_id=77)
            for guild_id in (100, 100, 101, 102, 100)
        )
    )
    app.queue.answers.append(NO_CREDIT)

    async with running(app):
        await until(lambda: len(app.log_channel.entries) == 2)
        await until(app.at_rest)
    for _ in range(3):
        await app.sweep()

    assert len(app.log_channel.entries) == 2
    for channel_id, guild_id, orders in ((LOG, 100, 3), (901, 101, 1)):
        assert dict(app.log_channel.entries)[channel_id] == LaneClosed(
            reason=ClosedReason.CREDIT,
            guild_id=guild_id,
            orders=orders,
            channel_id=200 + guild_id,
            message_id=77,
            key=f"{guild_id:x}{int(NOW):x}",
        )


@on_each_engine
@pytest.mark.parametrize("reason", ClosedReason)
async def test_each_closure_is_logged_once_and_so_is_its_end(
    app, open_process, log_channel, reason
):
    """Every server with a log reads why its orders wait, and that they are drawn again."""
    await app.set_rules(101, replace(UNLIMITED, log_channel=901, language="de"))
    await app.put(a_job(answered_at=NOW, guild_id=100), a_job(answered_at=NOW, guild_id=101))
    long = 7200.0
    shut = Lane(closed=reason, shut_at=NOW, failed_at=NOW, probe_at=NOW + 300)
    if reason is ClosedReason.BUSY:
        shut = replace(shut, paused_until=NOW + long)
    await app.set_lane(shut)
    other = open_process(owner="another")

    for process in (app, other, app):
        process.clock.now += 15
        await process.sweep()
        await process.sweep()
    told = [*log_channel.entries, *other.log_channel.entries]
    assert sorted(channel for channel, _ in told) == [LOG, 901]
    assert {entry.reason for _, entry in told} == {reason}
    assert {entry.orders for _, entry in told} == {1 if reason in GIVES_BACK else 0}

    await app.set_lane(replace(shut, closed=None, paused_until=0.0))
    for process in (app, other, app):
        process.clock.now += long
        await process.sweep()
    ends = [*log_channel.entries, *other.log_channel.entries]
    ends = [(channel, type(entry)) for channel, entry in ends if (channel, entry) not in told]
    assert sorted(channel for channel, _ in ends) == [LOG, 901]
    assert {kind for _, kind in ends} == {LaneReopened}


@pytest.mark.parametrize("reason", [ClosedReason.UNKNOWN, ClosedReason.DENIED])
async def test_a_closure_that_passes_by_itself_is_not_logged(app, log_channel, reason):
    shut = Lane(closed=reason, shut_at=NOW, failed_at=NOW, probe_at=NOW + 5)
    await app.set_lane(shut)
    await app.sweep()
    await app.set_lane(replace(shut, closed=None))
    await app.sweep()

    assert log_channel.entries == []


async def test_the_end_of_another_keys_closure_is_logged_once_this_one_works(app, log_channel):
    """An operator ends a refused key with a new one, which may be refused too."""
    await app.lanes.owe_end("the old key", 100, shut_at=NOW)
    await app.sweep()
    assert log_channel.entries == []

    await app.order()
    await app.submit(Update(state=State.QUEUED, request_id="r-1"))
    await app.sweep()

    assert [type(entry) for _, entry in log_channel.entries] == [LaneReopened]


async def test_what_discord_did_not_take_is_logged_in_a_later_round(app, log_channel):
    """A process that dies before Discord took it leaves it to the next one."""
    log_channel.error = TransientDiscordError("away")
    await app.order()
    await app.submit(NO_CREDIT)
    await app.sweep()
    assert log_channel.entries == []

    log_channel.error = None
    for _ in range(2):
        await app.sweep()

    assert len(log_channel.entries) == 1


async def test_an_order_refused_later_in_a_closure_is_not_logged_again(app, log_channel):
    """Its member was answered only after the lane had closed."""
    gate = Gate()
    gate.close()

    async def answer_late():
        await gate()
        return 78

    await app.order()
    ordering = asyncio.create_task(app.order(answer=answer_late))
    await gate.reached.wait()
    await app.submit(NO_CREDIT)
    await app.sweep()
    assert len(log_channel.entries) == 1

    gate.open()
    await ordering
    await app.sweep()

    assert await app.states() == [State.REFUSED] * 2
    assert len(log_channel.entries) == 1


async def test_another_closure_is_logged_again(app, log_channel, probe):
    await app.sweep()
    await app.submit()

    app.clock.now += 60
    await app.order()
    await app.submit(NO_CREDIT)
    await app.sweep()

    assert [entry.orders for _, entry in log_channel.entries] == [1, 1]


async def test_the_next_order_is_refused_before_anything_is_sent(app, refused):
    verdict = await refusal(app)

    assert (verdict.rule, verdict.ends_at) == (Rule.CREDIT, NOW + PROBE_AFTER)
    assert verdict.operators
    assert await app.only_job() == refused
    assert len(app.queue.submitted) == 1

    app.clock.now += PROBE_AFTER - 1
    assert (await refusal(app)).rule is Rule.CREDIT


@on_each_engine
async def test_one_of_many_orders_at_once_is_the_probe(app, refused):
    """The bot buys no pictures of its own to find out, and no two members' either."""
    app.clock.now += PROBE_AFTER

    results = await asyncio.gather(
        *(take(app, a_request(), answered) for _ in range(6)), return_exceptions=True
    )

    assert results.count(None) == 1
    verdicts = [result.verdict for result in results if isinstance(result, LimitReached)]
    # When it is answered is unknown.
    assert [(verdict.rule, verdict.ends_at) for verdict in verdicts] == [(Rule.CREDIT, None)] * 5


async def test_the_probe_is_submitted_and_not_refused(app, probe):
    await app.services.recovery.sweep()
    assert (await app.job(probe.id)).state is State.WAITING

    async with app.claiming():
        await until(app.is_in(probe.id, State.DELIVERED))


async def test_the_probes_success_opens_the_lane(app, probe, caplog):
    await app.submit()

    await app.order()

    assert (await app.submit()).state is State.QUEUED
    assert warnings(caplog)[1:] == [f"lane reopened, there is credit again: lane={LANE}"]


async def test_after_a_probe_without_credit_the_next_one_waits_again(app, probe):
    refused = await app.submit(NO_CREDIT)
    assert (refused.id, refused.end_reason) == (probe.id, EndReason.OUT_OF_CREDIT)

    verdict = await refusal(app)
    assert (verdict.rule, verdict.ends_at) == (Rule.CREDIT, NOW + 2 * PROBE_AFTER)

    app.clock.now += PROBE_AFTER
    assert (await app.order()).id == (await app.lane()).probe


async def test_the_operator_is_warned_once_in_a_closure(app, probe, caplog):
    """A line for each refused order would hide what else is in the log."""
    await app.submit(NO_CREDIT)
    for _ in range(3):
        await refusal(app)
        await app.services.recovery.sweep()

    assert warnings(caplog) == [f"lane closed, the wallet is empty: lane={LANE}"]


# Answers to orders that were sent before the lane closed.


@pytest.fixture
async def early(app):
    """An order that was claimed before the wallet was found empty, and is not answered yet."""
    await app.order()
    await app.order()
    job = await app.claim()
    await app.submit(NO_CREDIT)
    return job


async def test_an_early_order_that_is_accepted_opens_nothing(app, early):
    """Its answer is late: it says what was in the wallet before."""
    after = await app.pipeline.submitter.submit(early)

    assert after.state is State.QUEUED
    assert (await refusal(app)).ends_at == NOW + PROBE_AFTER


@pytest.mark.parametrize("seconds", [10, PROBE_AFTER + 1])
async def test_an_early_order_that_is_refused_late_prolongs_nothing(app, early, caplog, seconds):
    """It was sent before the lane closed, and refused for the same reason."""
    app.clock.now += seconds
    lane = await app.lane()

    app.queue.answers.append(NO_CREDIT)
    after = await app.pipeline.submitter.submit(early)

    assert (after.state, after.end_reason) == (State.REFUSED, EndReason.OUT_OF_CREDIT)
    assert await app.lane() == lane
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("answers", [[], [NO_CREDIT]], ids=["accepted", "refused"])
async def test_a_late_answer_does_not_end_the_probe(app, early, answers):
    app.clock.now += PROBE_AFTER
    probe = await app.order()

    app.queue.answers.extend(answers)
    await app.pipeline.submitter.submit(early)

    assert (await app.lane()).probe == probe.id
    assert (await refusal(app)).ends_at is None


# Probes without an outcome.


@pytest.mark.parametrize(
    ("answer", "state"),
    [(no_answer(), State.UNCERTAIN), (VendorRefused(status=400, reason="no"), State.REFUSED)],
)
async def test_a_probe_that_finds_nothing_out_makes_room(app, probe, answer, state):
    """Otherwise the lane would be closed for ever: no other order may ask the vendor."""
    assert (await app.submit(answer)).state is state

    assert (await app.order()).id == (await app.lane()).probe
    assert (await refusal(app)).rule is Rule.CREDIT


async def test_a_probe_whose_member_was_not_answered_makes_room(app, refused):
    async def refuse():
        raise PermanentDiscordError("404 (10062)")

    app.clock.now += PROBE_AFTER
    assert (await app.order(answer=refuse)).state is State.CANCELLED

    assert (await app.order()).id == (await app.lane()).probe


@pytest.mark.parametrize(
    "answer", [RateLimited(status=429, retry_after=60), NotSent("no connection")]
)
async def test_a_probe_that_the_vendor_did_not_accept_remains_the_probe(app, probe, answer):
    after = await app.submit(answer)
    await app.services.recovery.sweep()

    assert (after.id, after.state) == (probe.id, State.WAITING)
    assert (await app.job(probe.id)).state is State.WAITING
    assert (await refusal(app)).rule is Rule.CREDIT


async def test_a_moderator_has_the_wallet_tried_at_once(app, refused):
    assert await app.cogs.limits.resume(MIRA) == (False, ClosedReason.CREDIT)

    await app.order()

    assert (await app.submit()).state is State.QUEUED
    await app.order()


async def test_an_empty_wallet_is_recorded_although_the_store_was_away(app):
    """Orders that are admitted in between are refused by the vendor, one by one."""
    await app.order()
    async with app.submitting(await app.claim(), NO_CREDIT) as submitting:
        app.faults.lanes.away = True
    await app.faults.lanes.refused("update", times=3)

    app.faults.lanes.away = False

    assert (await submitting).end_reason is EndReason.OUT_OF_CREDIT
    assert (await refusal(app)).rule is Rule.CREDIT


# A key that the vendor does not accept.


async def test_with_a_rejected_key_waiting_orders_stay_and_new_ones_are_refused(
    app, log_channel, caplog
):
    """An operator replaces it within minutes: for that no order loses its place."""
    await app.order()
    await app.order()
    refused = await app.submit(NO_KEY)

    await app.sweep()

    assert (refused.state, refused.end_reason) == (State.REFUSED, EndReason.KEY_REFUSED)
    (waiting,) = [job for job in await app.all_jobs() if job.state is State.WAITING]
    assert not (await app.jobs.look(lane=LANE, width=4, now=NOW + 10**6)).claimable
    verdict = await refusal(app)
    assert (verdict.rule, verdict.ends_at) == (Rule.KEY, None)
    assert len(warnings(caplog)) == 1
    [(_, entry)] = log_channel.entries
    assert (entry.reason, entry.orders) == (ClosedReason.KEY, 0)

    await app.lanes.update(LANE, partial(lane_transitions.restarted, now=NOW))  # with another key
    async with running(app):
        await until(app.is_in(waiting.id, State.DELIVERED))


# A long pause.


async def test_a_pause_that_is_too_long_to_wait_for_refuses_what_waits(app, log_channel, caplog):
    await app.put(*(a_job(answered_at=NOW) for _ in range(3)))
    app.queue.answers.extend([RateLimited(status=429, retry_after=601)] * 3)

    async with running(app):
        await until(app.at_rest)
        await until(lambda: log_channel.entries)  # the round that wrote it is not cancelled
    await app.services.recovery.sweep()

    assert await outcomes(app) == {(State.REFUSED, EndReason.BUSY, Billed.NO)}
    ((channel_id, entry),) = log_channel.entries
    assert (channel_id, entry.reason, entry.orders) == (LOG, ClosedReason.BUSY, 3)
    assert entry.until == NOW + 601
    verdict = await refusal(app)
    assert (verdict.rule, verdict.ends_at) == (Rule.BUSY, NOW + 601)
    assert warnings(caplog) == [f"lane closed, the vendor asked for a long pause: lane={LANE}"]


async def test_a_pause_that_is_worth_waiting_for_keeps_what_waits(app, log_channel):
    await app.order()
    await app.order()
    await app.submit(RateLimited(status=429, retry_after=600))

    await app.services.recovery.sweep()
    await app.order()
    assert await app.states() == [State.WAITING] * 3

    app.clock.now += 600
    async with running(app):
        await until(app.at_rest)

    assert await app.states() == [State.DELIVERED] * 3
    assert log_channel.entries == []


async def test_orders_are_accepted_again_once_the_rest_of_a_long_pause_is_short(app):
    await app.order()
    await app.submit(RateLimited(status=429, retry_after=3600))
    await refusal(app)

    app.clock.now += 3000

    assert (await app.order()).state is State.WAITING


# Reasons for which orders wait, and how the lane tries again by itself.

WALL = KeyRejected(status=403, reason="")
NOT_KNOWN = RequestNotFound(status=404, reason="")


async def a_second_passed(app, *, until):
    """Let a second pass, and tell whether it is later than *until*."""
    app.clock.now += 1
    app.pipeline.limiter.pause_submits(until=app.clock.now)  # it sleeps in real seconds
    app.pipeline.dispatcher.wake()
    await app.lane()  # the others run meanwhile
    return app.clock.now > until


async def open_by_itself(app):
    """Run the lane until nothing is left to do; seconds pass while it is closed."""

    async def at_rest():
        lane = await app.lane()
        if lane.closed is not None or lane.paused(app.clock()):
            await a_second_passed(app, until=0.0)
        return await app.at_rest()

    async with running(app):
        await until(at_rest, within=30)


@pytest.mark.parametrize("status", [no_answer(), None], ids=["every call", "submits only"])
async def test_an_outage_costs_three_orders_at_most(open_process, caplog, status):
    """Of 40 that wait; all others come once it is over."""
    app = open_process(width=16)
    await app.put(*(a_job(answered_at=NOW, guild_id=100 + number) for number in range(40)))
    app.queue.statuses.extend([status or NOT_KNOWN] * 1000)
    app.queue.answers.extend([no_answer()] * 1000)

    async with running(app):
        await until(partial(a_second_passed, app, until=NOW + 180), within=30)
    lost = (await app.states()).count(State.UNCERTAIN)
    assert 2 <= lost <= (2 if status else 3)
    assert (await app.lane()).closed is ClosedReason.UNKNOWN
    app.queue.answers.clear()
    app.queue.statuses.clear()
    app.queue.after = None
    await open_by_itself(app)

    assert Counter(await app.states()) == {State.UNCERTAIN: lost, State.DELIVERED: 40 - lost}
    assert warnings(caplog) == [
        f"lane closed, submits get no usable answer: lane={LANE}",
        f"lane reopened, submits are answered again: lane={LANE}",
    ]


async def test_a_wall_keeps_orders_waiting_and_tries_by_itself(app, caplog):
    for _ in range(5):
        await app.order()
    app.queue.statuses.extend([WALL] * 3)
    app.queue.answers.append(WALL)
    await open_by_itself(app)

    assert await app.states() == [State.DELIVERED] * 5
    assert len(app.queue.submitted) == 6
    assert [message.partition(":")[0] for message in warnings(caplog)] == [
        "lane closed, the vendor denies every submit",
        "lane reopened, the vendor accepts orders again",
    ]


@pytest.mark.parametrize("reason", ["", "error code: 1020"])
async def test_submits_that_are_denied_while_status_calls_pass_close_the_lane_at_the_third(
    app, reason
):
    for _ in range(5):
        await app.order()
    app.queue.statuses.extend([NOT_KNOWN] * 3)
    app.queue.answers.extend([KeyRejected(status=403, reason=reason)] * 5)
    await open_by_itself(app)

    states = Counter(await app.states())
    assert states == {State.REFUSED: 2, State.DELIVERED: 3}
    assert len(app.queue.submitted) == 8


async def test_a_key_is_tried_again_by_status_calls_alone(app, caplog):
    await app.order()
    await app.order()
    app.queue.statuses.extend([NO_KEY, NO_KEY, NOT_KNOWN])
    app.queue.answers.append(NO_KEY)
    await open_by_itself(app)

    assert set(await app.states()) == {State.REFUSED, State.DELIVERED}
    assert app.queue.asked.count(NO_REQUEST) == 3
    assert len(app.queue.submitted) == 2
    assert warnings(caplog)[1:] == [
        f"lane reopened, the vendor accepts PIXAZO_API_KEY: lane={LANE}"
    ]


async def test_pictures_that_cannot_be_fetched_close_the_lane_until_one_is(app):
    breaker = app.pipeline.submitter._breaker
    first, second, third = [await app.order() for _ in range(3)]
    for job in (first, second, third):
        await breaker.pictures_unfetchable(job.id)
    assert (await app.lane()).closed is ClosedReason.MEDIA
    assert (await app.order()).state is State.WAITING

    await breaker.pictures_fetched(second.id)
    assert (await app.lane()).closed is None


async def test_after_a_pause_one_order_tries_first(open_process):
    app = open_process(width=9)
    for _ in range(6):
        await app.order()
    await app.submit(RateLimited(status=429, retry_after=30))
    app.clock.now += 31
    app.queue.gate.close()

    async with app.claiming():
        await app.queue.gate.reached.wait()
        app.pipeline.dispatcher.wake()
        await app.faults.jobs.returned("look")
        assert len(app.queue.submitted) == 2
        app.queue.gate.open()
        await until(app.at_rest)

    assert await app.states() == [State.DELIVERED] * 6


@pytest.mark.parametrize(
    ("error", "reason"), [(NO_KEY, ClosedReason.KEY), (WALL, ClosedReason.DENIED)]
)
async def test_status_calls_that_are_rejected_for_long_close_the_lane(app, error, reason):
    """Pictures that can't be asked for must cost no more money; `/readyz` says so."""
    job = await app.order()
    await app.submit()
    app.queue.after = error

    async def closed():
        app.clock.now += 1
        app.pipeline.runner.wake(job.id)
        return (await app.lane()).closed

    app.pipeline.runner.adopt([await app.job(job.id)])
    await until(closed)

    assert app.clock.now > NOW + circuit_breaker.REJECTED_FOR
    assert (await app.services.health.readiness()).closed is reason


async def test_a_callback_for_an_uncertain_order_tells_that_submits_are_accepted(open_process):
    """Their answers are lost, but nothing else is."""
    app = open_process(public_url="https://bot.example")
    first = await app.order()

    async def one_is_unknown():
        return (await app.lane()).unknown_in_row == 1

    app.queue.answers.append(no_answer())

    async with running(app):
        await until(app.is_in(first.id, State.UNCERTAIN))
        await until(one_is_unknown)
        assert await app.jobs.record_request_id(first.id, "r-9", now=app.clock())
        app.pipeline.runner.wake(first.id)
        await until(app.is_in(first.id, State.DELIVERED))

    assert (await app.lane()).unknown_in_row == 0
