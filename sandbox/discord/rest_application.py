"""REST: the bot itself, its commands, its guilds and users."""

from aiohttp import web

from sandbox.discord import serializers
from sandbox.discord.api_errors import ErrorCode
from sandbox.discord.commands import Commands, without_localizations
from sandbox.discord.models import Guild
from sandbox.discord.rest import answer, as_bot, body_of
from sandbox.discord.world import World

STARTS_A_DAY = 1000


class Application:
    """The routes below /applications, /users, /guilds, /oauth2 and /gateway."""

    def __init__(self, world: World, commands: Commands) -> None:
        self._world = world
        self._commands = commands

    def routes(self) -> list[web.RouteDef]:
        """List the routes; commands exist globally and per guild."""
        routes = [
            web.get("/gateway", self.gateway),
            web.get("/gateway/bot", self.gateway_bot),
            web.get("/users/@me", self.me),
            web.get("/users/{user}", self.user),
            web.get("/oauth2/applications/@me", self.application),
            web.get("/applications/@me", self.application),
            web.get("/guilds/{guild}", self.guild),
            web.get("/guilds/{guild}/channels", self.channels),
            web.get("/guilds/{guild}/members/{user}", self.member),
        ]
        for commands in (
            "/applications/{application}/commands",
            "/applications/{application}/guilds/{guild}/commands",
        ):
            routes += [
                web.get(commands, self.list_commands),
                web.put(commands, self.replace_commands),
                web.post(commands, self.put_command),
                web.get(f"{commands}/{{command}}", self.get_command),
                web.patch(f"{commands}/{{command}}", self.edit_command),
                web.delete(f"{commands}/{{command}}", self.remove_command),
            ]
        return routes

    async def gateway(self, _: web.Request) -> web.Response:
        """GET /gateway."""
        return answer({"url": self._world.gateway_url})

    async def gateway_bot(self, request: web.Request) -> web.Response:
        """GET /gateway/bot."""
        as_bot(self._world, request)
        limit = {"total": STARTS_A_DAY, "remaining": STARTS_A_DAY, "reset_after": 0}
        return answer(
            {
                "url": self._world.gateway_url,
                "shards": self._world.shards,
                "session_start_limit": {**limit, "max_concurrency": 1},
            }
        )

    async def me(self, request: web.Request) -> web.Response:
        """GET /users/@me."""
        as_bot(self._world, request)
        return answer(serializers.own_user(self._world))

    async def user(self, request: web.Request) -> web.Response:
        """GET /users/{user}."""
        as_bot(self._world, request)
        user = self._world.users.get(request.match_info["user"])
        if user is None:
            raise ErrorCode.UNKNOWN_USER.error()
        return answer(serializers.user(user))

    async def application(self, request: web.Request) -> web.Response:
        """GET /oauth2/applications/@me."""
        as_bot(self._world, request)
        return answer(serializers.application(self._world))

    async def guild(self, request: web.Request) -> web.Response:
        """GET /guilds/{guild}."""
        return answer(serializers.guild(self._guild(request)))

    async def channels(self, request: web.Request) -> web.Response:
        """GET /guilds/{guild}/channels."""
        channels = self._guild(request).channels.values()
        return answer([serializers.channel(self._world, channel) for channel in channels])

    async def member(self, request: web.Request) -> web.Response:
        """GET /guilds/{guild}/members/{user}."""
        guild = self._guild(request)
        user_id = request.match_info["user"]
        if user_id not in guild.members:
            raise ErrorCode.UNKNOWN_MEMBER.error()
        return answer(serializers.member(guild, self._world.users[user_id]))

    def _guild(self, request: web.Request) -> Guild:
        as_bot(self._world, request)
        guild = self._world.guilds.get(request.match_info["guild"])
        if guild is None or not guild.has_bot:
            raise ErrorCode.UNKNOWN_GUILD.error()
        return guild

    # Commands

    async def list_commands(self, request: web.Request) -> web.Response:
        """GET …/commands."""
        commands = self._commands.all(self._scope(request))
        if request.query.get("with_localizations", "").lower() not in ("1", "true"):
            commands = [without_localizations(command) for command in commands]
        return answer(commands)

    async def replace_commands(self, request: web.Request) -> web.Response:
        """PUT …/commands."""
        scope = self._scope(request)
        return answer(self._commands.replace(scope, (await body_of(request)).payload))

    async def put_command(self, request: web.Request) -> web.Response:
        """POST …/commands."""
        scope = self._scope(request)
        command, new = self._commands.put(scope, (await body_of(request)).payload)
        return answer(command, status=201 if new else 200)

    async def get_command(self, request: web.Request) -> web.Response:
        """GET …/commands/{command}."""
        scope = self._scope(request)
        return answer(self._commands.get(scope, request.match_info["command"]))

    async def edit_command(self, request: web.Request) -> web.Response:
        """PATCH …/commands/{command}."""
        scope = self._scope(request)
        body = await body_of(request)
        return answer(self._commands.edit(scope, request.match_info["command"], body.payload))

    async def remove_command(self, request: web.Request) -> web.Response:
        """DELETE …/commands/{command}."""
        self._commands.remove(self._scope(request), request.match_info["command"])
        return answer()

    def _scope(self, request: web.Request) -> str | None:
        as_bot(self._world, request)
        if request.match_info["application"] != self._world.application_id:
            raise ErrorCode.UNKNOWN_APPLICATION.error()
        guild_id = request.match_info.get("guild")
        guild = self._world.guilds.get(guild_id or "")
        if guild_id is not None and (guild is None or not guild.has_bot):
            raise ErrorCode.MISSING_ACCESS.error()
        return guild_id
