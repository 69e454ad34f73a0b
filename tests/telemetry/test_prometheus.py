"""What is measured, and that nobody can be found in it."""

import asyncio
import random
import re
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
import discord
import pytest
from prometheus_client.parser import text_string_to_metric_families

import bot
from bot.domain import lane_transitions
from bot.domain.admission import Rule, RuleResult
from bot.domain.job import ENDED, TRANSITIONS, Billed, EndReason, State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.money import Budget
from bot.service import port_errors as errors
from bot.service.errors import LimitReached
from bot.service.health import BudgetUse, Readiness, StoreSnapshot
from bot.service.ports.store import Counts
from bot.service.telemetry import DiscordCall, VendorCall, timed
from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from bot.telemetry.instrumented import (
    instrument_jobs,
    instrument_lanes,
    instrument_media,
    instrument_queue,
)
from bot.telemetry.prometheus import PrometheusTelemetry, Recovery
from tests.samples import LANE, NOW, a_job, an_order, anybody, changed_job

WELL = Readiness(gateway=True, store=True, closed=None)


@pytest.fixture
def meters():
    return PrometheusTelemetry()


@pytest.fixture
def read(meters):
    """Read one figure as Prometheus would; ``None``: there is no such series."""

    def read(name, *, snapshot=StoreSnapshot(readiness=WELL), **labels):  # noqa: B008 - it is frozen
        for sample in samples(meters, snapshot):
            if (sample.name, sample.labels) == (name, labels):
                return sample.value
        return None

    return read


def samples(meters, snapshot=StoreSnapshot(readiness=WELL)):  # noqa: B008 - it is frozen
    text = meters.page(snapshot).decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def ended(state=State.DELIVERED, **changes):
    """Return a job before and after its end."""
    before = a_job(state=State.COMPLETED, billed=Billed.YES, completed_at=NOW)
    return before, changed_job(before, state=state, state_since=NOW + 3, **changes)


def test_an_end_is_counted_by_state_and_cause(meters, read):
    meters.job_changed(*ended(State.DELIVERED))
    meters.job_changed(*ended(State.FAILED, end_reason=EndReason.NO_PICTURE))
    meters.job_changed(*ended(State.FAILED, end_reason=EndReason.NO_PICTURE))

    name = "imagine_orders_ended_total"
    assert read(name, state="DELIVERED", cause="none") == 1
    assert read(name, state="FAILED", cause="no_picture") == 2


@pytest.mark.parametrize("state", [State.UNCERTAIN, State.EXPIRED])
def test_what_nobody_can_tell_the_end_of_is_counted_with_the_ends(meters, read, state):
    """They are what an operator must look at."""
    before = a_job(state=State.QUEUED)
    meters.job_changed(before, replace(before, state=state))

    assert read("imagine_orders_ended_total", state=state.value, cause="none") == 1


@pytest.mark.parametrize("state", sorted(set(State) - ENDED - {State.UNCERTAIN, State.EXPIRED}))
def test_what_goes_on_is_no_end(meters, read, state):
    before = a_job(state=State.CANCELLED)
    meters.job_changed(before, replace(before, state=state))

    assert read("imagine_orders_ended_total", state=state.value, cause="none") is None


def test_a_change_that_is_no_change_of_state_is_no_second_end(meters, read):
    _, delivered = ended()
    meters.job_changed(delivered, changed_job(delivered, owner=None, message_id=7))

    assert read("imagine_orders_ended_total", state="DELIVERED", cause="none") is None


def test_what_is_billed_is_counted_in_images_and_money_once(meters, read):
    queued = a_job(state=State.QUEUED, billed=Billed.UNKNOWN, order=an_order(images=3), price=4500)
    completed = queued.transition(State.COMPLETED, now=NOW)
    meters.job_changed(queued, completed)
    meters.job_changed(completed, completed.transition(State.DELIVERED, now=NOW))

    assert read("imagine_images_billed_total") == 3
    assert read("imagine_spent_usd_total") == 0.0045


