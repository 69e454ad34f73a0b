"""A member's own defaults and styles: set by selects and forms, kept, and held by rules."""

import re

import pytest

from tests.acceptance.driver import (
    Store,
    answered,
    button,
    buttons,
    components,
    delivered,
    reopened,
    restart,
    says,
    set_limits,
    submitted,
    words,
)

SETTINGS = "Your settings"
STRING_SELECT = 3  # a type of components


@pytest.fixture(scope="module")
def bot_settings():
    return {"ALLOW_DIRECT": "true"}


@pytest.fixture
def sandbox(shared):
    """The sandbox of the shared bot."""
    return shared


async def shown(member):
    """Open the settings."""
    sent = await member.command("settings")
    view = await sent.until(says(SETTINGS))
    assert sent.ephemeral
    return view


async def pick(member, view, name, *values):
    sent = await member.select(view["id"], f"settings-pick:{name}", list(values))
    return await sent.until(says("Saved."))


async def fill(member, view, form, **values):
    opened = await member.press(view["id"], f"settings:{form}")
    await opened.opened()
    sent = await member.submit_modal(opened, values)
    return await sent.until(says(SETTINGS))


def from_settings(text):
    """Return the options that a card or a refusal says are defaults; empty: it says nothing."""
    return "".join(re.findall(r"(?m)^-# From \S*/settings\S*: (.*)$", text))


def chosen(view):
    """Return what the selects show as chosen."""
    return {
        part["custom_id"].partition(":")[2]: [
            one["value"] for one in part["options"] if one.get("default")
        ]
        for part in components(view)
        if part["type"] == STRING_SELECT
    }


async def test_defaults_that_were_set_are_in_each_order_and_on_its_card(sandbox, server):
    (noah,) = server.crowd(1)
    view = await shown(noah)
    await fill(noah, view, "style", name="Wool", words="knitted wool")
    await pick(noah, view, "style", "Wool")
    await pick(noah, view, "images", "2")
    await pick(noah, view, "flags", "spoiler", "enhance")
    faulty = await fill(noah, view, "more", steps="7", guidance="2,5", suffix=", soft light")
    assert "**Steps** must be a whole number from 20 to 50." in words(faulty)
    offered = await noah.autocomplete("imagine", focused="style", style="", prompt="a fox")
    assert [one["name"] for one in offered[:2]] == ["No style", "Wool"]

    sent = await noah.command("imagine", prompt="a fox")
    card = await sent.until(delivered(2))
    own = "number of images, style, guidance, prompt enhancement, spoiler, suffix"
    assert from_settings(words(card)) == own
    assert "a fox, soft light, knitted wool" in words(card)
    assert all(item["spoiler"] for part in components(card) for item in part.get("items", ()))
    await restart(sandbox)  # the selects, buttons and forms of the same message go on
    await pick(noah, view, "ping", "never")
    opened = await noah.select(view["id"], "settings-pick:own_style", ["Wool"])
    await opened.opened()
    sent = await noah.submit_modal(opened, {"name": "Felt"})
    await sent.until(says("Your own styles: 1 of 10"))
    opened = await noah.press(view["id"], "settings:more")
    assert [one["component"].get("value") for one in (await opened.opened())["components"]] == [
        *(None, "2.5", "soft light")
    ]

    assert chosen(await shown(noah)) == {
        "style": ["Felt"],
        "images": ["2"],
        "flags": ["spoiler", "enhance"],
        "own_style": [],
        "ping": ["never"],
        "ping_in": ["channel"],
    }
    edited = await noah.press(card["id"], buttons(card)["edit"])
    form = {
        one["component"]["custom_id"]: one["component"]
        for one in (await edited.opened())["components"]
    }
    assert form["prompt"]["value"] == "a fox, soft light"
    sent = await noah.submit_modal(edited, {"style": ["Felt"]})
    second = await sent.until(delivered(2))
    assert from_settings(words(second)) == ""
    named = await noah.command("imagine", prompt="a boat", images=1, style="-", spoiler=False)
    plain = await named.until(delivered(1))
    assert from_settings(words(plain)) == "guidance, prompt enhancement, suffix"
    others = await (await server.ada.command("imagine", prompt="a cat")).until(delivered(1))
    assert from_settings(words(others)) == ""
    extended = "a fox, soft light, knitted wool"
    assert submitted(sandbox) == [extended, extended, "a boat, soft light", "a cat"]


async def test_blocked_words_hold_for_a_suffix_and_an_own_style(sandbox, server):
    """And where private orders are forbidden, one by default is refused, not shown to all."""
    (noah,), mira = server.crowd(1), server.mira
    await (await mira.command("limits", "words", "add", phrase="bad wolf")).until(answered)
    assert "Allow private orders: yes → no" in words(await set_limits(mira, private=False))
    view = await shown(noah)
    await fill(noah, view, "more", suffix="a bad wolf")
    await fill(noah, view, "style", name="Beast", words="the B\u0430d W0lf")

    refused = await (await noah.command("imagine", prompt="a fox")).answer()
    assert "Your suffix adds `bad wolf` to your prompt" in refused["content"]
    assert from_settings(refused["content"]) == "suffix"
    opened, fields = await reopened(noah, refused)
    assert fields["prompt"]["value"] == "a fox, a bad wolf"
    sent = await noah.submit_modal(opened, {"prompt": "a fox, a good wolf", "style": ["Beast"]})
    refused = await sent.answer()
    assert "The style `Beast` contains `bad wolf`" in refused["content"]

    await fill(noah, view, "more", suffix="")
    await pick(noah, view, "flags", "private")
    refused = await (await noah.command("imagine", prompt="a secret fox")).answer()
    assert "Private orders aren't allowed on this server." in refused["content"]
    assert from_settings(refused["content"]) == "private"
    assert submitted(sandbox) == []
    opened, _ = await reopened(noah, refused)
    sent = await noah.submit_modal(opened, {})
    card = await sent.until(delivered(1))
    assert not sent.ephemeral
    await Store(sandbox).delivered("a secret fox")
    assert submitted(sandbox) == ["a secret fox"]
    assert button(card, "report")
    await set_limits(mira, private=True)
    sent = await noah.command("imagine", prompt="another secret fox")
    assert button(await sent.until(delivered(1)), "Post to the channel")
    assert sent.ephemeral
