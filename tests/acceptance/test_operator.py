"""``/operator``: the application's owner and team look after the bot, and nobody else."""

import pytest

from tests.acceptance.driver import (
    FAST_LANE,
    Store,
    answered,
    button,
    delivered,
    eventually,
    refusal,
    restart,
    says,
    submitted,
    words,
)

REFUSED = "Das können nur die Betreiber des Bots."  # Ada speaks German


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE | {"ALLOW_DIRECT": "true"}


@pytest.fixture
def anybody(shared):
    """An administrator opened the command to all: the bot itself checks who asks."""
    shared.world.open_to_all.add("operator")
    yield shared
    shared.world.open_to_all.discard("operator")


async def view(sent):
    return await sent.until(lambda message: message["components"])


async def test_a_server_is_barred_by_its_owner_and_reads_of_it_and_is_allowed_again(shared, server):
    """The owner's buttons hold after a kill."""
    mira, noah, log = server.mira, server.noah, server.channel("pictures")
    await (await mira.command("limits", "log", channel=log)).until(answered)
    options = {"server": server.guild.id, "hours": 2, "reason": "spam"}

    sent = await mira.command("operator", "bar", **options)
    assert "Barred" in words(await sent.until(words))
    assert sent.ephemeral
    told = await refusal(noah)
    assert "The bot's owner has barred this server from ordering pictures." in told
    assert "Reason: spam" in told
    assert "Only the bot's owner can change this." in told
    assert "<t:" in told

    def logged(text):
        channel = shared.world.channels[log]
        shown = shared.discord.messages.of(channel, viewer=mira.user.id)
        return any(text in words(message.shown) for message in shown)

    await eventually(lambda: logged("has barred this server from ordering pictures until"))

    listed = await view(await mira.command("operator", "allow"))
    custom_id = button(listed, "operator:allow:server-")
    await restart(shared)
    pressed = await mira.press(listed["id"], custom_id)
    await pressed.until(says("may order again"))
    await (await noah.command("imagine", prompt="after the bar")).until(delivered(1))
    await eventually(lambda: logged("lets this server order pictures again"))


async def test_a_barred_member_is_refused_in_direct_messages_too(shared, server):
    """The owner bars them from their own direct messages: they need no server with the bot."""
    mira, noah = (shared.discord.member(name) for name in ("Mira", "Noah"))
    sent = await mira.command("operator", "bar", id=noah.user.id)
    await sent.until(says("Barred"))

    for member in (noah, server.noah):
        assert "barred you from ordering pictures" in await refusal(member)

    sent = await mira.command("operator", "allow", id=noah.user.id)
    await sent.until(says("may order again"))


async def test_an_uncertain_order_is_settled_and_nothing_is_submitted_again(anybody, server):
    """By a developer of the team; its form is sent after the bot was killed."""
    shared, store = anybody, Store(anybody)
    server.guild.members[shared.world.user("Sam").id] = []
    sam = server.member("Sam")
    shared.pixazo.answer_next("500")
    await server.noah.command("imagine", prompt="nobody knows")
    await eventually(lambda: store.execute("SELECT 1 FROM jobs WHERE state = 'UNCERTAIN'"))
    before = len(submitted(shared))

    status = await view(await sam.command("operator", "status"))
    assert "`UNCERTAIN` 1" in words(status)
    listed = await view(await sam.press(status["id"], button(status, "operator:orders:uncertain")))
    assert "nobody knows" in words(listed)
    shown = await view(await sam.press(listed["id"], button(listed, "operator:order:")))
    opened = await sam.press(shown["id"], button(shown, "operator:settle:"))
    await opened.opened()
    await restart(shared)
    sent = await sam.submit_modal(opened, {"charged": ["no"], "request_id": ""})

    await sent.until(says("nothing was charged"))
    await eventually(lambda: store.execute("SELECT 1 FROM jobs WHERE cause = 'settled'"))
    assert len(submitted(shared)) == before


async def test_who_may_only_read_in_the_team_is_refused_and_offered_no_servers(anybody, server):
    sent = await server.ada.command("operator", "resume")

    assert REFUSED in words(await sent.until(words))
    assert sent.ephemeral
    offered = {}
    for member in (server.mira, server.ada):
        typing = await member.autocomplete("operator", "bar", focused="server", server=server.name)
        offered[member.user.username] = [choice["value"] for choice in typing]
    assert offered == {"mira": [server.guild.id], "ada": []}
