"""The panel "Backstage": drives the vendor and the bot."""

import copy
import re

import pytest
from playwright.async_api import expect

from tests.browser import samples
from tests.browser.samples import GENERAL

pytestmark = pytest.mark.browser


async def test_it_shows_vendor_and_bot(page):
    await expect(page.get_by_test_id("bot-state")).to_have_text("online")
    worth = page.get_by_test_id("wallet-worth")
    await expect(worth).to_have_text("Enough for 1,234,567 pictures at $0.001.")
    await expect(page.get_by_test_id("next-queue")).to_have_text("429silenceFAILED429-dateERROR")
    await expect(page.get_by_test_id("requests").locator("li")).to_have_count(3)
    await expect(page.get_by_test_id("bot-log")).to_contain_text("INFO ready")


async def test_the_next_answers_are_set(page, backend):
    await page.get_by_test_id("next-answer").select_option("429")
    await page.get_by_test_id("next-wait").fill("20")
    await page.get_by_test_id("next-count").fill("3")
    await page.get_by_test_id("next-add").click()
    assert await backend.called("vendor/next") == {"answer": "429", "count": 3, "retry_after": 20}

    await page.get_by_test_id("next-answer").select_option("silence")
    await page.get_by_test_id("next-count").fill("1")
    await expect(page.get_by_test_id("next-wait")).to_be_hidden()
    await page.get_by_test_id("next-add").click()
    assert await backend.called("vendor/next") == {"answer": "silence", "count": 1}

    await page.get_by_test_id("next-clear").click()
    assert await backend.called("vendor/next") == {"answer": "clear"}


async def test_pace_wallet_and_callbacks_are_set(page, backend):
    await page.get_by_role("button", name="Instant").click()
    pace = {"queued_seconds": [0, 0.2], "processing_seconds": [0.2, 0.5]}
    assert await backend.called("vendor") == pace
    instant = page.get_by_role("button", name="Instant")
    await expect(instant).to_have_attribute("aria-pressed", "true")

    await page.get_by_test_id("queued_seconds-to").fill("9")
    await page.get_by_test_id("queued_seconds-to").press("Tab")
    assert await backend.called("vendor") == {"queued_seconds": [0, 9]}

    await page.get_by_test_id("wallet-empty").click()
    assert await backend.called("vendor") == {"wallet_usd": 0}
    worth = page.get_by_test_id("wallet-worth")
    await expect(worth).to_have_text("Not enough for a picture ($0.001).")
    await page.get_by_test_id("wallet-endless").click()
    assert await backend.called("vendor") == {"wallet_usd": None}

    await page.get_by_test_id("callbacks").click()
    assert await backend.called("vendor") == {"callbacks": False}


async def test_troubles_begin_and_end_by_the_keyboard(page, backend):
    away, gateway = (
        page.get_by_test_id(f"trouble-{name}") for name in ("media_away", "bad_gateway")
    )
    await expect(gateway).to_have_attribute("aria-pressed", "true")
    await gateway.press("Enter")
    assert await backend.called("vendor/trouble") == {"name": "bad_gateway", "seconds": 0}

    await page.get_by_test_id("trouble-media_moved").focus()
    await page.keyboard.press("Shift+Tab")
    await expect(away).to_be_focused()
    await page.keyboard.press("Space")
    assert await backend.called("vendor/trouble") == {"name": "media_away", "seconds": None}
    backend.state["vendor"]["troubles"] = ["media_away"]

    await expect(away).to_have_attribute("aria-pressed", "true")
    await expect(gateway).to_have_attribute("aria-pressed", "false")


async def test_the_bot_is_killed_and_started(page, backend):
    await page.get_by_test_id("bot-kill").click()
    assert await backend.called("bot") == {"do": "kill"}
    backend.state["bot"] |= {"running": False, "online": False, "pid": None}
    await backend.send({"type": "bot", "online": False})

    await expect(page.get_by_test_id("offline")).to_be_visible()
    await expect(page.get_by_test_id("bot-state")).to_have_text("stopped")
    await expect(page.get_by_test_id("bot-kill")).to_be_hidden()
    await page.get_by_test_id("bot-start").click()
    assert await backend.called("bot") == {"do": "start"}


