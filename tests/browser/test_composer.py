"""Messages and commands, written by keyboard only."""

import pytest
from playwright.async_api import expect

from tests.browser import samples
from tests.browser.samples import GENERAL

pytestmark = pytest.mark.browser


KEYS = {"Enter", "Tab", "Escape", "ArrowDown", "ArrowUp", "Shift+Tab", "Shift+Enter"}


@pytest.fixture
async def keys(page):
    """Types texts and presses keys; the composer has the focus."""
    await page.get_by_test_id("composer").focus()

    async def press(*strokes: str) -> None:
        for stroke in strokes:
            await (page.keyboard.press if stroke in KEYS else page.keyboard.type)(stroke)

    return press


def sent(kind: int, name: str, value: object) -> samples.Frame:
    """An option as the page sends it."""
    return {"name": name, "type": kind, "value": value}


async def test_a_plain_message_is_posted(page, backend, keys):
    await keys("hello", "Shift+Enter", "world", "Enter")

    frame = await backend.frame("say")
    assert (frame["channel_id"], frame["content"]) == (GENERAL, "hello\nworld")
    await expect(page.get_by_test_id("composer")).to_have_value("")


async def test_a_whole_command_can_be_typed_as_text(backend, keys):
    await keys("/imagine prompt: a lighthouse in a storm images: 2", "Enter")

    frame = await backend.frame("command")
    assert (frame["guild_id"], frame["channel_id"], frame["command_id"]) == ("1", GENERAL, "500001")
    assert frame["options"] == [sent(3, "prompt", "a lighthouse in a storm"), sent(4, "images", 2)]


async def test_a_command_can_be_put_together_from_suggestions(page, backend, keys):
    await keys("/im", "Tab")
    await expect(page.get_by_test_id("composer")).to_have_value("/imagine prompt: ")

    await keys("a red boat sty", "Tab")
    await expect(page.get_by_test_id("suggestion")).to_have_text(["Watercolour", "Ink"])
    await keys("ArrowDown", "Enter")
    await expect(page.get_by_test_id("suggestion").first).to_contain_text("images")
    await keys("Tab", "3", "Enter")

    frame = await backend.frame("command")
    prompt = sent(3, "prompt", "a red boat")
    assert frame["options"] == [prompt, sent(4, "images", 3), sent(3, "style", "ink")]


async def test_arrow_down_lists_the_options_that_can_be_added(page, backend, keys):
    await keys("/imagine prompt: cat", "ArrowDown", "ArrowDown", "Enter", "2", "Enter")

    assert (await backend.frame("command"))["options"][1] == sent(10, "guidance", 2)


async def test_required_options_come_first_and_say_what_they_take(page, keys):
    await keys("/imagine ")

    assert await page.get_by_test_id("pill").evaluate_all(
        "pills => pills.map((pill) => pill.dataset.option)"
    ) == ["prompt", "images", "guidance", "private", "style"]
    await keys("prompt: cat images: ")
    await expect(page.get_by_test_id("hint")).to_have_text(
        "images How many (whole number, 1 to 4, optional)"
    )


async def test_pills_add_options_by_keyboard(page, backend, keys):
    await keys("/imagine prompt: cat", "Shift+Tab")
    pill = page.get_by_role("button", name="style, optional")
    await expect(pill).to_be_focused()

    await page.keyboard.press("Enter")

    await expect(page.get_by_test_id("composer")).to_be_focused()
    await expect(page.get_by_test_id("composer")).to_have_value("/imagine prompt: cat style: ")


async def test_an_incomplete_command_is_reported_and_not_sent(page, backend, keys):
    await keys("/imagine", "Escape", "Enter")

    await expect(page.get_by_test_id("problem")).to_have_text("prompt is required.")
    await expect(page.get_by_test_id("composer")).to_have_value("/imagine prompt: ")
    await keys("cat images: 9", "Enter")
    await expect(page.get_by_test_id("problem")).to_have_text("images must be at most 4 (1 to 4).")
    assert backend.frames == []


async def test_an_unknown_command_is_not_posted_as_a_message(page, backend, keys):
    await keys("/imagin prompt: cat", "Enter")

    problem = page.get_by_test_id("problem")
    await expect(problem).to_contain_text("There is no command /imagin here.")
    assert backend.frames == []


