"""Checks of the page as it is now: layout (layout.js) and accessibility (axe-core)."""

from importlib.resources import files
from pathlib import Path

from playwright.async_api import Page

FOLDER = Path(__file__).parent
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RUN_AXE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}"""


async def layout_faults(page: Page) -> list[str]:
    """Return what is cut, scrolls sideways, sticks out or overlaps."""
    await page.evaluate("document.fonts.ready")
    faults: list[str] = await page.evaluate(_script("layout.js"))
    return faults


async def audit(page: Page) -> list[str]:
    """Return what axe-core finds, by WCAG A and AA and its own best practices."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    violations: list[str] = await page.evaluate(RUN_AXE)
    return violations


def _script(name: str) -> str:
    return (FOLDER / name).read_text().strip().removesuffix(";")
