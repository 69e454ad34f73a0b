"""The menus of messages: *Imagine this*, and where they are offered."""

import json

import pytest

from sandbox.discord.client import ActionUnavailable
from tests.acceptance.driver import (
    SUBMIT,
    Server,
    answered,
    delivered,
    says,
    set_limits,
    words,
)


@pytest.fixture
def server(shared):
    """A new server."""
    return Server(shared)


async def test_a_members_message_becomes_an_order_by_its_menu(shared, server):
    said = await server.ada.say("a whale over the harbour " + "x" * 1200)

    menu = await server.noah.message_command("Imagine this", said["id"])
    form = await menu.opened()
    prompt = form["components"][0]["component"]["value"]
    sent = await server.noah.submit_modal(menu, {"guidance": "4"})
    card = await sent.until(delivered(1))

    assert prompt == said["content"][:1000]
    assert "a whale over the harbour" in words(card)
    # Orders of earlier tests may still be on their way to the vendor.
    bodies = [json.loads(one.body) for one in shared.pixazo.journal.find("POST", SUBMIT)]
    [submitted] = [body for body in bodies if body["prompt"] == prompt]
    assert submitted["guidance_scale"] == 4


async def test_a_message_too_long_for_a_prompt_is_cut_between_words_and_says_so(server):
    said = await server.ada.say("foggy harbours " * 80)

    form = await (await server.noah.message_command("Imagine this", said["id"])).opened()

    prompt = form["components"][0]
    assert prompt["component"]["value"] == ("foggy harbours " * 67)[:-10]
    assert "the end was cut off" in prompt["description"]


async def test_the_bots_own_messages_are_no_prompts(server):
    chosen = await server.mira.command("limits", "log", channel=server.channel("pictures"))
    await chosen.until(answered)
    await set_limits(server.mira, cooldown=1)
    log = server.member("Mira", channel="pictures")
    entry = await log.sees(says("Cooldown"))

    menu = await log.message_command("Imagine this", entry["id"])

    assert "one of this bot's own messages" in (await menu.answer())["content"]


async def test_a_card_of_ours_opens_the_form_with_its_whole_order(server):
    """The card's text contains more than the prompt."""
    sent = await server.noah.command("imagine", prompt="a *lamp*", steps=30)
    card = await sent.until(delivered(1))

    form = await (await server.ada.message_command("Imagine this", card["id"])).opened()

    fields = {one["component"]["custom_id"]: one["component"] for one in form["components"]}
    assert fields["prompt"]["value"] == "a *lamp*"
    assert fields["steps"]["value"] == "30"


async def test_a_message_without_words_is_told_to_have_none(shared, server):
    said = await server.ada.say("\u200b\u3164x")
    stored = next(iter(shared.discord.messages.of(server.ada.channel, viewer=server.ada.user.id)))
    stored.versions.append(stored.shown | {"content": "\u200b\u3164"})

    menu = await server.noah.message_command("Imagine this", said["id"])
    answer = await menu.answer()

    assert menu.ephemeral
    assert "no text to draw" in answer["content"]


async def test_nothing_is_offered_where_the_bot_serves_nobody(shared):
    """The operator has not enabled it outside of its servers."""
    abroad = shared.discord.member("Noah", channel="quay", guild="Night Harbour")
    said = await abroad.say("a boat")

    for name in ("Imagine this", "Report image"):
        with pytest.raises(ActionUnavailable):
            await abroad.message_command(name, said["id"])
    for member in (abroad, shared.discord.member("Noah")):
        with pytest.raises(ActionUnavailable):
            await member.command("imagine", prompt="a boat")
