"""REST: the bot itself, its guilds and users."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.discord import serializers
from sandbox.discord.api_errors import ErrorCode, Json
from sandbox.discord.models import Guild
from sandbox.discord.rest import Call, Table, routes
from sandbox.discord.validation import validate
from sandbox.discord.world import World

EDITABLE: Json = {
    "type": "object",
    "properties": {
        "description": {"type": "string", "maxLength": 400},
        "custom_install_url": {"type": "string", "format": "uri", "schemes": ["http", "https"]},
        "interactions_endpoint_url": {"type": "string", "format": "uri", "schemes": ["https"]},
        "flags": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 20}},
    },
}
PAGE: Json = {
    "type": "object",
    "properties": {"limit": {"type": "integer", "minimum": 1, "maximum": 1000}},
}


class Application:
    """The routes below /applications, /users, /guilds, /oauth2 and /gateway."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        application, guild = "/applications/{application}", "/guilds/{guild}"
        table: Table = {
            "GET /gateway/bot": self._gateway,
            "GET /users/@me": lambda _: serializers.own_user(self._world),
            "GET /users/@me/guilds": self._guilds,
            "GET /users/{user}": self._user,
            "GET /oauth2/applications/@me": self._get,
            "GET /applications/@me": self._get,
            "PATCH /applications/@me": self._edit,
            f"GET {application}/emojis": lambda _: {"items": []},
            f"GET {application}/entitlements": lambda _: [],
            f"GET {application}/role-connections/metadata": lambda _: [],
            f"GET {guild}": self._guild_shown,
            f"GET {guild}/channels": self._channels,
            f"GET {guild}/emojis": self._in_guild([]),
            f"GET {guild}/members": self._members,
            f"GET {guild}/members/{{user}}": self._member,
            f"GET {guild}/roles": lambda call: serializers.guild(self._guild(call))["roles"],
            f"GET {guild}/roles/{{role}}": self._role,
            f"GET {guild}/threads/active": self._threads,
        }
        public: Table = {"GET /gateway": lambda _: {"url": self._world.gateway_url}}
        return [*routes(public, None), *routes(table, self._world)]

    def _gateway(self, _: Call) -> Json:
        world = self._world
        limit = world.starts.shown()
        return {"url": world.gateway_url, "shards": world.shards, "session_start_limit": limit}

    def _get(self, _: Call) -> Json:
        return serializers.application(self._world)

    def _edit(self, call: Call) -> Json:
        self._world.application |= validate(EDITABLE, call.body.payload)
        return serializers.application(self._world)

    def _guilds(self, _: Call) -> list[Json]:
        guilds = self._world.guilds.values()
        return [serializers.own_guild(self._world, guild) for guild in guilds if guild.has_bot]

    def _user(self, call: Call) -> Json:
        user = self._world.users.get(call.path["user"])
        if user is None:
            raise ErrorCode.UNKNOWN_USER.error()
        return serializers.user(user)

    def _guild_shown(self, call: Call) -> Json:
        return serializers.guild(self._guild(call), counts=call.flag("with_counts"))

    def _channels(self, call: Call) -> list[Json]:
        return serializers.guild_channels(self._world, self._guild(call))

    def _threads(self, call: Call) -> Json:
        shown = serializers.active_threads(self._world, self._guild(call))
        return {"threads": shown, "members": [], "has_more": False}

    def _member(self, call: Call) -> Json:
        guild, user_id = self._guild(call), call.path["user"]
        if user_id not in guild.members:
            raise ErrorCode.UNKNOWN_MEMBER.error()
        return serializers.member(guild, self._world.users[user_id])

    def _members(self, call: Call) -> list[Json]:
        guild, limit = self._guild(call), call.query.get("limit", "1")
        if not self._world.privileged_intents:
            raise ErrorCode.MISSING_ACCESS.error()
        asked = validate(PAGE, {"limit": int(limit) if limit.isdecimal() else limit})
        people = [self._world.users[user_id] for user_id in guild.members]
        return [serializers.member(guild, person) for person in people[: asked["limit"]]]

    def _role(self, call: Call) -> Json:
        role = self._guild(call).roles.get(call.path["role"])
        if role is None:
            raise ErrorCode.UNKNOWN_ROLE.error()
        return serializers.role(role)

    def _in_guild(self, shown: Any) -> Callable[[Call], Any]:
        """Return a handler whose answer is the same for each guild of the bot's."""

        def handler(call: Call) -> Any:
            self._guild(call)
            return shown

        return handler

    def _guild(self, call: Call) -> Guild:
        guild = self._world.guilds.get(call.path["guild"])
        if guild is None or not guild.has_bot:
            raise ErrorCode.UNKNOWN_GUILD.error()
        return guild
