"""Servers as they are: age-restricted as a whole, away, left and forgotten."""

import time

import pytest

from sandbox.discord.enums import ChannelType, InteractionType
from tests.acceptance.driver import (
    CLUB,
    EPHEMERAL,
    Server,
    accepted,
    answered,
    button,
    buttons,
    crafted,
    delivered,
    eventually,
    pictures,
    refusal,
    restart,
    says,
    set_limits,
    words,
)
from tests.acceptance.test_faults_inside import planted

DAY = 86400.0
SWEEPS_OFTEN = """
from bot.service.settings import ServiceSettings

ServiceSettings.__init__.__kwdefaults__.update(sweep_first=0.2, sweep_every=0.2)
"""


@pytest.mark.parametrize(("level", "whole"), [(0, False), (1, True), (2, False), (3, True)])
async def test_a_server_that_is_age_restricted_as_a_whole_takes_orders_in_every_channel(
    sandbox, start, level, whole
):
    await start()
    server = Server(sandbox, nsfw_level=level)
    await set_limits(server.mira, age_restricted_only=True)

    if whole:
        sent = await server.noah.command("imagine", prompt="a bat")
        await sent.until(delivered(1))
    else:
        assert "age-restricted channels" in await refusal(server.noah)


async def test_age_restrictions_are_known_by_threads_changes_and_places_without_a_cache(
    sandbox, start
):
    """During an outage the gateway tells nothing but what each interaction says."""
    bot = await start()
    server = Server(sandbox)
    world, dark = sandbox.world, sandbox.world.channel("after-dark", guild=server.name)
    forum = world.add_channel(server.guild, "forum", type=ChannelType.FORUM, nsfw=True)
    places = {"general": False, "after-dark": True, "thread": True, "post": True, "voice": True}
    world.add_thread(dark, "thread")
    world.add_thread(forum, "post")
    world.add_channel(server.guild, "voice", type=ChannelType.VOICE, nsfw=True)
    await set_limits(server.mira, age_restricted_only=True)

    async def check(expected):
        for place, taken in expected.items():
            noah = server.member("Noah", channel=place)
            assert ("in age-restricted channels" in await told(noah, "help")) is not taken, place

    await check(places)
    world.change_guild(server.guild, nsfw_level=3)
    await server.noticed()
    await check(dict.fromkeys(places, True))
    world.change_guild(server.guild, nsfw_level=0)
    await server.noticed()
    await check(places)

    world.outage(server.guild)
    await restart(sandbox, bot)
    unknown = {} if sandbox.by_http else {"thread": False, "post": False}  # their channels are
    await check(places | unknown)


@pytest.mark.gateway("it alone tells at once that the bot was removed")
async def test_a_server_that_removes_the_bot_is_noted_and_what_waits_there_is_given_back(
    sandbox, start, store
):
    """What the vendor draws by then goes on, and what ends unbilled frees its place."""
    bot = await start(LANE_WIDTH="1")
    server = Server(sandbox)
    await set_limits(server.mira, member_per_day=0, member_at_once=0)
    sandbox.pixazo.hold_states()
    drawn = await server.noah.command("imagine", prompt="drawn")
    await sandbox.pixazo.wait_accepted()
    waiting = await server.noah.command("imagine", prompt="waiting")
    await waiting.until(says("Waiting"))

    sandbox.world.move_bot(server.guild, present=False)

    row = await store.ended("waiting", "REFUSED")
    assert (row["cause"], row["billed"]) == ("server_left", "no")
    await waiting.until(says("**Stopped** · the bot was removed from this server"))
    assert time.time() - store.left_at(server.guild.id) < 60
    sandbox.pixazo.release_states()
    await drawn.until(delivered(1))
    assert accepted(sandbox) == ["drawn"]

    await bot.kill()
    sandbox.world.move_bot(server.guild, present=True)
    other = Server(sandbox)
    await restart(sandbox, bot)
    await eventually(lambda: store.left_at(server.guild.id) is None)
    assert store.left_at(other.guild.id) is None

    sandbox.world.outage(server.guild)
    sandbox.world.outage(server.guild, away=False)
    sent = await server.noah.command("imagine", prompt="after an outage")
    await sent.until(delivered(1))
    assert store.left_at(server.guild.id) is None

    await bot.kill()
    sandbox.world.move_bot(other.guild, present=False)
    await restart(sandbox, bot)
    await eventually(lambda: store.left_at(other.guild.id))
    assert store.left_at(server.guild.id) is None


