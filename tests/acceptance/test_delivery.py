"""The ways to a member: each is left only on a definite no, and nothing arrives twice.

All tests of this file share one bot. The vendor's queue stands still, so that a test decides what
the world looks like when an order is completed.
"""

import json
import random
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO

import pytest
from PIL import Image

from sandbox.discord.member import Invocation, Member
from sandbox.faults import Answer, Cut, Fault, Hold
from tests.acceptance.conftest import quick
from tests.acceptance.outside import without_limits
from tests.acceptance.test_imagine import delivered, says, words
from tests.openapi import DESCRIPTION, assert_conform

BY_TOKEN = "/api/v10/webhooks/*/messages/*"
IN_CHANNEL = "/api/v10/channels/*/messages"
BY_BOT = "/api/v10/channels/*/messages/*"
EPHEMERAL = 64
ALWAYS = 1_000
SHRUNK = "Made smaller to fit Discord's file limit."


@dataclass(frozen=True)
class Order:
    """An order that the vendor has taken, and on which nothing more happens by itself."""

    sent: Invocation
    job_id: str
    request_id: str


@pytest.fixture(scope="module")
async def stage(make_stage):
    async with make_stage(vendor=quick()) as opened:
        opened.pixazo.hold_states()
        opened.bot(LANE_RATE_PER_MINUTE="6000")
        yield opened
        if DESCRIPTION.is_file():
            assert_conform(opened.discord.journal.exchanges)


@pytest.fixture
async def bot(stage):
    """The bot, at the gateway, in a world where nothing is amiss any more afterwards."""
    world = stage.world
    settings = {
        name: getattr(world, name)
        for name in ("token_life", "nonce_window", "attachment_size_limit")
    }
    await stage.process.start()
    await stage.ready()
    await without_limits(stage)
    yield stage.process
    stage.discord.faults.clear()
    stage.pixazo.media_faults.clear()
    world.closed_to_bot.clear()
    for name, value in settings.items():
        setattr(world, name, value)
    for channel in world.channels.values():
        world.allow(channel)


@pytest.fixture
def noah(stage) -> Member:
    return stage.discord.member("Noah", channel="general", guild="Lighthouse Club")


@pytest.fixture
def mira(stage) -> Member:
    """A moderator."""
    return stage.discord.member("Mira", channel="general", guild="Lighthouse Club")


@pytest.fixture
def direct(stage) -> Member:
    """Noah, where he and the bot are alone."""
    return stage.discord.member("Noah")


