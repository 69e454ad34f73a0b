"""Every word in every language: the catalogues are whole, and each task speaks its own."""

import ast
import asyncio
import re
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from discord import app_commands
from hypothesis import given
from hypothesis import strategies as st

from bot.client import Gateway, ImagineBot
from bot.command_registration import payloads
from bot.domain.shards import Shards
from bot.ui import command_mentions, interaction_context, language, texts
from bot.ui.button_actions import OrderAction
from bot.ui.language import FOLDER, LANGUAGES, Translator, localized, speaking
from tests.cog_services import NO_SERVICES
from tests.samples import an_order

PROJECT = Path(__file__).parents[2]
OTHERS = [one for one in LANGUAGES if one != language.ENGLISH]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "localized": None,
    "marked": None,
    "lazy": None,
    "plural": (1, 2),
}
LONGEST_COMMAND = 8000  # characters of a command's names and descriptions, the longest of each

in_every_other_language = pytest.mark.parametrize("spoken", OTHERS)


def identified(message):
    return (message.context, message.id)


def read(path, spoken=None):
    with path.open("rb") as source:
        found = read_po(source, locale=spoken, abort_invalid=True)
    return {identified(message): message for message in found if message.id}


@pytest.fixture(scope="module")
def in_the_code():
    """What the code says, as Babel finds it."""
    catalog = Catalog()
    for folder in ("bot", "cogs"):
        found = extract_from_dir(
            PROJECT / folder, method_map=[("**.py", "python")], keywords=KEYWORDS
        )
        for _path, _line, message, _comments, context in found:
            catalog.add(message, context=context)
    return {identified(message) for message in catalog if message.id}


@pytest.fixture(scope="module")
def catalogues():
    return {one: read(FOLDER / one / "LC_MESSAGES" / "imagine.po", one) for one in OTHERS}


def test_the_template_holds_what_the_code_says(in_the_code):
    """When this fails: ``make messages``, and then translate what is new."""
    assert set(read(FOLDER / "imagine.pot")) == in_the_code


def test_there_is_a_catalogue_for_each_language():
    assert sorted(path.name for path in FOLDER.iterdir() if path.is_dir()) == sorted(OTHERS)


@pytest.mark.parametrize("spoken", LANGUAGES)
@given(st.integers(-(10**9), 10**9).map(lambda figure: figure / 1000))
def test_numbers_are_written_as_the_language_does(spoken, figure):
    with speaking(spoken):
        written = language.number(figure)

    assert written == format_decimal(figure, "0.###", spoken, group_separator=False)


@in_every_other_language
def test_catalogues_are_read_as_babel_reads_them(catalogues, spoken):
    with speaking(spoken):
        for (context, message), found in catalogues[spoken].items():
            if isinstance(message, tuple):
                one, many = message
                forms = [language.ngettext(one, many, count) for count in (0, 1, 2, 7)]
                assert forms == [found.string[count != 1] for count in (0, 1, 2, 7)]
            elif context is not None:
                assert language.pgettext(context, message) == found.string
            else:
                assert language.gettext(message) == found.string
        assert language.gettext("not in it") == language.pgettext("a", "not in it") == "not in it"
        assert language.ngettext("one of none", "some", 2) == "some"


@in_every_other_language
def test_every_message_is_translated_and_none_is_left_over(in_the_code, catalogues, spoken):
    found = catalogues[spoken]

    assert found.keys() == in_the_code
    for message in found.values():
        assert all([message.string] if isinstance(message.string, str) else message.string)
        assert not message.fuzzy


def places(text):
    return {name for _, name, *_ in Formatter().parse(text) if name is not None}


@in_every_other_language
def test_every_translation_fills_the_same_places(catalogues, spoken):
    for message in catalogues[spoken].values():
        ids, strings = (
            (message.id, message.string)
            if isinstance(message.id, tuple)
            else ((message.id,), (message.string,))
        )
        wanted = set().union(*map(places, ids))
        assert places(strings[-1]) == wanted, message.id  # "one" may be said without its figure
        assert all(places(string) <= wanted for string in strings), message.id


