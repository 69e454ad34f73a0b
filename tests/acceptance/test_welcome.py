"""A first hour for moderators: the bot introduces itself in a new server, and is set up there."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.discord.enums import InteractionType
from sandbox.discord.sample import new_guild
from sandbox.faults import ALWAYS, Cut, Fault, Hold
from tests.acceptance.driver import (
    CLUB,
    components,
    crafted,
    eventually,
    refusal,
    restart,
    says,
    words,
)
from tests.acceptance.test_page import looks_well
from tests.acceptance.visitor import message, press, say

HELLO, STEPS = "Hello, and thanks for adding me!", "First steps"
OWNER = "found no channel to introduce myself in"
ACTIONS = ("log", "channels", "limits", "words", "check")
COMPONENT = InteractionType.COMPONENT


class Invited:
    """A new server to which the bot was added while it runs."""

    def __init__(self, sandbox, **more):
        self.sandbox = sandbox
        self.guild = new_guild(sandbox.world, **more)
        self.mira = self.member("Mira")
        self.noah = self.member("Noah")

    async def noticed(self):
        """By HTTP the bot learns of the server when somebody uses it there."""
        if self.sandbox.by_http:
            await (await self.noah.command("help")).until(words)

    def member(self, name, channel="welcome"):
        return self.sandbox.discord.member(name, channel=channel, guild=self.guild.name)

    def channel(self, name):
        return self.sandbox.world.channel(name, guild=self.guild.name).id

    def greetings(self):
        """Return where the bot introduced itself, in the order of its channels."""
        names = [channel.name for channel in self.guild.channels.values()]
        seen = [name for name in names for one in self.seen(name) if HELLO in words(one)]
        direct = self.sandbox.discord.member("Mira").visible()
        return seen + ["direct" for one in direct if OWNER in words(one)]

    def seen(self, name):
        return self.member("Mira", name).visible()


async def settled(sandbox, invited):
    """Wait until the bot has nothing to tell any more: it answers what came later."""
    sent = await invited.noah.command("help")
    await sent.until(words)
    other = Invited(sandbox)
    await other.noticed()
    await other.mira.sees(says(HELLO))


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ({}, "welcome"),
        ({"system_channel": False}, "mods"),
        ({"writable": False}, "direct"),
        ({"system_channel": False, "writable": False}, "direct"),
    ],
)
async def test_it_introduces_itself_once_where_moderators_read_it(sandbox, start, kind, place):
    await start()
    invited = Invited(sandbox, **kind)
    await invited.noticed()
    where = sandbox.discord.member("Mira") if place == "direct" else invited.member("Mira", place)
    greeting = await where.sees(says(OWNER if place == "direct" else HELLO))

    assert "</imagine:" in words(greeting)
    assert not greeting["mentions"]
    if place == "direct":
        assert f"**{invited.guild.name}**" in words(greeting)
        assert "</limits show:" in words(greeting)
    else:
        assert ids(greeting) == [f"start:{action}" for action in ACTIONS]
    await settled(sandbox, invited)
    assert invited.greetings() == [place]


def ids(message):
    return [part["custom_id"] for part in components(message) if part.get("custom_id")]


async def test_an_owner_who_takes_no_messages_is_left_in_peace(sandbox, start):
    await start()
    sandbox.world.closed_to_bot.add(sandbox.world.user("Mira").id)
    invited = Invited(sandbox, writable=False)
    await invited.noticed()

    path = "/api/v10/users/@me/channels"
    await eventually(lambda: sandbox.discord.journal.find("POST", path))
    await settled(sandbox, invited)
    assert invited.greetings() == []
    assert len(sandbox.discord.journal.find("POST", path)) == 1


@pytest.mark.gateway("it tells at once that the bot was removed, and of outages")
async def test_each_time_it_is_added_it_says_hello_and_at_no_other_time(sandbox, start):
    """Not after an outage, a restart, or a new session, nor where it was before."""
    await start()
    invited = Invited(sandbox)
    await invited.mira.sees(says(HELLO))

    sandbox.world.outage(invited.guild)
    sandbox.world.outage(invited.guild, away=False)
    await restart(sandbox)
    sandbox.gateway.invalidate(resumable=False)
    await sandbox.ready()
    await settled(sandbox, invited)
    assert invited.greetings() == ["welcome"]
    club = sandbox.discord.member("Mira", channel="general", guild=CLUB)
    assert not any(map(says(HELLO), club.visible()))

    now = datetime.now(UTC)
    for days, count in ((2, 1), (0, 2)):  # what was long ago is no news
        sandbox.world.move_bot(invited.guild, present=False)
        joined_at = now - timedelta(days=days) + timedelta(seconds=5)
        sandbox.world.move_bot(invited.guild, present=True, joined_at=joined_at)
        await eventually(lambda: len(invited.greetings()) >= count)  # noqa: B023  used at once
        await settled(sandbox, invited)
        assert len(invited.greetings()) == count


@pytest.mark.parametrize("writable", [True, False], ids=["channel", "owner"])
@pytest.mark.parametrize("when", ["before", "after", "away"])
async def test_killed_while_it_says_hello_it_does_so_once(sandbox, start, when, writable):
    """Discord may have taken it without the bot's learning of it; or the bot was away at first."""
    bot = await start()
    if when == "away":
        await bot.kill()
        invited = Invited(sandbox, writable=writable)
    else:
        direct = sandbox.discord.member("Mira").channel.id
        path = f"/api/v10/channels/{'*' if writable else direct}/messages"
        fault = Fault(method="POST", path=path, do=Hold(when=when), times=ALWAYS)
        sandbox.discord.faults.add(fault)
        invited = Invited(sandbox, writable=writable)
        await invited.noticed()
        await fault.reached.wait()
        await bot.kill()
        fault.end()
        fault.release()
    sandbox.world.nonce_window = 0.0  # as if it came back much later
    await restart(sandbox)
    await invited.noticed()

    where = invited.mira if writable else sandbox.discord.member("Mira")
    await where.sees(says(HELLO if writable else OWNER))
    await restart(sandbox)
    await settled(sandbox, invited)
    assert invited.greetings() == ["welcome" if writable else "direct"]


