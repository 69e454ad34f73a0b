"""Pictures that the operator's check flags wait for moderators, across kills, or never show."""

import shlex
import sys

from sandbox import picture_check
from sandbox.faults import ALWAYS, Answer, Fault
from sandbox.pixazo.wire import MODERATION_PATH
from tests.acceptance.driver import (
    Server,
    Store,
    answered,
    buttons,
    delivered,
    eventually,
    pictures,
    restart,
    says,
    words,
)

HELD = "**Waiting** for the moderators"


def log(server, name="Mira"):
    return server.member(name, "pictures")


async def hold(server):
    """Let Mira choose that flagged pictures are held, once they have a place."""
    refused = await (await server.mira.command("limits", "safety", mode="hold")).until(answered)
    assert "this server has none" in words(refused)
    sent = await server.mira.command("limits", "log", channel=server.channel("pictures"))
    await sent.until(answered)
    return await (await server.mira.command("limits", "safety", mode="hold")).until(answered)


async def held(server, prompt, **options):
    """Order what is held; return the order, its card, and its entry in the log."""
    sent = await server.noah.command("imagine", prompt=prompt, **options)
    card = await sent.until(says(HELD))
    entry = await log(server).sees(
        lambda one: "held" in str(buttons(one).get("release")) and one["attachments"]
    )
    return sent, card, entry


def alerts(sandbox):
    """Return what the operator was told of the check, in its order."""
    return [body["state"] for body in sandbox.alerts.taken if body["kind"] == "picture_check"]


async def press(server, entry, action, name="Mira"):
    pressed = await log(server, name).press(entry["id"], buttons(entry)[action])
    return words(await pressed.follow_up())


async def test_held_pictures_survive_a_kill_and_show_once_or_never(sandbox, start, tmp_path):
    command = shlex.join([sys.executable, picture_check.__file__, str(tmp_path)])
    bot = await start(PICTURE_CHECK="command", PICTURE_CHECK_COMMAND=command)
    server, store = Server(sandbox), Store(sandbox)
    saved = await hold(server)
    assert "no effect" not in words(saved)

    (tmp_path / "flag").touch()
    sent, card, entry = await held(server, "a first boat")
    assert card["attachments"] == []
    assert "A check flagged pictures" in words(entry)
    assert "nudity" in words(entry)
    await restart(sandbox, bot)
    assert HELD in words(sent.message)
    assert pictures(sandbox, "a first boat") == []
    button = buttons(entry)["release"]
    pressed = [await log(server).press(entry["id"], button) for _ in range(2)]
    told = [words(await one.follow_up()).split(".")[0] for one in pressed]
    assert sorted(told) == ["Released", "This has been decided already"]
    await sent.until(delivered(1))
    await store.delivered("a first boat")
    await log(server).sees(lambda one: one["id"] == entry["id"] and "**Released** by" in words(one))
    assert [message["id"] for message in pictures(sandbox, "a first boat")] == [card["id"]]

    sent, card, entry = await held(server, "a second boat", private=True)
    assert "although this order is private" in words(card)
    assert "boat" not in words(entry)
    assert await press(server, entry, "delete") == "Deleted. The member is told."
    await sent.until(says("**Not shown**"))
    await restart(sandbox, bot)
    await sandbox.discord.member("Noah").sees(says("deleted them"))
    assert pictures(sandbox, "a second boat") == []
    decided = await log(server).sees(
        lambda one: one["id"] == entry["id"] and "**Deleted** by" in words(one)
    )
    assert decided["attachments"] == []

    (tmp_path / "fail").touch()  # PICTURE_CHECK_AWAY is deliver
    for prompt in ("a third boat", "a fourth boat"):
        sent = await server.noah.command("imagine", prompt=prompt)
        await sent.until(delivered(1))
    await eventually(lambda: alerts(sandbox) == ["open"], within=30)
    (tmp_path / "fail").unlink()
    (tmp_path / "flag").unlink()
    sent = await server.noah.command("imagine", prompt="a fifth boat")
    await sent.until(delivered(1))
    await eventually(lambda: alerts(sandbox) == ["open", "over"], within=60)


async def test_the_gateways_check_is_asked_once_and_its_absence_can_hold(sandbox, start):
    await start(
        PICTURE_CHECK="gateway",
        PICTURE_CHECK_FLAGS="result.scores.sexual>=0.7",
        PICTURE_CHECK_AWAY="hold",
    )
    server = Server(sandbox)
    await hold(server)
    sent = await server.noah.command("imagine", prompt="a lamp")
    await sent.until(delivered(1))

    _, _, flagged = await held(server, "an undressed lamp")
    assert "sexual" in words(flagged)
    await press(server, flagged, "delete")

    fault = Fault(method="POST", path=MODERATION_PATH, do=Answer(status=500), times=ALWAYS)
    sandbox.pixazo.faults.add(fault)
    sent, _, entry = await held(server, "a lamp by night")
    assert "couldn't be checked" in words(entry)
    calls = len(sandbox.pixazo.journal.find("POST", MODERATION_PATH))
    assert calls == 3  # each order once
    await press(server, entry, "release")
    await sent.until(delivered(1))
    await eventually(lambda: len(sandbox.pixazo.journal.find("POST", MODERATION_PATH)) == calls)
