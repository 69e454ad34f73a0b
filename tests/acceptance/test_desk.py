"""What members see about themselves: history, usage, settings, privacy."""

import json

import pytest
from aiohttp import ClientSession

from sandbox.discord.enums import InteractionType
from sandbox.faults import Answer, Fault
from tests.acceptance.driver import (
    THUMBNAIL,
    Server,
    Store,
    button,
    components,
    crafted,
    delivered,
    restart,
    says,
    set_limits,
    without_limits,
    words,
)


def thumbnails(message):
    return [part for part in components(message) if part["type"] == THUMBNAIL]


def pings(member):
    """Return the messages that a member sees which name them and link to a card."""
    return [one for one in member.visible() if "your pictures are ready: https" in words(one)]


async def delete(member):
    """Delete all data of a member; return the answer."""
    shown = await (await member.command("privacy")).until(says("What is stored about you"))
    asks = await member.press(shown["id"], button(shown, "Delete my data"))
    asked = await asks.until(says("Delete your data?"))
    confirmed = await member.press(shown["id"], button(asked, "Yes, delete my data"))
    return await confirmed.until(says("Deleted"))


async def test_history_has_pages_whose_buttons_live_on_through_a_kill(sandbox, start, noah):
    await start()
    await without_limits(sandbox)
    empty = await noah.command("history")
    assert "</imagine:" in words(await empty.until(says("haven't ordered anything yet")))
    orders = [
        await noah.command("imagine", prompt=f"lighthouse number {number}") for number in range(6)
    ]
    *_, card = [await sent.until(delivered(1)) for sent in orders]
    for number in range(6):
        await Store(sandbox).delivered(f"lighthouse number {number}")

    asked = await noah.command("history")
    first = await asked.until(says("Your orders"))
    await restart(sandbox)
    turned = await noah.press(first["id"], button(first, "Next page"))
    second = await turned.until(says("page 2 of 2"))
    again = await noah.press(second["id"], button(second, "Again: lighthouse number 0"))
    await again.until(delivered(1))
    found = await noah.command("history", word="NUMBER 5")
    one = await found.until(says("1 order with"))
    none = await noah.command("history", word="submarine")

    assert asked.ephemeral
    assert "6 orders, newest first · page 1 of 2" in words(first)
    assert "**1.** lighthouse number 5" in words(first)
    assert f"/{noah.channel.id}/{card['id']}" in words(first)
    assert thumbnails(first)[0]["description"] == "AI-generated picture: lighthouse number 5"
    assert len(thumbnails(first)) == 5
    assert "**6.** lighthouse number 0" in words(second)
    assert len(thumbnails(one)) == 1
    await none.until(says("None of your orders has “submarine”"))


async def private_orders(sandbox, member, *prompts):
    """Order privately, so that files stay on disk; return the ids of the orders."""
    ids = []
    for prompt in prompts:
        sent = await member.command("imagine", prompt=prompt, private=True)
        await sent.until(delivered(1))
        ids.append((await Store(sandbox).ended(prompt, "DELIVERED"))["id"])
    return ids


def keep(sandbox, ids):
    """Have the pictures of these orders undelivered."""
    marks = ",".join("?" * len(ids))
    changes = "state = 'COMPLETED', kept_at = created_at"
    Store(sandbox).execute(f"UPDATE jobs SET {changes} WHERE id IN ({marks})", *ids)


@pytest.fixture
def stranger(shared):
    """A member without orders."""
    (member,) = Server(shared).crowd(1)
    return member


async def test_an_order_that_discord_shows_nowhere_holds_back_no_other(shared, stranger):
    """Its prompt is one that Discord blocks since."""
    prompts = ("a first boat", "harmful", "a last boat")
    ids = await private_orders(shared, stranger, *prompts)
    keep(shared, ids)
    shared.world.harmful.add("harmful")

    try:
        asked = await stranger.command("history")
        page = await asked.follow_up(count=2)
        asked_again = await stranger.command("history")
        again = await asked_again.until(says("Your orders"))
        data = {"custom_id": "history:0:"}
        kind = InteractionType.COMPONENT
        turn = crafted(shared, stranger, kind, data, asked_again.stored)
        turned = await turn.until(words)
    finally:
        shared.world.harmful.clear()

    handed = [asked.message, *asked.follow_ups[:-1]]
    assert [len(one["attachments"]) for one in handed] == [1, 1]
    store = Store(shared)
    assert [store.state(one) for one in ids] == ["DELIVERED", "COMPLETED", "DELIVERED"]
    kept = "The pictures of one order couldn't be sent now. They are saved"
    assert [kept in words(one) for one in (page, again, turned)] == [True, True, False]
    for shown in (page, again, turned):
        assert "**2.** This order can't be shown here." in words(shown)
        assert "a first boat" in words(shown)
        assert len(thumbnails(shown)) == 2


