"""Request bodies: JSON, or a form of fields with files: `payload_json`, `content`, `files[n]`.

https://discord.com/developers/docs/reference#uploading-files
"""

import json
import re
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import parse_qsl

from sandbox.discord.api_errors import ErrorCode
from sandbox.discord.validation import Form, FormField

KINDS = ("application/x-www-form-urlencoded", "application/json", "multipart/form-data")
FILE = re.compile(r"files\[(\d+)\]|file\d*")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One uploaded file."""

    filename: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Body:
    """The JSON of a request, and its files by their number."""

    payload: Any
    files: dict[int, Upload]

    @property
    def plain(self) -> bool:
        """Whether it is a form without `payload_json`, so that all its values are texts."""
        fields = self.payload if isinstance(self.payload, dict) else {}
        return any(isinstance(value, FormField) for value in fields.values())


def read(content_type: str, raw: bytes) -> Body:
    """Read a JSON body or a form; an empty one is an empty object.

    Raises:
        ApiError: if it is neither, or broken.
    """
    kind, _, parameters = content_type.partition(";")
    match kind.strip().lower():
        case "multipart/form-data":
            return _multipart(parameters, raw)
        case "application/json":
            return Body(payload=_json(raw), files={})
        case "application/x-www-form-urlencoded":
            fields = parse_qsl(_text(raw), keep_blank_values=True)
            return Body(payload=_payload(dict(fields)), files={})
        case _ if not raw:
            return Body(payload={}, files={})
    with Form() as form:
        named = ", ".join(repr(known) for known in KINDS)
        message = f'Expected "Content-Type" header to be one of {{{named}}}.'
        form.refuse((), "CONTENT_TYPE_INVALID", message)
    return Body(payload=None, files={})


def _payload(fields: dict[str, str]) -> Any:
    """Return what the fields of a form say; `payload_json` takes precedence over all others."""
    if "payload_json" in fields:
        return _json(fields["payload_json"].encode())
    return {name: FormField(value) for name, value in fields.items()}


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise ErrorCode.INVALID_JSON.error() from error


def _json(raw: bytes) -> Any:
    try:
        return json.loads(_text(raw), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ErrorCode.INVALID_JSON.error() from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _multipart(parameters: str, raw: bytes) -> Body:
    boundary = re.search(r'boundary="?([^";]+)', parameters)
    if boundary is None:
        raise ErrorCode.INVALID_JSON.error()
    fields: dict[str, str] = {}
    files: dict[int, Upload] = {}
    for part in raw.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head)
        name = str(headers.get_param("name", "", "content-disposition"))
        data = data.removesuffix(b"\r\n")
        filename = headers.get_filename()
        if filename is None:
            fields[name] = _text(data)
        elif named := FILE.fullmatch(name):
            number = int(named[1] or len(files))  # the older names have no number of their own
            files[number] = Upload(filename=filename or "file", data=data)
    return Body(payload=_payload(fields), files=files)
