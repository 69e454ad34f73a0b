"""Limits: what members are refused, and how moderators change them."""

import json
import re
from collections.abc import AsyncIterator

import pytest

from sandbox.discord.enums import Permission
from sandbox.environment import SandboxEnvironment
from tests.acceptance.driver import (
    FAST_LANE,
    Server,
    accepted,
    button,
    delivered,
    order_at_once,
    quick,
    refusal,
    reopened,
    restart,
    says,
    set_limits,
    start_one_of_several,
    words,
)
from tests.openapi import assert_conform


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE


@pytest.fixture(scope="module")
async def two_on_postgresql(postgres, make_sandbox) -> AsyncIterator[SandboxEnvironment]:
    """Two processes on one PostgreSQL. Both receive every interaction; by HTTP, one does."""
    async with make_sandbox(vendor=quick()) as opened:
        await start_two(opened, await postgres.new())
        yield opened


async def start_two(sandbox, url, **settings):
    for name, port in (("first", sandbox.web_port), ("second", 0)):
        own = {"DATABASE_URL": url, "INSTANCE": name, "WEB_PORT": str(port)}
        await start_one_of_several(sandbox, **(FAST_LANE | own | settings))


@pytest.fixture
def sandbox(running):
    """One process on SQLite for all tests; each test uses a new server."""
    yield from _afresh(running)


@pytest.fixture(params=["running", "two_on_postgresql"], ids=["sqlite", "two_on_postgresql"])
def either(request):
    yield from _afresh(request.getfixturevalue(request.param))


def _afresh(sandbox):
    """Yield *sandbox* without records of earlier tests, and clean up afterwards."""
    sandbox.pixazo.accepted.clear()
    sandbox.discord.journal.exchanges.clear()
    yield sandbox
    sandbox.pixazo.release_states()
    assert_conform(sandbox.discord.journal.exchanges)


@pytest.fixture
def server(sandbox):
    return Server(sandbox)


@pytest.fixture
def mira(server):
    return server.mira


@pytest.fixture
def noah(server):
    return server.noah


@pytest.mark.parametrize(
    ("limits", "members", "answers"),
    [
        (
            {"member_at_once": 2},
            1,
            ["You already have 2 orders running"],
        ),
        (
            {"server_per_day": 3},
            50,
            [
                "This server has used all 3 of its images for today. You can order again <t:",
                "moderators can change this",
            ],
        ),
    ],
    ids=["one member", "many members"],
)
async def test_a_burst_gets_exactly_what_a_member_or_server_may_have(
    either, limits, members, answers
):
    either.pixazo.hold_states()
    server = Server(either)
    await set_limits(server.mira, **limits)
    [most] = limits.values()

    admitted, refused = await order_at_once(server.crowd(members) * (50 // members), sandbox=either)

    assert (len(admitted), len(refused)) == (most, 50 - most)
    assert not [text for text in refused for answer in answers if answer not in text]
    # before the next test counts its own
    assert len(await either.pixazo.wait_accepted(most)) == most


@pytest.mark.parametrize("engine", ["one process on SQLite", "two processes on PostgreSQL"])
async def test_the_operators_cap_on_all_servers_is_exact_across_them(
    engine, postgres, make_sandbox
):
    async with make_sandbox(vendor=quick()) as sandbox:
        sandbox.pixazo.hold_states()
        if "PostgreSQL" in engine:
            await start_two(sandbox, await postgres.new(), MAX_IMAGES_PER_DAY="5")
        else:
            await sandbox.bot(**FAST_LANE, MAX_IMAGES_PER_DAY="5").start()
            await sandbox.ready()
        members = [member for _ in range(2) for member in Server(sandbox).crowd(15)]

        admitted, refused = await order_at_once(members, sandbox=sandbox)

    assert (len(admitted), len(refused)) == (5, 25)
    assert all(
        "The bot has used all 5 of its images for today. You can order again <t:" in one
        for one in refused
    )
    assert all("Only the bot's owner can change this" in one for one in refused)


@pytest.mark.parametrize("engine", ["one process on SQLite", "two processes on PostgreSQL"])
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "MAX_USD_PER_DAY",
            "The bot has used up its picture budget for today. You can order again <t:",
        ),
        (
            "MAX_USD_PER_MONTH",
            "The bot has used up its picture budget for this month. You can order again <t:",
        ),
        (
            "MAX_USD_PER_GUILD_PER_MONTH",
            "This server has used up its picture budget for this month. You can order again <t:",
        ),
    ],
)
async def test_a_budget_for_seven_orders_admits_seven_of_fifty_at_once(
    engine, setting, said, postgres, make_sandbox
):
    settings = {setting: "0.0105", "PRICE_PER_IMAGE_USD": "0.0015", "MAX_IMAGES_PER_DAY": "0"}
    async with make_sandbox(vendor=quick()) as sandbox:
        sandbox.pixazo.hold_states()
        if "PostgreSQL" in engine:
            await start_two(sandbox, await postgres.new(), **settings)
        else:
            await sandbox.bot(**FAST_LANE, **settings).start()
            await sandbox.ready()

        admitted, refused = await order_at_once(Server(sandbox).crowd(50), sandbox=sandbox)

    assert (len(admitted), len(refused)) == (7, 43)
    assert all(said in one and "Only the bot's owner can change this" in one for one in refused)
    assert not [one for one in refused if "$" in one]  # members read no sums