@in_every_other_language
def test_every_translation_keeps_what_is_code_and_what_is_bold(catalogues, spoken):
    """`/limits tier` is typed as it stands, and a lone ** would format what follows."""
    for message in catalogues[spoken].values():
        if isinstance(message.id, str):
            assert re.findall("`[^`]*`", message.string) == re.findall("`[^`]*`", message.id)
            assert message.string.count("**") == message.id.count("**")
            assert '"' not in message.string


# One term each: the members' word for whom the code calls the operator, and German nouns.
OTHER_TERMS = {
    language.ENGLISH: r"operator",
    "de": r"Betreiber(s\b|in)|Betreiber (?!des Bots)|Bestellung|Blockier|Blockade|\bBann|\bJob\b",
}


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_each_thing_has_one_name(in_the_code, catalogues, spoken):
    found = [message.string for message in catalogues.get(spoken, {}).values()]
    said = found or [message for _context, message in in_the_code]
    for text in (part for one in said for part in ([one] if isinstance(one, str) else one)):
        assert not re.search(OTHER_TERMS[spoken], text, re.IGNORECASE), text


async def test_each_command_that_a_text_names_is_registered(in_the_code, commands, monkeypatch):
    """Its mention can be clicked then."""
    monkeypatch.setattr(command_mentions, "_ids", {})
    command_mentions.note([command | {"id": "7"} for command in commands])
    for _context, message in in_the_code:
        for text in [message] if isinstance(message, str) else message:
            assert "`/" not in command_mentions.linked(text, 10**6)


