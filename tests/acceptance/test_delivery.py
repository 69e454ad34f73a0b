"""Fallback ways of delivery: each is left only after a definite refusal; nothing arrives twice.

All tests of this file share one bot. The vendor completes an order only when a test says so.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.discord.member import Invocation, Member
from sandbox.faults import Answer, Cut, Fault, Hold
from tests.acceptance.driver import (
    EPHEMERAL,
    FAST_LANE,
    Store,
    accepted,
    answered,
    button,
    delivered,
    noise,
    quick,
    restart,
    says,
    without_limits,
    words,
)
from tests.openapi import assert_conform

BY_TOKEN = "/api/v10/webhooks/*/messages/*"
IN_CHANNEL = "/api/v10/channels/*/messages"
BY_BOT = "/api/v10/channels/*/messages/*"
ALWAYS = 1_000
SHRUNK = "Made smaller to fit Discord's file limit."


@dataclass(frozen=True)
class Order:
    """An order that the vendor has accepted and that stays QUEUED."""

    sent: Invocation
    job_id: str
    request_id: str


@pytest.fixture(scope="module")
async def sandbox(make_sandbox):
    async with make_sandbox(vendor=quick()) as opened:
        opened.pixazo.hold_states()
        opened.bot(**FAST_LANE)
        yield opened
        assert_conform(opened.discord.journal.exchanges)


@pytest.fixture
async def bot(sandbox):
    """The connected bot; afterwards all faults and changes of the world are undone."""
    world = sandbox.world
    settings = {
        name: getattr(world, name)
        for name in ("token_life", "nonce_window", "attachment_size_limit")
    }
    await sandbox.process.start()
    await sandbox.ready()
    await without_limits(sandbox)
    yield sandbox.process
    sandbox.discord.faults.clear()
    sandbox.pixazo.media_faults.clear()
    world.closed_to_bot.clear()
    for name, value in settings.items():
        setattr(world, name, value)
    for channel in world.channels.values():
        world.allow(channel)


@pytest.fixture
def direct(sandbox) -> Member:
    """Noah, in his direct messages with the bot."""
    return sandbox.discord.member("Noah")


def job_of(sandbox, sent):
    ((job_id,),) = Store(sandbox).execute(
        "SELECT id FROM jobs WHERE interaction_id = ?", int(sent.id)
    )
    return job_id


@pytest.fixture
def order(sandbox, bot, noah):
    async def order(**options) -> Order:
        count = len(sandbox.pixazo.accepted)
        sent = await noah.command("imagine", **{"prompt": "a lighthouse", **options})
        await sent.until(says("**Queued**"))
        accepted = await sandbox.pixazo.wait_accepted(count + 1)
        return Order(sent, job_of(sandbox, sent), accepted[-1].request_id)

    return order


@pytest.fixture
def complete(sandbox, bot):
    """Let the vendor complete an order, and wait until it is recorded as delivered or kept."""

    async def complete(order, *, kept=False):
        sandbox.pixazo.move(order.request_id, "COMPLETED")
        store = Store(sandbox)
        await (store.kept if kept else store.delivered)(order.job_id)

    return complete


def of(order, member):
    """Return the messages with an order's pictures that a member sees, by their delete button."""
    delete = f"delete:{order.job_id}"
    return [message for message in member.visible() if delete in json.dumps(message["components"])]


def end_tokens(sandbox):
    """Let all interaction tokens expire."""
    sandbox.world.token_life = 0.0


def refuse(sandbox, method, path, *, status=403, code=50001, times=ALWAYS):
    """Let Discord refuse some requests."""
    answer = Answer(status=status, body={"message": "no", "code": code})
    return sandbox.discord.faults.add(Fault(method=method, path=path, do=answer, times=times))


def close_card(sandbox):
    """Let Discord refuse every edit of the card, by either token."""
    end_tokens(sandbox)
    refuse(sandbox, "PATCH", BY_BOT)


def paint(sandbox, picture):
    sandbox.pixazo.media_faults.add(
        Fault(method="GET", path="*", do=Answer(status=200, body=picture))
    )


async def test_an_order_that_outlives_its_token_arrives_by_the_bots_own_edit(
    sandbox, order, complete, noah, direct
):
    taken = await order()
    end_tokens(sandbox)

    await complete(taken)

    (card,) = of(taken, noah)
    assert card["id"] == taken.sent.message["id"]
    assert len(card["attachments"]) == 1
    assert of(taken, direct) == []


