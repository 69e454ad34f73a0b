"""Takes README's picture: a real bot, its sandbox, and a member who orders a lighthouse.

Needs Chromium. Run it by `make picture`.
"""

import asyncio
import io
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Settings

PICTURE = Path(__file__).with_name("imagine.png")
ORDER = "/imagine prompt: a lighthouse in a storm images: 2"
LARGEST = 500_000  # bytes


async def main() -> None:
    """Play the scene and write the picture."""
    vendor = Settings(queued_seconds=(1.0, 1.0), processing_seconds=(2.0, 2.0))
    async with SandboxEnvironment(vendor=vendor) as sandbox, async_playwright() as playwright:
        await sandbox.bot().start()
        await sandbox.ready()
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = await browser.new_page(
            viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
        )
        await page.goto(sandbox.address)
        composer = page.get_by_role("textbox").first
        await composer.fill(ORDER)
        await composer.press("Enter")
        await page.get_by_role("img", name="picture 2 of 2").wait_for(timeout=90_000)
        pictures = page.get_by_role("img", name="a lighthouse in a storm")
        await pictures.evaluate_all("all => Promise.all(all.map((one) => one.decode()))")
        shot = await page.screenshot()
        await browser.close()
    PICTURE.write_bytes(_small(shot))


def _small(shot: bytes) -> bytes:
    """Return the picture as it is, or with as many colours as fit."""
    for colours in (256, 128, 64):
        if len(shot) < LARGEST:
            break
        smaller = io.BytesIO()
        Image.open(io.BytesIO(shot)).convert("RGB").quantize(colours).save(
            smaller, "PNG", optimize=True
        )
        shot = smaller.getvalue()
    return shot


if __name__ == "__main__":
    asyncio.run(main())
