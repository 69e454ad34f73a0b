"""Takes the pictures of README and docs: a real bot in its sandbox, with members and a moderator.

Needs Chromium. Run it by `make picture`.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright, expect

from sandbox.discord.enums import Permission
from sandbox.discord.sample import new_guild
from sandbox.discord.world import World
from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Settings

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
ORDER = "/imagine prompt: a sleepy fox in a snowy forest style: Watercolour"
REPORTED = "/imagine prompt: a portrait of my neighbour as a pirate"
SET_UP = (
    "/limits log channel: #mods",
    "/limits channels add: #pictures",
    "/limits words add phrase: blood*, gore",
    "/limits tier role: @Patrons member_per_day: 50",
)
LARGEST = 150_000  # bytes
TALL: ViewportSize = {"width": 1000, "height": 1500}
PHONE: ViewportSize = {"width": 390, "height": 844}


async def main() -> None:
    """Play the scenes and write their pictures."""
    vendor = Settings(queued_seconds=(1.0, 1.0), processing_seconds=(2.0, 2.0))
    async with SandboxEnvironment(vendor=vendor) as sandbox, chromium() as browser:
        _add_log_channel(sandbox.world)
        await sandbox.bot().start()
        await sandbox.ready()
        phone = await browser.new_page(
            viewport=PHONE, color_scheme="dark", is_mobile=True, has_touch=True
        )
        await phone.goto(sandbox.address)
        _write("phone", await _phone(phone))
        page = await browser.new_page(viewport=TALL, reduced_motion="reduce")
        await page.goto(sandbox.address)
        await _set_up(page)
        _write("report", await _log_entry(page))
        _write("panel", await _panel(page))
        _write("welcome", await _welcome(page, sandbox.world))


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run the browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium")
        yield browser
        await browser.close()


async def become(page: Page, name: str) -> None:
    """Choose who the page's user is."""
    await page.get_by_test_id("user-switch").click()
    await page.get_by_role("menuitemradio", name=name).click()


async def open_channel(page: Page, name: str) -> None:
    """Open a channel, by its name."""
    await page.get_by_test_id("channel").filter(has_text=name).first.click()


async def send(page: Page, text: str) -> None:
    """Send a message or a command."""
    composer = page.get_by_test_id("composer").first
    await composer.fill(text)
    await composer.press("Enter")


async def decoded(pictures: Locator) -> None:
    """Wait until pictures can be painted."""
    await pictures.evaluate_all("all => Promise.all(all.map((picture) => picture.decode()))")


async def _phone(page: Page) -> bytes:
    """Return a picture of a phone with a card, in the dark theme."""
    await page.get_by_test_id("open-sidebar").click()
    await become(page, "Noah")
    await page.get_by_test_id("open-sidebar").click()
    await open_channel(page, "pictures")
    await send(page, ORDER)
    picture = page.get_by_role("img", name="a sleepy fox")
    await picture.wait_for(timeout=90_000)
    await decoded(picture)
    return await page.screenshot()


def _add_log_channel(world: World) -> None:
    """Add a channel that moderators and the bot alone can see."""
    seen = Permission.VIEW_CHANNEL
    world.add_channel(world.guild("Lighthouse Club"), "mods", hidden=True, granted=seen)


async def _set_up(page: Page) -> None:
    """Set up a server as a moderator does."""
    await become(page, "Mira")
    for number, command in enumerate(SET_UP, start=1):
        await send(page, command)
        await expect(page.get_by_test_id("message")).to_have_count(number)


async def _panel(page: Page) -> bytes:
    """Return a picture of a moderator's panel."""
    await open_channel(page, "general")
    await send(page, "/limits show")
    panel = page.get_by_test_id("message").last
    await panel.get_by_text("Limits of this server").wait_for()
    return await _still(page, panel)


async def _log_entry(page: Page) -> bytes:
    """Return a picture of a log channel with a report."""
    await become(page, "Sam")
    await open_channel(page, "pictures")
    await send(page, REPORTED)
    await page.get_by_role("img", name="a portrait").wait_for(timeout=90_000)
    await become(page, "Noah")
    await page.get_by_role("button", name="Report").last.click()
    form = page.get_by_test_id("modal")
    await form.get_by_test_id("select").click()
    await page.get_by_role("option", name="It shows a real person").click()
    await form.get_by_label("Anything to add?").fill("She did not agree to this.")
    await form.get_by_test_id("modal-submit").click()
    await form.wait_for(state="detached")
    await become(page, "Mira")
    await open_channel(page, "mods")
    await page.get_by_test_id("message").get_by_text("Spoiler", exact=True).wait_for()
    await expect(page.locator(".tile.loading")).to_have_count(0)
    return await _still(page, page.get_by_test_id("messages"))


async def _welcome(page: Page, world: World) -> bytes:
    """Return a picture of what a new server's moderators read first."""
    await become(page, "Mira")
    new_guild(world)
    await open_channel(page, "welcome")
    await page.get_by_role("button", name="Log channel").click()
    await page.get_by_role("heading", name="First steps").wait_for()
    return await _still(page, page.get_by_test_id("messages"))


async def _still(page: Page, seen: Locator) -> bytes:
    """Return a picture in which nothing is pointed at."""
    await page.mouse.move(0, 0)
    await page.get_by_test_id("composer").first.focus()
    return await seen.screenshot()


def _write(name: str, shot: bytes) -> None:
    """Write a picture as it is, or with as many colours as fit."""
    for colours in (256, 128, 64):
        if len(shot) < LARGEST:
            break
        smaller = io.BytesIO()
        Image.open(io.BytesIO(shot)).convert("RGB").quantize(colours).save(
            smaller, "PNG", optimize=True
        )
        shot = smaller.getvalue()
    (FOLDER / f"{name}.png").write_bytes(shot)


if __name__ == "__main__":
    asyncio.run(main())