async def test_where_its_card_is_closed_an_order_arrives_in_a_new_message(
    sandbox, order, complete, noah, direct
):
    """A new message, unlike an edit, sends a notification: it mentions the member alone."""
    ada = sandbox.world.user("Ada")
    taken = await order(prompt=f"<@{ada.id}> and @everyone")
    close_card(sandbox)

    await complete(taken)

    (posted,) = of(taken, noah)
    assert posted["id"] != taken.sent.message["id"]
    assert len(posted["attachments"]) == 1
    assert f"<@{noah.user.id}>, your pictures are ready" in words(posted)
    assert [one["id"] for one in posted["mentions"]] == [noah.user.id]
    assert not posted["mention_everyone"]
    assert posted["nonce"] == taken.job_id
    exchange = sandbox.discord.journal.find("POST", IN_CHANNEL)[-1]
    assert b'"enforce_nonce":true' in exchange.body.replace(b" ", b"")
    assert of(taken, direct) == []


async def test_pictures_in_a_new_message_are_reported_and_deleted_there(
    sandbox, order, complete, noah, mira
):
    """The original card is still there, without pictures that a moderator could delete."""
    log = sandbox.world.channel("pictures", guild="Lighthouse Club").id
    chosen = await mira.command("limits", "log", channel=log)
    await chosen.until(answered)
    taken = await order()
    life = sandbox.world.token_life
    close_card(sandbox)
    await complete(taken)
    (posted,) = of(taken, noah)
    sandbox.discord.faults.clear()
    sandbox.world.token_life = life

    thanks = await mira.press(posted["id"], f"report:{taken.job_id}")
    await thanks.until(says("Thank you"))
    moderator = sandbox.discord.member("Mira", channel="pictures", guild="Lighthouse Club")
    notice = await moderator.sees(says("**Reported**"))
    assert f"/{noah.channel.id}/{posted['id']}" in words(notice)
    pressed = await moderator.press(notice["id"], button(notice, "report:delete:"))
    await pressed.until(says("**Deleted**"))

    assert of(taken, noah) == []
    nowhere = await mira.command("limits", "log")
    await nowhere.until(answered)


@pytest.mark.parametrize("permission", ["SEND_MESSAGES", "ATTACH_FILES", "VIEW_CHANNEL"])
async def test_where_the_bot_may_not_post_an_order_arrives_directly(
    sandbox, order, complete, noah, direct, permission
):
    taken = await order()
    close_card(sandbox)
    sandbox.world.deny(noah.channel, permission)

    await complete(taken)

    (posted,) = of(taken, direct)
    assert len(posted["attachments"]) == 1
    assert of(taken, noah) == []


async def test_where_the_channel_is_gone_an_order_arrives_directly(
    sandbox, order, complete, noah, direct
):
    taken = await order()
    end_tokens(sandbox)
    path = f"/api/v10/channels/{noah.channel.id}/*"
    refuse(sandbox, "*", path, status=404, code=10003)

    await complete(taken)

    assert len(of(taken, direct)) == 1
    assert of(taken, noah) == []


async def test_where_every_way_is_closed_an_order_is_kept_and_handed_over_once(
    sandbox, order, complete, noah, direct, mira
):
    """Paid pictures are kept, and only their member gets them."""
    taken = await order()
    close_card(sandbox)
    sandbox.world.deny(noah.channel, "SEND_MESSAGES")
    sandbox.world.closed_to_bot.add(noah.user.id)
    await complete(taken, kept=True)
    sandbox.world.token_life = 900.0

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
    sandbox, order, complete, noah
):
    """A boosted server takes larger files than a direct channel does."""
    taken = await order()
    close_card(sandbox)
    sandbox.world.deny(noah.channel, "SEND_MESSAGES")
    sandbox.world.closed_to_bot.add(noah.user.id)
    paint(sandbox, noise(200))
    await complete(taken, kept=True)
    sandbox.world.token_life = 900.0
    sandbox.world.attachment_size_limit = 20_000

    asked = await noah.command("history")
    handed = await asked.until(delivered(1))

    assert handed["attachments"][0]["size"] <= 20_000
    assert SHRUNK in words(handed)


