"""What moderators do to others' orders: logged with who, and told to the member, once."""

import pytest

from sandbox.faults import ALWAYS, Fault, Hold
from tests.acceptance.driver import (
    EPHEMERAL,
    Server,
    answered,
    buttons,
    delivered,
    eventually,
    restart,
    says,
    words,
)

DEEDS = {
    "hide": ("hid an order of", "hid your order"),
    "delete": ("deleted pictures of", "removed your picture"),
    "block": ("blocked", "blocked you from ordering"),
    "unblock": ("unblocked", "unblocked you"),
}


@pytest.fixture
async def server(sandbox, start):
    """A server with a log channel."""
    await start()
    server = Server(sandbox)
    sent = await server.mira.command("limits", "log", channel=server.channel("pictures"))
    await sent.until(answered)
    return server


def direct(sandbox, name="Noah"):
    """Return a member in their direct messages with the bot."""
    return sandbox.discord.member(name)


def log(server):
    return server.member("Mira", "pictures")


async def ordered(sandbox, server, deed):
    """Let Noah order what the deed is done to; return the card."""
    if deed in {"delete", "block", "unblock"}:
        sent = await server.noah.command("imagine", prompt="a lamp")
        return await sent.until(delivered(1))
    sandbox.pixazo.settings.queued_seconds = (60.0, 60.0)
    sent = await server.noah.command("imagine", prompt="a lamp")
    return await sent.until(says("**Queued**"))


async def do(server, deed, card):
    """Let Mira do it by the card's button, or by a command."""
    if deed == "unblock":
        sent = await server.mira.command("limits", "block", member=server.noah.user.id)
        await sent.until(answered)
    if deed in {"block", "unblock"}:
        return await server.mira.command("limits", deed, member=server.noah.user.id)
    if deed == "delete":
        return await delete(server.mira, card)
    return await server.mira.press(card["id"], buttons(card)[deed])


async def delete(member, card):
    """Press *Delete*, and confirm it."""
    pressed = await member.press(card["id"], buttons(card)["delete"])
    question = await pressed.follow_up()
    return await member.press(question["id"], buttons(question)["delete_now"])


def count(member, text):
    return sum(text in words(message) for message in member.visible())


@pytest.mark.parametrize("deed", ["hide", "delete", "block", "unblock"])
async def test_a_deed_is_logged_and_told_to_the_member_without_a_ping(sandbox, server, deed):
    logged, told = DEEDS[deed]
    card = await ordered(sandbox, server, deed)

    await do(server, deed, card)
    line = await log(server).sees(says(f"<@{server.mira.user.id}> {logged}"))
    notice = await direct(sandbox).sees(says(told))

    assert f"<@{server.noah.user.id}>" in words(line)
    assert server.name in words(notice)
    assert notice["flags"] & 4096  # it rings no phone
    for message in (line, notice):
        assert not message["mentions"]
    if deed == "delete":
        assert card["id"] not in words(line)  # there is nothing to look at any more


@pytest.mark.parametrize("held", ["log", "notice", "both"])
async def test_killed_between_a_deed_and_its_messages_both_arrive_once(sandbox, server, held):
    """Discord may have taken a message of which the bot did not learn."""
    card = await ordered(sandbox, server, "delete")
    logged, told = DEEDS["delete"]
    channels = {
        "log": [server.channel("pictures")],
        "notice": [direct(sandbox).channel.id],
    }
    channels["both"] = [*channels["log"], *channels["notice"]]
    faults = [
        sandbox.discord.faults.add(
            Fault(
                method="POST",
                path=f"/api/v10/channels/{channel}/messages",
                do=Hold(when="after" if held == "notice" else "before"),
                times=ALWAYS,
            )
        )
        for channel in channels[held]
    ]
    await do(server, "delete", card)
    await faults[0].reached.wait()

    assert sandbox.process is not None
    await sandbox.process.kill()
    for fault in faults:
        fault.end()
        fault.release()
    await restart(sandbox)
    await log(server).sees(says(logged))
    await direct(sandbox).sees(says(told))
    await restart(sandbox)
    sent = await server.noah.command("imagine", prompt="another lamp")
    await sent.until(delivered(1))

    assert count(log(server), logged) == 1
    assert count(direct(sandbox), told) == 1


async def test_who_takes_no_direct_messages_is_told_beside_the_card(sandbox, server):
    sandbox.world.closed_to_bot.add(server.noah.user.id)
    card = await ordered(sandbox, server, "hide")

    await do(server, "hide", card)
    notice = await server.noah.sees(says(DEEDS["hide"][1]))

    assert notice["flags"] & EPHEMERAL
    assert count(direct(sandbox), DEEDS["hide"][1]) == 0


async def test_what_members_do_themselves_is_not_logged(sandbox, server):
    card = await ordered(sandbox, server, "delete")
    await delete(server.noah, card)
    await eventually(lambda: card["id"] not in [one["id"] for one in server.noah.visible()])
    other = await ordered(sandbox, server, "delete")
    await do(server, "delete", other)

    await log(server).sees(says(DEEDS["delete"][0]))
    assert count(log(server), DEEDS["delete"][0]) == 1


async def test_a_refused_key_is_logged_and_that_the_service_works_again(sandbox, server):
    """The log is in each server that chose one, whether it ordered or not."""
    other = Server(sandbox)
    sent = await other.mira.command("limits", "log", channel=other.channel("pictures"))
    await sent.until(answered)
    key = sandbox.pixazo.settings.key
    sandbox.pixazo.settings.key = "another"

    refused = await server.noah.command("imagine", prompt="a lamp")
    await refused.answer()
    for one in (server, other):
        await log(one).sees(says("refuses the bot's key"))
    sandbox.pixazo.settings.key = key
    await restart(sandbox)
    ordered = await server.noah.command("imagine", prompt="a lamp again")
    await ordered.until(delivered(1))
    for one in (server, other):
        await log(one).sees(says("works again"))
        assert count(log(one), "refuses the bot's key") == count(log(one), "works again") == 1