@pytest.mark.gateway("it alone tells at once that the bot was removed")
async def test_thirty_days_after_it_left_a_server_is_forgotten(sandbox, start, store, tmp_path):
    await start(**planted(tmp_path, SWEEPS_OFTEN))
    server, other = Server(sandbox), Server(sandbox)
    for each in (server, other):
        await set_limits(each.mira, member_per_day=7)
        sent = await each.noah.command("imagine", prompt=each.name)
        await sent.until(delivered(1))
        await store.ended(each.name, "DELIVERED")
        blocked = await each.mira.command("limits", "block", member=each.ada.user.id, hours=1)
        await blocked.until(lambda message: message["content"])
    sandbox.world.move_bot(server.guild, present=False)
    await eventually(lambda: store.left_at(server.guild.id))
    assert store.row(server.name) is not None

    then = time.time() - 31 * DAY
    store.execute("UPDATE jobs SET created_at = ?", then)
    store.execute("UPDATE guilds SET left_at = ? WHERE left_at IS NOT NULL", then)

    await eventually(lambda: store.row(server.name) is None)
    guild_id = int(server.guild.id)
    await eventually(lambda: not store.execute("SELECT 1 FROM guilds WHERE guild_id = ?", guild_id))
    assert store.execute("SELECT guild_id FROM blocks")[0][0] == int(other.guild.id)
    assert store.row(other.name) is not None


OFFERS = {"again", "edit"}


def offers(message):
    return OFFERS & buttons(message).keys()


async def told(member, name):
    """Return the private answer to a command as its text."""
    sent = await member.command(name)
    return words(await sent.until(words))


async def listed(member):
    """Return the page of ``/history``."""
    sent = await member.command("history")
    return await sent.until(words)


async def test_where_no_orders_are_taken_none_is_offered_and_help_says_where(sandbox, start, store):
    """In a channel that is not on the list, and outside of age-restricted ones."""
    await start()
    server = Server(sandbox)
    sent = await server.noah.command("imagine", prompt="a cat")
    assert offers(await sent.until(delivered(1))) == OFFERS
    assert "again" in buttons(await listed(server.noah))
    assert "/limits" not in await told(server.noah, "help")
    assert "</limits show:" in await told(server.mira, "help")

    channels = await server.mira.command("limits", "channels", add=server.channel("pictures"))
    await channels.until(answered)
    for place, taken in (("general", False), ("pictures", True)):
        noah = server.member("Noah", channel=place)
        assert ("again" in buttons(await listed(noah))) is taken
        for command in ("help", "usage"):
            text = await told(noah, command)
            assert (f"<#{server.channel('pictures')}>" in text) is not taken
            assert ("`prompt: " in text or "more images today" in text) is taken
    everywhere = await server.mira.command("limits", "channels", everywhere=True)
    await everywhere.until(answered)

    await set_limits(server.mira, age_restricted_only=True)
    for place, taken in (("general", False), ("after-dark", True)):
        noah = server.member("Noah", channel=place)
        assert ("again" in buttons(await listed(noah))) is taken
        assert ("in age-restricted channels" in await told(noah, "help")) is not taken

    await set_limits(server.mira, age_restricted_only=False)
    pause = await server.mira.command("limits", "pause", reason="lunch")
    await pause.until(answered)
    assert "again" in buttons(await listed(server.noah))  # it will be over


async def test_a_server_that_the_operator_does_not_serve_any_more_is_offered_no_orders(
    sandbox, start, store
):
    bot = await start()
    server, other = Server(sandbox), Server(sandbox)
    sandbox.pixazo.hold_states()
    sent = await server.noah.command("imagine", prompt="a cat")
    await sandbox.pixazo.wait_accepted()
    await bot.kill()

    await start(GUILD_IDS=other.guild.id)
    sandbox.pixazo.release_states()

    assert not offers(await sent.until(delivered(1)))
    await store.delivered("a cat")
    assert "again" not in buttons(await listed(server.noah))
    assert "again" in buttons(await listed(other.noah))
    for command in ("help", "usage"):
        text = await told(server.noah, command)
        assert "the bot's owner hasn't enabled it" in text
        assert "/imagine" not in text


@pytest.mark.parametrize("direct", [False, True])
async def test_pictures_that_come_directly_offer_orders_only_where_they_are_taken(
    sandbox, start, noah, direct
):
    """The card can't be edited, and the channel is closed to the bot."""
    await start(ALLOW_DIRECT=str(direct))
    outside = sandbox.discord.member("Noah")
    sandbox.pixazo.hold_states()
    await noah.command("imagine", prompt="a cat")
    await sandbox.pixazo.wait_accepted()
    sandbox.world.token_life = 0.0
    sandbox.world.deny(noah.channel, "VIEW_CHANNEL")
    sandbox.pixazo.release_states()

    assert offers(await outside.sees(delivered(1))) == (OFFERS if direct else set())
    sandbox.world.token_life = 900.0
    text = await told(outside, "help")
    assert ("/imagine" in text, "/usage" in text, "moderators" in text) == (direct, direct, False)
    assert ("only be ordered on servers that the bot was added to" in text) is not direct
    assert ("again" in buttons(await listed(outside))) is direct
    if direct:
        shown = await (await outside.command("help")).until(words)
        form = await (await outside.press(shown["id"], button(shown, "Surprise me"))).opened()
        assert "," in form["components"][0]["component"]["value"]
        assert "server" not in (await told(outside, "usage")).replace("outside of servers", "")


