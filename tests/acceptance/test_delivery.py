"""Fallback ways of delivery: each is left only after a definite refusal; nothing arrives twice.

All tests of this file share one bot. The vendor completes an order only when a test says so.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.discord.member import Invocation, Member
from sandbox.faults import Answer, Cut, Fault, Hold
from tests.acceptance.driver import (
    CLUB,
    EPHEMERAL,
    FAST_LANE,
    Store,
    answered,
    button,
    buttons,
    delivered,
    noise,
    quick,
    report,
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
LONGEST = 1.4  # seconds, almost, for which all else waits while somebody waits for an answer
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


@pytest.fixture
def order(sandbox, bot, noah):
    async def order(**options) -> Order:
        count = len(sandbox.pixazo.accepted)
        sent = await noah.command("imagine", **{"prompt": "a lighthouse", **options})
        await sent.until(says("**Queued**"))
        accepted = await sandbox.pixazo.wait_accepted(count + 1)
        query = "SELECT id FROM jobs WHERE interaction_id = ?"
        ((job_id,),) = Store(sandbox).execute(query, int(sent.id))
        return Order(sent, job_id, accepted[-1].request_id)

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


def refuse(sandbox, method, path, *, status=403, code=50001):
    """Let Discord refuse some requests."""
    answer = Answer(status=status, body={"message": "no", "code": code})
    sandbox.discord.faults.add(Fault(method=method, path=path, do=answer, times=ALWAYS))


def close_card(sandbox):
    """Let Discord refuse every edit of the card, by either token."""
    sandbox.world.token_life = 0.0
    refuse(sandbox, "PATCH", BY_BOT)


def paint(sandbox, picture):
    sandbox.pixazo.media_faults.add(
        Fault(method="GET", path="*", do=Answer(status=200, body=picture))
    )


async def test_where_its_card_is_closed_an_order_arrives_in_a_new_message_and_is_deleted_there(
    sandbox, order, complete, noah, direct, mira
):
    """A new message, unlike an edit, sends a notification: it mentions the member alone.

    The original card is still there, without pictures that a moderator could delete.
    """
    log = sandbox.world.channel("pictures", guild=CLUB).id
    chosen = await mira.command("limits", "log", channel=log)
    await chosen.until(answered)
    ada = sandbox.world.user("Ada")
    taken = await order(prompt=f"<@{ada.id}> and @everyone")
    life = sandbox.world.token_life
    close_card(sandbox)

    await complete(taken)

    (posted,) = of(taken, noah)
    assert posted["id"] != taken.sent.message["id"]
    assert len(posted["attachments"]) == 1
    assert f"The pictures for <@{noah.user.id}> are ready" in words(posted)
    assert [user["id"] for user in posted["mentions"]] == [noah.user.id]
    assert not posted["mention_everyone"]
    assert posted["nonce"] == taken.job_id
    exchange = sandbox.discord.journal.find("POST", IN_CHANNEL)[-1]
    assert b'"enforce_nonce":true' in exchange.body.replace(b" ", b"")
    assert of(taken, direct) == []

    sandbox.discord.faults.clear()
    sandbox.world.token_life = life
    await report(mira, posted)
    moderator = sandbox.discord.member("Mira", channel="pictures", guild=CLUB)
    notice = await moderator.sees(says("reported a picture"))
    assert f"/{noah.channel.id}/{posted['id']}" in words(notice)
    pressed = await moderator.press(notice["id"], button(notice, "report:delete:"))
    question = await pressed.follow_up()
    await moderator.press(question["id"], buttons(question)["delete_now"])
    await moderator.sees(says("**Deleted**"))
    assert of(taken, noah) == []
    nowhere = await mira.command("limits", "log")
    await nowhere.until(answered)


@pytest.mark.parametrize(
    "obstacle",
    [
        "SEND_MESSAGES",
        "ATTACH_FILES",
        "VIEW_CHANNEL",
        "no channel",
        "a deleted card",
        "a deleted card, an expired token",
    ],
)
async def test_where_the_channel_is_closed_an_order_arrives_directly(
    sandbox, order, complete, noah, direct, mira, obstacle
):
    """A card that a moderator deleted never comes back: the picture is the member's."""
    taken = await order()
    if obstacle == "no channel":
        path = f"/api/v10/channels/{noah.channel.id}/*"
        refuse(sandbox, "*", path, status=404, code=10003)
    elif obstacle.startswith("a deleted card"):
        await mira.delete(taken.sent.message["id"])
    else:
        close_card(sandbox)
        sandbox.world.deny(noah.channel, obstacle)
    if obstacle != "a deleted card":
        sandbox.world.token_life = 0.0

    await complete(taken)

    (posted,) = of(taken, direct)
    assert len(posted["attachments"]) == 1
    assert of(taken, noah) == []


