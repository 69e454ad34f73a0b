"""What commands the bot has registered."""

from collections.abc import Iterable
from typing import Any

from sandbox.discord import snowflakes
from sandbox.discord.api_errors import ErrorCode, Json, too_many_commands
from sandbox.discord.command_rules import LIMITS, check, kind_of
from sandbox.discord.enums import CommandType, Context
from sandbox.discord.events import CommandsChanged
from sandbox.discord.validation import Form, validate
from sandbox.discord.world import World

COMMAND = "ApplicationCommandUpdateRequest"
BULK: Json = {"type": "array", "maxItems": sum(LIMITS.values()), "items": {"$ref": COMMAND}}


class Commands:
    """The commands of the bot's application: global ones, and those of single guilds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_scope: dict[str | None, dict[str, Json]] = {}

    def all(self, guild_id: str | None) -> list[Json]:
        """Return the commands of a guild; without one, the global ones."""
        return list(self._scope(guild_id).values())

    def offered(self, guild_id: str | None) -> list[Json]:
        """Return the commands that a member may find in a guild, or in a direct channel."""
        return [*self.all(None), *(self.all(guild_id) if guild_id is not None else ())]

    def get(self, guild_id: str | None, command_id: str) -> Json:
        """Return one command, or refuse an unknown id."""
        try:
            return self._scope(guild_id)[command_id]
        except KeyError:
            raise ErrorCode.UNKNOWN_COMMAND.error() from None

    def replace(self, guild_id: str | None, bodies: Any) -> list[Json]:
        """Register exactly these; a command keeps its id if its type and name stay."""
        known = validate(BULK, [] if bodies is None else bodies)
        form = Form()
        names = set()
        for index, command in enumerate(known):
            check(command, (index,), form)
            key = (kind_of(command), command["name"])
            if key in names:
                message = "Application command names must be unique"
                form.refuse((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
            names.add(key)
        form.close()
        before = self._scope(guild_id)
        after = {}
        for command in known:
            shown = self._shown(command, guild_id, self._named(before, command))
            after[shown["id"]] = shown
        self._limit(after)
        self._by_scope[guild_id] = after
        if after != before:
            self._world.publish(CommandsChanged())
        return list(after.values())

    def put(self, guild_id: str | None, body: Any) -> tuple[Json, bool]:
        """Register one, in place of one with its type and name; tell whether it is new."""
        command = validate(COMMAND, body)
        form = Form()
        check(command, (), form)
        form.close()
        scope = self._scope(guild_id)
        before = self._named(scope, command)
        shown = self._shown(command, guild_id, before)
        self._limit({**scope, shown["id"]: shown})
        scope[shown["id"]] = shown
        self._world.publish(CommandsChanged())
        return shown, before is None

    def edit(self, guild_id: str | None, command_id: str, body: Any) -> Json:
        """Change what *body* names of one command."""
        before = self.get(guild_id, command_id)
        command = {**before, **validate("ApplicationCommandPatchRequestPartial", body)}
        form = Form()
        check(command, (), form)
        form.close()
        shown = self._shown(command, guild_id, before)
        self._scope(guild_id)[command_id] = shown
        self._world.publish(CommandsChanged())
        return shown

    def remove(self, guild_id: str | None, command_id: str) -> None:
        """Remove one command."""
        self.get(guild_id, command_id)
        del self._scope(guild_id)[command_id]
        self._world.publish(CommandsChanged())

    def _scope(self, guild_id: str | None) -> dict[str, Json]:
        return self._by_scope.setdefault(guild_id, {})

    @staticmethod
    def _named(scope: dict[str, Json], command: Json) -> Json | None:
        for before in scope.values():
            if (before["type"], before["name"]) == (kind_of(command), command["name"]):
                return before
        return None

    @staticmethod
    def _limit(commands: dict[str, Json]) -> None:
        for kind, limit in LIMITS.items():
            if sum(command["type"] == kind for command in commands.values()) > limit:
                raise too_many_commands(limit)

    def _shown(self, command: Json, guild_id: str | None, before: Json | None) -> Json:
        permissions = command.get("default_member_permissions")
        contexts = command.get("contexts")
        direct = command.get("dm_permission")
        if contexts is not None:
            direct = Context.BOT_DIRECT in contexts
        shown: Json = {
            "application_id": self._world.application_id,
            "type": kind_of(command),
            "name": command["name"],
            "name_localizations": command.get("name_localizations"),
            "description": command.get("description") or "",
            "description_localizations": command.get("description_localizations"),
            "default_member_permissions": None if permissions is None else str(permissions),
            "dm_permission": guild_id is None and direct is not False,
            "contexts": contexts,
            "integration_types": command.get("integration_types") or [0],
            "nsfw": bool(command.get("nsfw")),
        }
        if command.get("options"):
            shown["options"] = [_bare(option) for option in command["options"]]
        if guild_id is not None:
            shown["guild_id"] = guild_id
        if before is not None and shown.items() == _without_ids(before).items():
            return before
        return {
            "id": before["id"] if before else snowflakes.new(),
            "version": snowflakes.new(),
            **shown,
        }


def without_localizations(command: Json) -> Json:
    """Return a command as a plain GET shows it: without its translations."""
    shown = {key: value for key, value in command.items() if not key.endswith("_localizations")}
    for key in ("options", "choices"):
        if key in shown:
            shown[key] = [without_localizations(part) for part in shown[key]]
    return shown


def spoken(command: Json, locale: str) -> Json:
    """Return a command as the clients of that language describe it.

    In menus its name is translated too. Names that are typed stay: the page sends them as shown.
    """
    told = _described(command, locale)
    if kind_of(command) != CommandType.CHAT_INPUT:
        told["name"] = (command.get("name_localizations") or {}).get(locale, command["name"])
    return told


def _described(part: Json, locale: str) -> Json:
    translated = (part.get("description_localizations") or {}).get(locale)
    told = part if translated is None else {**part, "description": translated}
    told = dict(told)
    if options := part.get("options"):
        told["options"] = [_described(option, locale) for option in options]
    if choices := part.get("choices"):
        told["choices"] = named_in(locale, choices)
    return told


def named_in(locale: str, choices: Iterable[Json]) -> list[Json]:
    """Return choices by their names in that language; their values stay."""
    return [
        {
            "name": (choice.get("name_localizations") or {}).get(locale, choice["name"]),
            "value": choice["value"],
        }
        for choice in choices
    ]


def _without_ids(command: Json) -> Json:
    return {key: value for key, value in command.items() if key not in ("id", "version")}


def _bare(part: Json) -> Json:
    """Drop what is null, false or empty of an option, as Discord's answers do."""
    kept = {
        key: value
        for key, value in part.items()
        if value is not None and value is not False and value != []
    }
    for key in ("options", "choices"):
        if key in kept:
            kept[key] = [_bare(inner) for inner in kept[key]]
    return kept
