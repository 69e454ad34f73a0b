"""The panel of `/limits show`: everything can be changed there, and it says what does not work."""

import pytest

from tests.acceptance.driver import (
    FAST_LANE,
    Server,
    button,
    refusal,
    reopened,
    restart,
    says,
    words,
)


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE


async def show(moderator):
    sent = await moderator.command("limits", "show")
    return await sent.until(lambda message: message["components"])


async def fill(moderator, panel, name, values, sees="**Saved**"):
    """Open a form of the panel and submit it; return the panel after it."""
    opened = await moderator.press(panel["id"], button(panel, f"limits:form:{name}"))
    await opened.opened()
    sent = await moderator.submit_modal(opened, values)
    return await sent.until(says(sees))


async def test_log_pause_tiers_styles_and_blocks_are_changed_in_the_panel(shared, server):
    panel = await show(server.mira)
    log, noah = server.channel("pictures"), server.noah

    panel = await fill(server.mira, panel, "log", {"channel": [log]})
    assert f"log channel: <#{log}>" in words(panel)
    await restart(shared)
    tier = {"role": [server.patrons.id], "images": "1"}
    panel = await fill(server.mira, panel, "tiers", tier)
    opened = await server.mira.press(panel["id"], button(panel, "limits:form:tiers"))
    await opened.opened()
    odd = await server.mira.submit_modal(opened, tier | {"member_per_day": "abc", "images": "9"})
    told = await odd.follow_up()
    assert all(
        name in words(told) for name in ("Images per day, each member", "Max. images per order")
    )
    _, form = await reopened(server.mira, told)
    assert form["member_per_day"]["value"] == "abc"
    assert form["role"]["default_values"] == [{"id": server.patrons.id, "type": "role"}]
    assert f"<@&{server.patrons.id}>: 1 image per order" in words(panel)
    panel = await fill(server.mira, panel, "tiers_more", tier | {"cooldown": "60", "steps": "30"})
    held = "1 minute between orders · 1 image per order · 30 steps per order"
    assert held in words(panel)
    panel = await fill(server.mira, panel, "tiers", tier | {"images": "2"})
    assert held.replace("1 image", "2 images") in words(panel)
    more = {"role": [server.patrons.id], "steps": "30"}
    panel = await fill(server.mira, panel, "tiers_more", more)
    assert "2 images per order · 30 steps per order" in words(panel)
    panel = await fill(server.mira, panel, "tiers", {"role": [server.patrons.id]})
    assert "1 image per order" not in words(panel).partition("**Tiers (limits by role)**")[2]
    panel = await fill(server.mira, panel, "styles", {"name": "Wool", "words": "knitted"})
    assert "Own: Wool" in words(panel)
    assert {"Wool"} <= {
        one["name"] for one in await noah.autocomplete("imagine", focused="style", style="woo")
    }
    panel = await fill(server.mira, panel, "styles", {"name": "wool", "words": ""})
    assert "Own: none" in words(panel)

    panel = await fill(server.mira, panel, "pause", {"reason": "lunch"}, "Orders paused")
    assert "lunch" in await refusal(noah)
    await restart(shared)
    resumed = await server.mira.press(panel["id"], button(panel, "limits:resume:"))
    panel = await resumed.until(says("Orders resumed"))
    listed = await server.mira.press(panel["id"], button(panel, "blocks:list:"))
    await listed.until(says("Nobody is blocked"))

    ping = {"channel": [log], "ping": [server.patrons.id]}
    panel = await fill(server.mira, await show(server.mira), "log", ping)
    assert f"log channel: <#{log}>, reports ping <@&{server.patrons.id}>" in words(panel)
    assert f"Reports can't ping <@&{server.patrons.id}>" in words(panel)
    panel = await fill(server.mira, await show(server.mira), "log", {"channel": [], "ping": []})
    assert "log channel: none" in words(panel)


async def test_the_panel_and_each_chosen_channel_say_what_the_bot_may_not_do(shared, server):
    world = shared.world
    pictures = world.channel("pictures", guild=server.name)
    told = f"I can't attach files in <#{pictures.id}>"
    assert "I can't" not in words(await show(server.mira))

    world.deny(pictures, "ATTACH_FILES")
    assert told in words(await show(server.mira))  # orders are taken everywhere
    assert told in words(await show(server.member("Mira", channel="pictures")))
    sent = await server.mira.command("limits", "channels", add=server.channel("general"))
    assert "I can't" not in words(await sent.until(words))
    assert "I can't" not in words(await show(server.mira))
    sent = await server.mira.command("limits", "channels", add=pictures.id)
    assert told in words(await sent.until(words))
    assert told in words(await show(server.mira))

    world.deny(pictures, "VIEW_CHANNEL")
    assert f"I can't see <#{pictures.id}>" in words(await show(server.mira))
    world.allow(pictures)
    assert "I can't" not in words(await show(server.mira))


@pytest.mark.parametrize(
    ("status", "said"),
    [("402", "out of image credit · since <t:"), ("401", "does not accept the bot's key")],
)
async def test_the_panel_says_whether_the_image_service_works(make_sandbox, status, said):
    async with make_sandbox() as sandbox:
        await sandbox.bot(**FAST_LANE).start()
        await sandbox.ready()
        server = Server(sandbox)
        assert "\N{LARGE GREEN CIRCLE} The image service works" in words(await show(server.mira))
        if status == "401":
            sandbox.pixazo.trouble("key_refused")
        else:
            sandbox.pixazo.answer_next(status)
        sent = await server.noah.command("imagine", prompt="a cat")
        await sent.until(says("charged"))

        shown = words(await show(server.mira))
        assert said in shown
        assert "next try at <t:" in shown
