"""429, 402 and 401 of the vendor: no order is lost or sent twice, and members are told why."""

import asyncio
import itertools
import time
from email.utils import formatdate, parsedate_to_datetime
from functools import partial

import pytest

from sandbox.faults import Answer, Fault, Hold
from tests.acceptance.driver import (
    CLUB,
    FAST_LANE,
    LIBRARY,
    STATUS,
    SUBMIT,
    accepted,
    delivered,
    eventually,
    refusal,
    restart,
    says,
    set_limits,
    submitted,
    without_limits,
    words,
)

TOO_MANY = {"statusCode": 429, "message": "Rate limit is exceeded."}


def too_many(headers=None, *, method="POST", path=SUBMIT, times=1):
    answer = Answer(status=429, body=TOO_MANY, headers=headers or {})
    return Fault(method=method, path=path, do=answer, times=times)


def hold_submit():
    """Hold the answer to the next submit."""
    return Fault(method="POST", path=SUBMIT, do=Hold(when="after"))


def allowed_at(refused):
    """Return the time from which another submit may follow a refused one."""
    said = refused.answer_headers.get("Retry-After")
    if said is None:
        return refused.ended + 2.0
    if said.isdecimal():
        return refused.ended + int(said)
    return parsedate_to_datetime(said).timestamp()


@pytest.fixture(scope="module")
def bot_settings():
    return {"LANE_WIDTH": "1", **FAST_LANE}


@pytest.fixture
def reader(sandbox):
    """A member of the other server."""
    return sandbox.discord.member("Sam", channel="reading-room", guild=LIBRARY)


async def orders(member, count, name="picture"):
    return [await member.command("imagine", prompt=f"{name} {number}") for number in range(count)]


def accepted_once(sandbox, count):
    prompts = accepted(sandbox)
    return len(prompts) == len(set(prompts)) == count


@pytest.mark.parametrize(
    "headers",
    [
        lambda: {"Retry-After": "2"},
        lambda: {"Retry-After": formatdate(time.time() + 3, usegmt=True)},  # rounded down
        dict,
    ],
    ids=["seconds", "a date", "nothing"],
)
async def test_after_a_429_nothing_is_sent_before_its_time_and_all_is_delivered(
    shared, member, headers
):
    shared.pixazo.faults.add(too_many(headers()))

    for sent in await orders(member, 5):
        await sent.until(delivered(1), within=20)

    posts = shared.pixazo.journal.find("POST", SUBMIT)
    assert [one.status for one in posts] == [429] + [202] * 5
    assert posts[1].at >= allowed_at(posts[0]) - 0.01
    assert accepted_once(shared, 5)


