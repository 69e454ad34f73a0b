"""The registry of the bot's commands."""

from collections.abc import Callable
from typing import Any

from sandbox.discord import snowflakes
from sandbox.discord.api_errors import ApiError, Json
from sandbox.discord.command_rules import LIMITS, check, kind_of
from sandbox.discord.enums import CommandType, Context
from sandbox.discord.events import CommandsChanged
from sandbox.discord.validation import Form, validate
from sandbox.discord.world import World

COMMAND = "ApplicationCommandUpdateRequest"
NULLABLE = (
    "name_localizations",
    "description_localizations",
    "default_member_permissions",
    "contexts",
)
BULK: Json = {"type": "array", "maxItems": sum(LIMITS.values()), "items": {"$ref": COMMAND}}


class Commands:
    """Registry of the application's commands, which are global."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_id: dict[str, Json] = {}

    def replace(self, bodies: Any) -> list[Json]:
        """Replace all commands; one with the same type and name keeps its id."""
        commands = validate(BULK, [] if bodies is None else bodies)
        keys = [(kind_of(command), command["name"]) for command in commands]
        with Form() as form:
            for index, command in enumerate(commands):
                check(command, (index,), form)
            places = (((index,), key) for index, key in enumerate(keys))
            form.unique(places, "APPLICATION_COMMANDS_DUPLICATE_NAME")
        for kind, limit in LIMITS.items():
            if sum(kind_of(command) == kind for command in commands) > limit:
                message = f"Maximum number of application commands reached ({limit})."
                raise ApiError(400, 30032, message)
        before = {(old["type"], old["name"]): old for old in self.by_id.values()}
        shown = [
            self._shown(command, before.get(key))
            for key, command in zip(keys, commands, strict=True)
        ]
        if shown != list(self.by_id.values()):
            self.by_id = {command["id"]: command for command in shown}
            self._world.publish(CommandsChanged())
        return shown

    def _shown(self, command: Json, before: Json | None) -> Json:
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
        if command.get("options"):
            shown["options"] = [_without_defaults(option) for option in command["options"]]
        command_id = before["id"] if before else snowflakes.new()
        if before == {"id": command_id, "version": (before or {}).get("version"), **shown}:
            return before
        return {"id": command_id, "version": snowflakes.new(), **shown}


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
