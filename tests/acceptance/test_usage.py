"""`/limits usage`: a server's figures with a picture in both themes and files, after a kill too."""

import csv
import io

import pytest
from aiohttp import ClientSession
from PIL import Image

from tests.acceptance.driver import (
    FAST_LANE,
    answered,
    button,
    buttons,
    delivered,
    eventually,
    refusal,
    restart,
    says,
    words,
)


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE


async def read(attachment):
    async with ClientSession() as session, session.get(attachment["url"]) as answer:
        return await answer.read()


async def ground(message):
    """Return the colour behind the picture of a message, whose file its view shows with words."""
    (attachment,) = message["attachments"]
    with Image.open(io.BytesIO(await read(attachment))) as picture:
        return picture.convert("RGB").getpixel((2, 2))


async def test_moderators_see_what_was_ordered_and_refused_by_rule_day_and_member(shared, server):
    mira, noah = server.mira, server.noah
    await (await mira.command("limits", "words", "add", phrase="wolf")).until(answered)
    for images, private in ((2, False), (1, True)):
        sent = await noah.command("imagine", prompt="a boat", images=images, private=private)
        await sent.until(delivered(images))
    assert "wolf" in await refusal(noah, prompt="a wolf")

    asked = await mira.command("limits", "usage", days=7)
    shown = await asked.until(delivered(1))
    assert asked.ephemeral
    text = words(shown)
    assert "a boat" not in text
    for expected in ("Images: **3**", "Orders: **2** · members: 1", "refused: 1", "$0.003"):
        assert expected in text
    assert f"1. <@{noah.user.id}>: 3 images, 2 orders" in text
    assert "Blocked words: 1" in text
    assert await ground(shown) == (0x2B, 0x2D, 0x31)
    assert "Bars for each day: 3 images" in str(shown["components"])

    await restart(shared)
    pressed = await mira.press(shown["id"], button(shown, "figures:show:7:light"))
    light = await pressed.until(lambda message: "figures:show:7:dark" in buttons(message).values())
    assert await ground(light) == (0xFF, 0xFF, 0xFF)

    pressed = await mira.press(shown["id"], button(light, "figures:csv:"))
    files = await pressed.until(delivered(2))
    days, members = [
        list(csv.DictReader(io.StringIO((await read(file)).decode("utf-8-sig"), newline="")))
        for file in files["attachments"]
    ]
    assert len(days) == 7
    assert (days[-1]["images"], days[-1]["orders"], days[-1]["cost_usd"]) == ("3", "2", "0.003")
    assert members == [
        {"member": f"<@{noah.user.id}>", "name": noah.user.name}
        | {"orders": "2", "images": "3", "cost_usd": "0.003"}
    ]


async def test_moderators_choose_that_each_order_is_logged_in_a_panel_from_before_a_kill(
    shared, server
):
    mira, noah = server.mira, server.noah
    log = server.member("Mira", channel="pictures")
    asked = await mira.command("limits", "show")
    panel = await asked.until(lambda message: message["components"])
    await restart(shared)
    opened = await mira.press(panel["id"], button(panel, "limits:form:log"))
    await opened.opened()
    chosen = {"channel": [log.channel.id], "ping": [], "kinds": ["orders", "private_orders"]}
    sent = await mira.submit_modal(opened, chosen)
    saved = words(await sent.until(says("**Saved**")))
    assert "Lines in the log channel: 2 added (Each order, Each private order" in saved

    for private in (False, True):
        sent = await noah.command("imagine", prompt="a lantern", private=private)
        await sent.until(delivered(1))

    def lines():
        return "\n".join(message["content"] for message in log.visible()).splitlines()

    await eventually(lambda: lines()[-1].endswith("made a private order: 1 image"))
    *_, public, private = lines()
    assert public.startswith(f"\N{ARTIST PALETTE} <@{noah.user.id}> ordered 1 image in <#")
    assert "“a lantern” · [View](<https://" in public
    assert "lantern" not in private