@pytest.mark.parametrize(
    "said", ["0", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", "1764320000", "30000", "soon"]
)
async def test_a_retry_after_that_means_nothing_is_a_short_pause(shared, member, said):
    shared.pixazo.faults.add(too_many({"Retry-After": said}))

    for sent in await orders(member, 3):
        await sent.until(delivered(1), within=20)

    posts = shared.pixazo.journal.find("POST", SUBMIT)
    assert [one.status for one in posts] == [429] + [202] * 3
    assert 1.99 <= posts[1].at - posts[0].ended < 9
    assert accepted_once(shared, 3)


async def test_ten_429_in_a_row_cost_time_and_nothing_else(shared, member):
    shared.pixazo.faults.add(too_many({"Retry-After": "0.3"}, times=10))

    for sent in await orders(member, 3):
        await sent.until(delivered(1), within=30)

    posts = shared.pixazo.journal.find("POST", SUBMIT)
    assert [one.status for one in posts] == [429] * 10 + [202] * 3
    gaps = [later.at - sooner.ended for sooner, later in itertools.pairwise(posts[:11])]
    assert min(gaps) >= 0.29
    assert accepted_once(shared, 3)


async def test_429_on_status_calls_costs_time_and_nothing_else(sandbox, start, noah):
    await start(PUBLIC_URL="", POLL_SECONDS="0.2")
    sandbox.pixazo.faults.add(too_many({"Retry-After": "0.4"}, method="GET", path=STATUS, times=3))

    for sent in await orders(noah, 2):
        await sent.until(delivered(1), within=20)

    calls = sandbox.pixazo.journal.find("GET", STATUS)
    for refused in (one for one in calls if one.status == 429):
        assert all(one.at >= refused.ended + 0.35 for one in calls if one.at > refused.ended + 0.1)
    assert accepted_once(sandbox, 2)


async def test_a_restart_in_the_middle_of_a_pause_keeps_the_pause(shared, member):
    shared.pixazo.answer_next("429", retry_after=3)
    [sent] = await orders(member, 1)
    await sent.until(says("place 1 in line · the image service is busy, continues <t:"))

    await restart(shared)
    await sent.until(delivered(1), within=20)

    refused, taken = shared.pixazo.journal.find("POST", SUBMIT)
    assert (refused.status, taken.status) == (429, 202)
    assert taken.at >= refused.ended + 2.9
    assert accepted_once(shared, 1)


async def test_a_pause_that_nobody_should_wait_for_is_named_with_its_end(sandbox, start, noah):
    await start(LANE_WIDTH="1")
    sandbox.pixazo.answer_next("403", retry_after=5 * 86400)

    for sent in await orders(noah, 2):
        await sent.until(lambda message: "is overloaded" in (words(message) or message["content"]))

    assert "overloaded. You can order again <t:" in await refusal(noah)
    assert len(submitted(sandbox)) == 1


async def test_an_empty_wallet_gives_orders_back_tells_each_server_once_and_opens_after_a_top_up(
    sandbox, start, noah, mira, reader
):
    bot = await start(LANE_WIDTH="1", BALANCE_PROBE_SECONDS="3")
    library = sandbox.discord.member("Mira", channel="gallery", guild=LIBRARY)
    for moderator in (mira, library):
        await set_limits(moderator, member_at_once=0)
    pictures = sandbox.world.channel("pictures", guild=CLUB).id
    gallery = sandbox.world.channel("gallery", guild=LIBRARY).id
    for moderator, channel in ((mira, pictures), (library, gallery)):
        sent = await moderator.command("limits", "log", channel=channel)
        await sent.until(says("Log channel:"))
    sandbox.pixazo.hold_states()
    first, *waiting = await orders(noah, 4)
    waiting += await orders(reader, 2, "read")
    [running] = await sandbox.pixazo.wait_accepted()
    for sent in waiting:
        await sent.until(says("in line"))

    sandbox.pixazo.wallet_usd = 0.0
    sandbox.pixazo.move(running.request_id, "COMPLETED")
    for sent in waiting:
        await sent.until(says("image credit is used up"))
        assert "Nothing was charged" in words(sent.message)
    await first.until(delivered(1))

    assert "You can try again <t:" in await refusal(noah)
    assert len(submitted(sandbox)) == 2

    logs = ((mira, pictures), (library, gallery))
    for member, channel in logs:
        await eventually(partial(notices, member, channel))
        [notice] = notices(member, channel)
        assert f"https://discord.com/channels/{member.channel.guild_id}/" in notice
    assert len(warnings(bot, "wallet")) == 1

    sandbox.pixazo.wallet_usd = None
    sandbox.pixazo.release_states()
    probe = await until_admitted(noah)
    await probe.until(delivered(1))
    after = await noah.command("imagine", prompt="after")
    await after.until(delivered(1))
    assert [len(notices(member, channel)) for member, channel in logs] == [1, 1]
    assert len(warnings(bot, "wallet")) == 1


def notices(member, channel):
    texts = [message["content"] for message in member.visible(channel)]
    return [text for text in texts if "out of image credit" in text]


def warnings(bot, text):
    return [line for line in bot.log if "WARNING" in line and text in line]


async def until_admitted(member):
    """Order again and again until an order is admitted; return it."""
    async with asyncio.timeout(15):
        while True:
            sent = await member.command("imagine", prompt="the probe")
            await sent.answer()
            if not sent.ephemeral:
                return sent
            await asyncio.sleep(0.1)


async def test_a_late_202_opens_nothing_and_while_the_probe_has_no_answer_everybody_is_refused(
    sandbox, start, noah, mira
):
    """A moderator who knows of a top-up can start the probe early."""
    await start(BALANCE_PROBE_SECONDS="3600")
    await without_limits(sandbox)
    held = sandbox.pixazo.faults.add(hold_submit())
    early = await noah.command("imagine", prompt="early")
    await held.reached.wait()
    sandbox.pixazo.answer_next("402")
    late = await noah.command("imagine", prompt="late")
    await late.until(says("image credit is used up"))
    held.release()
    await early.until(delivered(1))
    assert "image credit is used up" in await refusal(noah)
    assert len(submitted(sandbox)) == 2

    resumed = await mira.command("limits", "resume")
    await resumed.until(says("The next order checks whether there is image credit again"))
    held = sandbox.pixazo.faults.add(hold_submit())
    probe = await noah.command("imagine", prompt="the probe")
    await held.reached.wait()
    assert "checking whether it has been topped up" in await refusal(noah)
    held.release()
    await probe.until(delivered(1))
    after = await noah.command("imagine", prompt="after")
    await after.until(delivered(1))


@pytest.mark.parametrize("mended", ["in the settings", "at the vendor's"])
async def test_a_wrong_key_closes_the_lane_and_a_restart_with_the_right_one_opens_it(
    sandbox, start, noah, mended
):
    settings = {"LANE_WIDTH": "1"}
    if mended == "in the settings":
        settings["PIXAZO_API_KEY"] = "wrong"
    else:
        sandbox.pixazo.answer_next("401")
    bot = await start(**settings)
    await without_limits(sandbox)
    first = await noah.command("imagine", prompt="first")
    await first.until(says("does not accept the bot's key"))

    answer = await refusal(noah)
    assert "accept the bot's key" in answer
    assert "The bot's owner needs to fix this." in answer
    assert len(submitted(sandbox)) == 1
    assert len(warnings(bot, "PIXAZO_API_KEY")) == 1

    await bot.stop()
    await start()
    sent = await noah.command("imagine", prompt="second")
    await sent.until(delivered(1))
