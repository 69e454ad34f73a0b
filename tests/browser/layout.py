"""What is wrong with a page as it stands: how it looks (layout.js), and how it reads (audit.js)."""

from pathlib import Path

from playwright.async_api import Page

FOLDER = Path(__file__).parent


async def layout_faults(page: Page) -> list[str]:
    """What is cut, scrolls sideways, sticks out or overlaps; empty when all is well."""
    await page.evaluate("document.fonts.ready")
    faults: list[str] = await page.evaluate(_script("layout.js"))
    return faults


async def audit(page: Page) -> dict[str, list[str]]:
    """Controls without a name, broken references, faint text; all empty when all is well."""
    faults: dict[str, list[str]] = await page.evaluate(_script("audit.js"))
    return faults


def _script(name: str) -> str:
    return (FOLDER / name).read_text().strip().removesuffix(";")
