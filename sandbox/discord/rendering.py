"""Components and embeds as Discord returns them: numbered, with defaults and resolved media."""

from collections.abc import Collection, Iterator
from itertools import count
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.attachments import File, media, named
from sandbox.discord.components import SELECTS, walk
from sandbox.discord.enums import ComponentType
from sandbox.discord.validation import Form, Path

MAX_EMBEDS_SIZE = 6000  # characters of all embeds of a message
COUNTED = {"title", "description", "text", "name", "value"}  # embed fields whose length counts
EMBED_MEDIA = ("url", "proxy_url", "width", "height")
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


def check_embeds(embeds: list[Json], path: Path, form: Form) -> None:
    """Report embeds that are too long together."""
    if sum(_sizes(embeds)) > MAX_EMBEDS_SIZE:
        message = f"Embed size exceeds maximum size of {MAX_EMBEDS_SIZE}"
        form.refuse(path, "MAX_EMBED_SIZE_EXCEEDED", message)


def _sizes(part: Any) -> Iterator[int]:
    if isinstance(part, list):
        for inner in part:
            yield from _sizes(inner)
    elif isinstance(part, dict):
        yield sum(len(part.get(key) or "") for key in COUNTED)
        yield from _sizes(list(part.values()))


def render_embeds(embeds: list[Json], files: Collection[File]) -> list[Json]:
    """Return checked *embeds* as Discord's answers contain them."""
    return [{"type": "rich", **_embed(embed, files)} for embed in embeds]


def _embed(embed: Json, files: Collection[File]) -> Json:
    shown = _set(embed)
    for key, value in shown.items():
        match key:
            case "author" | "footer":
                shown[key] = _set(value)
            case "image" | "thumbnail":
                known = media(value.get("url") or "", files)
                shown[key] = _set({name: known[name] for name in EMBED_MEDIA})
            case "fields":
                shown[key] = [line | {"inline": bool(line.get("inline"))} for line in value]
    return shown


def _set(part: Json) -> Json:
    """Return the fields that are not null."""
    return {key: value for key, value in part.items() if value is not None}
