"""Reports and history in a real Chromium, also after the bot was killed in between."""

import pytest
from playwright.async_api import expect

from tests.acceptance.driver import Store, restart
from tests.acceptance.visitor import message, press, say

pytestmark = pytest.mark.browser


@pytest.fixture(params=[False, True], ids=["alive", "killed in between"])
def between(request, sandbox):
    """Do nothing, or kill the bot and start it again."""

    async def between():
        if request.param:
            await restart(sandbox)

    return between


async def test_a_private_picture_is_posted_reported_and_answered(sandbox, page, mira, between):
    pictures = sandbox.world.channel("pictures", guild="Lighthouse Club")
    await (await mira.command("limits", "log", channel=pictures.id)).answer()
    await say(page, "/imagine prompt: a yellow boat private: True")
    private = message(page, "a yellow boat")
    await private.get_by_role("img", name="a yellow boat").wait_for()
    await private.get_by_text("Only you can see this").wait_for()
    await Store(sandbox).delivered("a yellow boat")

    await between()
    await press(private, "Post to the channel")
    await message(page, "Everybody in this channel can see them now").wait_for()
    public = message(page, "Posted by @Mira")
    await public.get_by_role("img", name="a yellow boat").wait_for()
    await expect(public.get_by_text("Only you can see this")).to_have_count(0)

    await between()
    await press(public, "Report")
    await message(page, "moderators").get_by_text("Only you can see this").wait_for()
    await page.get_by_role("button", name="pictures").first.click()
    notice = message(page, "Reported")
    await notice.wait_for()

    await between()
    await press(notice, "Delete")
    await notice.get_by_text("Deleted").wait_for()
    await page.get_by_role("button", name="general").first.click()
    await expect(page.get_by_role("img", name="a yellow boat")).to_have_count(0)


async def test_history_turns_its_pages(sandbox, page, mira, between):
    for number in range(6):
        sent = await mira.command("imagine", prompt=f"boat number {number}", steps=20)
        await sent.until(lambda found: found["attachments"])
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
        message(page, "Costs 1 image").get_by_role("img", name="boat number 0")
    ).to_have_count(2)
