"""Takes the pictures of README and docs: a real bot in its sandbox, with members and a moderator.

Needs Chromium. Run it by `make picture`.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright

from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Settings

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
ORDER = "/imagine prompt: a sleepy fox in a snowy forest style: Watercolour"
LARGEST = 150_000  # bytes
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
TALL: ViewportSize = {"width": 1000, "height": 1500}
PHONE: ViewportSize = {"width": 390, "height": 780}


async def main() -> None:
    """Play the scenes and write their pictures."""
    vendor = Settings(queued_seconds=(1.0, 1.0), processing_seconds=(2.0, 2.0))
    async with SandboxEnvironment(vendor=vendor) as sandbox, chromium() as browser:
        await sandbox.bot().start()
        await sandbox.ready()
        page = await browser.new_page(viewport=DESKTOP, reduced_motion="reduce")
        await page.goto(sandbox.address)
        _write("panel", await _panel(page))
        _write("phone", await _phone(page))


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


async def send(page: Page, text: str) -> None:
    """Send a message or a command."""
    composer = page.get_by_test_id("composer").first
    await composer.fill(text)
    await composer.press("Enter")


async def decoded(pictures: Locator) -> None:
    """Wait until pictures can be painted."""
    await pictures.evaluate_all("all => Promise.all(all.map((picture) => picture.decode()))")


async def _panel(page: Page) -> bytes:
    """Return a picture of a moderator's panel."""
    await page.set_viewport_size(TALL)
    await become(page, "Mira")
    await send(page, "/limits show")
    panel = page.get_by_test_id("message").last
    await panel.get_by_text("Limits of this server").wait_for()
    return await panel.screenshot()


async def _phone(page: Page) -> bytes:
    """Return a picture of a phone with a card, in the dark theme."""
    await become(page, "Noah")
    await page.get_by_role("button", name="pictures").click()
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size(PHONE)
    await send(page, ORDER)
    picture = page.get_by_role("img", name="a sleepy fox")
    await picture.first.wait_for(timeout=90_000)
    await decoded(picture)
    await page.get_by_role("button", name="Again").scroll_into_view_if_needed()
    return await page.screenshot()


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