def test_the_way_from_completed_to_visible_is_timed(meters, read):
    meters.job_changed(*ended())

    assert read("imagine_visible_seconds_sum") == 3
    assert read("imagine_visible_seconds_bucket", le="2.0") == 0
    assert read("imagine_visible_seconds_bucket", le="5.0") == 1


def test_what_was_fetched_days_later_says_nothing_about_our_speed(meters, read):
    before, after = ended()
    meters.job_changed(
        changed_job(before, kept_at=NOW), changed_job(after, state_since=NOW + 86400)
    )

    assert read("imagine_visible_seconds_count") == 0


def raised_from(error, cause):
    """Return *error* as an adapter raises it."""
    error.__cause__ = cause
    return error


def from_discord(status, code=0):
    """Return what discord.py raises where Discord answers that."""
    response: Any = type("Response", (), {"status": status, "reason": ""})
    return discord.HTTPException(response, {"code": code, "message": "no"})


NO_KEY: Any = None
UNREACHED = aiohttp.ClientConnectorError(NO_KEY, OSError())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "2xx"),
        (errors.OutOfCredit(status=402, reason=""), "402"),
        (errors.KeyRejected(status=401, reason=""), "401"),
        (errors.RequestNotFound(status=404, reason=""), "404"),
        (errors.VendorRefused(status=400, reason="a cat"), "4xx"),
        (errors.RateLimited(status=429, retry_after=None), "429"),
        (errors.RateLimited(status=503, retry_after=9), "5xx"),
        (errors.OutcomeUnknown("answered 500", status=500), "5xx"),
        (errors.NotSent(), "unsent"),
        (raised_from(errors.OutcomeUnknown("no answer"), TimeoutError()), "timeout"),
        (raised_from(errors.OutcomeUnknown("no answer"), aiohttp.ServerDisconnectedError()), "cut"),
        (errors.OutcomeUnknown("no JSON"), "unusable"),
        (raised_from(errors.OutcomeUnknown("no JSON"), ValueError()), "unusable"),
        (errors.PictureUnusable("moved", status=301), "3xx"),
        (errors.PictureUnusable("it is no picture"), "unusable"),
        (errors.MediaUnavailable("not yet", status=403), "403"),
        (raised_from(errors.MediaUnavailable(), UNREACHED), "unsent"),
        (raised_from(errors.MediaUnavailable(), aiohttp.ClientPayloadError()), "cut"),
        (raised_from(errors.MediaUnavailable(), OSError(28, "the disk is full")), "failed"),
        (errors.PermanentDiscordError(status=404), "404"),
        (raised_from(errors.MessageDeleted(), from_discord(404, 10008)), "404"),
        (raised_from(errors.FileTooLarge(), from_discord(413, 40005)), "4xx"),
        (raised_from(errors.TransientDiscordError(), from_discord(502)), "5xx"),
        (raised_from(errors.TransientDiscordError(), TimeoutError()), "timeout"),
        (asyncio.CancelledError(), "cancelled"),
        (ZeroDivisionError(), "failed"),
    ],
    ids=repr,
)
def test_a_call_is_timed_by_what_it_was_answered(meters, read, error, status):
    """A vendor that refuses at once must not look like one that became quick."""
    meters.called_vendor(VendorCall.SUBMIT, error, 0.3)
    meters.called_discord(DiscordCall.EDIT, error, 0.3)

    assert read("imagine_vendor_call_seconds_sum", call="submit", status=status) == 0.3
    assert read("imagine_discord_call_seconds_count", call="edit", status=status) == 1


async def test_a_time_that_ran_out_is_no_cancellation(meters, read):
    """``asyncio.timeout`` cancels what is done in it, and raises from that."""
    with pytest.raises(TimeoutError), timed(partial(meters.called_vendor, VendorCall.STATUS)):
        async with asyncio.timeout(0):
            await asyncio.sleep(1)

    assert read("imagine_vendor_call_seconds_count", call="status", status="timeout") == 1