async def test_the_switches_of_the_channel_and_of_the_bot_are_set_by_keyboard(page, backend):
    files = page.get_by_role("switch", name="It may attach files")
    await expect(files).not_to_be_checked()
    await files.press("Space")
    assert await backend.called("place") == {"channel": GENERAL, "denied": []}
    await expect(files).not_to_be_checked()  # the server did not take it
    await page.get_by_role("switch", name="It may send messages").press("Space")
    body = {"channel": GENERAL, "denied": ["SEND_MESSAGES", "ATTACH_FILES"]}
    assert await backend.called("place") == body
    for name in ("german", "invited"):
        switch = page.get_by_test_id(name)
        wanted = not await switch.is_checked()
        await switch.press("Space")
        assert await backend.called("place") == {"channel": GENERAL, name: wanted}
    await page.get_by_role("switch", name="Orders outside of servers").press("Space")
    assert await backend.called("bot/direct") == {"on": True}
    gateway, http = (page.get_by_test_id(f"way-{way}") for way in ("gateway", "http"))
    await expect(gateway).to_have_attribute("aria-pressed", "true")
    await http.press("Enter")
    assert await backend.called("bot/interactions") == {"way": "http"}
    backend.state["bot"]["way"] = "http"
    await expect(http).to_have_attribute("aria-pressed", "true")
    await expect(gateway).to_have_attribute("aria-pressed", "false")

    await page.get_by_test_id("channel").filter(has_text="reading-room").click()
    await expect(page.get_by_test_id("german")).to_be_checked()
    await expect(page.get_by_test_id("may-VIEW_CHANNEL")).to_be_disabled()  # the bot is not there
    await page.get_by_test_id("channel").filter(has_text="Imagine").click()
    await expect(page.get_by_test_id("german")).to_be_hidden()


async def test_a_new_server_of_the_bot_is_shown_once_it_is_there(page, backend):
    await page.get_by_role("button", name="Without one").click()
    assert await backend.called("invite") == {"system_channel": False, "writable": True}
    fresh = copy.deepcopy(backend.world)
    fresh["guilds"][0]["id"] = "77"
    fresh["guilds"][0]["channels"] = [{"id": "78", "name": "brand-new", "topic": None}]
    guilds = [*backend.world["guilds"], fresh["guilds"][0]]
    await backend.send(backend.world | {"you": samples.MIRA, "guilds": guilds})

    await expect(page.get_by_test_id("composer")).to_have_attribute(
        "aria-label", re.compile("brand-new")
    )


async def test_the_next_day_moves_the_clock_of_the_page(page, backend):
    await page.evaluate("Date.now = () => (4102444800 - 2 * 3600) * 1000")
    await backend.post(samples.message(content="<t:4102444800:R>", at="2099-12-31T22:00:00Z"))
    moment = page.locator("time[data-relative]")
    day = page.locator(".day")
    await expect(moment).to_have_text("in 2 hours")
    await expect(day).to_have_text("Today")
    await page.get_by_test_id("next-day").press("Enter")
    assert await backend.called("clock") == {"seconds": 86400}

    backend.state["ahead"] = 86400
    await expect(page.get_by_test_id("ahead")).to_have_text("All clocks are 1 day ahead.")
    await expect(moment).to_have_text("22 hours ago")
    await expect(day).to_have_text("Yesterday")


async def test_experiments_lead_to_where_they_begin(open_page, backend):
    for width in (1280, 390):
        page = await open_page(width=width)
        experiments = page.get_by_test_id("experiment")
        await expect(experiments).to_have_count(3)
        await experiments.nth(0).click()
        await expect(page.get_by_test_id("composer")).to_have_value(
            re.compile("^/imagine prompt: ")
        )
        await experiments.nth(1).click()
        await expect(page.get_by_test_id("bot-kill")).to_be_focused()
        await expect(page.get_by_test_id("bot-kill")).to_be_in_viewport()
        if width == 390:
            await page.get_by_test_id("close-panel").click()
            await expect(page.get_by_test_id("panel")).not_to_be_in_viewport()
            await expect(page.get_by_test_id("open-panel")).to_be_focused()
        await experiments.nth(2).click()
        await expect(page.get_by_test_id("wallet-empty")).to_be_focused()
        assert [frame["type"] for frame in backend.frames] == []

    backend.world["guilds"][0]["has_bot"] = False
    page = await open_page()
    await expect(page.get_by_test_id("stranger")).to_be_visible()
    await expect(page.get_by_test_id("experiment")).to_have_count(0)
    await expect(page.get_by_test_id("begin")).to_be_hidden()
    await page.get_by_test_id("composer").fill("/")
    await expect(page.get_by_test_id("problem")).to_have_text("There are no commands here.")


async def test_a_rejected_setting_becomes_a_toast(page, screens):
    await page.get_by_test_id("wallet").fill("13")
    await page.get_by_test_id("wallet").press("Tab")

    await expect(page.get_by_test_id("toast")).to_have_text("wallet_usd: not that number")
    screens.take_complaints()  # the browser itself notes every 400
