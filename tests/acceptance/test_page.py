"""The sandbox as a visitor uses it: its page in a real Chromium, with a real bot."""

import json
from functools import partial

import pytest
from playwright.async_api import expect

from sandbox.discord.limits import Limits
from tests.acceptance.driver import CLUB, Store, delivered, eventually, submitted
from tests.acceptance.visitor import DESKTOP, message, press, say
from tests.browser.layout import audit, layout_faults

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 1600}


@pytest.fixture
def start(start):
    return partial(start, BALANCE_PROBE_SECONDS="0.001")


async def looks_well(page):
    """Check layout and accessibility: phone and desktop, dark and light."""
    for viewport in (PHONE, DESKTOP):
        await page.set_viewport_size(viewport)
        for scheme in ("dark", "light"):
            await page.emulate_media(color_scheme=scheme)
            assert await layout_faults(page) == []
            assert await audit(page) == []


async def test_a_visitor_orders_two_pictures_and_sees_every_state(sandbox, page):
    sandbox.pixazo.hold_states()
    await say(page, "/imagine prompt: a lighthouse in a storm images: 2")
    card = page.get_by_test_id("message").last

    await card.get_by_text("Queued").wait_for()
    await looks_well(page)
    [accepted] = sandbox.pixazo.accepted
    sandbox.pixazo.move(accepted.request_id, "PROCESSING")
    await card.get_by_text("Processing").wait_for()
    await looks_well(page)
    sandbox.pixazo.move(accepted.request_id, "COMPLETED")
    await card.get_by_text("Completed").wait_for()

    pictures = card.get_by_role("img", name="a lighthouse in a storm")
    assert await pictures.count() == 2
    await looks_well(page)


ENDS = {
    "402": "credit is used up",
    "400": "rejected it",
    "500": "No reply yet",
    "FAILED": "Could not be drawn",
    "ERROR": "Nothing was charged",
    "429": "Waiting",  # last: the lane pauses
}


async def test_a_refused_key_is_told_in_words_that_fit_and_the_owner_looks_at_it(sandbox, page):
    """The visitor owns the application."""
    sandbox.pixazo.answer_next("401")

    await say(page, "/imagine prompt: " + "a lighthouse in a storm, " * 12)
    await page.get_by_test_id("message").last.get_by_text("accept the bot's key").wait_for()
    await looks_well(page)

    await say(page, "/imagine prompt: a cat")
    await (
        page.get_by_test_id("message")
        .last.get_by_text("Pictures can't be ordered right now")
        .wait_for()
    )
    await looks_well(page)

    await say(page, "/operator status")
    status = page.get_by_test_id("message").last
    await status.get_by_text("Processes").wait_for()
    await looks_well(page)
    await press(status, "Bars")
    await status.get_by_text("Nobody is barred.").wait_for()


async def test_every_end_is_told_in_words_that_fit_and_what_waits_is_cancelled(sandbox, page):
    for answer, text in ENDS.items():
        sandbox.pixazo.answer_next(answer, retry_after=60 if answer == "429" else None)

        await say(page, "/imagine prompt: " + "a lighthouse in a storm, " * 12)

        await page.get_by_test_id("message").last.get_by_text(text).wait_for()
        await looks_well(page)

    count = len(submitted(sandbox))
    await say(page, "/imagine prompt: a quiet cat")
    card = message(page, "a quiet cat")
    await card.get_by_text("in line").first.wait_for()
    await press(card, "Cancel")
    await card.get_by_text("Cancelled").first.wait_for()
    await reads(page, "Cancelled. Nothing was charged.")
    await looks_well(page)
    assert len(submitted(sandbox)) == count


