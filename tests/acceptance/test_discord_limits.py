"""Discord's rate limits and Cloudflare's ban, under a real bot process with many orders.

``BAN_SECONDS=60`` in pytest's environment makes the ban last that long; so long the test runs.
"""

import asyncio
import os
import time

import pytest

from sandbox.discord.limits import Limits
from sandbox.faults import ALWAYS, Answer, Fault
from tests.acceptance.driver import accepted, delivered, pictures, without_limits

BAN = float(os.environ.get("BAN_SECONDS", "10"))
BEFORE, AFTER = 60, 40  # orders
APART = 0.05  # seconds between two orders
ANSWERED_WITHIN = 3.0  # seconds
EDITS = "/api/v10/webhooks/*/messages/*"
SETTINGS = {
    "LANE_WIDTH": "100",
    "MAX_IMAGES_PER_DAY": "0",
    "MAX_IMAGES_PER_GUILD_PER_DAY": "0",
}


@pytest.fixture
def order(noah):
    """Order that many pictures, one after another; return the orders once all are answered."""

    async def answered(number):
        sent = await noah.command("imagine", prompt=f"picture {number:03}")
        return await sent.acknowledged(within=ANSWERED_WITHIN)

    async def order(numbers):
        async with asyncio.TaskGroup() as group:
            tasks = []
            for number in numbers:
                tasks.append(group.create_task(answered(number)))
                await asyncio.sleep(APART)
        return [task.result() for task in tasks]

    return order


async def test_a_hundred_orders_outlive_limits_and_a_ban(sandbox, start, order):
    """While all of the API is banned no order can be answered: they come before and after."""
    await start(**SETTINGS)
    await without_limits(sandbox)
    world, discord = sandbox.world, sandbox.discord
    world.limits = Limits()
    discord.rate_limit("*", "*", retry_after=0.3, scope="shared", times=ALWAYS, every=10)
    sandbox.pixazo.settings.queued_seconds = (0.5, 5.0)

    orders = await order(range(BEFORE))
    began = time.time()
    discord.cloudflare_ban(BAN)
    await asyncio.sleep(BAN)
    orders += await order(range(BEFORE, BEFORE + AFTER))
    for sent in orders:
        await sent.until(delivered(1), within=60)

    journal = discord.journal
    refused = [
        one
        for one in journal.between(began)
        if one.status == 429 and "Via" not in one.answer_headers
    ]
    known = min(one.ended for one in refused)  # those that were on their way then are refused, too
    assert known - began < 2.0
    assert journal.densest(5.0, known + 0.1, began + BAN) <= 1
    prompts = accepted(sandbox)
    assert len(prompts) == len(set(prompts)) == len(orders)
    assert all(len(pictures(sandbox, prompt)) == 1 for prompt in prompts)
    assert not [line for line in sandbox.process.log if "ERROR" in line]


async def test_a_bot_that_starts_during_a_ban_asks_rarely_and_comes_up(sandbox):
    began = time.time()
    sandbox.discord.cloudflare_ban(4.0, form="json")  # it does not say for how long
    bot = sandbox.bot()

    await bot.start()
    await sandbox.ready(within=30)

    assert sandbox.discord.journal.densest(5.0, began, began + 4.0) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=403, body="<html>Sorry, you have been blocked</html>"),
        Answer(status=400, body={"message": "no", "code": 0}),
        Answer(status=404, body=["gone"]),
        Answer(status=200, body="fine"),
        Answer(status=200, body={"id": "x"}),
    ],
    ids=lambda answer: f"{answer.status} {answer.body}",
)
async def test_a_card_that_discord_refuses_in_odd_words_is_edited_as_the_bot(
    shared, member, answer
):
    shared.discord.faults.add(Fault(method="PATCH", path=EDITS, do=answer, times=ALWAYS))

    sent = await member.command("imagine", prompt=f"a kite {answer}")
    await sent.until(delivered(1))

    assert len(shared.discord.journal.find("PATCH", EDITS)) == 1  # the way is not tried again
    shared.discord.journal.exchanges.clear()  # Discord describes no such answers


async def test_a_waiting_card_that_meets_trouble_is_shown_by_the_next_update(shared, member):
    fault = Fault(method="PATCH", path=EDITS, do=Answer(status=503), times=ALWAYS)
    shared.discord.faults.add(fault)
    sent = await member.command("imagine", prompt="a kite in the rain")
    await shared.discord.journal.wait("PATCH", EDITS)
    fault.end()

    await sent.until(delivered(1))

    assert shared.discord.journal.find("PATCH", "/api/v10/channels/*") == []
