"""Reads who runs the bot from Discord's description of its application."""

from typing import Any, Final

import discord

from bot.service.port_errors import PermanentDiscordError
from bot.ui.discord_errors import translated_errors
from bot.ui.discord_session import ASK_WITHIN, DiscordSession
from bot.ui.interaction_payload import snowflake

_ACCEPTED: Final = 2  # a membership state; others were invited only
# Both can take over the bot: a developer can reset its token. Who may only read can't, and an
# operator spends the owner's money.
_ROLES: Final = frozenset({"admin", "developer"})


class DiscordApplication:
    """The bot's application."""

    def __init__(self, session: DiscordSession) -> None:
        self._session = session

    async def operators(self) -> frozenset[int]:
        """Return who runs the bot. Raises DiscordError."""
        async with translated_errors(ASK_WITHIN):
            client = await self._session.client()
            route = discord.http.Route("GET", "/applications/@me")
            application = await client.http.request(route)
        if not (found := operators_of(application)):
            raise PermanentDiscordError("Discord named no owner of the application")
        return found


def operators_of(application: Any) -> frozenset[int]:
    """Return the ids of the owner, or of the team's owner, admins and developers.

    Of a team's application Discord calls a user the owner that stands for the team.
    """
    named = application if isinstance(application, dict) else {}
    if not isinstance(team := named.get("team"), dict):
        return _ids(named.get("owner"))
    members = [one for one in team.get("members") or () if isinstance(one, dict)]
    trusted = [
        one.get("user")
        for one in members
        if one.get("membership_state") == _ACCEPTED and one.get("role") in _ROLES
    ]
    return _ids({"id": team.get("owner_user_id")}, *trusted)


def _ids(*users: Any) -> frozenset[int]:
    ids = (snowflake(user.get("id")) for user in users if isinstance(user, dict))
    return frozenset(id_ for id_ in ids if id_ is not None)