async def test_a_moderator_changes_a_limit_by_a_form_and_sees_what_decides(sandbox, page):
    """By keyboard and buttons alone."""
    await say(page, "/limits words add phrase: bad wolf")
    await page.get_by_test_id("message").last.get_by_text("bad wolf").wait_for()
    await say(page, "/limits show")
    panel = page.get_by_test_id("message").last
    await panel.get_by_text("Limits of this server").wait_for()
    await looks_well(page)

    await panel.get_by_role("button", name="Edit").nth(2).click()
    form = page.get_by_test_id("modal")
    await form.get_by_label("Max. images per order").fill("2")
    await form.get_by_role("checkbox", name="Hide pictures behind a spoiler").check()
    await looks_well(page)
    await form.get_by_test_id("modal-submit").click()
    await panel.get_by_text("Max. images per order: no limit → 2").wait_for()
    await looks_well(page)
    await panel.get_by_role("button", name="Save").click()
    await panel.get_by_text("Saved").wait_for()

    await panel.get_by_role("button", name="Edit").nth(4).click()
    await form.get_by_label("Allowed even if").fill("big bad wolf\nbad wolfhound")
    await form.get_by_test_id("modal-submit").click()
    await panel.get_by_role("button", name="Discard").click()
    await panel.get_by_text("Nothing was changed.").wait_for()

    await say(page, "/limits words test prompt: a big bad wolf")
    await page.get_by_test_id("message").last.get_by_text("This would be refused").wait_for()
    await say(page, "/imagine prompt: a cat images: 3")
    await page.get_by_test_id("message").last.get_by_text("images at a time").wait_for()
    await say(page, "/limits block member: Noah reason: spam")
    await page.get_by_test_id("message").last.get_by_text("is blocked permanently").wait_for()
    await say(page, "/limits explain member: Noah")
    explained = page.get_by_test_id("message").last
    await explained.get_by_text("blocked by moderators, permanently").wait_for()
    await explained.get_by_text("25 other rules are fine.").wait_for()
    await looks_well(page)


EFFECTS = {
    "media_away": lambda call: call.status is None,
    "media_moved": lambda call: b"media_url" in call.answer,
    "output_late": lambda call: b"COMPLETED" in call.answer and b"media_url" not in call.answer,
    "bad_gateway": lambda call: call.status == 502,
    "key_refused": lambda call: call.status == 401,
}


@pytest.mark.parametrize("trouble", EFFECTS)
async def test_an_order_in_trouble_is_delivered_when_the_panel_ends_it(sandbox, page, trouble):
    sandbox.pixazo.hold_states()
    await say(page, "/imagine prompt: a boat")
    [accepted] = await sandbox.pixazo.wait_accepted()
    chip = page.get_by_test_id(f"trouble-{trouble}")
    await chip.click()
    await expect(chip).to_have_attribute("aria-pressed", "true")
    journal = sandbox.pixazo.media_journal if trouble == "media_away" else sandbox.pixazo.journal
    sandbox.pixazo.move(accepted.request_id, "COMPLETED")
    await eventually(lambda: any(map(EFFECTS[trouble], journal.exchanges)))
    await expect(card_of(page, "a boat")).to_have_count(0)

    await chip.click()

    await card_of(page, "a boat").wait_for()
    assert len(sandbox.pixazo.accepted) == 1


@pytest.fixture(params=[False, True], ids=["alive", "killed in between"])
def killed(request):
    return request.param


@pytest.fixture
def between(killed, page, sandbox):
    """Do nothing, or kill the bot and start it again, by the page's own panel."""

    async def between():
        if killed:
            await page.get_by_test_id("bot-kill").click()
            await page.get_by_test_id("bot-start").click()
            await sandbox.ready()
            await page.get_by_test_id("bot-state").get_by_text("online").wait_for()

    return between


def card_of(page, picture):
    """Return the message that shows *picture*."""
    return page.get_by_test_id("message").filter(has=page.get_by_role("img", name=picture))


async def reads(page, text):
    """Wait until *text* is in the channel, and not only in what is read out."""
    await page.get_by_test_id("messages").get_by_text(text).first.wait_for()


async def test_a_visitor_edits_repeats_and_deletes_pictures(sandbox, page, killed, between):
    """The buttons work after a restart of the bot too."""
    await say(page, "/imagine prompt: a grey cat")
    await card_of(page, "a grey cat").wait_for()
    await between()

    await press(card_of(page, "a grey cat"), "Edit prompt")
    form = page.get_by_test_id("modal")
    await expect(form.get_by_label("Prompt")).to_have_value("a grey cat")
    if not killed:
        await looks_well(page)
    await form.get_by_label("Prompt").fill("a red dog")
    await form.get_by_label("Steps").fill("33")
    await form.get_by_test_id("modal-submit").click()
    await card_of(page, "a red dog").wait_for()

    await press(card_of(page, "a red dog"), "Again")
    await expect(card_of(page, "a red dog")).to_have_count(2)

    await press(card_of(page, "a grey cat"), "Delete")
    await press(message(page, "Delete these pictures?"), "Delete for good")
    await reads(page, "Pictures deleted.")
    await expect(card_of(page, "a grey cat")).to_have_count(0)

    sent = [json.loads(one.body) for one in sandbox.pixazo.accepted]
    assert [(one["prompt"], one["num_inference_steps"]) for one in sent] == [
        ("a grey cat", 50),
        ("a red dog", 33),
        ("a red dog", 33),
    ]
    if not killed:
        await looks_well(page)


