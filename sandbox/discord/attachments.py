"""The files of a message: storage, limits, and their JSON."""

import re
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from mimetypes import guess_type
from typing import Any

from PIL import Image, UnidentifiedImageError

from sandbox.discord import snowflakes
from sandbox.discord.api_errors import ErrorCode, Json
from sandbox.discord.bodies import Upload
from sandbox.discord.serializers import fields
from sandbox.discord.validation import Form, Path

MAX_FILES = 10
ATTACHMENT = "attachment://"  # the URL of a file of the same message, by its name
PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
PNG_HEAD_LENGTH = 24  # bytes, with width and height


@dataclass(frozen=True, kw_only=True)
class File:
    """A stored file; its URL is valid until the stand-in stops."""

    id: str
    url: str
    filename: str
    data: bytes
    content_type: str
    size: tuple[int, int] | None  # pixels; None if it is not an image
    description: str | None

    def shown(self, *, ephemeral: bool) -> Json:
        """Return its JSON in a message's `attachments`."""
        attachment = fields(self, "id", "filename", "url", "content_type")
        attachment |= {"size": len(self.data), "proxy_url": self.url}
        if ephemeral:
            attachment["ephemeral"] = True
        if self.size:
            attachment["width"], attachment["height"] = self.size
        if self.description:
            attachment["description"] = self.description
        return attachment


def named(url: str, files: Iterable[File]) -> File | None:
    """Return the file that *url* names, if it is among *files*."""
    urls = {known: file for file in files for known in (ATTACHMENT + file.filename, file.url)}
    return urls.get(url)


def media(url: str, files: Iterable[File]) -> Json:
    """Return the JSON of the media behind *url*: one of the message's *files*, or external."""
    file = named(url, files)
    if file is None:
        unknown = dict.fromkeys(("width", "height", "content_type"))
        return {"id": snowflakes.new(), "url": url, "proxy_url": url, **unknown}
    width, height = file.size or (None, None)
    shown = fields(file, "id", "url", "content_type") | {"width": width, "height": height}
    return shown | {"proxy_url": file.url, "attachment_id": file.id}


def check_references(part: Any, path: Path, form: Form, filenames: Collection[str]) -> None:
    """Report each `attachment://` URL in *part* of components that names no file."""
    if isinstance(part, list):
        for index, inner in enumerate(part):
            check_references(inner, (*path, index), form, filenames)
    elif isinstance(part, dict):
        for key, inner in part.items():
            check_references(inner, (*path, key), form, filenames)
    elif path[-1] == "url" and str(part).startswith(ATTACHMENT):
        name = str(part).removeprefix(ATTACHMENT)
        if name not in filenames:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            message = f"The referenced attachment {name!r} was not found"
            form.refuse(path, code, message)


def take(
    mentioned: list[Json] | None,
    uploads: Mapping[int, Upload],
    path: Path,
    form: Form,
    *,
    kept: Mapping[str, File],
    folder: str,
    limit: int,
) -> list[File]:
    """Return a message's files after a request: those that it keeps, then the new ones.

    *mentioned* is the checked `attachments` of the body; None keeps all of *kept*. New files are
    below *folder*, a URL, and have at most *limit* bytes each.
    """
    if any(len(upload.data) > limit for upload in uploads.values()):
        raise ErrorCode.TOO_LARGE.error()
    entries = {entry["id"]: entry for entry in mentioned or []}
    for index, entry in enumerate(mentioned or []):
        if entry["id"] not in kept and int(entry["id"]) not in uploads:
            form.refuse((*path, index, "id"), "ATTACHMENT_NOT_FOUND", "Unknown attachment")
    files = [file for file in kept.values() if mentioned is None or file.id in entries]
    for number, upload in sorted(uploads.items()):
        files.append(_store(upload, entries.get(str(number), {}), folder))
    if len(files) > MAX_FILES:
        raise ErrorCode.TOO_MANY_ATTACHMENTS.error()
    return files


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
    """Return an image's media type and its size in pixels; None for other files."""
    # Pillow refuses long texts in a PNG.
    if data.startswith(PNG_HEAD) and len(data) >= PNG_HEAD_LENGTH:
        return "image/png", struct.unpack(">II", data[16:PNG_HEAD_LENGTH])
    try:
        with Image.open(BytesIO(data)) as picture:
            return Image.MIME.get(picture.format or ""), picture.size
    except UnidentifiedImageError:
        return None, None