def test_what_is_timed_is_told_whatever_its_end(meters):
    told = []

    with timed(lambda error, seconds: told.append((error, seconds))):
        pass
    with (
        pytest.raises(ZeroDivisionError),
        timed(lambda error, seconds: told.append((error, seconds))),
    ):
        raise ZeroDivisionError

    assert [type(error) for error, _ in told] == [type(None), ZeroDivisionError]
    assert all(seconds >= 0 for _, seconds in told)


def test_a_clock_behind_discords_makes_no_negative_time(meters, read):
    meters.answered(-0.5)

    assert read("imagine_answer_seconds_sum") == 0


def test_pauses_are_counted_by_who_chose_them(meters, read):
    lane = Lane()
    asked = lane_transitions.after_back_off(lane, retry_after=20, now=NOW, jitter=0)
    ours = lane_transitions.after_back_off(lane, retry_after=None, now=NOW, jitter=0)
    meters.lane_changed(lane, asked)
    meters.lane_changed(lane, ours)
    meters.lane_changed(ours, lane_transitions.after_success(ours, "a-job"))

    assert read("imagine_lane_pauses_total", by="retry_after") == 1
    assert read("imagine_lane_pauses_total", by="back_off") == 1


def test_an_episode_of_being_shut_is_counted_once_by_its_reason(meters, read):
    drained = lane_transitions.out_of_credit(Lane(), "a-job", now=NOW, probe_after=300)
    probing = lane_transitions.after_admission(drained, "probe", now=NOW + 301)
    again = lane_transitions.out_of_credit(probing, "probe", now=NOW + 302, probe_after=300)
    for before, after in ((Lane(), drained), (drained, probing), (probing, again)):
        meters.lane_changed(before, after)
    meters.lane_changed(Lane(), lane_transitions.key_rejected(Lane(), now=NOW))
    meters.lane_changed(
        Lane(), lane_transitions.after_back_off(Lane(), retry_after=4000, now=NOW, jitter=0)
    )
    twice = Lane(unknown_in_row=1, unfetched_in_row=2, denied_in_row=2)
    for fail in (lane_transitions.outcome_unknown, lane_transitions.pictures_unfetchable):
        meters.lane_changed(twice, fail(twice, "a-job", now=NOW, jitter=0))
    meters.lane_changed(
        twice, lane_transitions.denied(twice, "a-job", wall=False, now=NOW, jitter=0)
    )

    shut = {
        reason: read("imagine_lane_shut_episodes_total", reason=reason.value)
        for reason in ClosedReason
    }
    assert shut == dict.fromkeys(ClosedReason, 1)


def test_the_gauges_are_the_stores(read):
    snapshot = StoreSnapshot(
        readiness=Readiness(
            gateway=False, store=True, closed=ClosedReason.CREDIT, descriptors_low=True
        ),
        counts=Counts(orders={State.WAITING: 4}, waiting=3),
        budgets={Budget.DAY: BudgetUse(spent=1_500_000, cap=3_000_000)},
    )

    assert read("imagine_orders", snapshot=snapshot, state="WAITING") == 4
    assert read("imagine_budget_spent_usd", snapshot=snapshot, period="day") == 1.5
    assert read("imagine_budget_cap_usd", snapshot=snapshot, period="day") == 3
    assert read("imagine_orders", snapshot=snapshot, state="QUEUED") == 0
    assert read("imagine_orders", snapshot=snapshot, state="DELIVERED") is None
    assert read("imagine_line_length", snapshot=snapshot) == 3
    assert read("imagine_lane_shut", snapshot=snapshot, reason="credit") == 1
    assert read("imagine_lane_shut", snapshot=snapshot, reason="key") == 0
    assert read("imagine_gateway_connected", snapshot=snapshot) == 0
    assert read("imagine_store_up", snapshot=snapshot) == 1
    assert read("imagine_descriptors_low", snapshot=snapshot) == 1


