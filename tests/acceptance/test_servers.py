"""Servers as they are: age-restricted as a whole, away, left and forgotten."""

import time

import pytest

from tests.acceptance.driver import (
    Server,
    accepted,
    answered,
    buttons,
    delivered,
    eventually,
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
    await waiting.until(says("**Given back** · the bot was removed from this server"))
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
    assert "`/limits show`" in await told(server.mira, "help")

    channels = await server.mira.command("limits", "channels", add=server.channel("pictures"))
    await channels.until(answered)
    for place, taken in (("general", False), ("pictures", True)):
        noah = server.member("Noah", channel=place)
        assert ("again" in buttons(await listed(noah))) is taken
        for command in ("help", "usage"):
            text = await told(noah, command)
            assert (f"<#{server.channel('pictures')}>" in text) is not taken
            assert ("/imagine" in text or "more images today" in text) is taken
    everywhere = await server.mira.command("limits", "channels", everywhere=True)
    await everywhere.until(answered)

    await set_limits(server.mira, age_restricted_only=True)
    for place, taken in (("general", False), ("after-dark", True)):
        noah = server.member("Noah", channel=place)
        assert ("again" in buttons(await listed(noah))) is taken
        assert ("age-restricted channels only" in await told(noah, "help")) is not taken

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
        assert "has not opened it for this server" in text
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
    assert ("only in servers that the bot was added to" in text) is not direct
    assert ("again" in buttons(await listed(outside))) is direct
    if direct:
        assert "server" not in (await told(outside, "usage")).replace("outside of servers", "")
