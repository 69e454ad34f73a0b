"""What is read from an interaction: where it comes from, and what somebody is typing."""

from types import SimpleNamespace

import pytest
from discord import Locale
from discord.app_commands import AppCommandContext

from bot.domain.styles import BUILT_IN, Style, all_of
from bot.ui import interaction_context as context
from bot.ui import responses

WOOL = Style(name="Wool", words="knitted wool")


def asked(*, guild_id=100, installed=True, locale="en-US", **contexts):
    """Return an interaction of which only that is known."""
    return SimpleNamespace(
        guild_id=guild_id,
        is_guild_integration=lambda: guild_id is not None and installed,
        context=AppCommandContext(**(contexts or {"guild": True})),
        locale=Locale(locale),
        guild_locale=Locale.german if guild_id else None,
    )


@pytest.mark.parametrize(
    ("interaction", "guild_id", "answers_only"),
    [
        (asked(), 100, False),
        (asked(guild_id=None, dm_channel=True), None, False),
        (asked(guild_id=None, private_channel=True), None, True),
        (asked(installed=False), None, True),
    ],
    ids=["server", "the bot's own channel", "between people", "a server without the bot"],
)
def test_where_the_bot_is_not_only_answers_reach(interaction, guild_id, answers_only):
    """A server that the bot is not in is none to it: it has no rules there, and can't write."""
    assert context.guild_id(interaction) == guild_id
    assert context.answers_only(interaction) is answers_only


def test_a_card_in_a_server_without_the_bot_is_read_by_that_server():
    assert context.card_language(asked(installed=False)) == "de"
    assert context.card_language(asked(installed=False), private=True) == "en"


def offered(typed, *own, locale="en-US"):
    found = responses.style_choices(asked(locale=locale), all_of(own), typed)
    return [(choice.name, choice.value) for choice in found]


def test_before_anything_is_typed_every_style_is_offered_the_servers_own_first():
    names = [value for _, value in offered("", WOOL)]

    assert names == ["Wool", *(style.name for style in BUILT_IN)]


@pytest.mark.parametrize(
    ("typed", "locale", "found"),
    [
        ("water", "en-US", [("Watercolour", "watercolour")]),
        (" AQUA ", "de", [("Aquarell", "watercolour")]),
        ("watercol", "de", [("Aquarell", "watercolour")]),
        ("aqua", "en-GB", []),
        ("woo", "de", [("Wool", "Wool")]),
    ],
)
def test_what_is_typed_finds_titles_in_the_members_language_and_names(typed, locale, found):
    assert offered(typed, WOOL, locale=locale) == found


def test_no_more_are_offered_than_discord_takes():
    own = [Style(name=f"style {number}", words="x") for number in range(25)]

    assert len(offered("", *own)) == 25
    assert all(len(name) <= 100 for name, _ in offered("", Style(name="x" * 32, words="x")))
