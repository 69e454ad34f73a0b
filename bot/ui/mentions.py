"""Replaces Discord's mentions, custom emoji and times in a text by what a reader sees of them."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import discord

from bot.service.port_errors import DiscordError
from bot.ui.discord_errors import translated_errors
from bot.ui.interaction_context import Interaction

ASKED_WITHIN: Final = 0.7  # seconds; of the 3 that Discord waits, recording an order takes most
MOST_ASKED: Final = 5  # members

_MARKUP: Final = re.compile(
    r"<(?:@!?(?P<member>\d{1,20})|@&(?P<role>\d{1,20})|\#(?P<channel>\d{1,20})"
    r"|a?:(?P<emoji>\w{1,64}):\d{1,20}|/(?P<command>[^:<>]{1,100}):\d{1,20}"
    r"|t:(?P<time>-?\d{1,17})(?::[a-zA-Z])?|id:(?P<place>[\w-]{1,30})(?::\d{1,20})?)>"
)


async def named(interaction: Interaction, text: str, known: Iterable[Any] = ()) -> str:
    """Return *text* with names for mentions; what has none that is known is left out.

    Discord is asked, for a moment, about members that are not among the *known* users.
    """
    if "<" not in text:
        return text
    names = {user.id: user.display_name for user in (*known, interaction.user)}
    unknown = {int(match["member"]) for match in _MARKUP.finditer(text) if match["member"]}
    names |= await member_names(interaction, sorted(unknown - names.keys())[:MOST_ASKED])

    def name(match: re.Match[str]) -> str:
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        left = " " if before.isalnum() or before == ">" else ""
        right = " " if after.isalnum() or after == "<" else ""
        return f"{left}{_name(match, interaction.guild, names)}{right}"

    return _MARKUP.sub(name, text)


def _name(match: re.Match[str], guild: discord.Guild | None, members: dict[int, str]) -> str:
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    match kind:
        case "member":
            return members.get(int(value), "")
        case "role":
            role = guild.get_role(int(value)) if guild else None
            return role.name.removeprefix("@") if role else ""
        case "channel":
            channel = guild.get_channel_or_thread(int(value)) if guild else None
            return channel.name if channel else ""
        case "time":
            with suppress(OverflowError, ValueError, OSError):
                return f"{datetime.fromtimestamp(int(value), UTC):%Y-%m-%d %H:%M}"
            return ""
        case "command":
            return f"/{value}"
        case _:
            return value


async def member_names(
    interaction: Interaction, members: Sequence[int], *, within: float = ASKED_WITHIN
) -> dict[int, str]:
    """Return the names of the members that Discord tells in that many seconds."""
    if not members or interaction.guild_id is None:
        return {}
    answers = asyncio.gather(*(_member_name(interaction, member, within) for member in members))
    return {member: name for member, name in zip(members, await answers, strict=True) if name}


async def _member_name(interaction: Interaction, member: int, within: float) -> str | None:
    with suppress(DiscordError):
        async with translated_errors(within):
            found: Any = await interaction.client.http.get_member(interaction.guild_id, member)
        return next(_names(found), None)
    return None


def _names(member: Any) -> Iterator[str]:
    user = member.get("user") or {}
    for name in (member.get("nick"), user.get("global_name"), user.get("username")):
        if name:
            yield str(name)
