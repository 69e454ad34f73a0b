"""Takes README's pictures: a real bot in its sandbox, with a member and a moderator.

Needs Chromium. Run it by `make picture`.
"""

import asyncio
import io
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, async_playwright

from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Settings

FOLDER = Path(__file__).parent
ORDER = "/imagine prompt: a lighthouse in a storm images: 2"
PHONE_ORDER = "/imagine prompt: a sleepy fox in a snowy forest style: Watercolour"
LARGEST = 300_000  # bytes
DESKTOP = {"width": 1280, "height": 800}
TALL = {"width": 1000, "height": 1500}
PHONE = {"width": 390, "height": 780}


async def main() -> None:
    """Play the scenes and write their pictures."""
    vendor = Settings(queued_seconds=(1.0, 1.0), processing_seconds=(2.0, 2.0))
    async with SandboxEnvironment(vendor=vendor) as sandbox, async_playwright() as playwright:
        await sandbox.bot().start()
        await sandbox.ready()
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = await browser.new_page(viewport=DESKTOP, reduced_motion="reduce")
        await page.goto(sandbox.address)
        _write("card", await _card(page))
        _write("panel", await _panel(page))
        _write("phone", await _phone(page))
        await browser.close()


async def _card(page: Page) -> bytes:
    """Return a picture of a member's finished order."""
    await _become(page, "Noah")
    await _send(page, ORDER)
    await page.get_by_role("img", name="picture 2 of 2").wait_for(timeout=90_000)
    await _decoded(page.get_by_role("img", name="a lighthouse in a storm"))
    return await page.screenshot()


async def _panel(page: Page) -> bytes:
    """Return a picture of a moderator's panel."""
    await page.set_viewport_size(TALL)
    await _become(page, "Mira")
    await _send(page, "/limits show")
    panel = page.get_by_test_id("message").last
    await panel.get_by_text("Limits of this server").wait_for()
    return await panel.screenshot()


async def _phone(page: Page) -> bytes:
    """Return a picture of a phone with a card, in the dark theme."""
    await _become(page, "Noah")
    await page.get_by_role("button", name="pictures").click()
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size(PHONE)
    await _send(page, PHONE_ORDER)
    picture = page.get_by_role("img", name="a sleepy fox")
    await picture.first.wait_for(timeout=90_000)
    await _decoded(picture)
    await page.get_by_role("button", name="Again").scroll_into_view_if_needed()
    return await page.screenshot()


async def _become(page: Page, name: str) -> None:
    await page.get_by_test_id("user-switch").click()
    await page.get_by_role("menuitemradio", name=name).click()


async def _send(page: Page, text: str) -> None:
    composer = page.get_by_test_id("composer").first
    await composer.fill(text)
    await composer.press("Enter")


async def _decoded(pictures: Locator) -> None:
    await pictures.evaluate_all("all => Promise.all(all.map((picture) => picture.decode()))")


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
