"""The embeds of a message: the rules between their fields, and how Discord returns them."""

from collections.abc import Collection, Iterator
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.attachments import File, check_reference, media
from sandbox.discord.validation import Form, Path

MAX_SIZE = 6000  # characters of all embeds of a message
COUNTED = {"title", "description", "text", "name", "value"}  # fields whose length counts
MEDIA = ("url", "proxy_url", "width", "height")


def check(embeds: list[Json], path: Path, form: Form, *, filenames: Collection[str]) -> None:
    """Report broken rules of a message's embeds; `attachment://` may name *filenames*."""
    if sum(_sizes(embeds)) > MAX_SIZE:
        message = f"Embed size exceeds maximum size of {MAX_SIZE}"
        form.refuse(path, "MAX_EMBED_SIZE_EXCEEDED", message)
    for index, embed in enumerate(embeds):
        for key in ("image", "thumbnail"):
            url = (embed.get(key) or {}).get("url") or ""
            place = (*path, index, key, "url")
            check_reference(url, place, form, filenames, component=False)


def _sizes(part: Any) -> Iterator[int]:
    if isinstance(part, list):
        for inner in part:
            yield from _sizes(inner)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in COUNTED and value:
                yield len(value)
            yield from _sizes(value)


def render(embeds: list[Json], files: Collection[File]) -> list[Json]:
    """Return checked *embeds* as Discord's answers contain them."""
    return [{"type": "rich", **_one(embed, files)} for embed in embeds]


def _one(embed: Json, files: Collection[File]) -> Json:
    shown = _set(embed)
    for key in ("author", "footer"):
        if key in shown:
            shown[key] = _set(shown[key])
    for key in ("image", "thumbnail"):
        if key in shown:
            known = media(shown[key].get("url") or "", files)
            shown[key] = _set({name: known[name] for name in MEDIA})
    if "fields" in shown:
        shown["fields"] = [line | {"inline": bool(line.get("inline"))} for line in shown["fields"]]
    return shown


def _set(part: Json) -> Json:
    """Return the fields that are not null."""
    return {key: value for key, value in part.items() if value is not None}