async def test_a_private_picture_is_posted_reported_and_answered(sandbox, page, mira, between):
    pictures = sandbox.world.channel("pictures", guild=CLUB)
    await (await mira.command("limits", "log", channel=pictures.id)).answer()
    await say(page, "/imagine prompt: a yellow boat private: True")
    private = message(page, "a yellow boat")
    await private.get_by_role("img", name="a yellow boat").wait_for()
    await private.get_by_text("Only you can see this").wait_for()
    await Store(sandbox).delivered("a yellow boat")

    await between()
    await press(private, "Post to the channel")
    await message(page, "Everyone in this channel can see them now").wait_for()
    public = message(page, "Posted by @Mira")
    await public.get_by_role("img", name="a yellow boat").wait_for()
    await expect(public.get_by_text("Only you can see this")).to_have_count(0)
    await expect(card_of(page, "a yellow boat")).to_have_count(1)

    await between()
    await press(public, "Report")
    form = page.get_by_test_id("modal")
    await form.get_by_role("button", name="What's wrong with it?").click()
    await page.get_by_role("option", name="Something else").click()
    await form.get_by_test_id("modal-submit").click()
    await (
        message(page, "The moderators have your report")
        .get_by_text("Only you can see this")
        .wait_for()
    )
    await page.get_by_role("button", name="pictures").first.click()
    notice = message(page, "reported a picture")
    await notice.wait_for()

    await between()
    await press(notice, "Delete")
    await press(message(page, "Delete these pictures?"), "Delete")
    await notice.get_by_text("Deleted", exact=True).wait_for()
    await page.get_by_role("button", name="general").first.click()
    await expect(page.get_by_role("img", name="a yellow boat")).to_have_count(0)


async def test_fifty_orders_by_a_script_are_all_shown_under_discords_limits(sandbox, page):
    assert sandbox.world.limits == Limits()
    prompts = [f"boat number {number:02}" for number in range(50)]

    for prompt in prompts:
        await say(page, f"/imagine prompt: {prompt}")

    for prompt in prompts:
        await card_of(page, prompt).wait_for(timeout=60_000)
    await expect(card_of(page, "boat number")).to_have_count(len(prompts))
    assert sorted(json.loads(one.body)["prompt"] for one in sandbox.pixazo.accepted) == prompts


async def test_the_panel_switches_how_discord_reaches_the_bot(sandbox, page):
    """The bot restarts with its database: the card's button repeats what was ordered before."""
    await say(page, "/imagine prompt: a grey cat")
    card, state = card_of(page, "a grey cat"), page.get_by_test_id("bot-state")
    await card.wait_for()
    for count, way in enumerate(("http", "gateway"), start=2):
        starts, posts = len(sandbox.world.starts.taken), len(sandbox.discord.endpoint.statuses)
        chosen = page.get_by_test_id(f"way-{way}")
        await chosen.click()
        await expect(chosen).to_have_attribute("aria-pressed", "true", timeout=30_000)
        await sandbox.ready()
        await expect(state).to_have_text("online")
        await press(card.first, "Again")
        await expect(card).to_have_count(count, timeout=15_000)
        assert (len(sandbox.world.starts.taken) == starts) == (way == "http")
        assert (len(sandbox.discord.endpoint.statuses) > posts) == (way == "http")
        await looks_well(page)


async def test_history_turns_its_pages(sandbox, page, mira, between):
    for number in range(6):
        sent = await mira.command("imagine", prompt=f"boat number {number}", steps=20)
        await sent.until(delivered(1))
    await Store(sandbox).delivered("boat number 5")
    await say(page, "/history")
    history = message(page, "Your orders")
    await history.get_by_text("page 1 of 2").wait_for()
    await history.get_by_role("img", name="boat number 5").wait_for()

    await between()
    await press(history, "Next page")
    await history.get_by_text("page 2 of 2").wait_for()
    await history.get_by_text("boat number 0").first.wait_for()

    await between()
    await history.get_by_role("button", name="Again: boat number 0").click()
    await expect(
        message(page, "Ordered by").get_by_role("img", name="boat number 0")
    ).to_have_count(2)
