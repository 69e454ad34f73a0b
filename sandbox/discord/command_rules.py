"""The rules between the fields of application commands, beyond those of request_schema.json.

https://discord.com/developers/docs/interactions/application-commands
"""

import re
from collections.abc import Iterator

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import CommandType, OptionType
from sandbox.discord.validation import Form, Path

LIMITS = {
    CommandType.CHAT_INPUT: 100,
    CommandType.USER: 15,
    CommandType.MESSAGE: 15,
    CommandType.ENTRY_POINT: 1,
}
MAX_SIZE = 8000  # characters of a command's names, descriptions and values
NAME = re.compile(r"[-_'\w]{1,32}")
NESTED = (OptionType.SUBCOMMAND, OptionType.GROUP)


def kind_of(command: Json) -> int:
    """Return a command's type; the default is CHAT_INPUT."""
    return int(command.get("type") or CommandType.CHAT_INPUT)


def check(command: Json, path: Path, form: Form) -> None:
    """Report broken rules of a command to *form*."""
    if kind_of(command) in (CommandType.CHAT_INPUT, CommandType.ENTRY_POINT):
        _check_names(command, path, form)
        if not command.get("description"):
            form.require((*path, "description"))
        _check_options(command.get("options") or [], (*path, "options"), form)
        if sum(_sizes(command)) > MAX_SIZE:
            message = f"Command exceeds maximum size ({MAX_SIZE})"
            form.refuse(path, "APPLICATION_COMMAND_TOO_LARGE", message)
        return
    for key in ("description", "options"):
        if command.get(key):
            form.refuse((*path, key), f"APPLICATION_COMMAND_INVALID_{key.upper()}")


def _check_names(named: Json, path: Path, form: Form) -> None:
    translated = named.get("name_localizations") or {}
    names = [((*path, "name"), named["name"])]
    names += [((*path, "name_localizations", key), name) for key, name in translated.items()]
    for place, name in names:
        if not NAME.fullmatch(name) or name != name.lower():
            form.refuse(place, "APPLICATION_COMMAND_INVALID_NAME")


def _check_options(options: list[Json], path: Path, form: Form) -> None:
    if len({option["type"] in NESTED for option in options}) > 1:
        form.refuse(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID")
    names = (((*path, index, "name"), option["name"]) for index, option in enumerate(options))
    form.unique(names, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID")
    optional_before = False
    for index, option in enumerate(options):
        place = (*path, index)
        _check_names(option, place, form)
        if option["type"] in NESTED:
            _check_options(option.get("options") or [], (*place, "options"), form)
            continue
        if option.get("required") and optional_before:
            form.refuse(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID")
        optional_before |= not option.get("required")
        _check_value(option, place, form)


def _check_value(option: Json, path: Path, form: Form) -> None:
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        form.refuse(path, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID")
    for key in ("name", "value"):
        if len({choice[key] for choice in choices}) < len(choices):
            code = f"APPLICATION_COMMAND_OPTIONS_CHOICE_{key.upper()}_EXISTS"
            form.refuse((*path, "choices"), code)
    for low, high in (("min_value", "max_value"), ("min_length", "max_length")):
        least, most = option.get(low), option.get(high)
        if least is not None and most is not None and least > most:
            form.refuse((*path, low), "APPLICATION_COMMAND_OPTIONS_RANGE_INVALID")


def _sizes(part: Json) -> Iterator[int]:
    """Yield the lengths that count towards MAX_SIZE: of translations, the longest one."""
    for key in ("name", "description"):
        translated = (part.get(f"{key}_localizations") or {}).values()
        yield max(len(text) for text in (part.get(key) or "", *translated))
    if isinstance(part.get("value"), str):
        yield len(part["value"])
    for inner in (*(part.get("options") or ()), *(part.get("choices") or ())):
        yield from _sizes(inner)
