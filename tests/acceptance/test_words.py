"""The word filter in a running bot: what moderators type, and what members then may order."""

import pytest

from tests.acceptance.driver import (
    FAST_LANE,
    accepted,
    button,
    delivered,
    refusal,
    reopened,
    restart,
    says,
    words,
)


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE


async def limits(server, *path, **options):
    sent = await server.mira.command("limits", *path, **options)
    return words(await sent.until(words))


async def opened_form(server):
    panel = await server.mira.command("limits", "show")
    shown = await panel.until(lambda message: message["components"])
    opened = await server.mira.press(shown["id"], button(shown, "limits:edit:words"))
    await opened.opened()
    return opened


async def test_a_list_pasted_from_automod_stops_what_it_stops_there(shared, server):
    opened = await opened_form(server)
    pasted = "cat*, *wolf, a$$\n*moon*\n18+"

    sent = await server.mira.submit_modal(opened, {"blocked": pasted})
    preview = await sent.until(says("Review changes"))
    saved = await server.mira.press(preview["id"], button(preview, "limits:save:"))
    await saved.until(says("**Saved**"))

    for prompt, phrase in [
        ("three catapults", "cat*"),
        ("a werewolf", "*wolf"),
        ("honeymooners", "*moon*"),
        ("an 18+ party", "18+"),
    ]:
        assert f"contains `{phrase}`" in await refusal(server.noah, prompt)
        assert f"would be refused: it contains `{phrase}`" in await limits(
            server, "words", "test", prompt=prompt
        )
    harmless = "wolves scatter a bag of 18 candles"
    assert "would be accepted" in await limits(server, "words", "test", prompt=harmless)
    await (await server.noah.command("imagine", prompt=harmless)).until(delivered(1))


async def test_a_form_with_bad_lines_names_them_and_opens_again_as_it_was(shared, server):
    opened = await opened_form(server)
    blocked, allowed = "storm\n\nsea\t b*d, cloud\nrain", "sea horse\n?"

    sent = await server.mira.submit_modal(opened, {"blocked": blocked, "allowed": allowed})
    told = await sent.follow_up()

    assert "**Blocked words and phrases, line 3: `b*d`**" in words(told)
    assert "**Allowed even if they contain a blocked word, line 2: `?`**" in words(told)
    assert "Use `*` only at the start or the end" in words(told)
    assert sent.interaction.follow_ups[0].ephemeral_for is not None
    assert "storm" not in await limits(server, "words", "list")
    await restart(shared)
    again, fields = await reopened(server.mira, told)
    assert fields["blocked"]["value"] == blocked
    assert fields["allowed"]["value"] == allowed
    fixed = await server.mira.submit_modal(again, {"blocked": "storm", "allowed": ""})
    preview = await fixed.until(says("Review changes"))
    assert preview["id"] == told["id"]


async def test_disguise_is_seen_through_in_a_new_server_until_moderators_say_otherwise(server):
    assert "b l o o d: **yes**" in await limits(server, "show")
    await limits(server, "words", "add", phrase="blood, nude")
    for prompt in ("Bl00d", "a b l o o d bath", "n.u.d.e", "🅱🅻🅾🅾🅳", "ʙʟᴏᴏᴅ", "bl\u043e\u043ed"):
        assert "which isn't allowed here" in await refusal(server.noah, prompt)

    assert "b l o o d: yes → no" in await limits(server, "set", look_alikes=False)

    sent = await server.noah.command("imagine", prompt="Bl00d, n.u.d.e")
    await sent.until(delivered(1))


async def test_mentions_and_emoji_of_a_prompt_are_their_names(shared, server):
    """The filter, the vendor and the card get what a reader sees."""
    ada, noah = server.ada.user.id, server.noah.user.id
    pictures, patrons = server.channel("pictures"), server.patrons.id
    prompt = f"<@{ada}> and <@!{noah}> with <:sad_frog:123> in <#{pictures}>,<@&{patrons}> <@1>!"

    sent = await server.noah.command("imagine", prompt=prompt)
    card = await sent.until(delivered(1))

    named = "Ada and Noah with sad_frog in pictures,Patrons !"
    assert named in accepted(shared)
    assert "Ada and Noah" in words(card)
    await limits(server, "words", "add", phrase="sad frog, ada")
    assert "contains `ada`" in await refusal(server.noah, f"hat of <@{ada}>")
    for tested in ("a <a:sad_frog:5>", f"<@{ada}>"):
        assert "would be refused" in await limits(server, "words", "test", prompt=tested)


async def test_a_letter_keeps_three_marks_in_what_is_sent(shared, server):
    zalgo = "z" + "\u0336\u0322\u031b\u0359\u0301\u0302" * 20 + "oo"

    sent = await server.noah.command("imagine", prompt=f"a {zalgo} animal")
    await sent.until(delivered(1))

    [prompt] = [one for one in accepted(shared) if "oo animal" in one]
    assert len(prompt) == len("a zoo animal") + 3
