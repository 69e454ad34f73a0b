"""Registers the slash commands with Discord, only where they differ from what Discord has."""

import logging
from http import HTTPStatus
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

log = logging.getLogger(__name__)

# The extras of a command that also works outside of the bot's servers.
OUTSIDE: Final = {"outside": True}

# Refusals after which a new connection may succeed; so may one after a server error.
_TRANSIENT: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})
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


async def register_commands(bot: commands.Bot) -> None:
    """Register the commands of *bot*, which is logged in, if Discord has others.

    A definite refusal is logged, and the bot works with the commands that Discord has. Raises
    discord.HTTPException where Discord is away, limits the rate, or rejects the token.
    """
    try:
        await _register(bot)
    except discord.HTTPException as error:
        if error.status in _TRANSIENT or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        log.error("commands not registered, Discord refuses them: error=%s", error)  # noqa: TRY400 - the error says all


async def _register(bot: commands.Bot) -> None:
    wanted = await payloads(bot.tree)
    # Not discord.py's own call: it would not ask for the translations.
    route = discord.http.Route(
        "GET", "/applications/{application_id}/commands", application_id=bot.application_id
    )
    registered = await bot.http.request(route, params={"with_localizations": "true"})
    if same_commands(wanted, registered):
        return
    log.info("registering commands: count=%d", len(wanted))
    await bot.tree.sync()


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
                guild=True, dm_channel=True, private_channel=True
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
