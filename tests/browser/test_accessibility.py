"""Accessibility: names, contrast, landmarks, and everything by keyboard."""

import pytest
from playwright.async_api import expect

from tests.browser import samples
from tests.browser.layout import audit

pytestmark = pytest.mark.browser


@pytest.fixture(params=["dark", "light"])
async def full(request, open_page, backend):
    backend.world["messages"] = {samples.GENERAL: samples.every_kind()}
    page = await open_page(scheme=request.param)
    await expect(page.get_by_test_id("bot-state")).to_have_text("online")
    return page


async def test_everything_has_a_name_and_enough_contrast(full):
    """Contrast is 4.5:1 at least, as WCAG AA asks."""
    assert await full.locator("img:not([alt]), img[alt='']").count() == 0
    await full.get_by_test_id("composer").fill("/imagine prompt: cat images: 9 style: ")

    assert await audit(full) == {"nameless": [], "broken": [], "faint": []}


async def test_the_page_has_its_landmarks_and_one_first_heading(page):
    await expect(page.get_by_role("main")).to_have_count(1)
    await expect(page.get_by_role("navigation", name="Channels")).to_have_count(1)
    await expect(page.get_by_role("complementary", name="Backstage")).to_have_count(1)
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert await page.locator("html").get_attribute("lang") == "en"
    ids = await page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(ids) == len(set(ids))


async def test_the_first_tab_skips_to_the_message_box(page):
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the message box")).to_be_focused()

    await page.keyboard.press("Enter")

    await expect(page.get_by_test_id("composer")).to_be_focused()


async def test_every_control_is_reached_by_tab_and_outlined(page, backend):
    rows = samples.row(samples.button("Again")), samples.row(samples.select())
    await backend.post(samples.card_message(*rows, samples.gallery(2)))
    await expect(page.get_by_role("button", name="Again")).to_be_visible()
    expected = "channel user-switch theme open-panel message-menu button picture select composer"
    expected += " send bot-kill next-answer wallet callbacks bot-log"
    reached = set()
    await page.evaluate("document.activeElement.blur()")
    for _ in range(80):
        await page.keyboard.press("Tab")
        hook, outlined = await page.evaluate(
            """[document.activeElement.dataset.testid,
                getComputedStyle(document.activeElement).outlineStyle !== 'none']"""
        )
        if hook:
            reached.add(hook)
            assert outlined or hook == "composer", hook

    assert set(expected.split()) <= reached


async def test_drawers_on_a_phone_open_and_close_by_keyboard(open_page):
    page = await open_page(width=390)
    await expect(page.get_by_test_id("channels")).to_be_hidden()
    await page.get_by_test_id("open-sidebar").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("channel").first).to_be_focused()

    await page.keyboard.press("Escape")

    await expect(page.get_by_test_id("channels")).to_be_hidden()
    await expect(page.get_by_test_id("open-sidebar")).to_be_focused()


async def test_the_theme_can_be_switched_and_is_kept(page):
    await page.get_by_role("button", name="Use the light theme").click()
    light = await page.evaluate("getComputedStyle(document.body).backgroundColor")

    await page.reload()

    await expect(page.get_by_role("button", name="Use the dark theme")).to_be_visible()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == light
    await page.evaluate("localStorage.clear()")
