"""Takes README's film: an order, a bot that is killed in the middle of it, and its delivery.

Needs Chromium. Run it by `make film`. Page, bot and stand-ins are real; the pointer and the line
of captions are drawn into the page.
"""

import asyncio
import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.async_api import FloatRect, Locator, Page, ViewportSize

from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Pixazo
from tools.pictures import FOLDER, become, chromium, decoded, send

FILE = FOLDER / "film.webp"
VIEWPORT: ViewportSize = {"width": 1180, "height": 690}
CLIP: FloatRect = {"x": 256, "y": 0, "width": 924, "height": 690}  # without the list of channels
WIDTH = 840  # pixels
OVERSAMPLING = 2  # of the screenshots: small letters stay smooth
FRAME = 1 / 5  # seconds
RED = "#a3211e"
ASIDE = (1120, 50)  # where the pointer hides nothing

# The pointer follows the mouse. Styles are set one by one: the page's policy allows no other.
STAGE = """() => {
  const fixed = { position: "fixed", zIndex: 99, pointerEvents: "none" };
  const put = (style) => {
    const element = document.createElement("div");
    Object.assign(element.style, fixed, style);
    element.setAttribute("aria-hidden", "true");
    document.body.append(element);
    return element;
  };
  document.body.style.height = "calc(100% - 48px)";
  const caption = put({ inset: "auto 0 0 256px", height: "48px", color: "#fff",
    font: "600 17px/48px var(--font)", textAlign: "center" });
  window.caption = ([text, color]) => {
    caption.textContent = text;
    caption.style.background = color;
  };
  const ring = put({ width: "44px", height: "44px", borderRadius: "50%",
    border: "4px solid #e9a52c", visibility: "hidden" });
  const pointer = put({ width: "24px", height: "24px", left: "-50px" });
  pointer.innerHTML = `<svg viewBox="0 0 24 24"><path d="M3 2l7 18 2.6-7.4L20 10z"
    fill="#10202c" stroke="#fff" stroke-width="1.6" stroke-linejoin="round"/></svg>`;
  document.addEventListener("mousemove", ({ clientX: x, clientY: y }) => {
    Object.assign(pointer.style, { left: `${x - 3}px`, top: `${y - 2}px` });
    Object.assign(ring.style, { left: `${x - 22}px`, top: `${y - 22}px` });
  });
  document.addEventListener("mousedown", () => { ring.style.visibility = "visible"; });
  document.addEventListener("mouseup", () => { ring.style.visibility = "hidden"; });
}"""


@dataclass
class Film:
    """Records a page: frames that look alike become one that is shown for longer."""

    page: Page
    shots: list[bytes] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)  # milliseconds

    async def shoot(self, seconds: float = FRAME) -> None:
        """Add a frame that is shown for *seconds*; none while a picture is loading."""
        clock = asyncio.get_running_loop()
        until = clock.time() + seconds
        shot = await self.page.screenshot(clip=CLIP)
        if not await self.page.locator(".tile.loading").count():
            if self.shots[-1:] != [shot]:
                self.shots.append(shot)
                self.durations.append(0)
            self.durations[-1] += round(seconds * 1000)
        await asyncio.sleep(max(0, until - clock.time()))

    async def roll(self, seconds: float) -> None:
        """Record for *seconds*."""
        for _ in range(round(seconds / FRAME)):
            await self.shoot()

    async def until(self, seen: Locator) -> None:
        """Record until *seen* is there, at double speed."""
        while not await seen.is_visible():
            await self.shoot(FRAME / 2)

    async def caption(self, text: str, colour: str = "#0b1218") -> None:
        """Change the caption, and the colour behind it."""
        await self.page.evaluate("caption => window.caption(caption)", [text, colour])

    async def type(self, text: str) -> None:
        """Type *text*, two letters a frame."""
        for start in range(0, len(text), 2):
            await self.page.keyboard.type(text[start : start + 2])
            await self.shoot(0.09)

    async def key(self, name: str) -> None:
        """Press a key."""
        await self.page.keyboard.press(name)
        await self.shoot(0.4)

    async def click(self, button: Locator) -> None:
        """Move the pointer to *button*, and click."""
        box = await button.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.75  # beside its label
        for step in range(5, -1, -1):  # ever slower, from below
            await self.page.mouse.move(x - 9 * step**2, y + 12 * step**2)
            await self.shoot(0.07)
        await self.shoot(0.3)
        await self.page.mouse.down()
        await self.shoot(0.25)
        await self.page.mouse.up()

    def save(self, file: Path) -> None:
        """Write an animated WebP that loops."""
        first, *others = (_frame(shot) for shot in self.shots)
        first.save(
            file,
            save_all=True,
            append_images=others,
            duration=self.durations,
            loop=0,
            lossless=True,
            method=6,
            minimize_size=True,
        )


