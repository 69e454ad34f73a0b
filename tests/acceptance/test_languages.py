"""Who reads what in which language: members privately in theirs, everybody in the server's."""

import json

import pytest

from bot.ui import language
from tests.acceptance.test_imagine import delivered, says, words


@pytest.fixture
def lighthouse(sandbox):
    return sandbox.world.guild("Lighthouse Club")


@pytest.fixture
def ada(sandbox):
    """Somebody whose Discord is German."""
    return sandbox.discord.member("Ada", channel="general", guild="Lighthouse Club")


@pytest.fixture
def mira(sandbox):
    return sandbox.discord.member("Mira", channel="general", guild="Lighthouse Club")


async def test_a_german_member_in_an_english_server(start, ada):
    """What only they read is German; the card, which all read, is English."""
    await start(MAX_IMAGES_PER_GUILD_PER_DAY="2")

    refused = await ada.command("imagine", prompt="ein Leuchtturm", images=3)
    nothing = await ada.command("history")
    assert await nothing.until(says("Von dir gibt es noch keine Bestellungen."))
    ordered = await ada.command("imagine", prompt="ein Leuchtturm")
    card = await ordered.until(delivered(1))

    answer = await refused.answer()
    assert refused.ephemeral
    assert answer["content"].startswith("Wer den Bot betreibt, erlaubt diesem Server 2 Bilder")
    assert "Es wurde nichts bestellt, es wird nichts berechnet.\n" in answer["content"]
    assert answer["content"].endswith("```\nein Leuchtturm\n```")  # to be mended and sent again
    assert "**Completed**" in words(card)
    assert card["attachments"][0]["description"] == "AI-generated picture: ein Leuchtturm"


async def test_an_english_member_in_a_german_server(sandbox, start, lighthouse, noah, mira):
    """Through all its states, and in the log channel, the server reads its own language."""
    lighthouse.locale = "de"
    await start()
    pictures = sandbox.world.channel("pictures", guild=lighthouse.name)

    set_up = await mira.command("limits", "log", channel=pictures.id)
    await set_up.until(says("is told of reports, refused words"))
    ordered = await noah.command("imagine", prompt="a lighthouse", images=2, guidance=2.5)
    for state in ("**Wartet**", "**Eingereiht**", "**In Arbeit**"):
        await ordered.until(says(state))
    card = await ordered.until(says("**Fertig**"))
    add = await mira.command("limits", "words", "add", phrase="wolf")
    await add.until(says("Blocked words: + `wolf`"))
    refused = await noah.command("imagine", prompt="a wolf")

    assert "2 Bilder · Guidance 2,5 · 50 Schritte" in words(card)
    assert "have blocked `wolf`" in (await refused.answer())["content"]
    in_the_log = sandbox.discord.member("Mira", channel="pictures", guild=lighthouse.name)
    for told in ("**Limits geändert** von", "Gesperrte Wörter: + `wolf`", "**Abgelehnt** ·"):
        assert await in_the_log.sees(says(told))


async def test_a_pressed_button_and_a_form_answer_in_the_language_of_who_uses_them(
    sandbox, start, lighthouse, ada, mira
):
    """They come in tasks of their own, long after the command, and after restarts."""
    ada_may = next(role.id for role in lighthouse.roles.values() if role.name == "Moderators")
    lighthouse.members[ada.user.id].append(ada_may)
    await start()

    shown = await mira.command("limits", "show")
    await shown.until(says("Limits of this server"))
    panel = await (await ada.command("limits", "show")).until(says("Limits dieses Servers"))
    form = await ada.press(panel["id"], "limits:edit:members")
    opened = await form.opened()
    sent = await ada.submit_modal(form, {"cooldown": "60"})
    preview = await sent.until(says("Das würde sich ändern"))

    assert opened["title"] == "Limits · Jedes Mitglied"
    assert "Wartezeit eines Mitglieds: keine → 1 Minute" in words(preview)


async def test_commands_are_registered_once_and_not_at_each_start(sandbox, start):
    """Discord's answer holds the translations too, else each start would change them anew."""
    first = await start()
    await first.stop()
    await start()

    registered = sandbox.discord.journal.find(
        "PUT", f"/api/v10/applications/{sandbox.world.application_id}/commands"
    )
    assert len(registered) == 1
    menus = [one for one in json.loads(registered[0].body) if one["type"] == 3]
    with language.speaking("de"):
        names = {name: language.gettext(name) for name in ("Imagine this", "Report image")}
    assert {one["name"]: one["name_localizations"].get("de") for one in menus} == names
