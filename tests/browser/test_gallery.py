"""Everything that is read, in each language and theme, at phone and desktop width: nothing is cut.

`GALLERY=FOLDER` keeps pictures of it, to be read by a person.
"""

import copy
import os
from itertools import product
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from PIL import Image

from bot.service.ports.vendor import Picture
from bot.ui import language
from bot.ui.cards import Card
from bot.ui.language import LANGUAGES, speaking
from sandbox.discord.commands import localized
from tests.browser import gallery, samples
from tests.browser.layout import audit, layout_faults
from tests.ui.test_language import KEYWORDS, PROJECT, commands

SIZES = [(390, 844), (1280, 800)]
AUDITED = ("en", 390)  # by axe, which takes long; what it finds depends on the theme alone
HIGH = 2000  # px: no form has to be scrolled
# As if the window were as high as the list; Chromium would draw such a window for a minute.
UNROLL = """() => {
  const free = { height: "auto", overflow: "visible", flex: "none" };
  const boxes = [document.documentElement, document.body, document.getElementById("scroller")];
  for (const box of boxes) Object.assign(box.style, free);
}"""
FOLDER = os.environ.get("GALLERY")

__all__ = ["commands"]


def shown(read):
    """Return the message that shows a view, a card or a text; pictures come from the samples."""
    private = {"ephemeral_for": samples.MIRA}
    if isinstance(read, str):
        return samples.message(content=read, flags=samples.EPHEMERAL, **private)
    if isinstance(read, Card):
        read.close()
        private, read = {}, read.view
    parts = [with_samples(part) for part in read.to_components()]
    flags = samples.V2 | (samples.EPHEMERAL if private else 0)
    return samples.message(flags=flags, components=parts, **private)


def with_samples(part):
    part = {"id": 1, **part}
    if part.get("type") == 12:
        items = enumerate(part["items"])
        part["items"] = [{**item, "media": samples.media(number)} for number, item in items]
    if part.get("type") == 11:
        part["media"] = samples.media(1)
    for nested in ("component", "accessory"):
        if nested in part:
            part[nested] = with_samples(part[nested])
    if "components" in part:
        part["components"] = [with_samples(inner) for inner in part["components"]]
    return part


def everything(picture):
    yield from gallery.every_card(picture)
    yield from gallery.views()
    yield from gallery.warned()
    yield from gallery.answers()


class Heard:
    """A catalogue that remembers what it was asked for."""

    def __init__(self, catalogue):
        self._catalogue = catalogue
        self.messages = set()

    def gettext(self, message):
        self.messages.add((None, message))
        return self._catalogue.gettext(message)

    def ngettext(self, one, many, count):
        self.messages.add((None, (one, many)))
        return self._catalogue.ngettext(one, many, count)

    def pgettext(self, context, message):
        self.messages.add((context, message))
        return self._catalogue.pgettext(context, message)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "1"
    Image.new("RGB", (8, 8)).save(path, "PNG")
    return Picture(path=path, extension="png", width=8, height=8, shrunk=False)


def test_each_text_of_the_catalogue_is_in_the_gallery(picture, monkeypatch):
    """What the menus of Discord show is in the commands."""
    spoken = Heard(language._CATALOGUES["en"])
    monkeypatch.setitem(language._CATALOGUES, "en", spoken)
    for read in (*everything(picture), *gallery.forms()):
        if isinstance(read, Card):
            read.close()
    keywords = {name: places for name, places in KEYWORDS.items() if name != "localized"}
    written = {
        (context, message)
        for folder in ("bot", "cogs")
        for _, _, message, _, context in extract_from_dir(
            PROJECT / folder, method_map=[("**.py", "python")], keywords=keywords
        )
    }

    assert written - spoken.messages == set()


@pytest.fixture
def visit(server, screens):
    """Load the page in a language, with these messages."""

    async def visit(spoken, messages, *size):
        world = samples.world(general=messages)
        locale = "en-US" if spoken == "en" else spoken
        world["users"] = [{**user, "locale": locale} for user in world["users"]]
        server.reset(world, copy.deepcopy(samples.STATE))
        return await screens.visit(server.home, *size)

    yield visit
    assert screens.take_complaints() == []


in_each_language_and_theme = pytest.mark.parametrize(
    ("spoken", "scheme"), [*product(LANGUAGES, ("dark", "light"))]
)


@pytest.mark.browser
@in_each_language_and_theme
async def test_no_message_is_cut_or_overlaps(spoken, scheme, visit, picture):
    with speaking(spoken):
        messages = [shown(read) for read in everything(picture)]
        full = [shown(read) for read in gallery.fullest()]
    for width, height in SIZES:
        audited = (spoken, width) == AUDITED
        listed = messages if audited else [*messages, *full]
        page = await visit(spoken, listed, width, height, scheme)
        await photograph(page, f"{spoken}-{width}-{scheme}-list")
        await page.evaluate(UNROLL)
        assert await page.get_by_test_id("message").count() == len(listed)
        assert await layout_faults(page) == []
        if audited:
            assert await audit(page) == []


@pytest.mark.browser
@in_each_language_and_theme
async def test_no_form_and_no_menu_is_cut(spoken, scheme, visit, server, commands):
    with speaking(spoken):
        forms = [with_samples(form.to_dict()) for form in gallery.forms()]
    opener = samples.message(components=[samples.row(samples.button("Open"))])
    for width, _ in SIZES:
        page = await visit(spoken, [opener], width, HIGH, scheme)
        name = f"{spoken}-{width}-{scheme}"
        for number, form in enumerate(forms):
            server.on("component", {**samples.modal(), "modal": form})
            await page.get_by_role("button", name="Open", exact=True).click()
            await page.get_by_test_id("modal").wait_for()
            assert await layout_faults(page) == []
            assert await audit(page) == []
            await photograph(page, f"{name}-form{number:02}")
            await page.keyboard.press("Escape")
            await page.get_by_test_id("modal").wait_for(state="detached")
        offered = [
            {"id": str(number), **localized(command, {"en": "en-US"}.get(spoken, spoken))}
            for number, command in enumerate(commands)
        ]
        await server.send({**server.world, "you": samples.MIRA, "commands": offered})
        for line in ("/", "/limits set ", "/imagine prompt: a fox "):
            await page.get_by_test_id("composer").fill(line)
            assert await layout_faults(page) == []
            await photograph(page, f"{name}-menu{len(line):02}")
        await page.get_by_test_id("composer").fill("")


async def photograph(page, name):
    """Keep a picture of the window, for each part of the list."""
    if not FOLDER:
        return
    scroll = "(list, top) => { list.scrollTop = top; return list.scrollHeight; }"
    size, top, end = page.viewport_size, 0, 1
    await page.set_viewport_size({**size, "height": HIGH})
    while top < end:
        end = await page.locator("#scroller").evaluate(scroll, top)
        await page.screenshot(path=Path(FOLDER, f"{name}-{top:06}.png"))
        top += HIGH - 250
    await page.set_viewport_size(size)