async def test_where_every_way_is_closed_an_order_is_kept_and_handed_over_once(
    sandbox, order, complete, noah, direct, mira
):
    """Only its member gets it, in a size for the place of the request."""
    taken = await order()
    close_card(sandbox)
    sandbox.world.deny(noah.channel, "SEND_MESSAGES")
    sandbox.world.closed_to_bot.add(noah.user.id)
    paint(sandbox, noise(200))
    await complete(taken, kept=True)
    sandbox.world.token_life = 900.0
    sandbox.world.attachment_size_limit = 20_000

    foreign = await mira.command("history")
    await foreign.until(says("You haven't ordered anything yet"))
    asked = await noah.command("history")
    handed = await asked.until(delivered(1))
    summary = await asked.follow_up()
    again = await noah.command("history")
    page = await again.until(says("Your orders"))

    assert asked.ephemeral
    assert taken.job_id in json.dumps(handed["components"])
    assert handed["attachments"][0]["size"] <= 20_000
    assert SHRUNK in words(handed)
    assert "pictures you haven't received yet" in words(summary)
    assert summary["flags"] & EPHEMERAL
    assert "a lighthouse" in words(page)
    assert not again.message["attachments"]
    assert again.ephemeral
    assert not [message for message in of(taken, mira) if message["attachments"]]
    assert of(taken, direct) == []


TROUBLES: dict[str, Any] = {
    "500": Answer(status=500, body="upstream trouble"),
    "503": Answer(status=503, body={"message": "unavailable", "code": 0}),
    "cut before": Cut(when="before"),
    "cut after": Cut(when="after"),
    "429": None,
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("path", [BY_TOKEN, BY_BOT])
async def test_where_discord_has_troubles_the_same_edit_is_tried_again_by_either_token(
    sandbox, order, complete, noah, direct, path, trouble
):
    """Going to the next way without a definite refusal would show the pictures twice.

    Once the interaction token has expired, the bot edits the card by its own token.
    """
    taken = await order()
    if path == BY_BOT:
        sandbox.world.token_life = 0.0
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


@pytest.fixture(params=["channel", "direct"])
def posts(request, sandbox, noah, direct):
    """Close the card, and return the path of the only place for a new message."""

    def posts():
        close_card(sandbox)
        if request.param == "direct":
            sandbox.world.deny(noah.channel, "SEND_MESSAGES")
        channel = noah.channel if request.param == "channel" else direct.channel
        return f"/api/v10/channels/{channel.id}/messages"

    return posts


@pytest.mark.parametrize("trouble", ["503", "cut before", "cut after"])
async def test_a_new_message_whose_answer_is_lost_is_posted_once(
    sandbox, order, complete, noah, direct, posts, trouble
):
    taken = await order()
    path = posts()
    sandbox.discord.faults.add(Fault(method="POST", path=path, do=TROUBLES[trouble]))

    await complete(taken)

    assert len(sandbox.discord.journal.find("POST", path)) >= 2
    assert len(of(taken, noah) + of(taken, direct)) == 1


async def test_a_bot_killed_while_it_posts_finds_its_message_when_nonces_are_forgotten(
    sandbox, bot, order, noah, direct, posts
):
    """Discord keeps a nonce for minutes; a machine may be down for longer."""
    taken = await order()
    sandbox.world.nonce_window = 0.0
    fault = Fault(method="POST", path=posts(), do=Hold(when="after"))
    held = sandbox.discord.faults.add(fault)

    sandbox.pixazo.move(taken.request_id, "COMPLETED")
    await held.reached.wait()
    await bot.kill()
    long_ago = time.time() - 300
    Store(sandbox).execute("UPDATE jobs SET completed_at = ? WHERE id = ?", long_ago, taken.job_id)
    await bot.start()
    await Store(sandbox).delivered(taken.job_id)

    assert len(of(taken, noah) + of(taken, direct)) == 1


async def test_a_delivery_gives_way_to_an_interaction_that_waits_for_its_answer(
    sandbox, order, noah
):
    taken = await order()
    answer = Fault(method="POST", path="/api/v10/interactions/*", do=Hold(when="before"))
    held = sandbox.discord.faults.add(answer)
    began = time.monotonic()
    asked = await noah.command("history")
    await held.reached.wait()

    sandbox.pixazo.move(taken.request_id, "COMPLETED")
    await asyncio.sleep(0.5)
    assert of(taken, noah) == [] or time.monotonic() > began + LONGEST

    held.release()
    await asked.answer()
    await Store(sandbox).delivered(taken.job_id)
    assert len(of(taken, noah)) == 1


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


async def test_a_picture_over_the_servers_limit_is_made_smaller_and_says_so_after_a_crash_too(
    sandbox, bot, order, noah
):
    sandbox.world.attachment_size_limit = 20_000
    taken = await order()
    paint(sandbox, noise(200))
    held = sandbox.discord.faults.add(Fault(method="PATCH", path=BY_TOKEN, do=Hold(when="before")))

    sandbox.pixazo.move(taken.request_id, "COMPLETED")
    await held.reached.wait()
    await restart(sandbox)
    await Store(sandbox).delivered(taken.job_id)

    (card,) = of(taken, noah)
    (file,) = card["attachments"]
    assert file["content_type"] == "image/jpeg"
    assert file["size"] <= 20_000
    assert SHRUNK in words(card)


@pytest.mark.parametrize("direct_messages", ["open", "closed"])
async def test_a_private_order_never_shows_up_in_the_channel(
    sandbox, bot, order, noah, direct, direct_messages
):
    taken = await order()
    await bot.stop()
    Store(sandbox).execute("UPDATE jobs SET private = true WHERE id = ?", taken.job_id)
    sandbox.world.token_life = 0.0
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