KINDS = [
    ChannelType.VOICE,
    ChannelType.STAGE,
    ChannelType.ANNOUNCEMENT,
    ChannelType.PUBLIC_THREAD,
    ChannelType.PRIVATE_THREAD,
    ChannelType.ANNOUNCEMENT_THREAD,
    "post in a forum",
]


def opened(sandbox, server, kind, **more):
    """Return a new place in *server* in which members write."""
    world = sandbox.world
    if kind == "post in a forum":
        forum = world.add_channel(server.guild, "forum", type=ChannelType.FORUM)
        return world.add_thread(forum, "place", **more)
    if kind is ChannelType.ANNOUNCEMENT_THREAD:
        news = world.add_channel(server.guild, "news", type=ChannelType.ANNOUNCEMENT)
        return world.add_thread(news, "place", type=kind, **more)
    if kind in {ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD}:
        return world.add_thread(
            world.channel("general", guild=server.name), "place", type=kind, **more
        )
    return world.add_channel(server.guild, "place", type=kind, **more)


@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_pictures_pings_and_posts_arrive_wherever_members_write(sandbox, start, kind):
    """Slow mode holds members back, and no bot."""
    await start()
    server = Server(sandbox)
    place = opened(sandbox, server, kind, slow_mode=3600)
    noah = server.member("Noah", channel=place.name)
    always = await noah.command("settings", ping="always")
    await always.until(words)

    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(delivered(1))
    await noah.sees(lambda message: message["mentions"] and f"<@{noah.user.id}>" in words(message))

    private = await noah.command("imagine", prompt="a dog", private=True)
    card = await private.until(delivered(1))
    await noah.press(card["id"], button(card, "post:"))
    await noah.sees(
        lambda message: "a dog" in str(message["components"]) and not message["flags"] & EPHEMERAL
    )


@pytest.mark.parametrize(
    ("state", "direct"),
    [
        ({"archived": True}, False),
        ({"locked": True}, True),
        ({"archived": True, "locked": True}, True),
        (None, True),
    ],
    ids=["archived", "locked", "both", "deleted"],
)
async def test_pictures_for_a_thread_that_is_closed_meanwhile_arrive(
    sandbox, start, noah, store, state, direct
):
    """A message reopens an archived thread; in a locked one the bot can't write."""
    await start()
    thread = sandbox.world.add_thread(noah.channel, "cats")
    inside = sandbox.discord.member("Noah", channel="cats", guild=CLUB)
    sandbox.pixazo.hold_states()
    await inside.command("imagine", prompt="a cat")
    private = await inside.command("imagine", prompt="a dog", private=True)
    await sandbox.pixazo.wait_accepted(2)
    await private.until(says("Queued"))
    if state is None:
        sandbox.world.remove_channel(thread)
    else:
        sandbox.world.change_channel(thread, **state)

    sandbox.pixazo.release_states()

    outside = sandbox.discord.member("Noah")
    for prompt in ("a cat", "a dog"):
        await store.delivered(prompt)
    [cat], [dog] = pictures(sandbox, "a cat"), pictures(sandbox, "a dog")
    assert (cat in outside.visible()) is direct
    assert dog in outside.visible() or dog["flags"] & EPHEMERAL
    assert thread.archived is bool(direct and state and state.get("archived"))


async def test_an_order_from_a_locked_thread_costs_nothing(sandbox, start, noah, store):
    """Discord sends such commands, and refuses the answer."""
    await start()
    sandbox.world.add_thread(noah.channel, "cats", archived=True, locked=True)
    inside = sandbox.discord.member("Noah", channel="cats", guild=CLUB)

    await inside.command("imagine", prompt="a cat")

    await store.ended("a cat", "CANCELLED")
    sent = await noah.command("imagine", prompt="a dog")
    await sent.until(delivered(1))
    assert accepted(sandbox) == ["a dog"]


async def test_a_member_in_time_out_orders_nothing_by_a_form_or_button_that_comes_late(
    sandbox, start
):
    await start()
    server = Server(sandbox)
    sent = await server.noah.command("imagine", prompt="a cat")
    card = await sent.until(delivered(1))
    form = await server.noah.press(card["id"], button(card, "edit:"))
    await form.opened()
    sandbox.world.time_out(server.guild, server.noah.user, 3600)

    data = {"custom_id": button(card, "again:")}
    late = crafted(sandbox, server.noah, InteractionType.COMPONENT, data, sent.interaction.message)

    assert (
        "You're timed out on this server. The time-out ends <t:" in (await late.answer())["content"]
    )
    assert late.ephemeral
    assert len(accepted(sandbox)) == 1

    sandbox.world.time_out(server.guild, server.noah.user, 0)
    again = await server.noah.press(card["id"], button(card, "again:"))
    await again.until(delivered(1))