async def test_the_bot_is_asked_for_suggestions(page, backend, keys):
    choices = [{"name": "Boat, today", "value": "boat"}, {"name": "cat", "value": "cat"}]
    backend.on("autocomplete", {"type": "choices", "choices": choices})
    await keys("/history search: bo")

    asked = {**sent(3, "search", "bo"), "focused": True}
    while (await backend.frame("autocomplete"))["options"] != [asked]:
        pass  # what is asked for slow typing comes first
    await expect(page.get_by_test_id("suggestion")).to_have_text(["Boat, today", "cat"])
    await keys("Tab")
    await expect(page.get_by_test_id("composer")).to_have_value("/history search: Boat, today ")
    await keys("Enter")
    assert (await backend.frame("command"))["options"] == [sent(3, "search", "boat")]


@pytest.mark.parametrize(
    ("typed", "list_", "taken"),
    [
        ("/hist", "/history", "/history "),
        (
            "/imagine prompt: fox style: wat",
            "Watercolour",
            "/imagine prompt: fox style: Watercolour ",
        ),
        ("/imagine prompt: fox private: t", "True", "/imagine prompt: fox private: True "),
        ("/limits block member: no", "@Noah", "/limits block member: @Noah "),
        ("/history search: bo", "Boat, today", "/history search: Boat, today "),
    ],
)
async def test_enter_takes_the_highlighted_suggestion_and_then_sends(
    page, backend, keys, typed, list_, taken
):
    choices = [{"name": "Boat, today", "value": "boat"}, {"name": "Bow", "value": "bow"}]
    backend.on("autocomplete", {"type": "choices", "choices": choices})
    await keys(typed)
    highlighted = page.get_by_test_id("suggestion").and_(page.locator("[aria-selected=true]"))
    await expect(highlighted).to_contain_text(list_)

    await keys("Enter")

    await expect(page.get_by_test_id("composer")).to_have_value(taken)
    assert [frame["type"] for frame in backend.frames if frame["type"] == "command"] == []
    await keys("Enter")
    assert await backend.frame("command")


async def test_enter_waits_for_suggestions_that_are_on_their_way(page, backend, keys):
    """However fast it is typed, the same comes of it; Escape sends what is typed."""
    choices = [{"name": "Boat, today", "value": "boat"}]
    backend.on("autocomplete", {"type": "choices", "choices": choices})
    composer = page.get_by_test_id("composer")

    await keys("/history search: bo", "Enter")

    await expect(composer).to_have_value("/history search: Boat, today ")
    assert [frame["type"] for frame in backend.frames if frame["type"] == "command"] == []
    await composer.fill("")
    await keys("/history search: bo", "Escape", "Enter")
    assert (await backend.frame("command"))["options"] == [sent(3, "search", "bo")]
    backend.on("autocomplete", {"type": "choices", "choices": []})
    await keys("/history search: zebra", "Enter")
    assert (await backend.frame("command", count=2))["options"] == [sent(3, "search", "zebra")]


@pytest.mark.parametrize(
    "line", ["/usage", "/imagine prompt: fox style: INK", "/history search: bow"]
)
async def test_enter_sends_what_is_typed_out(page, backend, keys, line):
    choices = [{"name": "Bow", "value": "the value"}]
    backend.on("autocomplete", {"type": "choices", "choices": choices})
    await keys(line)
    if "@" not in line:
        await expect(page.get_by_test_id("suggestion").first).to_be_visible()

    await keys("Enter")

    options = (await backend.frame("command"))["options"]
    last = [each.get("value") or each["options"][0]["value"] for each in options][-1:]
    assert last in ([], ["ink"], ["the value"], [samples.ADA])
    await expect(page.get_by_test_id("composer")).to_have_value("")