async def test_pictures_too_large_in_any_size_are_linked_and_the_next_are_sent(shared, stranger):
    first, last = await private_orders(shared, stranger, "a small boat", "a vast boat")
    keep(shared, [first, last])
    too_large = Answer(status=413, body={"code": 40005, "message": "Request entity too large"})
    path = "/api/v10/webhooks/*"
    shared.discord.faults.add(Fault(method="POST", path=path, do=too_large, times=2))

    asked = await stranger.command("history")
    linked = await asked.until(says("are too large for Discord here"))
    page = await asked.follow_up(count=2)

    assert "a vast boat" in words(linked)
    assert "[picture 1](<http" in words(linked)
    assert len(asked.follow_ups[0]["attachments"]) == 1
    assert "Your orders" in words(page)
    assert [Store(shared).state(one) for one in (first, last)] == ["DELIVERED", "COMPLETED"]


async def test_who_asks_for_the_history_always_gets_an_answer(shared, stranger):
    """Discord refuses each form of the page, for reasons of its own."""
    await private_orders(shared, stranger, "a boat")
    refused = Answer(status=400, body={"code": 50035, "message": "Invalid Form Body"})
    path = "/api/v10/webhooks/*"
    shared.discord.faults.add(Fault(method="POST", path=path, do=refused, times=4))

    asked = await stranger.command("history")

    await asked.until(says("Discord didn't accept the bot's answer"))


async def test_what_is_left_shrinks_with_each_order(shared, member):
    mira = shared.discord.member("Mira", channel="general", guild="Lighthouse Club")
    assert says("Images per day, whole server")(
        await set_limits(mira, server_per_day=90, cooldown=0)
    )

    def left(message):
        [line] = [one for one in words(message).splitlines() if "server's images today: ▰" in one]
        return int(line.split("▱")[-1].split("▰")[-1].split()[0])

    before = await (await member.command("usage")).until(says("Your limits today"))
    sent = await member.command("imagine", prompt="a lighthouse", images=3)
    await sent.until(delivered(3))
    asked = await member.command("usage")
    after = await asked.until(says("Your limits today"))
    assert says("no limit")(await set_limits(mira, server_per_day=0))

    assert asked.ephemeral
    assert "**You can order " in words(after)
    assert left(before) - left(after) == 3


async def test_a_member_is_pinged_as_they_wish(shared, member):
    await (await member.command("settings")).until(
        says("You'll be pinged if your pictures take longer than a minute.")
    )
    before = len(pings(member))

    always = await member.command("settings", ping="always")
    await always.until(says("Saved. You'll be pinged every time"))
    sent = await member.command("imagine", prompt="a loud lighthouse")
    await sent.until(delivered(1))
    await member.sees(lambda one: one in pings(member)[before:])
    never = await member.command("settings", ping="never")
    await never.until(says("Saved. You won't be pinged"))
    quiet = await member.command("imagine", prompt="a quiet lighthouse")
    await quiet.until(delivered(1))
    await (await member.command("settings")).until(says("You won't be pinged, unless"))

    assert always.ephemeral
    assert len(pings(member)) == before + 1


@pytest.mark.parametrize(("name", "moderates"), [("Noah", False), ("Mira", True)])
async def test_help_shows_to_everybody_alone_what_they_may_use(shared, name, moderates):
    member = shared.discord.member(name, channel="general", guild="Lighthouse Club")
    asked = await member.command("help")
    shown = await asked.until(says("How to order pictures"))

    assert asked.ephemeral
    assert all(one in words(shown) for one in ("</imagine:", "</history:", "</usage:"))
    assert ("</limits show:" in words(shown)) is moderates


