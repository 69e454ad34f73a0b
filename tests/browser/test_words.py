"""The page's own words, in the language of the user's client."""

import json
import re

import pytest
from playwright.async_api import expect

from tests.browser import samples
from tests.browser.backend import PAGE
from tests.browser.layout import audit, layout_faults
from tests.browser.samples import ADA, EPHEMERAL, GENERAL, NOAH

pytestmark = pytest.mark.browser

SAID = re.compile(
    r"""\bsay(?:With|Count)?\((?:[^"()]|\([^"()]*\))*((?:"(?:[^"\\]|\\.)*"[^"(){}]*)+)"""
)
FIXED = re.compile(r'<[^>]*?(?:aria-label="([^"]*)"[^>]*)?data-say(="label")?[^>]*>([^<]*)')


def english() -> set[str]:
    """The texts that the code says by their English."""
    texts: set[str] = set()
    for file in PAGE.glob("*.js"):
        for said in SAID.findall(file.read_text()):
            texts |= {json.loads(text) for text in re.findall(r'"(?:[^"\\]|\\.)*"', said)}
    for name, is_label, text in FIXED.findall((PAGE / "index.html").read_text()):
        texts.add(name if is_label else text)
    return texts


async def test_every_text_of_the_page_is_translated_and_every_translation_used(modules):
    german = await modules.evaluate("import('/german.js').then(({ GERMAN }) => GERMAN)")
    code = "".join(file.read_text() for file in PAGE.glob("*.js") if file.name != "german.js")
    server = "".join(file.read_text() for file in (PAGE.parent / "discord").glob("*.py"))
    everything = code + (PAGE / "index.html").read_text() + server

    assert len(english()) > 90
    assert english() - set(german) == set()
    assert {text for text in german if text not in everything} == set()
    values = re.compile(r"\{\w+\}")
    for text, translated in german.items():
        assert sorted(values.findall(text)) == sorted(values.findall(translated)), text


async def test_adas_page_is_german_and_backstage_is_not(open_page, backend):
    private = samples.message(content="nur <t:9999999999:R>", flags=EPHEMERAL, ephemeral_for=ADA)
    answer = samples.message(**samples.used(NOAH, "imagine"), content="done")
    backend.world["messages"] = {GENERAL: [answer, private]}
    form = samples.modal(samples.label("Prompt", samples.text_input("prompt")))
    backend.on("command", form)
    page = await open_page(address=f"{backend.url}#user={ADA}&channel={GENERAL}")

    await expect(page.get_by_test_id("used")).to_have_text("NNoah hat /imagine verwendet")
    await expect(page.get_by_text("Nur du kannst das sehen")).to_be_visible()
    await expect(page.locator("time[data-relative]")).to_have_text(re.compile(r"^in \d+ Jahren$"))
    await expect(page.get_by_test_id("composer")).to_have_attribute(
        "placeholder", "Nachricht an #general, oder / für Befehle"
    )
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await page.get_by_test_id("composer").fill("/imagine images: 9 ")
    await page.get_by_test_id("composer").press("Escape")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_test_id("problem")).to_have_text("prompt wird benötigt.")
    await page.get_by_test_id("composer").fill("/usage")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_test_id("modal-cancel")).to_have_text("Abbrechen")
    await page.get_by_test_id("modal-submit").click()
    modal = page.get_by_test_id("modal")
    await expect(modal.locator("label")).to_have_text("Prompt erforderlich")
    await expect(modal.get_by_role("alert").first).to_have_text("Das wird benötigt.")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("panel")).to_have_attribute("lang", "en")
    await expect(page.get_by_test_id("bot-kill")).to_have_text("Kill")

    await page.get_by_test_id("user-switch").click()
    await page.get_by_role("menuitemradio", name="Noah").click()

    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_test_id("used")).to_have_text("NNoah used /imagine")
    await expect(page.get_by_test_id("jump")).to_have_text("Newest messages")


@pytest.mark.parametrize("width", [1280, 390])
async def test_nothing_is_cut_in_german(open_page, backend, width):
    address = f"{backend.url}#user={ADA}&channel={GENERAL}"
    page = await open_page(address=address, width=width)
    assert await layout_faults(page) == []
    backend.world["messages"] = {GENERAL: samples.every_kind()}
    backend.world["guilds"][0]["has_bot"] = False
    page = await open_page(address=address, width=width)
    assert await layout_faults(page) == []
    backend.world["guilds"][0]["has_bot"] = True
    page = await open_page(address=address, width=width)
    for line in ("/", "/imagine prompt: ab images: 9 style: "):
        await page.get_by_test_id("composer").fill(line)
        assert await layout_faults(page) == []
        assert await audit(page) == []
    await page.get_by_test_id("composer").fill("")
    await page.get_by_test_id("message-menu").last.dispatch_event("click")
    assert await layout_faults(page) == []
