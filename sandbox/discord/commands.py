"""The registry of the bot's commands."""

from collections.abc import Callable
from typing import Any

from sandbox.discord import snowflakes
from sandbox.discord.api_errors import ApiError, ErrorCode, Json
from sandbox.discord.command_rules import LIMITS, check, kind_of
from sandbox.discord.enums import CommandType, Context
from sandbox.discord.events import CommandsChanged
from sandbox.discord.validation import SCHEMAS, Form, validate
from sandbox.discord.world import World

COMMAND = "ApplicationCommandUpdateRequest"
NULLABLE = (
    "name_localizations",
    "description_localizations",
    "default_member_permissions",
    "contexts",
)
BULK: Json = {"type": "array", "maxItems": sum(LIMITS.values()), "items": {"$ref": COMMAND}}


PARTIAL: Json = SCHEMAS[COMMAND] | {"required": []}
APP_HANDLER = 1  # how Entry Point commands are handled: by the app


class Commands:
    """Registry of the application's commands: the global ones, and those of single guilds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_id: dict[str, Json] = {}
        self.refusal: ApiError | None = None  # of each change of a command

    def of(self, guild_id: str | None = None) -> list[Json]:
        """Return the global commands, or those of one guild only."""
        return [command for command in self.by_id.values() if command.get("guild_id") == guild_id]

    def find(self, command_id: str, guild_id: str | None = None) -> Json:
        """Return a command by its id; raise ApiError if there is none in that scope."""
        command = self.by_id.get(command_id)
        if command is None or command.get("guild_id") != guild_id:
            raise ErrorCode.UNKNOWN_COMMAND.error()
        return command

    def replace(self, bodies: Any, guild_id: str | None = None) -> list[Json]:
        """Replace all commands; one with the same type and name keeps its id.

        Raises:
            ApiError: if a command is wrong, or the Entry Point command is missing.
        """
        commands = validate(BULK, [] if bodies is None else bodies)
        keys = [_key(command) for command in commands]
        with Form() as form:
            for index, command in enumerate(commands):
                check(command, (index,), form)
            places = (((index,), key) for index, key in enumerate(keys))
            form.unique(places, "APPLICATION_COMMANDS_DUPLICATE_NAME")
        before = {_key(old): old for old in self.of(guild_id)}
        if CommandType.ENTRY_POINT in {kind for kind, _ in before} - {kind for kind, _ in keys}:
            raise ErrorCode.ENTRY_POINT_MISSING.error()
        shown = [
            self._shown(command, before.get(key), guild_id)
            for key, command in zip(keys, commands, strict=True)
        ]
        self._keep(shown, guild_id)
        return shown

    def put(self, body: Any, guild_id: str | None = None) -> tuple[Json, bool]:
        """Create a command, or overwrite the one with the same type and name.

        Return it, and whether it is new.
        """
        command = validate(COMMAND, body)
        with Form() as form:
            check(command, (), form)
        before = {_key(old): old for old in self.of(guild_id)}
        shown = self._shown(command, before.get(_key(command)), guild_id)
        self._keep([*(before | {_key(command): shown}).values()], guild_id)
        return shown, _key(command) not in before

    def edit(self, command_id: str, body: Any, guild_id: str | None = None) -> Json:
        """Change the fields of a command that *body* contains."""
        before = self.find(command_id, guild_id)
        command = before | validate(PARTIAL, body) | {"type": before["type"]}
        with Form() as form:
            check(command, (), form)
            others = [old for old in self.of(guild_id) if old is not before]
            if _key(command) in map(_key, others):
                form.refuse(("name",), "APPLICATION_COMMANDS_DUPLICATE_NAME")
        shown = self._shown(command, before, guild_id)
        kept = [shown if old is before else old for old in self.of(guild_id)]
        self._keep(kept, guild_id)
        return shown

    def remove(self, command_id: str, guild_id: str | None = None) -> None:
        """Delete a command."""
        removed = self.find(command_id, guild_id)
        self._keep([old for old in self.of(guild_id) if old is not removed], guild_id)

    def _keep(self, commands: list[Json], guild_id: str | None) -> None:
        """Make *commands* all that there are in one scope."""
        if self.refusal is not None:
            raise self.refusal
        for kind, limit in LIMITS.items():
            if sum(command["type"] == kind for command in commands) > limit:
                message = f"Maximum number of application commands reached ({limit})."
                raise ApiError(400, 30032, message)
        if commands != self.of(guild_id):
            others = {
                key: command
                for key, command in self.by_id.items()
                if command.get("guild_id") != guild_id
            }
            self.by_id = others | {command["id"]: command for command in commands}
            self._world.publish(CommandsChanged())

    def _shown(self, command: Json, before: Json | None, guild_id: str | None) -> Json:
        contexts = command.get("contexts")
        direct = command.get("dm_permission") is not False
        if contexts is not None:
            direct = Context.BOT_DIRECT in contexts
        shown: Json = {
            "application_id": self._world.application_id,
            "type": kind_of(command),
            "name": command["name"],
            "description": command.get("description") or "",
            **{key: command.get(key) for key in NULLABLE},
            "dm_permission": direct,
            "integration_types": command.get("integration_types") or [0],
            "nsfw": bool(command.get("nsfw")),
        }
        if shown["type"] == CommandType.ENTRY_POINT:
            shown["handler"] = command.get("handler") or APP_HANDLER
        if guild_id is not None:
            shown["guild_id"] = guild_id
        if command.get("options"):
            shown["options"] = [_without_defaults(option) for option in command["options"]]
        command_id = before["id"] if before else snowflakes.new()
        if before == {"id": command_id, "version": (before or {}).get("version"), **shown}:
            return before
        return {"id": command_id, "version": snowflakes.new(), **shown}


def _key(command: Json) -> tuple[int, str]:
    """Return what is unique in a scope: the type and the name."""
    return kind_of(command), command["name"]


def _each(part: Json, change: Callable[[Json], Json]) -> Json:
    """Apply *change* to a command or an option, and to its options and choices."""
    shown = change(part)
    for key in ("options", "choices"):
        if key in shown:
            shown[key] = [_each(inner, change) for inner in shown[key]]
    return shown


def without_localizations(command: Json) -> Json:
    """Return a command without its translations, as GET does by default."""
    return _each(
        command,
        lambda part: {k: value for k, value in part.items() if not k.endswith("_localizations")},
    )


def localized(command: Json, locale: str) -> Json:
    """Return a command, or a choice, in the language of a client.

    Names of options and of typed commands stay: the page sends them back as it got them.
    """
    menu = command.get("type") in (CommandType.USER, CommandType.MESSAGE)

    def translate(part: Json) -> Json:
        named = "value" in part or (menu and part is command)
        texts = {
            key: (part.get(f"{key}_localizations") or {}).get(locale)
            for key in ("name", "description")
            if key == "description" or named
        }
        return part | {key: text for key, text in texts.items() if text}

    return without_localizations(_each(command, translate))


def _without_defaults(option: Json) -> Json:
    """Drop null, false and empty fields of an option, as Discord's answers do."""
    return _each(
        option,
        lambda part: {
            key: value
            for key, value in part.items()
            if value is not None and value is not False and value != []
        },
    )
