"""REST: the bot itself, its commands, its guilds and users."""

from aiohttp import web

from sandbox.discord import serializers
from sandbox.discord.api_errors import ErrorCode, Json
from sandbox.discord.commands import Commands, without_localizations
from sandbox.discord.models import Guild
from sandbox.discord.rest import Call, Table, routes
from sandbox.discord.world import World

START_LIMIT = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
COMMANDS = "/applications/{application}/commands"


class Application:
    """The routes below /applications, /users, /guilds, /oauth2 and /gateway."""

    def __init__(self, world: World, commands: Commands) -> None:
        self._world = world
        self._commands = commands

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        table: Table = {
            "GET /gateway/bot": self._gateway,
            "GET /users/@me": lambda _: serializers.own_user(self._world),
            "GET /users/{user}": self._user,
            "GET /oauth2/applications/@me": lambda _: serializers.application(self._world),
            "GET /applications/@me": lambda _: serializers.application(self._world),
            "GET /guilds/{guild}": lambda call: serializers.guild(self._guild(call)),
            "GET /guilds/{guild}/channels": self._channels,
            "GET /guilds/{guild}/members/{user}": self._member,
            f"GET {COMMANDS}": self._list_commands,
            f"PUT {COMMANDS}": self._replace_commands,
        }
        public: Table = {"GET /gateway": lambda _: {"url": self._world.gateway_url}}
        return [*routes(public, None), *routes(table, self._world)]

    def _gateway(self, _: Call) -> Json:
        url, shards = self._world.gateway_url, self._world.shards
        return {"url": url, "shards": shards, "session_start_limit": START_LIMIT}

    def _user(self, call: Call) -> Json:
        user = self._world.users.get(call.path["user"])
        if user is None:
            raise ErrorCode.UNKNOWN_USER.error()
        return serializers.user(user)

    def _channels(self, call: Call) -> list[Json]:
        channels = self._guild(call).channels.values()
        return [serializers.channel(self._world, channel) for channel in channels]

    def _member(self, call: Call) -> Json:
        guild, user_id = self._guild(call), call.path["user"]
        if user_id not in guild.members:
            raise ErrorCode.UNKNOWN_MEMBER.error()
        return serializers.member(guild, self._world.users[user_id])

    def _guild(self, call: Call) -> Guild:
        guild = self._world.guilds.get(call.path["guild"])
        if guild is None or not guild.has_bot:
            raise ErrorCode.UNKNOWN_GUILD.error()
        return guild

    # Commands

    def _list_commands(self, call: Call) -> list[Json]:
        self._check_application(call)
        commands = list(self._commands.by_id.values())
        if call.flag("with_localizations"):
            return commands
        return [without_localizations(command) for command in commands]

    def _replace_commands(self, call: Call) -> list[Json]:
        self._check_application(call)
        return self._commands.replace(call.body.payload)

    def _check_application(self, call: Call) -> None:
        if call.path["application"] != self._world.application_id:
            raise ErrorCode.UNKNOWN_APPLICATION.error()