def test_while_the_store_is_away_no_gauge_says_what_was_true_once(read):
    read(
        "imagine_orders",
        snapshot=StoreSnapshot(
            readiness=WELL,
            counts=Counts(orders={State.WAITING: 4}, waiting=3),
            budgets={Budget.DAY: BudgetUse(spent=1, cap=1)},
        ),
    )
    away = StoreSnapshot(readiness=Readiness(gateway=True, store=False, closed=None))

    assert read("imagine_store_up", snapshot=away) == 0
    assert read("imagine_orders", snapshot=away, state="WAITING") is None
    assert read("imagine_lane_shut", snapshot=away, reason="credit") is None
    assert read("imagine_line_length", snapshot=away) != 3
    assert read("imagine_budget_spent_usd", snapshot=away, period="day") is None
    assert read("imagine_budget_cap_usd", snapshot=away, period="day") is None


def test_the_page_tells_what_runs(meters):
    (build,) = [sample for sample in samples(meters) if sample.name == "imagine_build_info"]

    assert build.labels["version"] == bot.__version__
    assert build.labels["discord_py"].startswith("2.7")


def test_two_sets_of_meters_share_nothing(meters, read):
    other = PrometheusTelemetry()
    other.order_accepted()

    assert read("imagine_orders_taken_total") == 0


def test_what_may_happen_is_there_before_it_happens(read):
    """Prometheus can't see the first step of a counter that begins with it."""
    assert all(read("imagine_refusals_total", rule=rule.value) == 0 for rule in Rule)
    assert all(
        read("imagine_lane_shut_episodes_total", reason=reason.value) == 0
        for reason in ClosedReason
    )
    assert all(read("imagine_jobs_recovered_total", how=how.value) == 0 for how in Recovery)


def test_a_day_of_a_thousand_servers_makes_few_series_and_names_nobody(meters):
    """Each series costs memory, here and at Prometheus; an id in one would tell on a member."""
    random.seed(1)
    every = list(errors_of_calls())
    prompts = [f"prompt{number}of nobody" for number in range(50)]
    for number in range(20_000):
        job = a_job(
            guild_id=9_100_000_000_000 + number % 1_000,
            member_id=9_200_000_000_000 + number % 10_000,
            channel_id=9_300_000_000_000 + number % 3_000,
            order=an_order(prompt=prompts[number % 50], images=1 + number % 4),
            completed_at=NOW,
        )
        meters.order_accepted()
        while following := sorted(TRANSITIONS[job.state]):
            after = job.transition(random.choice(following), now=NOW + random.random() * 600)
            if after.state in {State.REFUSED, State.FAILED}:
                after = changed_job(
                    after, end_reason=random.choice(list(EndReason)), error="prompt words"
                )
            meters.job_changed(job, after)
            if after.state in {State.UNCERTAIN, State.EXPIRED}:
                break
            job = after
        meters.called_vendor(random.choice(list(VendorCall)), random.choice(every), 0.5)
        meters.called_discord(random.choice(list(DiscordCall)), random.choice(every), 0.5)
        meters.answered(random.random() * 4)
        meters.order_refused(random.choice(list(Rule)))

    page = meters.page(
        StoreSnapshot(readiness=WELL, counts=Counts(orders=dict.fromkeys(State, 3), waiting=3))
    ).decode()
    series = [line for line in page.splitlines() if line and not line.startswith("#")]
    assert 100 < len(series) < 2_000
    assert not re.search(r"9[123]\d{11}|prompt", page)
    assert a_job().id not in page