async def test_an_answer_that_is_lost_makes_no_second_welcome(sandbox, start):
    await start()
    lost = Fault(method="POST", path="/api/v10/channels/*/messages", do=Cut(when="after"))
    sandbox.discord.faults.add(lost)
    invited = Invited(sandbox)
    await invited.noticed()

    await invited.mira.sees(says(HELLO))
    await settled(sandbox, invited)
    assert invited.greetings() == ["welcome"]


@pytest.mark.gateway("it tells of outages")
async def test_added_during_an_outage_it_says_hello_when_the_server_is_back(sandbox, start, store):
    await start()
    invited = Invited(sandbox, unavailable=True)
    sandbox.world.outage(invited.guild, away=False)

    await invited.mira.sees(says(HELLO))
    assert store.left_at(invited.guild.id) is None
    await settled(sandbox, invited)
    assert invited.greetings() == ["welcome"]


async def test_where_the_operator_serves_nobody_it_says_nothing(sandbox, start):
    await start(GUILD_IDS=sandbox.world.guild(CLUB).id)
    invited = Invited(sandbox)
    await invited.noticed()
    sent = await invited.noah.command("help")
    await sent.until(words)

    await restart(sandbox)
    assert invited.greetings() == []


async def set_up(sandbox, invited, between):
    """Let Mira take the first steps; *between* comes before each press."""
    mira, greeting = invited.mira, await invited.mira.sees(says(HELLO))
    await between()
    sent = await mira.press(greeting["id"], "start:log")
    steps = await sent.until(says(STEPS))
    assert sent.ephemeral
    await between()
    sent = await mira.select(steps["id"], "start-pick:log", [invited.channel("mods")])
    await sent.until(says("Saved"))
    await between()
    chosen = [invited.channel("art"), invited.channel("sketches")]
    sent = await mira.select(steps["id"], "start-pick:channels", chosen)
    await sent.until(says("Saved"))
    await between()
    opened = await mira.press(steps["id"], "start:limits")
    await opened.opened()
    await between()
    sent = await mira.submit_modal(opened, {"member_per_day": "7"})
    await sent.until(says("25 → 7"))
    await between()
    opened = await mira.press(greeting["id"], "start:words")
    await opened.opened()
    await between()
    sent = await mira.submit_modal(opened, {"blocked": "wolf"})
    saved = await sent.until(says("wolf"))
    assert sent.ephemeral
    return greeting, saved


@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed before each press"])
async def test_its_buttons_set_the_server_up_without_a_command(sandbox, start, killed):
    await start()
    invited = Invited(sandbox)
    await invited.noticed()

    async def between():
        if killed:
            await restart(sandbox)

    greeting, steps = await set_up(sandbox, invited, between)

    art, sketches, mods = map(invited.channel, ("art", "sketches", "mods"))
    for line in (
        f"✅ Log channel: **<#{mods}>**",
        f"✅ Pictures can be ordered in <#{art}>, <#{sketches}>",
        "✅ Images per day, each member: **7**",
        "✅ Blocked words: **1 phrase**",
    ):
        assert line in words(steps)
    log = [words(one) for one in invited.seen("mods")]
    assert len(log) == 4
    assert invited.mira.visible()[0] == greeting  # all see it; it never changes
    assert f"<#{art}>" in await refusal(invited.noah)
    assert "`wolf`" in await refusal(invited.member("Noah", "art"), "a wolf")


