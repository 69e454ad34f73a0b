"""Languages: private answers in the member's, public messages in the server's."""

import json

import pytest

from bot.ui import language
from tests.acceptance.driver import CLUB, buttons, delivered, refusal, says, words


@pytest.fixture
def lighthouse(sandbox):
    return sandbox.world.guild(CLUB)


async def test_a_german_member_in_an_english_server(sandbox, start, ada, noah):
    """The private answer is German; the card, which is public, is English."""
    await start(MAX_IMAGES_PER_GUILD_PER_DAY="2")

    answer = await refusal(ada, "ein Leuchtturm", images=3)
    nothing = await ada.command("history")
    assert await nothing.until(says("Du hast noch keine Aufträge."))
    ordered = await ada.command("imagine", prompt="ein Leuchtturm")
    card = await ordered.until(delivered(1))

    assert answer.startswith("Dieser Server kann höchstens 2 Bilder pro Tag bestellen;")
    assert "Es wurde nichts berechnet. Nur die Betreiber des Bots können das ändern.\n" in answer
    assert answer.endswith("```\nein Leuchtturm\n```")  # to be corrected and sent again
    assert "**Completed**" in words(card)
    assert card["attachments"][0]["description"] == "AI-generated picture: ein Leuchtturm"
    english = await refusal(noah, images=2)
    assert (
        "This server has 1 of 2 images left today; this order needs 2. The limit resets <t:"
        in english
    )
    assert "Only the bot's owner can change this" in english
    assert len(sandbox.pixazo.accepted) == 1


async def test_an_english_member_in_a_german_server(sandbox, start, lighthouse, noah, mira):
    """The card in all its states, and the log channel, are in the server's language."""
    lighthouse.locale = "de"
    await start()
    pictures = sandbox.world.channel("pictures", guild=lighthouse.name)

    set_up = await mira.command("limits", "log", channel=pictures.id)
    await set_up.until(says("Log channel: <#"))
    ordered = await noah.command("imagine", prompt="a lighthouse", images=2, guidance=2.5)
    for state in ("**Wartet**", "**Eingereiht**", "**In Arbeit**"):
        await ordered.until(says(state))
    card = await ordered.until(says("**Fertig**"))
    add = await mira.command("limits", "words", "add", phrase="wolf")
    await add.until(says("Blocked words: 1 added (`wolf`)"))

    assert "Your prompt contains `wolf`" in await refusal(noah, "a wolf")
    assert "2 Bilder · Guidance 2,5 · 50 Schritte" in words(card)
    in_the_log = sandbox.discord.member("Mira", channel="pictures", guild=lighthouse.name)
    for told in (
        "hat Limits geändert",
        "Verbotene Wörter: 1 hinzugefügt (`wolf`)",
        "abgelehnt ·",
    ):
        assert await in_the_log.sees(says(told))
    reporting = await noah.press(card["id"], buttons(card)["report"])
    await noah.submit_modal(reporting, {"reason": ["other"]})
    assert "reported" not in words(await in_the_log.sees(says("gemeldet")))


async def test_a_pressed_button_and_a_form_answer_in_the_language_of_who_uses_them(
    sandbox, start, lighthouse, ada, mira
):
    """They run in other tasks than the command, and after restarts."""
    ada_may = next(role.id for role in lighthouse.roles.values() if role.name == "Moderators")
    lighthouse.members[ada.user.id].append(ada_may)
    await start()

    shown = await mira.command("limits", "show")
    await shown.until(says("Limits of this server"))
    panel = await (await ada.command("limits", "show")).until(says("Limits dieses Servers"))
    form = await ada.press(panel["id"], "limits:edit:members")
    opened = await form.opened()
    sent = await ada.submit_modal(form, {"cooldown": "60"})
    preview = await sent.until(says("Änderungen prüfen"))

    assert opened["title"] == "Limits · Jedes Mitglied"
    assert "Wartezeit zwischen Aufträgen: keine → 1 Minute" in words(preview)


async def test_commands_are_registered_only_when_they_differ(sandbox, start):
    """Discord's answer contains the translations; else each start would register again."""
    first = await start()
    await first.stop()
    await start()

    path = f"/api/v10/applications/{sandbox.world.application_id}/commands"
    registered = sandbox.discord.journal.find("PUT", path)
    assert len(registered) == 1
    assert len(sandbox.discord.journal.find("GET", path)) == 2
    menus = [one for one in json.loads(registered[0].body) if one["type"] == 3]
    with language.speaking("de"):
        names = {name: language.gettext(name) for name in ("Imagine this", "Report image")}
    assert {one["name"]: one["name_localizations"].get("de") for one in menus} == names
