"""Registers the slash commands with Discord, only where they differ from what Discord has."""

import asyncio
import logging
from functools import partial
from typing import Any, Final

import discord
from discord import app_commands

from bot.retry import Backoff, retry, wait_at_most
from bot.service.port_errors import DiscordError
from bot.ui import command_mentions
from bot.ui.discord_errors import translated_errors
from bot.ui.discord_session import DiscordSession

log = logging.getLogger(__name__)

# The extras of a command that also works outside of the bot's servers.
OUTSIDE: Final = {"outside": True}
# The same, but for chats of people among themselves.
DIRECT: Final = {"outside": True, "groups": False}

BACKOFF: Final = Backoff(first=5.0, most=3600.0)
FIRST_WITHIN: Final = 5.0  # seconds that the first connection waits for the first try
CALL_WITHIN: Final = 60.0  # seconds
LOGIN_WITHIN: Final = 30.0  # seconds after which the first connection is not waited for

# Types of commands. Others, such as Entry Point commands, are carried along.
_OURS: Final = frozenset({1, 2, 3})
# What a command may consist of that is sent back as Discord has it.
_FIELDS: Final = (
    "id",
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "default_member_permissions",
    "options",
    "contexts",
    "integration_types",
    "handler",
)

# Deprecated: Discord derives it from the contexts.
_DERIVED: Final = frozenset({"dm_permission"})
# Where ours lacks one of these and Discord's has it, they differ.
_SIGNIFICANT: Final = frozenset(
    {
        "autocomplete",
        "choices",
        "max_length",
        "max_value",
        "min_length",
        "min_value",
        "options",
        "required",
    }
)
# By locale; compared as a whole.
_TRANSLATIONS: Final = frozenset({"name_localizations", "description_localizations"})


class CommandRegistration:
    """Registers the commands with Discord; without it the bot serves those that Discord has."""

    def __init__(self, wanted: list[Any], *, done: bool) -> None:
        """Register *wanted*, the commands as Discord gets them; *done*: another process does."""
        self._wanted = wanted
        self._tried = asyncio.Event()
        self._registered = done

    async def first_try(self, client: discord.Client) -> None:
        """Try once, with a client that is about to connect; a failure is only logged."""
        if self._registered or self._tried.is_set():
            return
        try:
            await self._register(client, within=FIRST_WITHIN)
        except DiscordError as error:
            _log_failure(error)
        finally:
            self._tried.set()

    async def run(self, session: DiscordSession) -> None:
        """Retry until Discord has the commands."""
        if not self._registered:
            await wait_at_most(self._tried, LOGIN_WITHIN)
        if self._registered:
            return
        await asyncio.sleep(next(BACKOFF.delays()))
        client = await session.client()
        await retry(
            partial(self._register, client, within=CALL_WITHIN),
            on=DiscordError,
            backoff=BACKOFF,
            failed=_log_failure,
        )

    async def _register(self, client: discord.Client, *, within: float) -> None:
        """Register the commands if Discord has others."""
        application_id = client.application_id or 0  # known once it is logged in
        # Not discord.py's own calls: they ask for no translations, and remove what they don't know.
        route = discord.http.Route(
            "GET", "/applications/{application_id}/commands", application_id=application_id
        )
        async with translated_errors(within):
            found = await client.http.request(route, params={"with_localizations": "true"})
            command_mentions.note(found)
            ours = [command for command in found if command.get("type", 1) in _OURS]
            same = same_commands(self._wanted, ours)
        if not same:
            carried = [_resent(command) for command in found if command not in ours]
            wanted = [*self._wanted, *carried]
            log.info("registering commands: count=%d carried_along=%d", len(wanted), len(carried))
            async with translated_errors(within):
                command_mentions.note(
                    await client.http.bulk_upsert_global_commands(application_id, wanted)
                )
        self._registered = True


def _log_failure(error: Exception) -> None:
    log.error("commands not registered, retrying: error=%s reason=%s", error, error.__cause__)


def _resent(command: dict[str, Any]) -> dict[str, Any]:
    """Return a command of Discord's as it is sent back."""
    return {name: command[name] for name in _FIELDS if command.get(name) is not None}


async def payloads(tree: app_commands.CommandTree[Any]) -> list[Any]:
    """Return the commands as Discord gets them, in every language."""
    translator = tree.translator or app_commands.Translator()
    return [
        await command.get_translated_payload(tree, translator) for command in tree.get_commands()
    ]


def open_outside(tree: app_commands.CommandTree[Any]) -> None:
    """Offer the commands marked ``OUTSIDE`` in direct messages and to members' own installs."""
    for command in tree.get_commands():
        if command.extras.get("outside"):
            command.allowed_contexts = app_commands.AppCommandContext(
                guild=True,
                dm_channel=True,
                private_channel=command.extras.get("groups", True),
            )
            command.allowed_installs = app_commands.AppInstallationType(guild=True, user=True)


def same_commands(wanted: list[Any], registered: list[Any]) -> bool:
    """Return whether the commands *registered* at Discord are the *wanted* ones, defaults aside."""
    ours, theirs = _by_name(wanted), _by_name(registered)
    return ours.keys() == theirs.keys() and all(
        _agrees(command, theirs[key]) for key, command in ours.items()
    )


def _by_name(payload: list[Any]) -> dict[tuple[int, str], Any]:
    return {(command.get("type", 1), command["name"]): command for command in payload}


def _agrees(ours: Any, theirs: Any) -> bool:
    """Return whether *theirs* says what *ours* does; what Discord adds or omits is ignored."""
    if isinstance(ours, dict):
        other = theirs if isinstance(theirs, dict) else {}
        if any((ours.get(name) or {}) != (other.get(name) or {}) for name in _TRANSLATIONS):
            return False
        names = (ours.keys() - _DERIVED - _TRANSLATIONS) | (other.keys() & _SIGNIFICANT)
        return all(_agrees(ours.get(name), other.get(name)) for name in names)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_agrees, ours, theirs))
    return bool(ours == theirs) or str(ours) == str(theirs) or (_absent(ours) and _absent(theirs))


def _absent(value: Any) -> bool:
    """Return whether *value* says no more than its absence would; 0 says more."""
    return value is None or value is False or value in ("", [], {})
