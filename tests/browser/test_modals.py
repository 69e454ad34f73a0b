"""Modals that the bot opens."""

import pytest
from playwright.async_api import expect

from tests.browser import samples
from tests.browser.samples import field, label, modal, row, text_input

pytestmark = pytest.mark.browser

VALUES = ("harmful", "stolen", "other")


@pytest.fixture
async def open_modal(page, backend):
    """Opens a modal of these components, by a button and the keyboard."""
    await backend.post(samples.card_message(row(samples.button("Edit"))))

    async def run(*components):
        backend.on("component", modal(*components))
        await page.get_by_role("button", name="Edit").focus()
        await page.keyboard.press("Enter")
        shown = page.get_by_test_id("modal")
        await expect(shown).to_be_visible()
        return shown

    return run


async def test_a_form_is_filled_and_sent_by_keyboard(page, backend, open_modal):
    await open_modal(
        row(text_input("prompt", style=2, label="Prompt", value="a boat", min_length=3)),
        row(text_input("images", label="Images", required=False)),
    )

    await page.keyboard.press("End")
    await page.keyboard.type(" at dawn")
    await page.keyboard.press("Tab")
    await page.keyboard.type("2")
    await page.keyboard.press("Enter")

    frame = await backend.frame("modal_submit")
    assert (frame["interaction_id"], frame["custom_id"]) == ("77", "form")
    assert [part["components"][0] for part in frame["components"]] == [
        {"type": 4, "id": 21, "custom_id": "prompt", "value": "a boat at dawn"},
        {"type": 4, "id": 21, "custom_id": "images", "value": "2"},
    ]
    await expect(page.get_by_test_id("modal")).to_have_count(0)
    await expect(page.get_by_role("button", name="Edit")).to_be_focused()


async def test_every_field_sends_what_discord_sends(page, backend, open_modal):
    await open_modal(
        samples.text("Tell us **why**."),
        label("Reason", field(21, "reason", *VALUES), "Moderators read it"),
        label("Parts", field(22, "parts", *VALUES, max_values=2)),
        label("Tell me", field(23, "tell")),
        label("Kind", field(3, "kind", *VALUES, min_values=1, max_values=2)),
        label("Who", field(5, "who", required=False)),
        label("Words", text_input("words", required=False)),
    )
    await page.get_by_role("radio", name="Stolen").check()
    await page.get_by_role("checkbox", name="Harmful").check()
    await page.get_by_role("checkbox", name="Other").check()
    await page.get_by_role("checkbox", name="Tell me").check()
    await page.get_by_role("button", name="Kind").click()
    await page.get_by_role("option", name="Stolen").click()
    await page.keyboard.press("Escape")
    await page.get_by_test_id("modal-submit").click()

    frame = await backend.frame("modal_submit")
    assert [part.get("component", {}) for part in frame["components"]] == [
        {},
        {"type": 21, "custom_id": "reason", "value": "stolen"},
        {"type": 22, "custom_id": "parts", "values": ["harmful", "other"]},
        {"type": 23, "custom_id": "tell", "value": True},
        {"type": 3, "custom_id": "kind", "values": ["stolen"]},
        {"type": 5, "custom_id": "who", "values": []},
        {"type": 4, "id": 21, "custom_id": "words", "value": ""},
    ]


async def test_a_problem_is_shown_at_its_field(page, backend, open_modal):
    form = await open_modal(
        label("Prompt", text_input("prompt", min_length=5)),
        label("Parts", field(22, "parts", "a", "b", "c", min_values=2)),
    )
    await page.keyboard.type("cat")
    await page.keyboard.press("Enter")

    await expect(form.get_by_role("alert").filter(visible=True)).to_have_text(
        ["At least 5 characters, please.", "Choose at least 2."]
    )
    await expect(form.get_by_test_id("modal-input")).to_be_focused()
    await expect(form.get_by_test_id("modal-input")).to_have_attribute("aria-invalid", "true")
    assert [frame["type"] for frame in backend.frames] == ["component"]


async def test_a_refused_form_keeps_what_was_typed(page, backend, open_modal):
    backend.on("modal_submit", {"type": "failed", "text": "The application did not respond"})
    form = await open_modal(label("Prompt", text_input("prompt")))
    await page.keyboard.type("cat")
    await page.keyboard.press("Enter")

    failure = page.get_by_test_id("modal-failure")
    await expect(failure).to_have_text("The application did not respond")
    await expect(form.get_by_test_id("modal-input")).to_have_value("cat")


async def test_escape_cancels_and_the_focus_never_leaves(page, backend, open_modal):
    form = await open_modal(label("Prompt", text_input("prompt")))
    for _ in range(9):
        await page.keyboard.press("Tab")
        assert await form.evaluate("form => form.contains(document.activeElement)")

    await page.keyboard.press("Escape")

    await expect(form).to_have_count(0)
    await expect(page.get_by_role("button", name="Edit")).to_be_focused()
    assert [frame["type"] for frame in backend.frames] == ["component"]


async def test_escape_in_a_list_leaves_the_form_open(page, open_modal):
    form = await open_modal(label("Kind", field(3, "kind", "a", "b")))
    await page.keyboard.press("Enter")
    options = page.get_by_role("listbox", name="Kind")
    await expect(options.get_by_role("option").first).to_be_focused()

    await page.keyboard.press("Escape")

    await expect(options).to_have_count(0)
    await expect(form).to_be_visible()
