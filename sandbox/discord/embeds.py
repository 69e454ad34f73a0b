"""The embeds of a message: the rules between their fields, and how Discord returns them."""

from collections.abc import Collection

from sandbox.discord.api_errors import Json
from sandbox.discord.components import ATTACHMENT
from sandbox.discord.rendering import Resolve
from sandbox.discord.validation import Form, Path

MAX_SIZE = 6000  # characters of all embeds of a message


def check(embeds: list[Json], path: Path, form: Form, *, filenames: Collection[str]) -> None:
    """Report broken rules of a message's embeds; `attachment://` may name *filenames*."""
    if sum(_size(embed) for embed in embeds) > MAX_SIZE:
        message = f"Embed size exceeds maximum size of {MAX_SIZE}"
        form.refuse(path, "MAX_EMBED_SIZE_EXCEEDED", message)
    for index, embed in enumerate(embeds):
        for key in ("image", "thumbnail"):
            url = (embed.get(key) or {}).get("url") or ""
            if url.startswith(ATTACHMENT) and url.removeprefix(ATTACHMENT) not in filenames:
                name = url.removeprefix(ATTACHMENT)
                message = f"The referenced attachment {name!r} was not found"
                form.refuse((*path, index, key, "url"), "ATTACHMENT_NOT_FOUND", message)


def _size(embed: Json) -> int:
    parts = [embed.get("title"), embed.get("description")]
    parts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for line in embed.get("fields") or []:
        parts += [line["name"], line["value"]]
    return sum(len(part) for part in parts if part)


def render(embeds: list[Json], resolve: Resolve) -> list[Json]:
    """Return checked *embeds* as Discord's answers contain them."""
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
