"""Checks of the page as it is now: layout (layout.js) and accessibility (audit.js)."""

from pathlib import Path

from playwright.async_api import Page

FOLDER = Path(__file__).parent


async def layout_faults(page: Page) -> list[str]:
    """Return what is cut, scrolls sideways, sticks out or overlaps."""
    await page.evaluate("document.fonts.ready")
    faults: list[str] = await page.evaluate(_script("layout.js"))
    return faults


async def audit(page: Page) -> dict[str, list[str]]:
    """Return controls without a name, broken references and faint texts."""
    faults: dict[str, list[str]] = await page.evaluate(_script("audit.js"))
    return faults


def _script(name: str) -> str:
    return (FOLDER / name).read_text().strip().removesuffix(";")