async def test_moderators_cap_what_their_server_spends_and_an_error_gives_it_back(
    sandbox, server, noah, mira
):
    log = await mira.command("limits", "log", channel=server.channel("pictures"))
    await log.until(says("Log channel: <#"))
    set_ = await mira.command("limits", "set", server_usd_per_month=0.01, member_per_day=0)
    await set_.until(says("Budget per month, whole server: no limit → $0.01"))
    for _ in range(9):
        sent = await noah.command("imagine", prompt="a cat")
        await sent.until(delivered(1))
    sandbox.pixazo.answer_next("ERROR")
    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(says("Nothing was charged"))

    again = await noah.command("imagine", prompt="a dog")
    await again.until(delivered(1))

    refused = await refusal(noah)
    assert (
        "This server has used up its picture budget for this month. You can order again <t:"
        in refused
    )
    assert "This server's moderators can change this" in refused
    assert "$" not in refused
    for member, shown in ((noah, False), (mira, True)):
        usage = await (await member.command("usage")).until(says("Your limits today"))
        assert ("$0.00 of $0.01 left" in str(usage)) == shown
    steps = await logged(sandbox, mira, server.channel("pictures"), count=3, of="\N{MONEY BAG}")
    assert [step.partition(" of $0.01")[0].rpartition("$")[2] for step in steps] == [
        *("0.005", "0.008", "0.01"),
    ]
    panel = await mira.command("limits", "show")
    await panel.until(says("Budget per month, whole server: **$0.01** · this month: $0.01"))


async def test_an_order_that_ended_unbilled_gives_its_place_back(sandbox, server, noah, mira):
    await set_limits(mira, member_per_day=2)
    sandbox.pixazo.answer_next("ERROR")
    sent = await noah.command("imagine", prompt="a cat", images=2)
    await sent.until(says("Nothing was charged"))

    again = await noah.command("imagine", prompt="a dog", images=2)
    await again.until(delivered(2))

    assert "You've used all 2 of your images for today. You can order again <t:" in await refusal(
        noah
    )


