"""What is read from an interaction: where it comes from, and what somebody is typing."""

from types import SimpleNamespace
from typing import Any

import discord
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
        guild=SimpleNamespace(features=[]) if guild_id else None,
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


STATE = discord.Client(intents=discord.Intents.none())._connection


def server(**more):
    data: Any = {"id": "100"} | more
    return discord.Guild(state=STATE, data=data)


def channel(kind, factory=discord.TextChannel, *, guild, **more):
    """Return a channel as an interaction describes it where the cache does not know it."""
    data = {"id": "7", "name": "x", "type": kind, "position": 0, "parent_id": "8"} | more
    if factory is discord.Thread:
        metadata = {
            "archived": False,
            "auto_archive_duration": 60,
            "archive_timestamp": "2026-01-01T00:00:00+00:00",
        }
        data |= {"owner_id": "1", "message_count": 0, "member_count": 0}
        data |= {"thread_metadata": metadata}
    elif issubclass(factory, discord.VoiceChannel | discord.StageChannel):
        data |= {"bitrate": 64000, "user_limit": 0}
    return factory(state=STATE, guild=guild, data=data)


def placed(guild, channel):
    return SimpleNamespace(guild=guild, channel=channel)


KINDS = [
    (0, discord.TextChannel),
    (5, discord.TextChannel),
    (2, discord.VoiceChannel),
    (13, discord.StageChannel),
    (15, discord.ForumChannel),
    (16, discord.ForumChannel),
]
THREADS = [(10, discord.Thread), (11, discord.Thread), (12, discord.Thread)]


@pytest.mark.parametrize(("kind", "factory"), [*KINDS, *THREADS])
@pytest.mark.parametrize(
    ("level", "whole"), [(0, False), (1, True), (2, False), (3, True), (4, False)]
)
def test_a_server_that_is_age_restricted_as_a_whole_makes_all_channels_so(
    kind, factory, level, whole
):
    guild = server(nsfw_level=level)

    place = placed(guild, channel(kind, factory, guild=guild))

    assert context.age_restricted(place) is whole


@pytest.mark.parametrize("nsfw", [True, False])
@pytest.mark.parametrize("known", [True, False], ids=["cached", "unknown"])
@pytest.mark.parametrize(("kind", "factory"), KINDS)
def test_the_channels_own_mark_decides_else_whether_the_server_is_known_or_not(
    kind, factory, known, nsfw
):
    guild = server()
    marked = channel(kind, factory, guild=guild, nsfw=nsfw)

    assert context.age_restricted(placed(guild if known else None, marked)) is nsfw


@pytest.mark.parametrize(("kind", "factory"), THREADS)
def test_a_thread_is_age_restricted_as_its_parent_is(kind, factory):
    guild = server()
    thread = channel(kind, factory, guild=guild)
    unknown = context.age_restricted(placed(guild, thread))

    parent = channel(15, discord.ForumChannel, guild=guild, id="8", nsfw=True)
    guild._add_channel(parent)

    assert (unknown, context.age_restricted(placed(guild, thread))) == (False, True)


@pytest.mark.parametrize("place", [None, SimpleNamespace(id=7)])
def test_a_place_of_which_nothing_is_known_is_not_age_restricted(place):
    assert not context.age_restricted(placed(None, place))


def member(until, permissions=0):
    """Return a member as an interaction describes them; an administrator has the permission 8."""
    user = {"id": "1", "username": "x", "discriminator": "0", "avatar": None}
    data: Any = {"user": user, "roles": [], "flags": 0, "permissions": str(permissions)}
    data["communication_disabled_until"] = until
    return discord.Member(state=STATE, guild=server(), data=data)


def test_a_time_out_is_read_from_the_member_and_holds_for_no_administrator():
    until = "2026-01-01T00:00:00+00:00"

    assert context.timed_out_until(asked(), member(until)) == 1767225600
    assert context.timed_out_until(asked(), member(None)) is None
    assert context.timed_out_until(asked(), member(until, 8)) is None
    assert context.timed_out_until(asked(installed=False), member(until)) is None


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
