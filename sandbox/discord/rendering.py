"""Components as Discord returns them: numbered, with defaults and resolved media."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.attachments import Media
from sandbox.discord.components import walk
from sandbox.discord.enums import ComponentType

Resolve = Callable[[str], Media]  # from a URL to its media

SELECT_DEFAULTS = {"min_values": 1, "max_values": 1}
DEFAULTS: dict[int, Json] = {
    ComponentType.STRING_SELECT: SELECT_DEFAULTS,
    ComponentType.USER_SELECT: SELECT_DEFAULTS,
    ComponentType.ROLE_SELECT: SELECT_DEFAULTS,
    ComponentType.MENTIONABLE_SELECT: SELECT_DEFAULTS,
    ComponentType.CHANNEL_SELECT: SELECT_DEFAULTS,
    ComponentType.THUMBNAIL: {"description": None, "spoiler": False},
    ComponentType.FILE: {"spoiler": False},
    ComponentType.SEPARATOR: {"spacing": 1, "divider": True},
    ComponentType.CONTAINER: {"accent_color": None, "spoiler": False},
}


def render(components: list[Json], resolve: Resolve, *, form: bool = False) -> list[Json]:
    """Return checked *components* as Discord's answers contain them.

    Only a modal (*form*) shows `required` of its fields.
    """
    taken = {component["id"] for component, _ in walk(components, ()) if component.get("id")}
    free = (number for number in count(1) if number not in taken)
    hidden = ("type", "id") if form else ("type", "id", "required")
    return [_one(component, free, resolve, hidden) for component in components]


def _one(component: Json, free: Iterator[int], resolve: Resolve, hidden: tuple[str, ...]) -> Json:
    shown: Json = {
        "type": int(component["type"]),
        "id": component.get("id") or next(free),
        **DEFAULTS.get(component["type"], {}),
    }
    for key, value in component.items():
        if value is not None and key not in hidden:
            shown[key] = _part(key, value, free, resolve, hidden)
    if shown["type"] == ComponentType.FILE:
        media = resolve(component["file"]["url"])
        shown |= {"name": media.name, "size": media.bytes}
    return shown


def _part(
    key: str, value: Any, free: Iterator[int], resolve: Resolve, hidden: tuple[str, ...]
) -> Any:
    match key:
        case "components":
            return [_one(child, free, resolve, hidden) for child in value]
        case "accessory" | "component":
            return _one(value, free, resolve, hidden)
        case "media" | "file":
            return resolve(value["url"]).shown
        case "items":
            return [
                {
                    "media": resolve(item["media"]["url"]).shown,
                    "description": item.get("description"),
                    "spoiler": bool(item.get("spoiler")),
                }
                for item in value
            ]
        case "options":
            return [{k: v for k, v in option.items() if v is not None} for option in value]
        case "emoji":
            return {k: v for k, v in value.items() if v is not None}
    return value