def _frame(shot: bytes) -> Image.Image:
    whole = Image.open(io.BytesIO(shot)).convert("RGB")
    size = (WIDTH, round(whole.height * WIDTH / whole.width))
    return whole.resize(size, Image.Resampling.LANCZOS)


async def main() -> None:
    """Play the scenes and write the film."""
    async with SandboxEnvironment() as sandbox, chromium() as browser:
        await sandbox.bot().start()
        await sandbox.ready()
        page = await browser.new_page(
            viewport=VIEWPORT, device_scale_factor=OVERSAMPLING, reduced_motion="reduce"
        )
        await page.goto(sandbox.address)
        sandbox.pixazo.hold_states()
        await _chat(page)
        await page.evaluate(STAGE)
        film = Film(page)
        await _order(film, sandbox.pixazo)
        await _kill(film, sandbox.pixazo)
        await _deliver(film)
    film.save(FILE)


async def _chat(page: Page) -> None:
    """Let members talk before the film begins."""
    for name, text in (
        ("Sam", "The club's newsletter goes out tonight, and the cover is still empty."),
        ("Noah", "Give me half a minute."),
    ):
        await become(page, name)
        await send(page, text)
        await page.get_by_test_id("message").get_by_text(text).wait_for()


async def _order(film: Film, vendor: Pixazo) -> None:
    """Order two pictures, by suggestions as in Discord, and have them drawn."""
    await film.caption("A member orders two pictures")
    await film.page.get_by_test_id("composer").first.focus()
    await film.roll(1)
    await film.type("/im")
    await film.shoot(0.4)
    await film.key("Tab")
    await film.type("a lighthouse in a storm")
    await film.key("Tab")
    await film.type("2")
    await film.shoot(0.5)
    await film.key("Enter")
    card = film.page.get_by_test_id("message").last
    await film.until(card.get_by_text("Queued"))
    await film.roll(1.2)
    [accepted] = await vendor.wait_accepted()
    vendor.move(accepted.request_id, "PROCESSING")
    await film.caption("The image service draws them")
    await film.until(card.get_by_text("Processing"))
    await film.roll(1.2)


async def _kill(film: Film, vendor: Pixazo) -> None:
    """Kill the bot; meanwhile the pictures are drawn."""
    state = film.page.get_by_test_id("bot-state")
    await film.click(film.page.get_by_test_id("bot-kill"))
    await film.caption("The bot is killed in the middle of it", RED)
    await film.until(film.page.get_by_test_id("offline"))
    await film.roll(2)
    [accepted] = vendor.accepted
    vendor.move(accepted.request_id, "COMPLETED")
    await film.click(film.page.get_by_test_id("bot-start"))
    await film.caption("It starts again …")
    await film.until(state.get_by_text("connecting"))
    await film.page.mouse.move(*ASIDE)
    await film.until(state.get_by_text("online"))


async def _deliver(film: Film) -> None:
    """Wait for the pictures; the end is shown for longer."""
    pictures = film.page.get_by_role("img", name="a lighthouse in a storm")
    await film.until(pictures.nth(1))
    await decoded(pictures)
    await film.caption("… and delivers: nothing is lost, nothing is ordered twice")
    await film.roll(3)


if __name__ == "__main__":
    asyncio.run(main())