async def test_a_quiet_server_is_served_second_at_the_latest(make_sandbox):
    """Thirty orders of one server wait; another's only one does not wait behind them."""
    async with make_sandbox(vendor=quick()) as sandbox:
        sandbox.pixazo.hold_states()
        await sandbox.bot(**FAST_LANE, LANE_WIDTH="1").start()
        await sandbox.ready()
        busy, quiet = Server(sandbox), Server(sandbox)
        await set_limits(busy.mira, member_per_day=0, member_at_once=0)
        for number in range(31):
            sent = await busy.noah.command("imagine", prompt=f"loud {number}")
            await sent.acknowledged()
        [first] = await sandbox.pixazo.wait_accepted()
        sent = await quiet.noah.command("imagine", prompt="quiet")
        await sent.until(says("place 1 in line"), within=15)

        sandbox.pixazo.move(first.request_id, "COMPLETED")
        served = await sandbox.pixazo.wait_accepted(2)
        sandbox.pixazo.move(served[1].request_id, "COMPLETED")
        await sandbox.pixazo.wait_accepted(3)

        assert "quiet" in accepted(sandbox)[1:3]


async def test_a_blocked_word_is_refused_and_logged_however_the_prompt_comes_in(
    sandbox, server, noah, mira
):
    sent = await noah.command("imagine", prompt="a big bad wolf")
    card = await sent.until(delivered(1))
    log = await mira.command("limits", "log", channel=server.channel("pictures"))
    await log.until(says("Log channel: <#"))
    add = await mira.command("limits", "words", "add", phrase="bad wolf")
    await add.until(says("Blocked words: 1 added (`bad wolf`)"))

    typed = await noah.command("imagine", prompt="two BAD\u200b  wolf-cubs")
    again = await noah.press(card["id"], button(card, "again:"))
    harmless = await noah.command("imagine", prompt="bad wolfhounds")

    for refused in (typed, again):
        assert "contains `bad wolf`" in (await refused.answer())["content"]
        assert refused.ephemeral
    await harmless.until(delivered(1))
    lines = await logged(sandbox, mira, server.channel("pictures"), count=4)
    assert [line[0] for line in lines] == ["\N{GEAR}"] * 2 + ["\N{OCTAGONAL SIGN}"] * 2
    assert all("\n" not in line for line in lines)
    assert len(sandbox.pixazo.accepted) == 2


async def logged(sandbox, member, channel, *, count, of=""):
    """Wait until the log channel has *count* lines that begin with *of*, and return them."""

    def lines():
        texts = [message["content"] for message in member.visible(channel)]
        texts = [text for text in texts if text.startswith(of)]
        return texts if len(texts) >= count else None

    return await sandbox.world.wait(lines, within=10, what="such lines in the log")


async def test_who_manages_the_server_may_and_it_is_looked_at_each_time(sandbox, server, noah):
    sandbox.world.open_to_all.add("limits")
    guild = server.guild
    role = sandbox.world.add_role(guild, "Managers", permissions=Permission.MANAGE_GUILD)

    guild.members[noah.user.id] = [role.id]
    sent = await noah.command("limits", "set", cooldown=60)
    await sent.until(says("Cooldown between orders: none → 1 minute"))

    guild.members[noah.user.id] = []
    sent = await noah.command("limits", "set", cooldown=0)
    assert "You need the **Manage Server** permission" in (await sent.answer())["content"]


async def test_a_form_survives_a_restart_and_says_what_would_change_before_it_is_saved(
    sandbox, noah, mira
):
    panel = await mira.command("limits", "show")
    shown = await panel.until(lambda message: message["components"])
    opened = await mira.press(shown["id"], button(shown, "limits:edit:orders"))
    await opened.opened()
    await restart(sandbox)

    sent = await mira.submit_modal(opened, {"images": "1", "spoiler": True})
    preview = await sent.until(says("Review changes"))

    assert "Max. images per order: no limit → 1" in words(preview)
    assert "Hide pictures behind a spoiler: no → yes" in words(preview)
    two = await noah.command("imagine", prompt="a cat", images=2)
    await two.until(delivered(2))

    await restart(sandbox)
    saved = await mira.press(preview["id"], button(preview, "limits:save:"))
    await saved.until(says("**Saved**"))

    assert "up to 1 image at a time here; this order has 2" in await refusal(noah, images=2)
    one = await noah.command("imagine", prompt="a dog")
    card = await one.until(delivered(1))
    assert '"spoiler": true' in json.dumps(card["components"])