def rows(stage, query, *values):
    """Ask the bot's database, or change it."""
    path = stage.environment()["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(path)) as database, database:
        return database.execute(query, values).fetchall()


def job_of(stage, sent):
    ((job_id,),) = rows(stage, "SELECT id FROM jobs WHERE interaction_id = ?", int(sent.id))
    return job_id


@pytest.fixture
def order(stage, bot, noah):
    async def order(**options) -> Order:
        count = len(stage.pixazo.accepted)
        sent = await noah.command("imagine", **{"prompt": "a lighthouse", **options})
        await sent.until(says("**Queued**"))
        accepted = await stage.pixazo.wait_accepted(count + 1)
        return Order(sent, job_of(stage, sent), accepted[-1].request_id)

    return order


@pytest.fixture
def complete(stage, bot):
    """Let the vendor complete an order, and wait until the bot says what became of it."""

    async def complete(order, end="DELIVERED"):
        stage.pixazo.move(order.request_id, "COMPLETED")
        await bot.wait_line(f"job {order.job_id}: {end}")

    return complete


def of(order, member):
    """Return the messages with an order's pictures that a member sees: those can be deleted."""
    button = f"delete:{order.job_id}"
    return [one for one in member.visible() if button in json.dumps(one["components"])]


def end_tokens(stage):
    """Let Discord take no interaction's token any more."""
    stage.world.token_life = 0.0


def refuse(stage, method, path, *, status=403, code=50001, times=ALWAYS):
    """Let Discord refuse something."""
    body = {"message": "no", "code": code}
    answer = Answer(status=status, body=body)
    return stage.discord.faults.add(Fault(method=method, path=path, do=answer, times=times))


def close_card(stage):
    """Let Discord take no edit of the card, by whichever token."""
    end_tokens(stage)
    refuse(stage, "PATCH", BY_BOT)


def noise(side):
    """Return a PNG that nothing compresses."""
    encoded = BytesIO()
    data = random.Random(7).randbytes(side * side * 3)
    Image.frombytes("RGB", (side, side), data).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def paint(stage, picture):
    stage.pixazo.media_faults.add(
        Fault(method="GET", path="*", do=Answer(status=200, body=picture))
    )


async def test_an_order_that_outlives_its_token_arrives_by_the_bots_own_edit(
    stage, order, complete, noah, direct
):
    taken = await order()
    end_tokens(stage)

    await complete(taken)

    (card,) = of(taken, noah)
    assert card["id"] == taken.sent.message["id"]
    assert len(card["attachments"]) == 1
    assert of(taken, direct) == []


async def test_where_its_card_is_closed_an_order_arrives_in_a_new_message(
    stage, order, complete, noah, direct
):
    """An edit notifies nobody, a new message does: so it names the member, and nobody else."""
    ada = stage.world.user("Ada")
    taken = await order(prompt=f"<@{ada.id}> and @everyone")
    close_card(stage)

    await complete(taken)

    (posted,) = of(taken, noah)
    assert posted["id"] != taken.sent.message["id"]
    assert len(posted["attachments"]) == 1
    assert f"<@{noah.user.id}>, your pictures are ready" in words(posted)
    assert [one["id"] for one in posted["mentions"]] == [noah.user.id]
    assert not posted["mention_everyone"]
    assert posted["nonce"] == taken.job_id
    exchange = stage.discord.journal.find("POST", IN_CHANNEL)[-1]
    assert b'"enforce_nonce":true' in exchange.body.replace(b" ", b"")
    assert of(taken, direct) == []


async def test_pictures_in_a_new_message_are_reported_and_deleted_there(
    stage, order, complete, noah, mira
):
    """Their card stands there still, and has no picture that a moderator could want to delete."""
    log = stage.world.channel("pictures", guild="Lighthouse Club").id
    chosen = await mira.command("limits", "log", channel=log)
    await chosen.until(lambda message: message["content"])
    taken = await order()
    life = stage.world.token_life
    close_card(stage)
    await complete(taken)
    (posted,) = of(taken, noah)
    stage.discord.faults.clear()
    stage.world.token_life = life

    thanks = await mira.press(posted["id"], f"report:{taken.job_id}")
    await thanks.until(says("Thank you"))
    moderator = stage.discord.member("Mira", channel="pictures", guild="Lighthouse Club")
    notice = await moderator.sees(says("**Reported**"))
    assert f"/{noah.channel.id}/{posted['id']}" in words(notice)
    (delete,) = (
        part for part in json.dumps(notice).split('"') if part.startswith("report:delete:")
    )
    pressed = await moderator.press(notice["id"], delete)
    await pressed.until(says("**Deleted**"))

    assert of(taken, noah) == []
    nowhere = await mira.command("limits", "log")
    await nowhere.until(lambda message: message["content"])


@pytest.mark.parametrize("permission", ["SEND_MESSAGES", "ATTACH_FILES", "VIEW_CHANNEL"])
async def test_where_the_bot_may_not_post_an_order_arrives_directly(
    stage, order, complete, noah, direct, permission
):
    taken = await order()
    close_card(stage)
    stage.world.deny(noah.channel, permission)

    await complete(taken)

    (posted,) = of(taken, direct)
    assert len(posted["attachments"]) == 1
    assert of(taken, noah) == []


async def test_where_the_channel_is_gone_an_order_arrives_directly(
    stage, order, complete, noah, direct
):
    taken = await order()
    end_tokens(stage)
    path = f"/api/v10/channels/{noah.channel.id}/*"
    refuse(stage, "*", path, status=404, code=10003)

    await complete(taken)

    assert len(of(taken, direct)) == 1
    assert of(taken, noah) == []


async def test_where_every_way_is_closed_an_order_is_kept_and_handed_over_once(
    stage, order, complete, noah, direct, mira
):
    """What is paid for is not thrown away, and nobody else gets it."""
    taken = await order()
    close_card(stage)
    stage.world.deny(noah.channel, "SEND_MESSAGES")
    stage.world.closed_to_bot.add(noah.user.id)
    await complete(taken, end="no way to the member is open")
    stage.world.token_life = 900.0

    foreign = await mira.command("history")
    await foreign.until(says("There are no orders of yours yet"))
    asked = await noah.command("history")
    handed = await asked.until(delivered(1))
    told = await asked.follow_up()
    again = await noah.command("history")
    page = await again.until(says("Your orders"))

    assert asked.ephemeral
    assert taken.job_id in json.dumps(handed["components"])
    assert "One order of yours" in words(told)
    assert told["flags"] & EPHEMERAL
    assert "a lighthouse" in words(page)
    assert not again.message["attachments"]
    assert again.ephemeral
    assert not [one for one in of(taken, mira) if one["attachments"]]
    assert of(taken, direct) == []


async def test_kept_pictures_fit_the_place_in_which_they_are_asked_for(
    stage, order, complete, noah
):
    """A boosted server takes larger files than a direct channel does."""
    taken = await order()
    close_card(stage)
    stage.world.deny(noah.channel, "SEND_MESSAGES")
    stage.world.closed_to_bot.add(noah.user.id)
    paint(stage, noise(200))
    await complete(taken, end="no way to the member is open")
    stage.world.token_life = 900.0
    stage.world.attachment_size_limit = 20_000

    asked = await noah.command("history")
    handed = await asked.until(delivered(1))

    assert handed["attachments"][0]["size"] <= 20_000
    assert SHRUNK in words(handed)


@pytest.mark.parametrize("token", ["good", "expired"])
async def test_a_card_that_a_moderator_deleted_never_comes_back_to_the_channel(
    stage, order, complete, noah, direct, mira, token
):
    """The picture is the member's, the channel is the moderator's."""
    taken = await order()
    if token == "expired":
        end_tokens(stage)
    await mira.delete(taken.sent.message["id"])

    await complete(taken)

    assert len(of(taken, direct)) == 1
    assert of(taken, noah) == []


TROUBLES = {
    "500": Answer(status=500, body="upstream trouble"),
    "503": Answer(status=503, body={"message": "unavailable", "code": 0}),
    "cut before": Cut(when="before"),
    "cut after": Cut(when="after"),
    "429": None,
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(("method", "path"), [("PATCH", BY_TOKEN), ("PATCH", BY_BOT)])
async def test_where_discord_has_troubles_the_same_edit_is_tried_again(
    stage, order, complete, noah, direct, method, path, trouble
):
    """Only a no is a no: who goes on to the next way too early shows the pictures twice."""
    taken = await order()
    if path == BY_BOT:
        end_tokens(stage)
    if (do := TROUBLES[trouble]) is not None:
        fault = stage.discord.faults.add(Fault(method=method, path=path, do=do))
    else:
        below = path.removeprefix("/api/v10")
        fault = stage.discord.rate_limit(method, below, retry_after=0.2)

    await complete(taken)

    assert fault.times == 0
    (card,) = of(taken, noah)
    assert card["id"] == taken.sent.message["id"]
    assert len(card["attachments"]) == 1
    assert of(taken, direct) == []


@pytest.mark.parametrize("trouble", ["503", "cut before", "cut after"])
@pytest.mark.parametrize("place", ["channel", "direct"])
async def test_a_new_message_whose_answer_is_lost_is_posted_once(
    stage, order, complete, noah, direct, place, trouble
):
    taken = await order()
    close_card(stage)
    if place == "direct":
        stage.world.deny(noah.channel, "SEND_MESSAGES")
    channel = noah.channel if place == "channel" else direct.channel
    path = f"/api/v10/channels/{channel.id}/messages"
    stage.discord.faults.add(Fault(method="POST", path=path, do=TROUBLES[trouble]))

    await complete(taken)

    assert len(stage.discord.journal.find("POST", path)) >= 2
    assert len(of(taken, noah) + of(taken, direct)) == 1


@pytest.mark.parametrize("place", ["channel", "direct"])
async def test_a_bot_killed_while_it_posts_finds_its_message_when_nonces_are_forgotten(
    stage, bot, order, noah, direct, place
):
    """Discord remembers a nonce for minutes; a machine may be away for longer."""
    taken = await order()
    close_card(stage)
    stage.world.nonce_window = 0.0
    if place == "direct":
        stage.world.deny(noah.channel, "SEND_MESSAGES")
    channel = noah.channel if place == "channel" else direct.channel
    path = f"/api/v10/channels/{channel.id}/messages"
    held = stage.discord.faults.add(Fault(method="POST", path=path, do=Hold(when="after")))

    stage.pixazo.move(taken.request_id, "COMPLETED")
    await held.reached.wait()
    await bot.kill()
    long_ago = time.time() - 300
    rows(stage, "UPDATE jobs SET completed_at = ? WHERE id = ?", long_ago, taken.job_id)
    await bot.start()
    await bot.wait_line(f"job {taken.job_id}: DELIVERED")

    assert len(of(taken, noah) + of(taken, direct)) == 1


async def test_a_picture_over_the_servers_limit_is_made_smaller_and_says_so(stage, order, complete):
    stage.world.attachment_size_limit = 20_000
    taken = await order()
    paint(stage, noise(200))

    await complete(taken)

    (file,) = taken.sent.message["attachments"]
    assert file["content_type"] == "image/jpeg"
    assert file["size"] <= 20_000
    assert SHRUNK in words(taken.sent.message)


async def test_a_limit_that_fell_since_the_order_has_the_picture_made_smaller(
    stage, order, complete, noah
):
    """A server can lose its boosts while an order waits."""
    taken = await order()
    stage.world.attachment_size_limit = 6 * 1024 * 1024
    paint(stage, noise(1500))

    await complete(taken)

    (card,) = of(taken, noah)
    (file,) = card["attachments"]
    assert file["size"] <= 6 * 1024 * 1024
    assert SHRUNK in words(card)


async def test_a_picture_made_smaller_before_a_crash_still_says_so(stage, bot, order, noah):
    stage.world.attachment_size_limit = 20_000
    taken = await order()
    paint(stage, noise(200))
    held = stage.discord.faults.add(Fault(method="PATCH", path=BY_TOKEN, do=Hold(when="before")))

    stage.pixazo.move(taken.request_id, "COMPLETED")
    await held.reached.wait()
    await bot.kill()
    await bot.start()
    await bot.wait_line(f"job {taken.job_id}: DELIVERED")

    (card,) = of(taken, noah)
    assert SHRUNK in words(card)


@pytest.mark.parametrize("direct_messages", ["open", "closed"])
async def test_a_private_order_never_shows_up_in_the_channel(
    stage, bot, order, noah, direct, direct_messages
):
    taken = await order()
    await bot.stop()
    rows(stage, "UPDATE jobs SET private = true WHERE id = ?", taken.job_id)
    end_tokens(stage)
    if direct_messages == "closed":
        stage.world.closed_to_bot.add(noah.user.id)
    stage.pixazo.move(taken.request_id, "COMPLETED")
    seen = len(stage.discord.journal.exchanges)
    versions = len(taken.sent.versions)

    await bot.start()
    await stage.ready()

    if direct_messages == "open":
        await bot.wait_line(f"job {taken.job_id}: DELIVERED")
        assert len(of(taken, direct)) == 1
    else:
        await bot.wait_line(f"job {taken.job_id}: no way to the member is open")
        stage.world.token_life = 900.0
        asked = await noah.command("history")
        handed = await asked.until(delivered(1))
        assert taken.job_id in json.dumps(handed["components"])
        assert asked.ephemeral
    assert len(taken.sent.versions) == versions
    in_channel = f"/channels/{noah.channel.id}/"
    later = stage.discord.journal.exchanges[seen:]
    assert not [one for one in later if in_channel in one.path]


async def test_again_is_an_order_of_whoever_presses_it_after_a_restart_too(
    stage, bot, order, complete, noah, mira
):
    taken = await order(prompt="a very special lighthouse", steps=33)
    await complete(taken)
    await bot.stop()
    await bot.start()
    await stage.ready()

    sent = await mira.press(taken.sent.message["id"], f"again:{taken.job_id}")
    await sent.until(says("**Queued**"))
    again = Order(sent, job_of(stage, sent), stage.pixazo.accepted[-1].request_id)
    await complete(again)

    ((member_id,),) = rows(stage, "SELECT member_id FROM jobs WHERE id = ?", again.job_id)
    assert member_id == int(mira.user.id)
    first, second = (json.loads(one.body) for one in stage.pixazo.accepted[-2:])
    assert first == second
    assert again.sent.message["id"] != taken.sent.message["id"]
    assert len(of(again, noah)) == 1
    assert not again.sent.ephemeral


async def test_again_for_an_order_that_is_not_on_record_says_so_privately(
    stage, bot, order, complete, noah
):
    taken = await order()
    await complete(taken)
    rows(stage, "DELETE FROM jobs WHERE id = ?", taken.job_id)
    count = len(stage.pixazo.accepted)

    sent = await noah.press(taken.sent.message["id"], f"again:{taken.job_id}")
    told = await sent.answer()

    assert "not on record" in words(told)
    assert sent.ephemeral
    assert len(stage.pixazo.accepted) == count


async def test_try_again_on_an_uncertain_order_makes_one_new_order(stage, bot, noah):
    """The card warns that it is a new order: then it must be exactly one."""
    await bot.stop()
    silent = stage.bot(LANE_RATE_PER_MINUTE="6000", PUBLIC_URL="")  # nothing else to wait for
    try:
        await silent.start()
        await stage.ready()
        stage.pixazo.answer_next("cut")
        sent = await noah.command("imagine", prompt="an uncertain lighthouse")
        card = await sent.until(says("Could not be confirmed"))
        count = len(stage.pixazo.accepted)

        pressed = await noah.press(card["id"], f"again:{job_of(stage, sent)}")
        await pressed.until(says("**Queued**"))
        stage.discord.replay(pressed.id)
        other = await noah.command("imagine", prompt="another lighthouse")
        await other.until(says("**Queued**"))

        prompts = [json.loads(one.body)["prompt"] for one in stage.pixazo.accepted[count:]]
        assert prompts == ["an uncertain lighthouse", "another lighthouse"]
        assert "Could not be confirmed" in words(sent.message)
    finally:
        await silent.stop()
        stage.process = bot
