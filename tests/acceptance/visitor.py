"""What tests do on the sandbox's page in a browser."""

from playwright.async_api import Locator, Page, ViewportSize

DESKTOP: ViewportSize = {"width": 1280, "height": 1600}


async def say(page: Page, text: str) -> None:
    """Type *text* into the composer, and send it."""
    composer = page.get_by_test_id("composer").first
    await composer.fill(text)
    await composer.press("Enter")


async def press(card: Locator, label: str) -> None:
    """Press a button of a message."""
    await card.get_by_role("button", name=label, exact=True).click()


def message(page: Page, text: str) -> Locator:
    """Return the messages that contain *text*."""
    return page.get_by_test_id("message").filter(has_text=text)