def errors_of_calls():
    yield None
    for status in range(300, 600):  # whatever a proxy in between may answer
        yield errors.VendorRefused(status=status, reason="9200000000001 is not welcome")
    yield errors.RateLimited(status=429, retry_after=9_100_000_000_001.0)
    for cause in (UNREACHED, TimeoutError(), aiohttp.ServerDisconnectedError()):
        yield raised_from(errors.TransientDiscordError("9200000000001"), cause)
    for kind in (
        *(errors.NotSent, errors.OutcomeUnknown, errors.PictureUnusable, errors.MediaUnavailable),
        *(
            errors.MessageDeleted,
            errors.FileTooLarge,
            errors.PermanentDiscordError,
            errors.TransientDiscordError,
        ),
        *(ValueError, asyncio.CancelledError),
    ):
        yield kind("prompt of 9200000000001")


# The ports with meters on them.


@pytest.fixture
async def database(tmp_path):
    async with Database.open(f"sqlite+aiosqlite:///{tmp_path}/imagine.db") as opened:
        yield opened


@pytest.fixture
def jobs(database, meters):
    return instrument_jobs(Jobs(database), meters)


async def test_an_order_is_counted_when_it_is_new(jobs, read):
    job = a_job()
    await jobs.add(job, anybody)
    await jobs.add(job, anybody)  # Discord came again with it

    assert read("imagine_orders_taken_total") == 1


async def test_a_refusal_is_counted_by_its_rule_and_raised(jobs, read):
    def refuse(_job, _standing):
        raise LimitReached(verdict=RuleResult(rule=Rule.COOLDOWN, refuses=True))

    with pytest.raises(LimitReached):
        await jobs.add(a_job(), refuse)

    assert read("imagine_refusals_total", rule="cooldown") == 1
    assert read("imagine_orders_taken_total") == 0


async def test_only_who_won_a_race_counts_its_end(jobs, read):
    job = await jobs.add(a_job(), anybody)
    cancelled = job.transition(State.CANCELLED, now=NOW, end_reason=EndReason.UNANSWERED)

    assert [await jobs.swap(job, cancelled), await jobs.swap(job, cancelled)] == [cancelled, None]

    assert read("imagine_orders_ended_total", state="CANCELLED", cause="unanswered") == 1


async def test_what_others_left_is_counted_by_how_it_came(jobs, read):
    for owner in ("dead", None):
        job = await jobs.add(a_job(state=State.QUEUED), anybody)
        if owner is not None:
            await jobs.swap(job, changed_job(job, owner=owner))
    assert len(await jobs.inherit("here", lease=30)) == 2
    await jobs.add(a_job(state=State.QUEUED), anybody)
    assert len(await jobs.take_over("here", lease=30, submitted_before=NOW)) == 1

    assert read("imagine_jobs_recovered_total", how="inherited") == 2
    assert read("imagine_jobs_recovered_total", how="taken_over") == 1


async def test_a_lane_that_is_shut_is_counted_as_the_store_has_it(database, meters, read):
    lanes = instrument_lanes(Lanes(database), meters)
    for _ in range(2):  # two orders that were on their way together
        await lanes.update(LANE, lambda lane: lane_transitions.key_rejected(lane, now=NOW))

    assert read("imagine_lane_shut_episodes_total", reason="key") == 1


async def test_calls_of_the_vendor_are_timed_and_do_what_they_did(meters, read, tmp_path):
    class Vendor:
        async def submit(self, order, callback):
            return (order, callback)

        async def status(self, request_id):
            raise errors.OutcomeUnknown(request_id)

        async def fetch(self, address, path, *, limit):
            return (address, path, limit)

    vendor: Any = Vendor()
    queue: Any = instrument_queue(vendor, meters)
    media: Any = instrument_media(vendor, meters)

    assert await queue.submit("order", None) == ("order", None)
    with pytest.raises(errors.OutcomeUnknown):
        await queue.status("r-1")
    assert await media.fetch("address", tmp_path, limit=7) == ("address", tmp_path, 7)

    name = "imagine_vendor_call_seconds_count"
    assert read(name, call="submit", status="2xx") == 1
    assert read(name, call="status", status="unusable") == 1
    assert read(name, call="media", status="2xx") == 1
