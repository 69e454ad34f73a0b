"""The page in a real Chromium, with a scripted server behind it."""

import copy
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from tests.browser import samples
from tests.browser.backend import Backend

Scheme = Literal["dark", "light"]


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[Backend]:
    """One address for all tests, so that the browser loads the page's modules once."""
    async with Backend().listening() as running:
        yield running


@pytest.fixture
def backend(server: Backend) -> Backend:
    server.reset(samples.world(), copy.deepcopy(samples.STATE))
    return server


class Screens:
    """One browser tab for each size and theme, shared by the tests."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._pages: dict[tuple[int, int, str], Page] = {}
        self._visits = 0
        self.complaints: list[str] = []

    async def page(self, width: int, height: int, scheme: Scheme) -> Page:
        size = (width, height, scheme)
        if size not in self._pages:
            self._pages[size] = await self._open(*size)
        return self._pages[size]

    async def _open(self, width: int, height: int, scheme: Scheme) -> Page:
        context = await self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            has_touch=width < 500,
            reduced_motion="reduce",
            timezone_id="UTC",
            locale="en-GB",
        )
        context.set_default_timeout(5000)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._record)
        return page

    def _record(self, line: ConsoleMessage) -> None:
        if line.type in {"error", "warning"}:
            self.complaints.append(line.text)

    async def visit(self, address: str, *size: Any) -> Page:
        """Load the page in the tab of that size; the other tabs leave the page."""
        page = await self.page(*size)
        for other in self._pages.values():
            if other is not page and other.url != "about:blank":
                await other.goto("about:blank")
        self._visits += 1
        before, mark, rest = address.partition("#")
        await page.goto(f"{before}?visit={self._visits}{mark}{rest}")  # else only the hash changes
        await page.wait_for_selector(
            "body:not(.starting)", timeout=20_000
        )  # of hundreds of messages
        return page

    def take_complaints(self) -> list[str]:
        """Return and clear the errors and warnings on the browser's console."""
        complaints, self.complaints = self.complaints, []
        return complaints


@pytest.fixture(scope="session")
def screens(chromium: Browser) -> Screens:
    return Screens(chromium)


@pytest.fixture
async def open_page(screens: Screens, backend: Backend) -> AsyncIterator[Callable]:
    """Opens the page; an error or warning on the browser's console fails the test."""

    async def open_it(
        *, address: str = "", width: int = 1280, height: int = 800, scheme: str = "dark"
    ) -> Page:
        return await screens.visit(address or backend.home, width, height, scheme)

    yield open_it
    assert screens.take_complaints() == []


@pytest.fixture
async def page(open_page: Callable) -> Page:
    return await open_page()


@pytest.fixture(scope="session")
async def modules(chromium: Browser, server: Backend) -> AsyncIterator[Page]:
    """A tab without the page, in which tests import single modules."""
    context = await chromium.new_context(timezone_id="UTC")
    page = await context.new_page()
    await page.goto(f"{server.url}blank")
    yield page
    await context.close()