def test_no_message_stands_where_babel_does_not_look():
    """It reads no f-strings, and no values that are computed."""
    for path in [*(PROJECT / "bot").rglob("*.py"), *(PROJECT / "cogs").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                assert not list(messages_in(node)), f"{path}:{node.lineno}"


def messages_in(node):
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and getattr(part.func, "id", None) in KEYWORDS:
            yield part


# Who speaks what.


@pytest.mark.parametrize(
    ("locale", "spoken"),
    [
        ("en-US", "en"),
        ("en-GB", "en"),
        ("de", "de"),
        (discord.Locale.german, "de"),
        ("fr", "en"),
        ("zh-CN", "en"),
        (None, "en"),
    ],
)
def test_each_locale_of_discord_has_a_language(locale, spoken):
    assert language.of(locale) == spoken


@pytest.mark.parametrize(
    ("locale", "community", "default", "spoken"),
    [
        ("de", True, "en", "de"),
        ("en-US", True, "de", "en"),
        ("en-US", False, "de", "de"),
        ("en-US", False, "en", "en"),
        ("en-GB", True, "de", "en"),
        ("fr", True, "de", "de"),
        ("de", False, "en", "de"),
        (None, False, "de", "de"),
    ],
)
async def test_a_server_speaks_its_language_in_discord_if_it_has_chosen_one(
    locale, community, default, spoken
):
    """Discord says en-US for a server without Community, which nobody chose."""
    language.set_default(default)  # of this test's task

    locale = locale and discord.Locale(locale)
    assert language.of_server(locale, community=community) == spoken


def test_a_language_is_spoken_in_here_and_no_longer():
    assert texts.order_buttons.label(OrderAction.AGAIN) == "Again"
    with speaking("de"):
        assert texts.order_buttons.label(OrderAction.AGAIN) == "Noch einmal"
        with speaking("en"):
            assert texts.order_buttons.label(OrderAction.AGAIN) == "Again"
        assert texts.order_buttons.label(OrderAction.AGAIN) == "Noch einmal"
    assert texts.order_buttons.label(OrderAction.AGAIN) == "Again"


def test_a_language_that_we_lack_is_english():
    """A row of the store may name one that a later version had."""
    with speaking("tlh"):
        assert texts.order_buttons.label(OrderAction.AGAIN) == "Again"


async def test_what_one_task_speaks_no_other_does():
    async def answer(spoken):
        language.speak(spoken)
        await asyncio.sleep(0)
        return texts.order_buttons.label(OrderAction.AGAIN)

    assert await asyncio.gather(*map(answer, ("de", "en", "de"))) == [
        "Noch einmal",
        "Again",
        "Noch einmal",
    ]


def test_figures_are_written_as_people_write_them():
    with speaking("de"):
        assert "Guidance 3,5 ·" in texts.cards.details(an_order(guidance=3.5))
        assert "Guidance 7 ·" in texts.cards.details(an_order(guidance=7.0))
        assert texts.cards.details(an_order(images=2)).startswith("-# 2 Bilder ·")


def asked(*, guild_id=1, locale=discord.Locale.german):
    return SimpleNamespace(
        guild_id=guild_id,
        locale=locale,
        guild=None,
        guild_locale=discord.Locale.american_english if guild_id is not None else None,
    )


def test_a_card_speaks_the_servers_language_and_a_private_one_its_members():
    assert interaction_context.card_language(asked()) == "en"
    assert interaction_context.card_language(asked(), private=True) == "de"
    assert interaction_context.card_language(asked(guild_id=None)) == "de"


# What Discord shows in its menus.


@pytest.fixture
async def commands():
    bot = ImagineBot(NO_SERVICES, Gateway(shards=Shards()))
    await bot.load()
    yield await payloads(bot.tree)
    await bot.close()


def parts(command):
    yield command
    for part in (*command.get("options", ()), *command.get("choices", ())):
        yield from parts(part)


def said(part, field):
    """Return a name or a description in every language."""
    return [part[field], *(part.get(f"{field}_localizations") or {}).values()]


async def test_names_and_descriptions_fit_discords_limits_in_every_language(commands):
    """One that does not fit would keep every command from being registered."""
    for part in (one for command in commands for one in parts(command)):
        most = 100 if "value" in part else 32  # a choice is chosen, not typed
        assert all(1 <= len(text) <= most for text in said(part, "name"))
        if "description" in part:
            assert all(1 <= len(text) <= 100 for text in said(part, "description"))
    for command in commands:
        size = sum(
            max(map(len, said(part, field)))
            for part in parts(command)
            for field in ("name", "description")
            if field in part
        )
        assert size <= LONGEST_COMMAND


async def test_every_description_is_translated_and_no_typed_name_is(commands):
    """Members tell one another what to type, and other programs call commands by their names."""
    for part in (one for command in commands for one in parts(command)):
        if "description" in part:
            assert part["description_localizations"].keys() == set(OTHERS), part["name"]
            assert not part.get("name_localizations")


async def test_the_figure_in_a_description_is_written_as_its_readers_write_it(commands):
    [imagine] = [command for command in commands if command["name"] == "imagine"]
    [guidance] = [option for option in imagine["options"] if option["name"] == "guidance"]

    assert "(default: 3.5)" in guidance["description"]
    assert "(Standard: 3,5)" in guidance["description_localizations"]["de"]


@pytest.mark.parametrize(
    ("locale", "name"),
    [(discord.Locale.german, "Verwerfen"), (discord.Locale.british_english, None)],
)
async def test_the_name_of_a_command_in_a_menu_is_translated(locale, name):
    async def report(interaction: discord.Interaction, message: discord.Message) -> None:
        """Do nothing."""

    menu = app_commands.ContextMenu(name=localized("Discard"), callback=report)
    context: app_commands.TranslationContext[Any, Any] = app_commands.TranslationContext(
        location=app_commands.TranslationContextLocation.command_name, data=menu
    )

    assert await Translator().translate(localized("Discard"), locale, context) == name