async def test_a_form_with_faults_names_them_all_and_opens_again_as_it_was(sandbox, server, mira):
    shown = await (await mira.command("limits", "show")).until(says("Limits of this server"))
    opened = await mira.press(shown["id"], button(shown, "limits:edit:members"))

    sent = await mira.submit_modal(opened, {"cooldown": "abc", "member_per_day": "-5"})
    told = await sent.follow_up()
    assert "**Cooldown between orders (seconds)** must be 0" in words(told)
    assert "**Images per day, each member** must be 0" in words(told)
    await restart(sandbox)

    again, fields = await reopened(mira, told)
    assert (fields["cooldown"]["value"], fields["member_per_day"]["value"]) == ("abc", "-5")
    fixed = await mira.submit_modal(again, {"cooldown": "5", "member_per_day": "9"})
    await fixed.until(says("Review changes"))


async def test_channels_tiers_blocks_and_pause_say_who_can_change_them(sandbox, server, noah, mira):
    ada = server.ada  # reads German

    async def refused(member, text):
        answer = await refusal(member, images=2)
        assert text in answer
        assert "Nothing was charged" in answer or "wurde nichts berechnet" in answer

    async def done(*path, **options):
        sent = await mira.command("limits", *path, **options)
        return words(await sent.until(words))

    elsewhere = server.channel("pictures")
    await done("channels", add=elsewhere)
    await refused(noah, f" in <#{elsewhere}>.\n-# Nothing was charged. This server's moderators")
    await done("channels", everywhere=True)

    await done("set", images=1)
    await done("tier", role=server.patrons.id, images=4)
    await refused(noah, "up to 1 image at a time here; this order has 2")
    sent = await ada.command("imagine", prompt="a cat", images=2)
    await sent.until(delivered(2))

    await done("block", member=ada.user.id, hours=1, reason="spam *again*")
    await refused(ada, r"für Aufträge gesperrt: spam \*again\*. Die Sperre endet <t:")
    told = await done("explain", member=ada.user.id)
    assert "can't order in this channel now: they are blocked by moderators until <t:" in told
    assert "Images today: 2 of 25" in told
    assert "25 other rules are fine" in told
    await done("unblock", member=ada.user.id)

    await done("pause", reason="cleaning up")
    await refused(
        ada, "sind Aufträge pausiert: cleaning up.\n-# Es wurde nichts berechnet. Die Moderation"
    )
    assert "Orders resumed" in await done("resume")
    sent = await ada.command("imagine", prompt="a dog")
    await sent.until(delivered(1))

    await done("set", age_restricted_only=True)
    await refused(ada, "nur in altersbeschränkten Kanälen")
    dark = server.member("Ada", channel="after-dark")
    sent = await dark.command("imagine", prompt="a bat")
    await sent.until(delivered(1))


async def answered_to(moderator, /, *path, **options):
    """Use a command of `/limits`, and return the words of the answer."""
    sent = await moderator.command("limits", *path, **options)
    return words(await sent.until(words))


async def test_nobody_blocks_themselves_bots_moderators_or_who_ranks_as_high(
    sandbox, server, noah, mira
):
    world, guild = sandbox.world, server.guild
    managers = world.add_role(guild, "Managers", permissions=Permission.MANAGE_GUILD)
    honoured = world.add_role(guild, "Honoured")  # above the managers, with no permission
    sandbox.world.open_to_all.add("limits")
    eve, sam = server.crowd(2)
    guild.members |= {noah.user.id: [managers.id], sam.user.id: [honoured.id]}

    for by, member, why in (
        (mira, mira.user, "You can't block yourself"),
        (mira, world.bot, "is a bot"),
        (mira, noah.user, "can manage this server"),
        (noah, noah.user, "You can't block yourself"),
        (noah, mira.user, "can manage this server"),
        (noah, sam.user, "has a role as high as yours"),
    ):
        answer = await answered_to(by, "block", member=member.id)
        assert why in answer, (by.user.name, answer)
        assert "Nothing was changed" in answer

    assert "is blocked permanently" in await answered_to(noah, "block", member=eve.user.id)
    assert "is blocked permanently" in await answered_to(mira, "block", member=sam.user.id)