async def test_it_checks_its_permissions(sandbox, start):
    await start()
    invited = Invited(sandbox)
    await invited.noticed()
    greeting = await invited.mira.sees(says(HELLO))
    sent = await invited.mira.press(greeting["id"], "start:check")
    fine = await sent.until(says(STEPS))
    assert "I can do everything I need in" in words(fine)

    art = invited.sandbox.world.channel("art", guild=invited.guild.name)
    sandbox.world.deny(art, "ATTACH_FILES")
    sent = await invited.mira.press(fine["id"], "start:check")
    lacking = await sent.until(says("something is missing"))
    assert f"I can't attach files in <#{art.id}>" in words(lacking)

    mods = invited.sandbox.world.channel("mods", guild=invited.guild.name)
    sandbox.world.deny(mods, "SEND_MESSAGES")
    sent = await invited.mira.select(fine["id"], "start-pick:log", [mods.id])
    refused = await sent.until(says("The bot can't write there"))
    assert "⬜ Log channel" in words(refused)
    sandbox.world.allow(mods)
    sent = await invited.mira.select(fine["id"], "start-pick:log", [mods.id])
    await sent.until(says("Saved"))
    sandbox.world.allow(art)
    sandbox.world.deny(mods, "SEND_MESSAGES")
    sent = await invited.mira.press(fine["id"], "start:check")
    lacking = await sent.until(says("something is missing"))
    assert "Nothing is logged" in words(lacking)


async def test_what_a_crafted_select_names_is_answered(sandbox, start):
    """A moderator with a crafted client gets an answer, too, and nothing changes."""
    await start()
    invited = Invited(sandbox)
    await invited.noticed()
    greeting = await invited.mira.sees(says(HELLO))
    sent = await invited.mira.press(greeting["id"], "start:log")
    before = await sent.until(says(STEPS))
    elsewhere = sandbox.world.channel("general", guild=CLUB).id
    odd = [(one, values) for one in ("log", "channels") for values in (["x"], ["-1"], 5)]
    for name, values in [*odd, ("log", [elsewhere])]:
        data = {"custom_id": f"start-pick:{name}", "values": values}
        tried = crafted(sandbox, invited.mira, COMPONENT, data, sent.stored)
        await tried.acknowledged()
        if values == [elsewhere]:
            await tried.follow_up()  # it is refused
    sent = await invited.mira.press(greeting["id"], "start:log")
    assert words(await sent.until(says(STEPS))) == words(before)


class Hand:
    """A visitor's hand, which counts: each click on a button, each use of a select, each form."""

    def __init__(self, page):
        self.page = page
        self.presses = []
        self.forms = []

    async def press(self, card, label):
        self.presses.append(label)
        await press(card, label)

    async def choose(self, card, label, *names):
        """Open a select, choose, and close it: one press."""
        self.presses.append(f"{label}: {', '.join(names)}")
        await card.get_by_label(label).click()
        for name in names:
            await self.page.get_by_role("option", name=name).click()
        await self.page.keyboard.press("Escape")

    async def fill(self, label, text):
        """Fill in a form and submit it."""
        self.forms.append(f"{label}: {text}")
        form = self.page.get_by_test_id("modal")
        await form.get_by_label(label, exact=True).fill(text)
        await form.get_by_test_id("modal-submit").click()


@pytest.mark.browser
@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed in between"])
async def test_a_moderator_who_reads_nothing_is_done_in_five_presses_and_two_forms(
    sandbox, page, killed
):
    async def between():
        if killed:
            await restart(sandbox)
            await page.get_by_test_id("bot-state").get_by_text("online").wait_for()
        else:
            await page.mouse.move(0, 0)  # what it points at gets a menu
            await looks_well(page)

    hand = Hand(page)
    await page.get_by_test_id("invite-system").click()
    if sandbox.by_http:  # the bot learns of the server when somebody uses it there
        await page.locator('[data-testid="composer"][aria-label*="welcome"]').wait_for()
        await say(page, "/help")
    greeting = message(page, HELLO)
    await greeting.wait_for()
    await between()

    await hand.press(greeting, "Log channel")
    steps = message(page, STEPS)
    await steps.get_by_text("Only you can see this").wait_for()
    await between()
    await hand.choose(steps, "Choose the log channel", "mods")
    await steps.get_by_text("Saved").wait_for()
    await hand.choose(steps, "Choose the channels for pictures", "art", "sketches")
    await steps.get_by_text("Pictures can be ordered in #art, #sketches").first.wait_for()
    await hand.press(steps, "Limits")
    await hand.fill("Images per day, each member", "7")
    await steps.get_by_text("25 → 7").wait_for()
    await between()
    await hand.press(steps, "Blocked words")
    await hand.fill("Blocked words and phrases", "wolf")
    await steps.get_by_text("1 phrase").wait_for()
    await between()

    assert hand.presses == [
        "Log channel",
        "Choose the log channel: mods",
        "Choose the channels for pictures: art, sketches",
        "Limits",
        "Blocked words",
    ]
    assert hand.forms == ["Images per day, each member: 7", "Blocked words and phrases: wolf"]
    await press(steps, "Check permissions")
    await steps.get_by_text("I can do everything I need in").wait_for()
    await press(steps, "All limits")
    await message(page, "Limits of this server").wait_for()
