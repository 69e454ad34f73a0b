"""The welcome and the first steps: what they say, and where the bot introduces itself."""

from typing import Any

import discord
import pytest

from bot.domain.rules import Rules
from bot.domain.word_filter import WordLists
from bot.ui import command_mentions, first_steps_view, guild_cache, texts
from bot.ui.language import LANGUAGES, speaking
from sandbox.discord import sample_world, serializers
from sandbox.discord.enums import Permission
from sandbox.discord.sample import new_guild
from tests.rules import FULLEST_OVERVIEW
from tests.samples import listed
from tests.ui.test_limits_view import an_overview, longest_note
from tests.views import assert_within_limits, recorded

FRESH = an_overview(Rules())
DONE = an_overview(Rules(log_channel=9, channels=(5, 6), words=WordLists(blocked=("wolf",))))


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    monkeypatch.setattr(command_mentions, "_ids", {"imagine": "77"})
    guild_cache.look_at(None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_moderators_read_at_first_is_as_recorded_and_fits(snapshot, language):
    with speaking(language):
        views = {
            "welcome": first_steps_view.welcome(),
            "fresh": first_steps_view.steps(FRESH),
            "done": first_steps_view.steps(DONE, texts.changes.changed(Rules(), DONE.rules)),
            "not known": first_steps_view.steps(FRESH, texts.first_steps.checked(FRESH)),
        }
        owner = texts.first_steps.welcome_owner("*The* Club")
        fullest = first_steps_view.steps(FULLEST_OVERVIEW, longest_note())

    for view in (*views.values(), fullest):
        assert_within_limits(view)
    said = {name: recorded(view) for name, view in views.items()}
    assert listed(said | {"to the owner": owner}) == snapshot


def cached(guild, world, overwrites=()):
    """Return a server as discord.py caches it, with *overwrites* of its last channel."""
    state: Any = discord.Client(intents=discord.Intents.none())._connection
    data: Any = serializers.created_guild(world, guild)
    data["channels"][-1]["permission_overwrites"] += overwrites
    state.user = discord.Object(int(world.bot.id))
    return discord.Guild(data=data, state=state)


CHANGES = {
    "a system channel": (lambda _world, _guild: None, ["welcome", "mods"]),
    "no system channel": (
        lambda _world, guild: setattr(guild, "system_channel_id", None),
        ["mods"],
    ),
    "moderators to whom it may not write": (
        lambda world, _guild: world.deny(world.channel("mods"), "SEND_MESSAGES"),
        ["welcome"],
    ),
    "a channel for Discord's notices": (
        lambda world, guild: setattr(guild, "public_updates_channel_id", world.channel("art").id),
        ["welcome", "art", "mods"],
    ),
    "nothing where it may write": (
        lambda world, guild: world.change_role(
            guild, guild.roles[guild.id], permissions=Permission.VIEW_CHANNEL
        ),
        ["welcome"],
    ),
}


@pytest.mark.parametrize(("change", "names"), CHANGES.values(), ids=CHANGES)
def test_it_introduces_itself_in_the_system_channel_or_among_moderators(change, names):
    world = sample_world()
    guild = new_guild(world)
    change(world, guild)

    chosen = guild_cache.welcome_channels(cached(guild, world))

    assert [world.channels[str(one)].name for one in chosen] == names


ROLE, MEMBER = 0, 1  # of an overwrite


@pytest.mark.parametrize(
    ("kind", "permissions", "greeted"),
    [
        (ROLE, Permission.MANAGE_GUILD, True),
        (ROLE, Permission.ADMINISTRATOR, True),
        (ROLE, Permission.MANAGE_MESSAGES, False),
        (MEMBER, Permission.MANAGE_GUILD, False),  # it is not known what a member may do
    ],
)
def test_a_channel_that_others_see_is_not_for_moderators(kind, permissions, greeted):
    world = sample_world()
    guild = new_guild(world, system_channel=False)
    role = world.add_role(guild, "Seers", permissions=permissions)
    seen = {"allow": str(int(Permission.VIEW_CHANNEL)), "deny": "0", "type": kind}
    overwrite = {"id": role.id if kind == ROLE else world.user("Noah").id, **seen}

    chosen = guild_cache.welcome_channels(cached(guild, world, [overwrite]))

    assert bool(chosen) is greeted
