"""The client: what it takes from discord.py's inside, and when it registers its commands."""

import asyncio
import contextlib
import copy
from typing import Any

import discord
import pytest
from discord import app_commands
from discord import client as client_module
from discord import http as http_module
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.client import (
    Gateway,
    ImagineBot,
    prepare_discord,
)
from bot.command_registration import open_outside, payloads, same_commands
from bot.domain.shards import Shards
from bot.retry import Backoff
from bot.shard_connections import Shard, keep_trying
from sandbox.discord import sample_world
from sandbox.discord.commands import Commands
from tests.cog_services import NO_SERVICES

AN_INTERACTION: Any = dict.fromkeys(
    ("id", "application_id", "token", "type", "version", "attachment_size_limit"), 1
)
INTERNALS = (
    (Route, "BASE"),
    (DiscordWebSocket, "DEFAULT_GATEWAY"),
    (discord.VoiceClient, "warn_nacl"),
    (discord.VoiceClient, "warn_dave"),
    (client_module, "ExponentialBackoff"),
    (client_module, "DiscordWebSocket"),
    (http_module, "DiscordClientWebSocketResponse"),
)


@pytest.fixture
def as_it_was(monkeypatch):
    for place, name in INTERNALS:
        monkeypatch.setattr(place, name, getattr(place, name))


def test_discord_pys_internals_are_where_they_are_expected():
    """When this fails after an update, :func:`prepare_discord` needs another look."""
    assert discord.__version__.startswith("2.7.")
    assert Route.BASE == "https://discord.com/api/v10"
    assert URL("wss://gateway.discord.gg/") == DiscordWebSocket.DEFAULT_GATEWAY
    assert all(name in vars(place) for place, name in INTERNALS)
    assert "_roles" in discord.Member.__slots__


def test_discord_py_is_pointed_at_other_addresses(as_it_was):
    prepare_discord(api_url="http://127.0.0.1:1/api/v10", gateway_url="ws://127.0.0.1:1/gateway")

    assert Route("GET", "/users/@me").url == "http://127.0.0.1:1/api/v10/users/@me"
    assert URL("ws://127.0.0.1:1/gateway") == DiscordWebSocket.DEFAULT_GATEWAY
    assert not discord.VoiceClient.warn_nacl
    assert not discord.VoiceClient.warn_dave


def test_after_a_long_outage_the_gateway_is_tried_again_within_half_a_minute(as_it_was):
    """discord.py's own back-off grows to 17 minutes, in which nobody could order anything."""
    prepare_discord(api_url="http://127.0.0.1:1/api/v10", gateway_url="ws://127.0.0.1:1/gateway")

    back_off = vars(client_module)["ExponentialBackoff"]()

    assert max(back_off.delay() for _ in range(500)) <= 32


@pytest.fixture
async def bot():
    bot = ImagineBot(
        NO_SERVICES,
        Gateway(shards=Shards()),
    )
    await bot.load()
    yield bot
    await bot.close()


async def test_the_bot_asks_for_no_privileged_intent(bot):
    """It reads no messages and lists no members: nobody needs to trust it with more."""
    intents = bot.intents

    assert not intents.message_content
    assert not intents.members
    assert not intents.presences
    assert intents == discord.Intents(guilds=True)


async def test_all_else_gives_way_from_the_moment_an_interaction_comes(bot, monkeypatch):
    """Before the task that answers it has run, and whatever can be read of it."""
    expected: list[int] = []
    monkeypatch.setattr(bot._gateway.answers, "expect", expected.append)
    bot._connection.parse_interaction_create({"id": "7", "token": "unreadable but answerable"})

    assert expected == [7]


async def test_the_bot_pings_nobody_by_itself(bot):
    assert bot.allowed_mentions.to_dict() == discord.AllowedMentions.none().to_dict()


@pytest.fixture
async def wanted(bot):
    return await payloads(bot.tree)


@pytest.fixture
def found(wanted):
    """What Discord has, once these commands are registered."""
    return Commands(sample_world()).replace(copy.deepcopy(wanted))


async def test_commands_that_discord_has_are_the_same(wanted, found):
    assert wanted != found  # Discord adds ids, versions and defaults
    assert same_commands(wanted, found)


