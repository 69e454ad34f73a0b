"""A vendor that stumbles: the lane closes, orders wait, and it opens again by itself."""

import asyncio
import math
from collections import Counter

import pytest

from sandbox.faults import ALWAYS, Fault
from sandbox.pixazo import refusals
from tests.acceptance.driver import (
    STATUS,
    SUBMIT,
    accepted,
    delivered,
    refusal,
    restart,
    says,
    submitted,
    without_limits,
    words,
)

LOST = "**No reply**"


async def orders(member, count, name="picture"):
    return [await member.command("imagine", prompt=f"{name} {number}") for number in range(count)]


def refused_submits(answer, *, seconds=math.inf):
    return Fault(method="POST", path=SUBMIT, do=answer, times=ALWAYS, seconds=seconds)


def warnings(bot, text):
    return [line for line in bot.log if "WARNING" in line and text in line]


@pytest.fixture
async def outage(sandbox, start, noah):
    """A bot whose lane closed after two unknown outcomes; a third order waits."""
    bot = await start(PUBLIC_URL="")
    await without_limits(sandbox)
    fault = sandbox.pixazo.faults.add(refused_submits(refusals.BAD_GATEWAY))
    for sent in await orders(noah, 2, "lost"):
        await sent.until(says(LOST))
    [waiting] = await orders(noah, 1, "waiting")
    await waiting.until(says("the image service has problems right now · next try <t:"))
    fault.end()
    return bot, waiting


@pytest.mark.parametrize("calls", ["every call", "submits"])
async def test_an_outage_costs_three_orders_at_most(sandbox, start, noah, store, readiness, calls):
    """Of 40, of which most wait in a lane that is full."""
    bot = await start(PUBLIC_URL="")
    await without_limits(sandbox)
    if calls == "every call":
        sandbox.pixazo.trouble("bad_gateway", seconds=9)
        sent = await orders(noah, 40)
    else:
        sandbox.pixazo.hold_states()
        sent = await orders(noah, 40)
        await sandbox.pixazo.wait_accepted(16)
        sandbox.pixazo.faults.add(refused_submits(refusals.BAD_GATEWAY, seconds=4))
        sandbox.pixazo.release_states()
    await readiness(lane="unknown", ready=True)

    for order in sent:
        await order.until(lambda message: delivered(1)(message) or says(LOST)(message), within=60)

    states = Counter(row["state"] for row in store.execute("SELECT state FROM jobs"))
    assert states["UNCERTAIN"] <= 3
    assert len(accepted(sandbox)) == len(set(accepted(sandbox))) == 40 - states["UNCERTAIN"]
    assert len(submitted(sandbox)) == 40
    assert len(warnings(bot, "lane closed, submits get no usable answer")) == 1
    assert len(warnings(bot, "lane reopened")) == 1
    await readiness(lane="open")


async def test_two_unknown_outcomes_close_the_lane_and_the_operator_opens_it(
    outage, operate, readiness
):
    _, waiting = outage
    await readiness(lane="unknown", ready=True)
    _, lines = await operate("lanes")
    assert "shut (unknown) since" in lines[0]
    assert "next try at" in lines[0]

    status, lines = await operate("lanes", "open", "media")
    assert (status, "is shut (unknown), not for media" in lines[0]) == (1, True)
    status, lines = await operate("lanes", "open", "unknown")
    assert (status, "is open, it was shut (unknown)" in lines[0]) == (0, True)

    await waiting.until(delivered(1), within=9)
    assert await operate("lanes", "open") == (0, [lines[0].split(",")[0] + " already"])


async def test_a_moderator_has_the_lane_try_at_once(outage, mira):
    bot, waiting = outage
    resumed = await mira.command("limits", "resume")
    await resumed.until(says("The bot checks now whether the image service works again"))

    await waiting.until(delivered(1), within=9)
    assert len(warnings(bot, "lane reopened, submits are answered again")) == 1


async def test_a_start_tries_at_once(sandbox, outage):
    _, waiting = outage
    await restart(sandbox)

    await waiting.until(delivered(1), within=9)


