"""Clickable mentions of commands, by the ids that Discord gave them at their registration.

Texts name a command as code, `/limits set`. Where its id is known, the member gets a mention that
fills in the command when it is clicked.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

# A command without options, in code.
_COMMAND: Final = re.compile(r"`/(?P<path>[\w-]+(?: [\w-]+){0,2})`")
_CODE_BLOCK: Final = "```"
_CHAT_INPUT: Final = 1
_PARENTS: Final = frozenset({1, 2})  # types of options: subcommands, and groups of them

_ids: dict[str, str] = {}  # by path


def note(commands: Iterable[Any]) -> None:
    """Note the ids of registered commands, or of one that is used, as Discord describes them."""
    for command in commands:
        if command.get("type", _CHAT_INPUT) == _CHAT_INPUT and command.get("id"):
            _ids.update(dict.fromkeys(_paths(command), str(command["id"])))


def _paths(command: Any) -> Iterator[str]:
    """Yield what a member can type: the command, or each of its subcommands."""
    parts = [part for part in command.get("options") or () if part.get("type") in _PARENTS]
    if not parts:
        yield command["name"]
    for part in parts:
        yield from (f"{command['name']} {path}" for path in _paths(part))


def linked(text: str, most: int) -> str:
    """Return *text* with mentions for commands, as long as it has at most *most* characters.

    Code blocks stay as they are.
    """
    parts = text.split(_CODE_BLOCK)
    parts[::2] = (_COMMAND.sub(_mention, part) for part in parts[::2])
    result = _CODE_BLOCK.join(parts)
    return result if len(result) <= most else text


def _mention(match: re.Match[str]) -> str:
    command_id = _ids.get(match["path"])
    return match[0] if command_id is None else f"</{match['path']}:{command_id}>"