async def test_their_order_does_not_matter(wanted, found):
    assert same_commands(wanted, found[::-1])


def imagine(commands):
    return next(command for command in commands if command["name"] == "imagine")


def menu(commands, name="Imagine this"):
    return next(one for one in commands if one["name"] == name and one["type"] == 3)


def option(commands, name):
    return next(one for one in imagine(commands)["options"] if one["name"] == name)


def optional_last(commands):
    imagine(commands)["options"].reverse()


DIFFERENCES = {
    "no command": lambda them: them.clear(),
    "one less": lambda them: them.pop(),
    "one more": lambda them: them.append({**imagine(them), "name": "picture"}),
    "another name": lambda them: imagine(them).update(name="draw"),
    "another type": lambda them: imagine(them).update(type=3),
    "another description": lambda them: imagine(them).update(description="Paint."),
    "another context": lambda them: imagine(them).update(contexts=[0, 1]),
    "another way to install": lambda them: imagine(them).update(integration_types=[1]),
    "age-restricted": lambda them: imagine(them).update(nsfw=True),
    "for moderators": lambda them: imagine(them).update(default_member_permissions="32"),
    "for nobody": lambda them: imagine(them).update(default_member_permissions="0"),
    "a menu's other name": lambda them: menu(them).update(name="Picture this"),
    "a menu's lost translation": lambda them: menu(them).update(name_localizations={}),
    "a menu's other translation": lambda them: menu(them).update(name_localizations={"de": "Nein"}),
    "a menu of members": lambda them: menu(them).update(type=2),
    "a menu in other places": lambda them: menu(them).update(contexts=[0, 1]),
    "a menu for moderators": lambda them: menu(them).update(default_member_permissions="32"),
    "no menu": lambda them: them.remove(menu(them)),
    "a translated name": lambda them: imagine(them).update(name_localizations={"de": "malen"}),
    "a lost translation": lambda them: imagine(them).update(description_localizations={}),
    "another translation": lambda them: option(them, "steps").update(
        description_localizations={"de": "Aufwand"}
    ),
    "one translation more": lambda them: option(them, "steps")["description_localizations"].update(
        fr="Effort"
    ),
    "no options": lambda them: imagine(them).pop("options"),
    "one option less": lambda them: imagine(them)["options"].pop(),
    "one option more": lambda them: imagine(them)["options"].append(
        {"type": 3, "name": "style", "description": "Style"}
    ),
    "another order": optional_last,
    "an optional prompt": lambda them: option(them, "prompt").update(required=False),
    "a required option": lambda them: option(them, "steps").update(required=True),
    "another option's name": lambda them: option(them, "steps").update(name="effort"),
    "another option's type": lambda them: option(them, "steps").update(type=10),
    "another option's words": lambda them: option(them, "steps").update(description="Effort"),
    "a longer prompt": lambda them: option(them, "prompt").update(max_length=2000),
    "a prompt of any length": lambda them: option(them, "prompt").pop("max_length"),
    "more steps": lambda them: option(them, "steps").update(max_value=60),
    "a lower limit of zero": lambda them: option(them, "enhance").update(min_value=0),
    "choices": lambda them: option(them, "steps").update(choices=[{"name": "all", "value": 50}]),
    "autocomplete": lambda them: option(them, "prompt").update(autocomplete=True),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
async def test_every_difference_that_members_would_notice_is_found(wanted, found, difference):
    """One that is missed leaves members with yesterday's command, and every use of it fails."""
    DIFFERENCES[difference](found)

    assert not same_commands(wanted, found)


@pytest.mark.parametrize("difference", sorted(set(DIFFERENCES) - {"no command", "one less"}))
async def test_a_difference_is_found_from_either_side(wanted, found, difference):
    DIFFERENCES[difference](wanted)

    assert not same_commands(wanted, found)


async def test_a_limit_of_zero_is_a_limit():
    def command(**limits):
        value = {"type": 4, "name": "n", "description": "N", **limits}
        return [{"type": 1, "name": "x", "description": "X", "options": [value]}]

    assert not same_commands(command(min_value=0), command())
    assert not same_commands(command(), command(min_value=0))
    assert same_commands(command(required=False), command())


async def test_every_command_is_described(bot):
    for command in bot.tree.walk_commands():
        assert isinstance(command, app_commands.Command | app_commands.Group)
        assert 10 < len(command.description) <= 100
        for parameter in getattr(command, "parameters", ()):  # a group has none
            assert 8 <= len(parameter.description) <= 100


OUTSIDE = {"imagine", "Imagine this", "history", "usage", "help", "settings", "privacy"}


def everywhere(commands):
    """Return which commands are offered outside of servers, too."""
    return {
        one["name"]
        for one in commands
        if one["contexts"] == [0, 1, 2] and one["integration_types"] == [0, 1]
    }


async def test_nothing_is_offered_outside_of_servers_unless_the_operator_allows_it(wanted):
    """A command that is refused wherever it is typed is better not there."""
    assert everywhere(wanted) == set()
    assert imagine(wanted)["contexts"] == [0]
    assert all(one["integration_types"] == [0] for one in wanted)


async def test_what_works_outside_of_servers_is_offered_there_once_the_operator_allows_it(
    bot, wanted, found
):
    open_outside(bot.tree)

    opened = await payloads(bot.tree)

    assert everywhere(opened) >= OUTSIDE
    assert not everywhere(opened) & {"limits", "Report image"}
    (operator,) = (one for one in opened if one["name"] == "operator")
    assert (operator["contexts"], operator["integration_types"]) == ([0, 1], [0, 1])
    assert str(operator["default_member_permissions"]) == "0"
    assert not same_commands(opened, found)


@pytest.mark.parametrize("direct", [True, False])
async def test_the_setting_decides_as_the_commands_are_loaded(direct):
    bot = ImagineBot(NO_SERVICES, Gateway(shards=Shards(), direct=direct))

    await bot.load()

    assert (everywhere(await payloads(bot.tree)) >= OUTSIDE) is direct
    await bot.close()


async def test_a_fault_of_the_bot_is_logged_with_its_traceback(caplog, monkeypatch):
    """It is no trouble of Discord: nothing would tell the operator otherwise."""
    monkeypatch.setattr("bot.shard_connections.RECONNECT", Backoff(first=60.0, most=60.0))

    async def attempt():
        raise AttributeError("planted")

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(keep_trying(attempt), 0.1)

    assert "AttributeError" in caplog.text
    assert "error_id=" in caplog.text


async def test_what_a_library_cancels_is_tried_again(caplog, monkeypatch):
    monkeypatch.setattr("bot.shard_connections.RECONNECT", Backoff(first=0.0, most=0.0))
    outcomes = iter([asyncio.CancelledError, None])

    async def attempt():
        if (error := next(outcomes)) is not None:
            raise error
        return "connected"

    assert await keep_trying(attempt) == "connected"
    assert "gateway connection cancelled by what it called: error_id=" in caplog.text


async def test_a_shard_shares_all_but_its_connection_and_its_servers():
    """When this fails after an update, :class:`Shard` needs another look."""
    gateway = Gateway(shards=Shards(count=2, ids=frozenset({0, 1})))
    bot = ImagineBot(NO_SERVICES, gateway)
    heard = []

    async def hear(*event):
        heard.append(event)

    bot.add_listener(hear, "on_shard_guild_join")
    await bot._async_setup_hook()
    async with Shard(bot, gateway, 0) as even, Shard(bot, gateway, 1) as odd:
        bot.parts |= {0: even, 1: odd}
        listed: Any = {"id": str(2 << 22), "unavailable": True}
        guild = even._connection._add_guild_from_data(listed)
        even.dispatch("guild_join", guild)
        interaction: Any = discord.Interaction(data=AN_INTERACTION, state=odd._connection)
        await asyncio.sleep(0)

        assert heard == [(even, guild)]
        assert (bot.guilds, bot.get_guild(guild.id), [*odd.guilds]) == ([guild], guild, [])
        assert interaction.client is bot
        assert (odd.http, odd._connection.http) == (bot.http, bot.http)
        assert odd._connection._command_tree is bot.tree
        assert (odd.shard_id, odd._connection.shard_count) == (1, 2)
    assert bot.parts == {}
    assert even.is_closed()
    assert not bot.is_closed()