async def test_a_refused_key_is_tried_again_by_itself(sandbox, start, noah, readiness):
    bot = await start(LANE_WIDTH="1")
    await without_limits(sandbox)
    sandbox.pixazo.answer_next("429", retry_after=4)
    sent = await orders(noah, 2)
    sandbox.pixazo.trouble("key_refused")
    await readiness(lane="key", ready=False)
    assert "accept the bot's key" in await refusal(noah)
    for order in sent:
        await order.until(says("does not accept the bot's key"))
    [waiting] = [order for order in sent if "Waiting" in words(order.message)]

    sandbox.pixazo.trouble("key_refused", seconds=0)
    await readiness(lane="open")
    await waiting.until(delivered(1))
    assert len(submitted(sandbox)) == 3
    assert len(warnings(bot, "lane closed, the vendor rejects PIXAZO_API_KEY")) == 1
    assert len(warnings(bot, "lane reopened, the vendor accepts PIXAZO_API_KEY")) == 1


async def test_a_key_that_status_calls_reject_for_long_is_shown_and_costs_no_more_orders(
    sandbox, start, noah, readiness
):
    await start(PUBLIC_URL="")
    await without_limits(sandbox)
    fault = sandbox.pixazo.faults.add(Fault(path=STATUS, do=refusals.BAD_KEY, times=ALWAYS))
    [sent] = await orders(noah, 1)
    await readiness(lane="key", ready=False)
    assert "accept the bot's key" in await refusal(noah)

    fault.end()
    await readiness(lane="open")
    await sent.until(delivered(1), within=60)


@pytest.mark.parametrize("calls", ["every call", "submits"])
async def test_a_wall_of_403_keeps_orders_waiting_and_opens_by_itself(
    sandbox, start, noah, readiness, calls
):
    await start(PUBLIC_URL="", LANE_WIDTH="1")
    await without_limits(sandbox)
    refused = []
    if calls == "every call":
        sandbox.pixazo.trouble("wall", seconds=6)
    else:
        sandbox.pixazo.faults.add(refused_submits(refusals.WALL, seconds=6))
        refused = await orders(noah, 2, "refused")  # each may be for its prompt
    waiting = await orders(noah, 4, "waiting")

    await readiness(lane="denied", ready=True)
    await waiting[-1].until(says("the image service isn't accepting orders right now"))
    for sent in refused:
        await sent.until(says("the image service rejected it"))
    for sent in waiting:
        await sent.until(delivered(1), within=60)
    assert len(accepted(sandbox)) == 4
    await readiness(lane="open")


async def test_after_a_pause_one_order_tries_first(sandbox, start, noah):
    await start()
    await without_limits(sandbox)
    sandbox.pixazo.answer_next("429", retry_after=2)
    sent = await orders(noah, 5)
    await asyncio.gather(*(order.until(delivered(1), within=30) for order in sent))

    refused, trial, *others = sandbox.pixazo.journal.find("POST", SUBMIT)
    assert (refused.status, trial.status, len(others)) == (429, 202, 4)
    assert all(other.at >= trial.ended for other in others)


async def test_a_quota_pauses_the_lane_and_keeps_what_waits(sandbox, start, noah, readiness):
    await start(LANE_WIDTH="1")
    sandbox.pixazo.answer_next("403", retry_after=3)
    [sent] = await orders(noah, 1)
    await readiness(lane="paused", ready=True)

    await sent.until(delivered(1), within=20)
    assert [one.status for one in sandbox.pixazo.journal.find("POST", SUBMIT)] == [403, 202]


async def test_pictures_that_cannot_be_fetched_cost_no_more_orders_until_one_can(
    sandbox, start, noah, readiness, operate
):
    bot = await start(PUBLIC_URL="")
    await without_limits(sandbox)
    sandbox.pixazo.trouble("media_away")
    paid = await orders(noah, 3, "paid")
    await readiness(lane="media", ready=True)
    [waiting] = await orders(noah, 1, "waiting")
    await waiting.until(says("finished pictures can't be fetched right now"))
    assert "shut (media) since" in (await operate("lanes"))[1][0]

    sandbox.pixazo.trouble("media_away", seconds=0)
    for sent in (*paid, waiting):
        await sent.until(delivered(1), within=90)
    assert len(accepted(sandbox)) == 4
    assert len(warnings(bot, "lane closed, paid pictures can't be fetched")) == 1
    assert len(warnings(bot, "lane reopened, pictures can be fetched again")) == 1
    await readiness(lane="open")