async def test_tab_goes_on_to_the_next_option_and_then_leaves(page, backend, keys):
    """Options that stay empty are taken out again, and no key ends up in a message."""
    await keys("/imagine prompt: fox", "Tab")
    composer = page.get_by_test_id("composer")
    await expect(composer).to_have_value("/imagine prompt: fox images: ")
    await keys("4", "Tab")
    await expect(composer).to_have_value("/imagine prompt: fox images: 4 guidance: ")
    await keys("Tab")
    await expect(composer).to_have_value("/imagine prompt: fox images: 4 private: ")
    await expect(page.get_by_test_id("suggestion").first).to_have_text("True")
    await keys("Tab", "Tab")
    await expect(composer).to_have_value("/imagine prompt: fox images: 4 private: True guidance: ")
    await expect(composer).to_be_focused()
    await keys("3", "Tab", "Tab", "Enter")

    sent_options = [sent(3, "prompt", "fox"), sent(4, "images", 4), sent(10, "guidance", 3)]
    sent_options += [sent(5, "private", True), sent(3, "style", "water")]
    assert (await backend.frame("command"))["options"] == sent_options
    assert [frame["type"] for frame in backend.frames] == ["command"]
    await keys("/usage", "Escape", "Tab")
    await expect(page.get_by_test_id("send")).to_be_focused()


async def test_the_most_used_command_is_the_first(page, backend, keys):
    await page.evaluate("localStorage.clear()")
    await page.reload()
    await page.get_by_test_id("composer").focus()
    await keys("/")
    names = page.get_by_test_id("suggestion").locator(".option-label")
    first = ["/imagine", "/usage", "/history", "/limits show", "/limits block", "/limits tier add"]
    await expect(names).to_have_text(first)
    for _ in range(2):
        await page.get_by_test_id("composer").fill("")
        await keys("/limits show", "Enter")
    await keys("/history", "Escape", "Enter")

    await page.reload()
    await page.get_by_test_id("composer").focus()
    await keys("/")

    first = ["/limits show", "/history", "/imagine", "/usage", "/limits block", "/limits tier add"]
    await expect(names).to_have_text(first)
    await page.evaluate("localStorage.clear()")


async def test_a_bot_that_does_not_answer_is_reported(page, backend, keys):
    backend.on("command", {"type": "failed", "text": "The application did not respond"})
    await keys("/usage", "Enter")

    await expect(page.get_by_test_id("failure")).to_have_text("The application did not respond")
    await backend.send({**backend.world, "you": samples.MIRA})  # the bot is back, with its commands
    await expect(page.get_by_test_id("failure")).to_be_visible()
    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_test_id("pending")).to_have_count(0)


async def test_a_command_is_pending_until_it_is_acknowledged(page, backend, keys):
    backend.on("command", None)
    await keys("/usage", "Enter")
    await expect(page.get_by_test_id("pending")).to_have_text("Sending usage…")

    frame = await backend.frame("command")
    await backend.send({"type": "acknowledged", "nonce": frame["nonce"]})

    await expect(page.get_by_test_id("pending")).to_have_count(0)


async def test_moderators_commands_have_subcommands(page, backend, keys):
    await keys("/limits b", "Tab")
    await expect(page.get_by_test_id("suggestion")).to_have_count(4)  # three members and the bot
    await keys("no", "Tab", "Enter")

    (block,) = (await backend.frame("command"))["options"]
    assert block == {"name": "block", "type": 1, "options": [sent(6, "member", samples.NOAH)]}


async def test_arrow_up_restores_the_last_message(page, backend, keys):
    await keys("hello", "Enter")
    await keys("ArrowUp")

    await expect(page.get_by_test_id("composer")).to_have_value("hello")


async def test_escape_only_closes_the_suggestions(page, keys):
    await keys("/us", "Escape")

    await expect(page.get_by_test_id("suggestions")).to_be_hidden()
    await expect(page.get_by_test_id("composer")).to_have_value("/us")


async def test_the_menu_of_a_message_opens_by_keyboard(page, backend, keys):
    await backend.post(samples.message(samples.NOAH, "a boat"))
    await expect(page.get_by_test_id("message")).to_be_visible()
    await page.get_by_test_id("message-menu").focus()

    await keys("Enter", "ArrowDown")
    await expect(page.get_by_role("menuitem", name="Copy text")).to_be_focused()
    await keys("Escape")
    await expect(page.get_by_test_id("message-menu")).to_be_focused()
    await keys("Enter", "Enter")

    assert (await backend.frame("message_command"))["command_id"] == "500006"
