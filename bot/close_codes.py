"""The gateway's close codes that end the bot, since no reconnect would help."""

from typing import Final

import discord

from bot.errors import InvalidSettings

# Close codes after which no connection can succeed: the setting, and what to do.
# https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
_FATAL: Final = {
    4004: (
        "DISCORD_TOKEN",
        "Discord does not take it any more: reset it in the developer portal, page Bot",
    ),
    4010: ("SHARD_IDS", "Discord does not know these shards: count them from 0 to SHARD_COUNT - 1"),
    4011: (
        "SHARD_COUNT",
        "the bot is in too many servers for so few shards: `python -m bot check` says how many",
    ),
    4012: (
        "DISCORD_GATEWAY_URL",
        "that gateway does not speak version 10 (any more): update the bot",
    ),
    4013: ("DISCORD_GATEWAY_URL", "that gateway does not know the bot's intents: update the bot"),
    4014: (
        "DISCORD_TOKEN",
        "its application may not use the bot's intents: see the developer portal, page Bot",
    ),
}


def fatal(error: Exception) -> InvalidSettings | None:
    """Return what the operator has to change if *error* ended a connection for good."""
    code = error.code if isinstance(error, discord.ConnectionClosed) else None
    if isinstance(error, discord.PrivilegedIntentsRequired):
        code = 4014
    if code not in _FATAL:
        return None
    setting, reason = _FATAL[code]
    return InvalidSettings(setting=setting, reason=f"{reason} (close code {code})")
