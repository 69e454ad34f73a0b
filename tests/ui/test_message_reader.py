"""What a message says to whoever wants it drawn, and whether its pictures are ours."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import ui
from discord.components import _component_factory

from bot.domain.order import PROMPT_LENGTH, Order, OrderOptions
from bot.ui import cards, message_reader, order_form
from bot.ui.language import LANGUAGES, speaking
from bot.ui.texts import commands, order_buttons
from tests.samples import a_job

US: Any = SimpleNamespace(id=900)


def a_message(content="", *, view=None, embeds=(), snapshots=(), author=1):
    components = view.to_components() if view is not None else []
    return SimpleNamespace(
        content=content,
        components=[_component_factory(component) for component in components],
        embeds=list(embeds),
        message_snapshots=list(snapshots),
        author=SimpleNamespace(id=author),
    )


def displayed(*words):
    view = ui.LayoutView(timeout=None)
    container: ui.Container[ui.LayoutView] = ui.Container()
    for text in words:
        container.add_item(ui.TextDisplay(text))
    view.add_item(container)
    return view


EMBED = discord.Embed(title="A title", description="A description")
EMBED.add_field(name="A name", value="a value")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (a_message(" a lighthouse \n"), "a lighthouse"),
        (a_message("a lighthouse", embeds=[EMBED]), "a lighthouse"),
        (a_message(embeds=[EMBED]), "A title\nA description\nA name\na value"),
        (a_message(snapshots=[a_message("forwarded")]), "forwarded"),
        (a_message(), ""),
        (a_message(" \u200b\u3164\n "), ""),
    ],
    ids=["content", "content first", "embeds", "forwarded", "nothing", "nothing that is seen"],
)
def test_the_words_of_a_message_are_found_wherever_they_stand(message, text):
    assert message_reader.text(message) == text


async def test_components_say_something_too():
    assert message_reader.text(a_message(view=displayed("a lighthouse", "in a storm"))) == (
        "a lighthouse\nin a storm"
    )


async def test_a_message_that_is_too_long_fills_the_form_as_far_as_it_goes():
    """Discord refuses a form whose field holds more than it takes."""
    order = Order(prompt=message_reader.text(a_message("x" * 4000)))
    form = order_form.form(OrderOptions.of(order, private=False), [], "en")

    prompt = form.to_dict()["components"][0]["component"]
    assert prompt["value"] == "x" * PROMPT_LENGTH.high


async def test_pictures_are_ours_only_where_we_sent_them():
    """Anybody's bot may send a button that looks like ours."""
    job = a_job()
    card = cards.done(job, []).view

    assert message_reader.job_id(a_message(view=card, author=US.id), US) == job.id
    assert message_reader.job_id(a_message(view=card, author=901), US) is None
    assert message_reader.job_id(a_message("a lighthouse", author=US.id), US) is None
    assert message_reader.job_id(a_message(view=card, author=US.id), None) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_told_and_what_menus_are_called_fits(language):
    with speaking(language):
        answers = ("reported", "settled", "no_picture", "no_text")
        told = [getattr(order_buttons, answer)() for answer in answers]
        for words in told:
            assert 20 < len(words) <= 2000
    for name in (commands.IMAGINE_THIS, commands.REPORT_IMAGE):
        assert len(name.message) <= 32