@pytest.mark.parametrize("token", ["good", "expired"])
async def test_a_card_that_a_moderator_deleted_never_comes_back_to_the_channel(
    sandbox, order, complete, noah, direct, mira, token
):
    """The picture is the member's, the channel is the moderator's."""
    taken = await order()
    if token == "expired":
        end_tokens(sandbox)
    await mira.delete(taken.sent.message["id"])

    await complete(taken)

    assert len(of(taken, direct)) == 1
    assert of(taken, noah) == []


TROUBLES: dict[str, Any] = {
    "500": Answer(status=500, body="upstream trouble"),
    "503": Answer(status=503, body={"message": "unavailable", "code": 0}),
    "cut before": Cut(when="before"),
    "cut after": Cut(when="after"),
    "429": None,
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("path", [BY_TOKEN, BY_BOT])
async def test_where_discord_has_troubles_the_same_edit_is_tried_again(
    sandbox, order, complete, noah, direct, path, trouble
):
    """Going to the next way without a definite refusal would show the pictures twice."""
    taken = await order()
    if path == BY_BOT:
        end_tokens(sandbox)
    if (do := TROUBLES[trouble]) is not None:
        fault = sandbox.discord.faults.add(Fault(method="PATCH", path=path, do=do))
    else:
        below = path.removeprefix("/api/v10")
        fault = sandbox.discord.rate_limit("PATCH", below, retry_after=0.2)

    await complete(taken)

    assert fault.times == 0
    (card,) = of(taken, noah)
    assert card["id"] == taken.sent.message["id"]
    assert len(card["attachments"]) == 1
    assert of(taken, direct) == []


@pytest.mark.parametrize("trouble", ["503", "cut before", "cut after"])
@pytest.mark.parametrize("place", ["channel", "direct"])
async def test_a_new_message_whose_answer_is_lost_is_posted_once(
    sandbox, order, complete, noah, direct, place, trouble
):
    taken = await order()
    close_card(sandbox)
    if place == "direct":
        sandbox.world.deny(noah.channel, "SEND_MESSAGES")
    channel = noah.channel if place == "channel" else direct.channel
    path = f"/api/v10/channels/{channel.id}/messages"
    sandbox.discord.faults.add(Fault(method="POST", path=path, do=TROUBLES[trouble]))

    await complete(taken)

    assert len(sandbox.discord.journal.find("POST", path)) >= 2
    assert len(of(taken, noah) + of(taken, direct)) == 1


@pytest.mark.parametrize("place", ["channel", "direct"])
async def test_a_bot_killed_while_it_posts_finds_its_message_when_nonces_are_forgotten(
    sandbox, bot, order, noah, direct, place
):
    """Discord keeps a nonce for minutes; a machine may be down for longer."""
    taken = await order()
    close_card(sandbox)
    sandbox.world.nonce_window = 0.0
    if place == "direct":
        sandbox.world.deny(noah.channel, "SEND_MESSAGES")
    channel = noah.channel if place == "channel" else direct.channel
    path = f"/api/v10/channels/{channel.id}/messages"
    held = sandbox.discord.faults.add(Fault(method="POST", path=path, do=Hold(when="after")))

    sandbox.pixazo.move(taken.request_id, "COMPLETED")
    await held.reached.wait()
    await bot.kill()
    long_ago = time.time() - 300
    Store(sandbox).execute("UPDATE jobs SET completed_at = ? WHERE id = ?", long_ago, taken.job_id)
    await bot.start()
    await Store(sandbox).delivered(taken.job_id)

    assert len(of(taken, noah) + of(taken, direct)) == 1


async def test_a_picture_over_the_servers_limit_is_made_smaller_and_says_so(
    sandbox, order, complete
):
    sandbox.world.attachment_size_limit = 20_000
    taken = await order()
    paint(sandbox, noise(200))

    await complete(taken)

    (file,) = taken.sent.message["attachments"]
    assert file["content_type"] == "image/jpeg"
    assert file["size"] <= 20_000
    assert SHRUNK in words(taken.sent.message)


async def test_a_limit_that_fell_since_the_order_has_the_picture_made_smaller(
    sandbox, order, complete, noah
):
    """A server can lose its boosts while an order waits."""
    taken = await order()
    sandbox.world.attachment_size_limit = 6 * 1024 * 1024
    paint(sandbox, noise(1500))

    await complete(taken)

    (card,) = of(taken, noah)
    (file,) = card["attachments"]
    assert file["size"] <= 6 * 1024 * 1024
    assert SHRUNK in words(card)


async def test_a_picture_made_smaller_before_a_crash_still_says_so(sandbox, bot, order, noah):
    sandbox.world.attachment_size_limit = 20_000
    taken = await order()
    paint(sandbox, noise(200))
    held = sandbox.discord.faults.add(Fault(method="PATCH", path=BY_TOKEN, do=Hold(when="before")))

    sandbox.pixazo.move(taken.request_id, "COMPLETED")
    await held.reached.wait()
    await restart(sandbox)
    await Store(sandbox).delivered(taken.job_id)

    (card,) = of(taken, noah)
    assert SHRUNK in words(card)


@pytest.mark.parametrize("direct_messages", ["open", "closed"])
async def test_a_private_order_never_shows_up_in_the_channel(
    sandbox, bot, order, noah, direct, direct_messages
):
    taken = await order()
    await bot.stop()
    Store(sandbox).execute("UPDATE jobs SET private = true WHERE id = ?", taken.job_id)
    end_tokens(sandbox)
    if direct_messages == "closed":
        sandbox.world.closed_to_bot.add(noah.user.id)
    sandbox.pixazo.move(taken.request_id, "COMPLETED")
    seen = len(sandbox.discord.journal.exchanges)
    versions = len(taken.sent.versions)

    await bot.start()
    await sandbox.ready()

    if direct_messages == "open":
        await Store(sandbox).delivered(taken.job_id)
        assert len(of(taken, direct)) == 1
    else:
        await Store(sandbox).kept(taken.job_id)
        sandbox.world.token_life = 900.0
        asked = await noah.command("history")
        handed = await asked.until(delivered(1))
        assert taken.job_id in json.dumps(handed["components"])
        assert asked.ephemeral
    assert len(taken.sent.versions) == versions
    in_channel = f"/channels/{noah.channel.id}/"
    later = sandbox.discord.journal.exchanges[seen:]
    assert not [one for one in later if in_channel in one.path]


async def test_again_is_an_order_of_whoever_presses_it_after_a_restart_too(
    sandbox, bot, order, complete, noah, mira
):
    taken = await order(prompt="a very special lighthouse", steps=33)
    await complete(taken)
    await bot.stop()
    await bot.start()
    await sandbox.ready()

    sent = await mira.press(taken.sent.message["id"], f"again:{taken.job_id}")
    await sent.until(says("**Queued**"))
    again = Order(sent, job_of(sandbox, sent), sandbox.pixazo.accepted[-1].request_id)
    await complete(again)

    ((member_id,),) = Store(sandbox).execute(
        "SELECT member_id FROM jobs WHERE id = ?", again.job_id
    )
    assert member_id == int(mira.user.id)
    first, second = (json.loads(one.body) for one in sandbox.pixazo.accepted[-2:])
    assert first == second
    assert again.sent.message["id"] != taken.sent.message["id"]
    assert len(of(again, noah)) == 1
    assert not again.sent.ephemeral


async def test_again_for_an_order_that_is_not_on_record_says_so_privately(
    sandbox, bot, order, complete, noah
):
    taken = await order()
    await complete(taken)
    Store(sandbox).execute("DELETE FROM jobs WHERE id = ?", taken.job_id)
    count = len(sandbox.pixazo.accepted)

    sent = await noah.press(taken.sent.message["id"], f"again:{taken.job_id}")
    told = await sent.answer()

    assert "not on record" in words(told)
    assert sent.ephemeral
    assert len(sandbox.pixazo.accepted) == count


async def test_try_again_on_an_uncertain_order_makes_one_new_order(sandbox, bot, noah):
    """The card says that it is a new order: it must be exactly one."""
    await bot.stop()
    silent = sandbox.bot(**FAST_LANE, PUBLIC_URL="")  # nothing else to wait for
    try:
        await silent.start()
        await sandbox.ready()
        sandbox.pixazo.answer_next("cut")
        sent = await noah.command("imagine", prompt="an uncertain lighthouse")
        card = await sent.until(says("Could not be confirmed"))
        count = len(sandbox.pixazo.accepted)

        pressed = await noah.press(card["id"], f"again:{job_of(sandbox, sent)}")
        await pressed.until(says("**Queued**"))
        sandbox.discord.replay(pressed.id)
        other = await noah.command("imagine", prompt="another lighthouse")
        await other.until(says("**Queued**"))

        assert accepted(sandbox)[count:] == ["an uncertain lighthouse", "another lighthouse"]
        assert "Could not be confirmed" in words(sent.message)
    finally:
        await silent.stop()
        sandbox.process = bot
