"""The embeds of a message: their limits, and how Discord hands them out."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.components import ATTACHMENT
from sandbox.discord.forms import Flag, Form, ListOf, Number, Path, Shape, Text, Url
from sandbox.discord.layout import Resolve

MAX_SIZE = 6000  # characters of all embeds of a message
ICON = Url(("http", "https", "attachment"))
PICTURE = Shape({"url": ICON})
EMBEDS = ListOf(
    Shape(
        {
            "title": Text(0, 256),
            "description": Text(0, 4096),
            "url": Url(),
            "color": Number(0, 0xFFFFFF),
            "timestamp": Text(),
            "author": Shape({"name": Text(1, 256, required=True), "url": Url(), "icon_url": ICON}),
            "footer": Shape({"text": Text(1, 2048, required=True), "icon_url": ICON}),
            "image": PICTURE,
            "thumbnail": PICTURE,
            "fields": ListOf(
                Shape(
                    {
                        "name": Text(1, 256, required=True),
                        "value": Text(1, 1024, required=True),
                        "inline": Flag(),
                    }
                ),
                0,
                25,
            ),
        }
    ),
    0,
    10,
)


def check(embeds: Any, path: Path, form: Form, *, filenames: Collection[str]) -> list[Json]:
    """Return a message's embeds as Discord keeps them, before pictures are resolved."""
    kept = EMBEDS.check(embeds, path, form)
    if not form.clean or kept is None:
        return []
    if sum(_size(embed) for embed in kept) > MAX_SIZE:
        message = f"Embed size exceeds maximum size of {MAX_SIZE}"
        form.refuse(path, "MAX_EMBED_SIZE_EXCEEDED", message)
    for index, embed in enumerate(kept):
        _check_one(embed, (*path, index), form, filenames)
    return kept


def _size(embed: Json) -> int:
    parts = [embed.get("title"), embed.get("description")]
    parts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for line in embed.get("fields") or []:
        parts += [line["name"], line["value"]]
    return sum(len(part) for part in parts if part)


def _check_one(embed: Json, path: Path, form: Form, filenames: Collection[str]) -> None:
    if stamp := embed.get("timestamp"):
        try:
            datetime.fromisoformat(stamp)
        except ValueError:
            message = f'Could not parse "{stamp}". Should be ISO8601.'
            form.refuse((*path, "timestamp"), "DATETIME_TYPE_CONVERT", message)
    for key in ("image", "thumbnail"):
        url = (embed.get(key) or {}).get("url") or ""
        if url.startswith(ATTACHMENT) and url.removeprefix(ATTACHMENT) not in filenames:
            message = f"The referenced attachment {url.removeprefix(ATTACHMENT)!r} was not found"
            form.refuse((*path, key, "url"), "ATTACHMENT_NOT_FOUND", message)


def render(embeds: list[Json], resolve: Resolve) -> list[Json]:
    """Return checked *embeds* in the shape of Discord's answers."""
    return [_one(embed, resolve) for embed in embeds]


def _one(embed: Json, resolve: Resolve) -> Json:
    shown: Json = {"type": "rich"}
    shown |= {key: value for key, value in embed.items() if value is not None}
    for key in ("author", "footer"):
        if key in shown:
            shown[key] = {name: value for name, value in shown[key].items() if value is not None}
    for key in ("image", "thumbnail"):
        if key in shown:
            media = resolve(shown[key].get("url") or "").shown
            known = {name: media[name] for name in ("url", "proxy_url", "width", "height")}
            shown[key] = {name: value for name, value in known.items() if value is not None}
    if "fields" in shown:
        shown["fields"] = [
            {"name": line["name"], "value": line["value"], "inline": bool(line.get("inline"))}
            for line in shown["fields"]
        ]
    return shown