async def test_deleting_erases_what_is_over_and_lets_what_runs_be_finished(sandbox, start, noah):
    await start()
    store = Store(sandbox)
    over = await noah.command("imagine", prompt="an old lighthouse")
    await over.until(delivered(1))
    await store.delivered("an old lighthouse")
    sandbox.pixazo.hold_states()
    runs = await noah.command("imagine", prompt="a running lighthouse")
    await runs.until(says("**Queued**"))
    request = sandbox.pixazo.accepted[-1].request_id

    shown = await (await noah.command("privacy")).until(says("What is stored about you"))
    asks = await noah.press(shown["id"], button(shown, "Delete my data"))
    asked = await asks.until(says("Delete your data?"))
    kept = await noah.press(shown["id"], button(asked, "Cancel"))
    await kept.until(says("What is stored about you"))
    assert store.row("an old lighthouse") is not None
    told = await delete(noah)

    assert "Orders that are still running are deleted when they end" in words(told)
    assert store.row("an old lighthouse") is None
    assert store.state("a running lighthouse") == "QUEUED"
    sandbox.pixazo.move(request, "COMPLETED")
    await runs.until(delivered(1))
    await store.delivered("a running lighthouse")
    await delete(noah)
    assert store.row("a running lighthouse") is None
    await (await noah.command("history")).until(says("haven't ordered anything yet"))


async def test_a_member_alone_exports_or_deletes_their_orders_and_no_secret(shared, member):
    """The button names the member, and the bot compares it with who pressed."""
    sent = await member.command("imagine", prompt="an exported lighthouse")
    await sent.until(delivered(1))
    row = Store(shared).row("an exported lighthouse")
    assert row is not None
    asked = await member.command("privacy")
    shown = await asked.until(says("What is stored about you"))
    assert asked.ephemeral
    assert "90 days" in words(shown)
    assert "7 days" in words(shown)

    exported = await member.press(shown["id"], f"privacy:export:{member.user.id}")
    [file] = (await exported.until(delivered(1)))["attachments"]
    assert exported.ephemeral
    async with ClientSession() as session:
        text = await (await session.get(file["url"])).text()
    kept = json.loads(text)
    assert kept["member_id"] == int(member.user.id)
    assert "an exported lighthouse" in {one["order"]["prompt"] for one in kept["orders"]}
    assert row["callback_token"] not in text
    assert sent.token not in text

    mira = shared.discord.member("Mira", channel="general", guild="Lighthouse Club")

    async def refused(label):
        data = {"custom_id": button(shown, label)}
        tried = crafted(shared, mira, InteractionType.COMPONENT, data, asked.stored)
        answer = await tried.answer()
        return "These buttons belong to somebody else" in answer["content"] and tried.ephemeral

    assert await refused("Export my data")
    assert await refused("Delete my data")
    deleting = await member.press(shown["id"], button(shown, "Delete my data"))
    shown = await deleting.until(says("Delete your data?"))
    assert await refused("Yes, delete my data")
    assert await refused("Cancel")
    assert Store(shared).row("an exported lighthouse") is not None


async def test_the_desk_is_open_where_no_server_is(sandbox, start):
    """In direct messages and by members' own installations, as the operator lets them order."""
    pages = {name: f"https://example.com/{name}" for name in ("PRIVACY_URL", "TERMS_URL")}
    await start(ALLOW_DIRECT="true", MAX_IMAGES_PER_DAY="40", **pages)
    direct = sandbox.discord.member("Noah")
    await (await direct.command("imagine", prompt="a lonely lighthouse")).until(delivered(1))

    usage = await (await direct.command("usage")).until(says("Your limits today"))
    page = await (await direct.command("history")).until(says("Your orders"))
    for name in ("help", "settings", "privacy"):
        linked = words(await (await direct.command(name)).until(lambda shown: shown["components"]))
        assert all((f"]({page})" in linked) is (name == "privacy") for page in pages.values())

    assert "Everybody's images today: ▰▰▰▰▰▰▰▰▰▱ 39 of 40 left" in words(usage)
    assert "Set by this server's moderators" not in words(usage)
    assert "a lonely lighthouse" in words(page)
