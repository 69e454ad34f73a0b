"""Styles, private orders, and orders outside of servers, as members see them."""

import pytest

from tests.acceptance.driver import (
    Store,
    button,
    delivered,
    pictures,
    refusal,
    says,
    submitted,
    words,
)


@pytest.fixture(scope="module")
def bot_settings():
    return {"ALLOW_DIRECT": "true"}


@pytest.fixture
def sandbox(shared):
    """The sandbox of the shared bot."""
    return shared


async def test_a_style_that_was_chosen_while_typing_extends_what_the_vendor_gets(sandbox, ada):
    offered = await ada.autocomplete("imagine", focused="style", style="aqua", prompt="a boat")
    assert offered == [{"name": "Aquarell", "value": "watercolour"}]

    sent = await ada.command("imagine", prompt="a boat", style=offered[0]["value"])
    card = await sent.until(delivered(1))

    (prompt,) = submitted(sandbox)
    assert prompt.startswith("a boat, watercolour painting")
    assert card["attachments"][0]["description"] == "AI-generated picture: a boat"
    assert "style: Watercolour" in words(card)  # in the server's language
    assert "a boat, watercolour painting" in words(card)


async def test_a_prompt_without_room_for_its_style_is_refused_with_figures_and_handed_back(
    sandbox, noah
):
    prompt = "x" * 990

    answer = await refusal(noah, prompt, style="ink")

    assert "`Ink drawing`" in answer
    assert "Yours has 990" in answer
    assert f"```\n{prompt}\n```" in answer
    assert submitted(sandbox) == []


@pytest.mark.parametrize("too_many", [False, True], ids=["the style", "the style and more"])
async def test_a_style_that_may_be_meant_is_named_and_chosen_in_the_form(sandbox, noah, too_many):
    """Also beside other faults: each is named at once."""
    odd = {"images": 9, "steps": 7} if too_many else {}
    given = {"prompt": "a fox", "style": "an", **odd}
    types = {"images": 4, "steps": 4}
    raw = [{"name": name, "type": types.get(name, 3), "value": given[name]} for name in given]
    sent = await noah.command("imagine", _raw_options=raw)
    answer = await sent.answer()
    assert "There's no style called `an`. Did you mean **Anime**?" in answer["content"]
    assert all(f"`{name}` must be a whole number" in answer["content"] for name in odd)

    opened = await noah.press(answer["id"], button(answer, "Change and try again"))
    ordered = await noah.submit_modal(opened, {"steps": "20"})
    await ordered.until(delivered(1))

    (prompt,) = submitted(sandbox)
    assert prompt.startswith("a fox, anime")


async def test_a_moderators_own_style_is_there_for_all_and_gone_again(sandbox, mira, noah):
    add = await mira.command("limits", "styles", "add", name="Wool", words="knitted wool")
    await add.until(says("Styles of this server: 1 added (`Wool` knitted wool)"))

    offered = await noah.autocomplete("imagine", focused="style", style="woo", prompt="a cat")
    sent = await noah.command("imagine", prompt="a cat", style=offered[0]["value"])
    await sent.until(delivered(1))
    remove = await mira.command("limits", "styles", "remove", name="wool")
    await remove.until(says("Styles of this server: 1 removed (`Wool`"))

    assert "There's no style called `Wool`." in await refusal(noah, style="Wool")
    assert submitted(sandbox) == ["a cat, knitted wool"]


async def test_a_private_order_is_seen_by_its_member_alone_and_in_their_language(
    sandbox, ada, mira
):
    seen = len(mira.visible())

    sent = await ada.command("imagine", prompt="ein stiller Hafen", private=True)
    await sent.until(says("**Wartet**"))
    card = await sent.until(delivered(1))

    assert sent.ephemeral
    assert "Fertig" in words(card)
    assert len(mira.visible()) == seen
    edits = sandbox.discord.journal.find("PATCH", "/api/v10/*")
    assert edits
    assert all("/webhooks/" in one.path for one in edits)
    assert [one["id"] for one in pictures(sandbox, "ein stiller Hafen")] == [card["id"]]


async def test_in_direct_messages_orders_have_limits_of_their_own(sandbox, monkeypatch):
    """The server has no limits; here the defaults apply."""
    direct = sandbox.discord.member("Noah")
    with monkeypatch.context() as changed:
        changed.setattr(sandbox.pixazo.settings, "queued_seconds", (1.5, 1.5))
        boats = [await direct.command("imagine", prompt="a boat") for _ in range(3)]
        for boat in boats:
            await boat.until(says("Waiting"))
        answer = await refusal(direct, "one boat too many")

    assert "You already have 3 orders running" in answer
    assert "Only the bot's owner can change this." in answer
    assert "one boat too many" in answer
    assert await boats[-1].until(delivered(1))


async def test_in_a_server_without_the_bot_pictures_come_as_answers_or_wait_in_history(
    sandbox, monkeypatch
):
    """The bot has no access there: Discord would refuse each of those calls, and count it."""
    abroad = sandbox.discord.member("Ada", channel="quay", guild="Night Harbour")
    sent = await abroad.command("imagine", prompt="a far harbour")
    card = await sent.until(delivered(1))
    assert "Completed" in words(card)
    quay = sandbox.world.channel("quay", guild="Night Harbour").id
    assert quay == card["channel_id"]

    monkeypatch.setattr(sandbox.pixazo.settings, "processing_seconds", (2.0, 2.0))
    late = await abroad.command("imagine", prompt="a late boat")
    await late.until(says("Processing"))
    with monkeypatch.context() as expired:
        expired.setattr(sandbox.world, "token_life", 0.0)
        await Store(sandbox).kept("a late boat")
    asked = await abroad.command("history")

    assert await asked.until(delivered(1))
    assert asked.ephemeral
    paths = [exchange.path for exchange in sandbox.discord.journal.exchanges]
    assert [path for path in paths if f"/channels/{quay}" in path] == []
