"""Components as Discord returns them: numbered, with defaults and resolved media."""

from collections.abc import Collection
from itertools import count
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.attachments import File, media, named
from sandbox.discord.components import SELECTS, walk
from sandbox.discord.enums import ComponentType

DEFAULTS: dict[int, Json] = {
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
    ComponentType.THUMBNAIL: {"description": None, "spoiler": False},
    ComponentType.FILE: {"spoiler": False},
    ComponentType.SEPARATOR: {"spacing": 1, "divider": True},
    ComponentType.CONTAINER: {"accent_color": None, "spoiler": False},
}


def render(components: list[Json], files: Collection[File], *, form: bool = False) -> list[Json]:
    """Return checked *components* as Discord's answers contain them.

    Only a modal (*form*) shows `required` of its fields.
    """
    renderer = _Renderer(components, files, form=form)
    return [renderer.one(component) for component in components]


class _Renderer:
    def __init__(self, components: list[Json], files: Collection[File], *, form: bool) -> None:
        taken = {component["id"] for component, _ in walk(components, ()) if component.get("id")}
        self._free = (number for number in count(1) if number not in taken)
        self._files = files
        self._hidden = {"type", "id"} if form else {"type", "id", "required"}

    def one(self, component: Json) -> Json:
        shown: Json = {
            "type": int(component["type"]),
            "id": component.get("id") or next(self._free),
            **DEFAULTS.get(component["type"], {}),
        }
        for key, value in component.items():
            if value is not None and key not in self._hidden:
                shown[key] = self._part(key, value)
        if shown["type"] == ComponentType.FILE:
            file = named(component["file"]["url"], self._files)
            shown |= {"name": file.filename, "size": len(file.data)} if file else {}
        return shown

    def _part(self, key: str, value: Any) -> Any:
        match key:
            case "components":
                return [self.one(child) for child in value]
            case "accessory" | "component":
                return self.one(value)
            case "media" | "file":
                return media(value["url"], self._files)
            case "items":
                return [
                    {
                        "media": media(item["media"]["url"], self._files),
                        "description": item.get("description"),
                        "spoiler": bool(item.get("spoiler")),
                    }
                    for item in value
                ]
            case "options":
                return [_set(option) for option in value]
            case "emoji":
                return _set(value)
        return value


def _set(part: Json) -> Json:
    """Return the fields that are not null."""
    return {key: value for key, value in part.items() if value is not None}
