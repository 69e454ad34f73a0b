"""The shapes of application commands that Discord takes, and the rules between their fields.

https://discord.com/developers/docs/interactions/application-commands
"""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import LOCALES, CommandType, Context, OptionType
from sandbox.discord.forms import (
    ByType,
    Choice,
    Field,
    Fields,
    Flag,
    Form,
    ListOf,
    MapOf,
    Number,
    Path,
    Shape,
    Shapes,
    Snowflake,
    Text,
)

LIMITS = {CommandType.CHAT_INPUT: 100, CommandType.USER: 15, CommandType.MESSAGE: 15}
MAX_SIZE = 8000  # characters of a command's names, descriptions and values
NAME = re.compile(r"[-_'\w]{1,32}")
NESTED = (OptionType.SUBCOMMAND, OptionType.GROUP)

CHOICES: dict[OptionType, Field] = {
    OptionType.STRING: Text(1, 100, required=True),
    OptionType.INTEGER: Number(required=True),
    OptionType.NUMBER: Number(whole=False, required=True),
}
DESCRIBED: Fields = {
    "name": Text(1, 32, required=True),
    "name_localizations": MapOf(LOCALES, Text(1, 32)),
    "description": Text(1, 100, required=True),
    "description_localizations": MapOf(LOCALES, Text(1, 100)),
}


def _choices(kind: OptionType) -> ListOf:
    translations = MapOf(LOCALES, Text(1, 100))
    name = Text(1, 100, required=True)
    choice: Fields = {"name": name, "name_localizations": translations, "value": CHOICES[kind]}
    return ListOf(Shape(choice), 0, 25)


def _option(**more: Any) -> Shape:
    return Shape({**DESCRIBED, "required": Flag(), **more})


VALUES: Shapes = {
    OptionType.STRING: _option(
        autocomplete=Flag(),
        choices=_choices(OptionType.STRING),
        min_length=Number(0, 6000),
        max_length=Number(1, 6000),
    ),
    OptionType.INTEGER: _option(
        autocomplete=Flag(),
        choices=_choices(OptionType.INTEGER),
        min_value=Number(),
        max_value=Number(),
    ),
    OptionType.NUMBER: _option(
        autocomplete=Flag(),
        choices=_choices(OptionType.NUMBER),
        min_value=Number(whole=False),
        max_value=Number(whole=False),
    ),
    OptionType.BOOLEAN: _option(),
    OptionType.USER: _option(),
    OptionType.CHANNEL: _option(channel_types=ListOf(Choice(range(17)), different=True)),
    OptionType.ROLE: _option(),
    OptionType.MENTIONABLE: _option(),
    OptionType.ATTACHMENT: _option(),
}
SUBCOMMAND = _option(options=ListOf(ByType(VALUES), 0, 25))
GROUP = _option(options=ListOf(ByType({OptionType.SUBCOMMAND: SUBCOMMAND}), 0, 25))
FIELDS: Fields = {
    "name": DESCRIBED["name"],
    "name_localizations": DESCRIBED["name_localizations"],
    "description": Text(0, 100),
    "description_localizations": DESCRIBED["description_localizations"],
    "options": ListOf(
        ByType({OptionType.SUBCOMMAND: SUBCOMMAND, OptionType.GROUP: GROUP, **VALUES}), 0, 25
    ),
    "default_member_permissions": Snowflake(),
    "dm_permission": Flag(),
    "contexts": ListOf(Choice([int(one) for one in Context]), 1, 3, different=True),
    "integration_types": ListOf(Choice((0, 1)), 1, 2, different=True),
    "nsfw": Flag(),
}
COMMAND = Shape({**FIELDS, "type": Choice([int(kind) for kind in CommandType]), "id": Snowflake()})
EDIT = Shape({**FIELDS, "name": Text(1, 32)})
BULK = ListOf(COMMAND, 0, sum(LIMITS.values()))


def kind_of(command: Json) -> int:
    """Return a command's type; without one it is typed in the chat."""
    return int(command.get("type") or CommandType.CHAT_INPUT)


def check(command: Json, path: Path, form: Form) -> None:
    """Refuse what the single fields can't tell."""
    if kind_of(command) == CommandType.CHAT_INPUT:
        _check_names(command, path, form)
        if not command.get("description"):
            form.refuse((*path, "description"), "BASE_TYPE_REQUIRED", "This field is required")
        _check_options(command.get("options") or [], (*path, "options"), form)
        if sum(_sizes(command)) > MAX_SIZE:
            message = f"Command exceeds maximum size ({MAX_SIZE})"
            form.refuse(path, "APPLICATION_COMMAND_TOO_LARGE", message)
        return
    for key in ("description", "options"):
        if command.get(key):
            message = f"Context menu commands cannot have {key}"
            form.refuse((*path, key), f"APPLICATION_COMMAND_INVALID_{key.upper()}", message)


def _check_names(named: Json, path: Path, form: Form) -> None:
    translated = named.get("name_localizations") or {}
    names = [((*path, "name"), named["name"])]
    names += [((*path, "name_localizations", key), name) for key, name in translated.items()]
    for place, name in names:
        if not NAME.fullmatch(name) or name != name.lower():
            form.refuse(place, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_options(options: list[Json], path: Path, form: Form) -> None:
    if len({option["type"] in NESTED for option in options}) > 1:
        message = "Sub-command and group option types are mutually exclusive to all other types"
        form.refuse(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    names = set()
    optional_before = False
    for index, option in enumerate(options):
        place = (*path, index)
        _check_names(option, place, form)
        if option["name"] in names:
            message = "Option name must be unique"
            form.refuse((*place, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", message)
        names.add(option["name"])
        if option["type"] in NESTED:
            _check_options(option.get("options") or [], (*place, "options"), form)
            continue
        if option.get("required") and optional_before:
            message = "Required options must be placed before non-required options"
            form.refuse(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_before |= not option.get("required")
        _check_value(option, place, form)


def _check_value(option: Json, path: Path, form: Form) -> None:
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        message = "Autocomplete and choices are mutually exclusive"
        form.refuse(path, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", message)
    for key in ("name", "value"):
        if len({choice[key] for choice in choices}) < len(choices):
            code = f"APPLICATION_COMMAND_OPTIONS_CHOICE_{key.upper()}_EXISTS"
            form.refuse((*path, "choices"), code, f"Option choice {key} must be unique")
    for low, high in (("min_value", "max_value"), ("min_length", "max_length")):
        least, most = option.get(low), option.get(high)
        if least is not None and most is not None and least > most:
            message = f"{low} must be less than or equal to {high}"
            form.refuse((*path, low), "APPLICATION_COMMAND_OPTIONS_RANGE_INVALID", message)


def _sizes(part: Json) -> Iterator[int]:
    """Yield the lengths that count: the longest translation stands for all of them."""
    for key in ("name", "description"):
        translated = (part.get(f"{key}_localizations") or {}).values()
        yield max(len(text) for text in (part.get(key) or "", *translated))
    if isinstance(part.get("value"), str):
        yield len(part["value"])
    for inner in (*(part.get("options") or ()), *(part.get("choices") or ())):
        yield from _sizes(inner)
