"""Nothing is cut and nothing overlaps, at phone and desktop width, in dark and light theme."""

import copy

import pytest
from playwright.async_api import expect

from tests.browser import samples
from tests.browser.layout import audit, layout_faults
from tests.browser.samples import field, label, modal

pytestmark = pytest.mark.browser

PHONE, DESK = 390, 1280


@pytest.fixture(
    scope="module",
    params=[(DESK, "dark"), (DESK, "light"), (PHONE, "dark"), (PHONE, "light")],
    ids=lambda param: f"{param[0]}-{param[1]}",
)
async def screen(request, screens, server):
    """The page with one message of every kind, at one width and in one theme.

    The tests share it, and each leaves it as it was: with nothing open.
    """
    width, scheme = request.param
    server.reset(samples.world(general=samples.every_kind()), copy.deepcopy(samples.STATE))
    page = await screens.visit(server.home, width, 844 if width == PHONE else 800, scheme)
    page.narrow = width == PHONE
    yield page
    assert screens.take_complaints() == []


async def test_messages_of_every_kind(screen):
    size = screen.viewport_size
    await screen.set_viewport_size({**size, "height": 12_000})
    assert await layout_faults(screen) == []

    covers = ".block-cover, .spoiler:not(.open), .tile.covered"
    await screen.locator(covers).evaluate_all("covers => covers.forEach((cover) => cover.click())")
    await expect(screen.locator(covers)).to_have_count(0)
    assert await layout_faults(screen) == []
    await screen.set_viewport_size(size)


async def test_columns_and_drawers(screen):
    if screen.narrow:
        await screen.get_by_test_id("open-sidebar").click()
        await expect(screen.get_by_test_id("channels")).to_be_in_viewport()
        assert await layout_faults(screen) == []
        await screen.keyboard.press("Escape")
        await screen.get_by_test_id("open-panel").click()
    await expect(screen.get_by_test_id("bot-kill")).to_be_in_viewport()
    assert await layout_faults(screen) == []
    await screen.get_by_test_id("bot-log").scroll_into_view_if_needed()
    assert await layout_faults(screen) == []
    if screen.narrow:
        await screen.keyboard.press("Escape")


async def test_lists_menus_and_viewer_above_the_page(screen):
    composer = screen.get_by_test_id("composer")
    await composer.fill("/")
    assert await layout_faults(screen) == []
    await composer.fill("/imagine prompt: a boat images: 9 style: ")
    assert await layout_faults(screen) == []
    await composer.press("Enter")
    await composer.fill(f"/imagine prompt: {samples.LONG_WORD} {'and more ' * 30}")
    await composer.press("Enter")
    assert await layout_faults(screen) == []
    await composer.fill("")

    menu = screen.get_by_test_id("message-menu").last
    await menu.dispatch_event("click")
    assert await layout_faults(screen) == []
    await screen.keyboard.press("Escape")
    await screen.get_by_test_id("select").last.click()
    assert await layout_faults(screen) == []
    await screen.keyboard.press("Escape")
    await screen.get_by_test_id("picture").first.dispatch_event("click")
    assert await layout_faults(screen) == []
    await screen.keyboard.press("Escape")


async def test_a_form_with_everything_in_it(screen, server):
    long = {"label": "A label of quite some length, " * 3, "description": samples.LONG_WORD}
    options = [{**long, "value": "x"}, {"label": "Short", "value": "y"}]
    server.on(
        "component",
        modal(
            samples.text("Please tell us **why**, so that moderators can act."),
            label("Reason", field(21, "reason", options=options), "Moderators read it"),
            label("Parts", field(22, "parts", options=options)),
            label(
                "Kind", field(3, "kind", options=options, placeholder="Choose one of these here")
            ),
            label("Words", samples.text_input("words", style=2, min_length=3)),
        ),
    )
    await screen.get_by_role("button", name="Old", exact=True).click()
    await screen.get_by_test_id("modal-submit").click()
    await expect(screen.get_by_text("Choose one.").first).to_be_visible()

    assert await layout_faults(screen) == []
    await screen.get_by_test_id("modal-input").scroll_into_view_if_needed()
    assert await layout_faults(screen) == []
    await screen.get_by_test_id("modal-cancel").click()


async def test_an_empty_channel_and_a_lost_bot(screen, server):
    await screen.evaluate("document.querySelector('[data-channel-id=\"210003\"]').click()")
    await expect(screen.get_by_test_id("empty")).to_be_visible()
    await server.send({"type": "bot", "online": False})
    await server.send({"type": "error", "text": f"Not understood: {samples.LONG_WORD}"})
    await expect(screen.get_by_test_id("toast")).to_be_visible()

    assert await layout_faults(screen) == []


async def test_servers_without_the_bot_and_unread_mentions(screen, server):
    """A server and a direct channel without the bot, and mentions in both."""
    world = {**samples.world(), "you": samples.MIRA}
    world["guilds"][0]["has_bot"] = False
    world |= {
        "private": [{"id": "420001", "with": samples.NOAH}],
        "unread": {samples.SKETCHES: 2, samples.READING: 0, "420001": 107},
    }
    for installed in (True, False):
        await server.send({**world, "installed": installed})
        await screen.evaluate("document.querySelector('[data-channel-id=\"210001\"]').click()")
        await expect(screen.get_by_test_id("stranger")).to_be_visible()
        assert await layout_faults(screen) == []
        assert await audit(screen) == []
    if screen.narrow:
        await screen.get_by_test_id("open-sidebar").click()
    await expect(screen.get_by_test_id("calls")).to_have_text(["2", "107"])
    assert await layout_faults(screen) == []
    if screen.narrow:
        await screen.keyboard.press("Escape")


async def test_the_checker_sees_what_is_wrong(modules):
    """The checker reports each kind of fault: without this, an empty report proves nothing."""
    await modules.set_content(
        """<div style="width:60px;overflow:hidden;white-space:nowrap">cut by its own box</div>
        <div style="width:60px;overflow:auto;white-space:nowrap">goes on sideways for long</div>
        <button style="width:30px;white-space:nowrap;padding:0;margin-left:9em">sticks out</button>
        <p style="margin:0">first line here</p><p style="margin:-14px 0 0">second line here</p>
        <p style="position:fixed;z-index:2;top:0;left:0">a layer of its own</p>
        <p style="visibility:hidden;margin-top:-20px">hidden</p>"""
    )
    faults = await layout_faults(modules)

    assert {fault.split(":")[0] for fault in faults} == {"cut", "overlap", "sideways", "sticks"}
    assert sum(fault.startswith("overlap") for fault in faults) == 1
    assert not any("layer" in fault or "hidden”" in fault for fault in faults)
