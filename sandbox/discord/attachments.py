"""The files of a message: their names, sizes and limits, and Discord's description of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from mimetypes import guess_type
from typing import Any

from PIL import Image, UnidentifiedImageError

from sandbox.discord import api_errors, snowflakes
from sandbox.discord.api_errors import Json
from sandbox.discord.bodies import Upload
from sandbox.discord.components import ATTACHMENT
from sandbox.discord.forms import Form, ListOf, Path, Shape, Snowflake, Text

MAX_FILES = 10
MENTIONED = ListOf(
    Shape(
        {
            "id": Snowflake(required=True),
            "filename": Text(1, 1024),
            "description": Text(0, 1024),
            "title": Text(0, 1024),
        }
    ),
    0,
    MAX_FILES,
)


@dataclass(frozen=True, kw_only=True)
class File:
    """A stored file, reachable under its address for as long as the world lasts."""

    id: str
    url: str
    filename: str
    data: bytes
    content_type: str
    size: tuple[int, int] | None  # pixels; None for what is no picture
    description: str | None

    def shown(self, *, ephemeral: bool) -> Json:
        """Describe it as one of a message's attachments."""
        attachment: Json = {
            "id": self.id,
            "filename": self.filename,
            "size": len(self.data),
            "url": self.url,
            "proxy_url": self.url,
            "content_type": self.content_type,
        }
        if ephemeral:
            attachment["ephemeral"] = True
        if self.size:
            attachment["width"], attachment["height"] = self.size
        if self.description:
            attachment["description"] = self.description
        return attachment


@dataclass(frozen=True, kw_only=True)
class Media:
    """What an address in a component or an embed stands for."""

    shown: Json
    name: str | None = None
    bytes: int | None = None


def resolve(url: str, files: Iterable[File]) -> Media:
    """Return what *url* stands for: one of the message's *files*, or something elsewhere."""
    for file in files:
        if url in (ATTACHMENT + file.filename, file.url):
            width, height = file.size or (None, None)
            shown = {
                "id": file.id,
                "url": file.url,
                "proxy_url": file.url,
                "width": width,
                "height": height,
                "content_type": file.content_type,
                "attachment_id": file.id,
            }
            return Media(shown=shown, name=file.filename, bytes=len(file.data))
    keys = ("width", "height", "content_type")
    shown = {"id": snowflakes.new(), "url": url, "proxy_url": url, **dict.fromkeys(keys)}
    return Media(shown=shown)


def take(
    mentioned: Any,
    uploads: Mapping[int, Upload],
    path: Path,
    form: Form,
    *,
    kept: Mapping[str, File],
    folder: str,
    limit: int,
) -> list[File]:
    """Return the files a message has after a request: those it keeps, then the new ones.

    *mentioned* is the body's `attachments`; without it all of *kept* stay. New files
    live below *folder*, an address, and have at most *limit* bytes each.
    """
    if any(len(upload.data) > limit for upload in uploads.values()):
        raise api_errors.too_large()
    entries = {} if mentioned is None else _entries(mentioned, path, form)
    for identifier, (place, _) in entries.items():
        if identifier not in kept and int(identifier) not in uploads:
            form.refuse((*place, "id"), "ATTACHMENT_NOT_FOUND", "Unknown attachment")
    files = [file for file in kept.values() if mentioned is None or file.id in entries]
    for number, upload in sorted(uploads.items()):
        _, entry = entries.get(str(number), ((), {}))
        files.append(_store(upload, entry, folder))
    if len(files) > MAX_FILES:
        raise api_errors.too_many_attachments()
    return files


def _entries(mentioned: Any, path: Path, form: Form) -> dict[str, tuple[Path, Json]]:
    checked = MENTIONED.check(mentioned, path, form) if mentioned else []
    if not checked or not form.clean:
        return {}
    return {entry["id"]: ((*path, index), entry) for index, entry in enumerate(checked)}


def _store(upload: Upload, entry: Json, folder: str) -> File:
    filename = re.sub(r"[^\w.-]", "_", entry.get("filename") or upload.filename)
    identifier = snowflakes.new()
    content_type, size = _look(upload.data)
    return File(
        id=identifier,
        url=f"{folder}/{identifier}/{filename}",
        filename=filename,
        data=upload.data,
        content_type=content_type or guess_type(filename)[0] or "application/octet-stream",
        size=size,
        description=entry.get("description"),
    )


def _look(data: bytes) -> tuple[str | None, tuple[int, int] | None]:
    """Return a picture's media type and its size in pixels, told from its first bytes."""
    try:
        with Image.open(BytesIO(data)) as picture:
            return Image.MIME.get(picture.format or ""), picture.size
    except UnidentifiedImageError:
        return None, None
