"""Accessibility: names, contrast, landmarks, and everything by keyboard."""

import pytest
from playwright.async_api import expect

from tests.browser import samples
from tests.browser.layout import audit

pytestmark = pytest.mark.browser


COMPOSER = "composer"


async def _type(page, text: str) -> None:
    await page.get_by_test_id(COMPOSER).fill(text)


async def _open_form(page) -> None:
    await page.get_by_role("button", name="Old", exact=True).dispatch_event("click")
    await page.get_by_test_id("modal-submit").click()  # with what is wrong beside its fields
    await expect(page.get_by_text("Choose one.").first).to_be_visible()


async def _open_list(page) -> None:
    await page.get_by_test_id("select").last.dispatch_event("click")
    await expect(page.get_by_role("listbox").first).to_be_visible()


async def _refuse(page) -> None:
    await _type(page, "/imagine images: 9")
    await page.get_by_test_id(COMPOSER).press("Enter")


async def _drop(page) -> None:
    await page.get_by_test_id("reconnecting").evaluate("strip => { strip.hidden = false; }")
    await page.get_by_test_id("offline").evaluate("strip => { strip.hidden = false; }")


STATES = {
    "messages": lambda page: page.get_by_test_id("message").last.wait_for(),
    "commands": lambda page: _type(page, "/"),
    "options": lambda page: _type(page, "/imagine prompt: cat images: 9 style: "),
    "problem": _refuse,
    "form": _open_form,
    "list": _open_list,
    "menu": lambda page: page.get_by_test_id("message-menu").last.dispatch_event("click"),
    "users": lambda page: page.get_by_test_id("user-switch").dispatch_event("click"),
    "picture": lambda page: page.get_by_test_id("picture").first.dispatch_event("click"),
    "strips": _drop,
    "open-sidebar": lambda page: page.get_by_test_id("open-sidebar").click(),
    "open-panel": lambda page: page.get_by_test_id("open-panel").click(),
}
ON_PHONES = ("messages", "form", "open-sidebar", "open-panel")
DRAWERS = ("open-sidebar", "open-panel")


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing_in_any_state_of_the_page(open_page, backend, width, scheme):
    """Its rules include names, roles, landmarks, and a contrast of 4.5:1 as WCAG AA asks."""
    screen = {"width": width, "height": 900, "scheme": scheme}
    page = await open_page(**screen)
    found = {"empty": await audit(page)}
    backend.world["messages"] = {samples.GENERAL: samples.every_kind()}
    options = samples.choices("one", "two")
    reason = samples.field(21, "reason", options=options)
    words = samples.text_input("words", style=2, min_length=3)
    form = samples.modal(samples.label("Reason", reason, "Why"), samples.label("Words", words))
    backend.on("component", form)
    for name in ON_PHONES if width == 390 else set(STATES) - set(DRAWERS):
        page = await open_page(**screen)
        await expect(page.get_by_test_id("bot-state")).to_have_text("online")
        await STATES[name](page)
        found[name] = await audit(page)

    assert {name: faults for name, faults in found.items() if faults} == {}
    assert await page.locator("img:not([alt]), img[alt='']").count() == 0


async def test_axe_sees_a_fault(page):
    await page.evaluate("document.getElementById('main').append(document.createElement('button'))")
    assert [fault.split(":")[0] for fault in await audit(page)] == ["button-name"]


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


CONTROLS = """() => [...(document.querySelector("dialog[open]") ?? document).querySelectorAll(
  "a[href], button, input, select, textarea, [tabindex='0']")].filter((each) =>
  each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex >= 0
  && !each.closest("[inert]"))"""
NUMBER = f"() => ({CONTROLS})().map((each, index) => {{ each.dataset.number = index; }}).length"
FOCUSED = """() => {
  const each = document.activeElement;
  const { outlineStyle } = getComputedStyle(each);
  return [each.dataset.number ?? null, outlineStyle !== "none" || each.matches("textarea")];
}"""


@pytest.mark.parametrize("where", ["desk", "phone", "open-sidebar", "open-panel", "form"])
async def test_tab_reaches_every_control_and_outlines_it(open_page, backend, where):
    """Of radio buttons with one name, Tab reaches one and the arrow keys the others."""
    backend.world["messages"] = {samples.GENERAL: samples.every_kind()}
    radio = samples.field(21, "reason", options=samples.choices("one", "two"))
    words = samples.text_input("words", style=2)
    form = samples.modal(samples.label("Reason", radio), samples.label("Words", words))
    backend.on("component", form)
    page = await open_page(width=1280 if where in {"desk", "form"} else 390)
    await expect(page.get_by_test_id("bot-state")).to_have_text("online")
    if where == "form":
        await page.get_by_role("button", name="Old", exact=True).dispatch_event("click")
        await expect(page.get_by_test_id("modal")).to_be_visible()
    elif where in DRAWERS:
        await page.get_by_test_id(where).focus()
        await page.keyboard.press("Enter")
    else:
        await page.evaluate("document.activeElement.blur()")
    count = await page.evaluate(NUMBER)
    missing = {str(number) for number in range(count)}
    for _ in range(count + 8):
        number, outlined = await page.evaluate(FOCUSED)
        assert number is None or outlined, number
        missing.discard(number)
        await page.keyboard.press("Tab")

    names = "numbers => numbers.map((each) => document.querySelector(`[data-number='${each}']`))"
    left = await page.evaluate(
        f"(numbers) => ({names})(numbers).map((each) => each.outerHTML.slice(0, 200))",
        sorted(missing),
    )
    assert [each for each in left if 'type="radio"' not in each] == []
    assert len(left) <= 1


async def test_drawers_on_a_phone_open_and_close_by_keyboard(open_page):
    page = await open_page(width=390)
    await expect(page.get_by_test_id("channels")).to_be_hidden()
    await page.get_by_test_id("open-sidebar").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("channel").first).to_be_focused()

    await page.keyboard.press("Escape")

    await expect(page.get_by_test_id("channels")).to_be_hidden()
    await expect(page.get_by_test_id("open-sidebar")).to_be_focused()
    for drawer in ("sidebar", "panel"):
        await page.get_by_test_id(f"open-{drawer}").press("Enter")
        await page.get_by_test_id(f"close-{drawer}").press("Enter")
        await expect(page.get_by_test_id(f"open-{drawer}")).to_be_focused()


async def test_the_theme_can_be_switched_and_is_kept(page):
    await page.get_by_role("button", name="Use the light theme").click()
    light = await page.evaluate("getComputedStyle(document.body).backgroundColor")

    await page.reload()

    await expect(page.get_by_role("button", name="Use the dark theme")).to_be_visible()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == light
    await page.evaluate("localStorage.clear()")
