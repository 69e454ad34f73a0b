"""The registry of the bot's commands."""

from collections.abc import Callable
from typing import Any

from sandbox.discord import snowflakes
from sandbox.discord.api_errors import ApiError, ErrorCode, Json
from sandbox.discord.command_rules import LIMITS, check, kind_of
from sandbox.discord.enums import CommandType, Context
from sandbox.discord.events import CommandsChanged
from sandbox.discord.validation import Form, validate
from sandbox.discord.world import World

COMMAND = "ApplicationCommandUpdateRequest"
PATCH = "ApplicationCommandPatchRequestPartial"
NULLABLE = (
    "name_localizations",
    "description_localizations",
    "default_member_permissions",
    "contexts",
)
BULK: Json = {"type": "array", "maxItems": sum(LIMITS.values()), "items": {"$ref": COMMAND}}


class Commands:
    """Registry of the application's commands, global and per guild."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_scope: dict[str | None, dict[str, Json]] = {}

    def all(self, guild_id: str | None) -> list[Json]:
        """Return the commands of a guild; None: the global ones."""
        return list(self._scope(guild_id).values())

    def offered(self, guild_id: str | None) -> list[Json]:
        """Return the global commands and those of the guild."""
        return [*self.all(None), *(self.all(guild_id) if guild_id is not None else ())]

    def get(self, guild_id: str | None, command_id: str) -> Json:
        """Return one command; raise ApiError for an unknown id."""
        try:
            return self._scope(guild_id)[command_id]
        except KeyError:
            raise ErrorCode.UNKNOWN_COMMAND.error() from None

    def replace(self, guild_id: str | None, bodies: Any) -> list[Json]:
        """Replace all commands; one with the same type and name keeps its id."""
        commands = validate(BULK, [] if bodies is None else bodies)
        keys = [(kind_of(command), command["name"]) for command in commands]
        with Form() as form:
            for index, command in enumerate(commands):
                check(command, (index,), form)
            places = (((index,), key) for index, key in enumerate(keys))
            form.unique(places, "APPLICATION_COMMANDS_DUPLICATE_NAME")
        before = self._scope(guild_id)
        shown = [self._shown(command, guild_id, _same(before, command)) for command in commands]
        self._by_scope[guild_id] = _limited({command["id"]: command for command in shown})
        if self._by_scope[guild_id] != before:
            self._world.publish(CommandsChanged())
        return shown

    def put(self, guild_id: str | None, body: Any) -> tuple[Json, bool]:
        """Create or replace one command; return it, and whether it is new."""
        command = validate(COMMAND, body)
        before = _same(self._scope(guild_id), command)
        return self._store(command, guild_id, before), before is None

    def edit(self, guild_id: str | None, command_id: str, body: Any) -> Json:
        """Change the fields in *body* of one command."""
        before = self.get(guild_id, command_id)
        return self._store({**before, **validate(PATCH, body)}, guild_id, before)

    def remove(self, guild_id: str | None, command_id: str) -> None:
        """Remove one command."""
        self.get(guild_id, command_id)
        del self._scope(guild_id)[command_id]
        self._world.publish(CommandsChanged())

    def _scope(self, guild_id: str | None) -> dict[str, Json]:
        return self._by_scope.setdefault(guild_id, {})

    def _store(self, command: Json, guild_id: str | None, before: Json | None) -> Json:
        with Form() as form:
            check(command, (), form)
        shown = self._shown(command, guild_id, before)
        self._by_scope[guild_id] = _limited({**self._scope(guild_id), shown["id"]: shown})
        self._world.publish(CommandsChanged())
        return shown

    def _shown(self, command: Json, guild_id: str | None, before: Json | None) -> Json:
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
            "dm_permission": guild_id is None and direct,
            "integration_types": command.get("integration_types") or [0],
            "nsfw": bool(command.get("nsfw")),
        }
        if command.get("options"):
            shown["options"] = [_without_defaults(option) for option in command["options"]]
        if guild_id is not None:
            shown["guild_id"] = guild_id
        command_id = before["id"] if before else snowflakes.new()
        if before == {"id": command_id, "version": (before or {}).get("version"), **shown}:
            return before
        return {"id": command_id, "version": snowflakes.new(), **shown}


def _same(commands: dict[str, Json], command: Json) -> Json | None:
    """Return the registered command with the same type and name."""
    key = (kind_of(command), command["name"])
    return next((old for old in commands.values() if (old["type"], old["name"]) == key), None)


def _limited(commands: dict[str, Json]) -> dict[str, Json]:
    for kind, limit in LIMITS.items():
        if sum(command["type"] == kind for command in commands.values()) > limit:
            message = f"Maximum number of application commands reached ({limit})."
            raise ApiError(400, 30032, message)
    return commands


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