async def test_commands_without_options_show_how_it_is_and_change_nothing(server, mira):
    log = server.channel("pictures")
    await answered_to(mira, "log", channel=log)
    await answered_to(mira, "channels", add=log)
    await answered_to(mira, "tier", role=server.patrons.id, images=2)

    state = await answered_to(mira, "log")
    assert f"Log channel: <#{log}>" in state
    assert re.search(r"</limits log:\d+> `off: True` turns logging off", state)
    assert "Images per day, each member: **25**" in await answered_to(mira, "set")
    assert f"Pictures can be ordered in <#{log}>" == await answered_to(mira, "channels")
    assert "2 images per order" in await answered_to(mira, "tier", role=server.patrons.id)
    assert "not both" in await answered_to(mira, "log", channel=log, off=True)
    assert f"Log channel: <#{log}>" in await answered_to(mira, "log", off=False)

    assert "Logging is off" in await answered_to(mira, "log", off=True)
    assert "Logging is off" in await answered_to(mira, "log")


async def test_a_log_that_everybody_can_read_is_warned_of(sandbox, server, mira):
    hidden = sandbox.world.add_channel(server.guild, "mods", hidden=True)
    sandbox.world.grant(hidden, "VIEW_CHANNEL")
    warned = "Everyone on this server can read"

    assert warned in await answered_to(mira, "log", channel=server.channel("pictures"))
    assert warned in await answered_to(mira, "log")
    assert warned in await answered_to(mira, "show")
    assert warned not in await answered_to(mira, "log", channel=hidden.id)
    assert warned not in await answered_to(mira, "show")


async def test_a_limit_without_effect_is_said_in_the_preview_and_the_answer(server, mira):
    warned = "**Images per day, each member: 200** has no effect"
    panel = await mira.command("limits", "show")
    shown = await panel.until(lambda message: message["components"])
    opened = await mira.press(shown["id"], button(shown, "limits:edit:members"))
    await opened.opened()

    sent = await mira.submit_modal(opened, {"member_per_day": "200"})
    preview = await sent.until(says("Review changes"))
    assert warned in words(preview)
    assert "the bot owner's cap for this server is 100 images per day" in words(preview)
    saved = await mira.press(preview["id"], button(preview, "limits:save:"))
    await saved.until(says("**Saved**"))

    assert warned in await answered_to(mira, "show")
    assert "has no effect" not in await answered_to(mira, "set", member_per_day=20)


async def test_a_style_that_replaces_a_built_in_one_says_so_and_is_listed_once(server, mira):
    added = await answered_to(mira, "styles", "add", name="anime", words="x")
    listed = await answered_to(mira, "styles", "list")

    assert "replaces the built-in style" in added
    assert listed.casefold().count("anime") == 1
    assert "`anime` x (replaces the built-in one)" in listed


async def test_many_words_share_one_line_in_the_answer_and_in_the_log(sandbox, server, mira):
    log = server.channel("pictures")
    await answered_to(mira, "log", channel=log)

    answer = await answered_to(mira, "words", "add", phrase=", ".join(f"w{n}" for n in range(60)))

    assert answer.count("Blocked words") == 1
    assert "Blocked words: 60 added (`w0`, `w1`," in answer
    assert len(answer.splitlines()) == 2
    [_, line] = await logged(sandbox, mira, log, count=2)
    assert "Blocked words: 60 added (`w0`, `w1`," in line


async def test_where_nobody_could_order_any_more_the_change_says_so(server, mira):
    told = "only age-restricted channels are allowed"
    dark = server.channel("after-dark")

    assert told not in await answered_to(mira, "set", age_restricted_only=True)
    assert told in await answered_to(mira, "channels", add=server.channel("pictures"))
    assert told in await answered_to(mira, "show")
    assert told not in await answered_to(mira, "channels", add=dark)
    assert told not in await answered_to(mira, "show")
