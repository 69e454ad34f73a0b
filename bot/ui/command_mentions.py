"""Clickable mentions of commands, by the ids that Discord gave them at their registration.

Texts name a command as code, `/limits set`. Where its id is known, the member gets a mention that
fills in the command when it is clicked. Discord's mentions hold no options: these stay code.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from discord import ui

# A command in code, perhaps with options.
_BEGINNING: Final = "`/"
_COMMAND: Final = re.compile(r"`/(?P<words>[^`\n]+)`")
_LONGEST_PATH: Final = 3  # words: the command, a group, a subcommand
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
    if _BEGINNING not in text:
        return text
    parts = text.split(_CODE_BLOCK)
    parts[::2] = (_COMMAND.sub(_mention, part) for part in parts[::2])
    result = _CODE_BLOCK.join(parts)
    return result if len(result) <= most else text


def all_linked(texts: Sequence[str], most: int) -> list[str]:
    """Return *texts*, which have at most *most* characters in all, with mentions for commands."""
    room = most - sum(map(len, texts))
    result = []
    for text in texts:
        result.append(linked(text, len(text) + room))
        room -= len(result[-1]) - len(text)
    return result


def link(layout: ui.LayoutView, most: int) -> None:
    """Put mentions into the texts of *layout*, which has at most *most* characters in all."""
    items = [item for item in layout.walk_children() if isinstance(item, ui.TextDisplay)]
    for item, text in zip(items, all_linked([item.content for item in items], most), strict=True):
        item.content = text


def _mention(match: re.Match[str]) -> str:
    words = match["words"].split(" ")
    for count in range(_LONGEST_PATH, 0, -1):
        path, options = " ".join(words[:count]), " ".join(words[count:])
        if (command_id := _ids.get(path)) is not None:
            return f"</{path}:{command_id}>" + (f" `{options}`" if options else "")
    return match[0]
