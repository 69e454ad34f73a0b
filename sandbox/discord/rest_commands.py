"""REST: the application's commands, global ones and those of single guilds."""

from aiohttp import web

from sandbox.discord.api_errors import ErrorCode, Json
from sandbox.discord.commands import Commands, without_localizations
from sandbox.discord.rest import Call, Table, answer, routes
from sandbox.discord.world import World

SCOPES = ("/applications/{application}", "/applications/{application}/guilds/{guild}")


class CommandRoutes:
    """The routes below /applications/{application}/commands, and below its guilds."""

    def __init__(self, world: World, commands: Commands) -> None:
        self._world = world
        self._commands = commands

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        table: Table = {  # "permissions" is no command's id
            f"GET {SCOPES[1]}/commands/permissions": self._all_permissions,
            f"GET {SCOPES[1]}/commands/{{command}}/permissions": self._permissions,
        }
        for scope in SCOPES:
            all_commands, one = f"{scope}/commands", f"{scope}/commands/{{command}}"
            table |= {
                f"GET {all_commands}": self._list,
                f"PUT {all_commands}": self._replace,
                f"POST {all_commands}": self._put,
                f"GET {one}": lambda call: self._commands.find(*self._one(call)),
                f"PATCH {one}": self._edit,
                f"DELETE {one}": lambda call: self._commands.remove(*self._one(call)),
            }
        return routes(table, self._world)

    def _list(self, call: Call) -> list[Json]:
        commands = self._commands.of(self._scope(call))
        if call.flag("with_localizations"):
            return commands
        return [without_localizations(command) for command in commands]

    def _replace(self, call: Call) -> list[Json]:
        return self._commands.replace(call.body.payload, self._scope(call))

    def _put(self, call: Call) -> web.Response:
        command, new = self._commands.put(call.body.payload, self._scope(call))
        return answer(command, status=201 if new else 200)

    def _edit(self, call: Call) -> Json:
        command, guild = self._one(call)
        return self._commands.edit(command, call.body.payload, guild)

    def _all_permissions(self, call: Call) -> list[Json]:
        self._scope(call)
        return []  # nobody has changed them

    def _permissions(self, call: Call) -> None:
        self._commands.find(*self._one(call))
        raise ErrorCode.UNKNOWN_COMMAND_PERMISSIONS.error()

    def _one(self, call: Call) -> tuple[str, str | None]:
        return call.path["command"], self._scope(call)

    def _scope(self, call: Call) -> str | None:
        """Return the guild's id; None: global."""
        if call.path["application"] != self._world.application_id:
            raise ErrorCode.UNKNOWN_APPLICATION.error()
        guild_id = call.path.get("guild")
        if guild_id is not None and guild_id not in self._world.guilds:
            raise ErrorCode.MISSING_ACCESS.error()
        return guild_id
