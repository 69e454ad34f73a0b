"""Request bodies: JSON, or multipart with `payload_json` and `files[n]`.

https://discord.com/developers/docs/reference#uploading-files
"""

import json
import re
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from typing import Any

from sandbox.discord.api_errors import ErrorCode
from sandbox.discord.validation import Form


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


def read(content_type: str, raw: bytes) -> Body:
    """Read a JSON or multipart body; an empty one is an empty object.

    Raises:
        ApiError: if it is neither, or broken.
    """
    kind, _, parameters = content_type.partition(";")
    match kind.strip().lower():
        case "multipart/form-data":
            return _multipart(parameters, raw)
        case "application/json":
            return Body(payload=_json(raw), files={})
        case _ if not raw:
            return Body(payload={}, files={})
    with Form() as form:
        message = f'Expected "Content-Type" header to be application/json, not "{content_type}".'
        form.refuse((), "CONTENT_TYPE_INVALID", message)
    return Body(payload=None, files={})


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_no_number)
    except ValueError as error:
        raise ErrorCode.INVALID_JSON.error() from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _multipart(parameters: str, raw: bytes) -> Body:
    boundary = re.search(r'boundary="?([^";]+)', parameters)
    if boundary is None:
        raise ErrorCode.INVALID_JSON.error()
    payload: Any = {}
    files = {}
    for part in raw.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head)
        name = str(headers.get_param("name", "", "content-disposition"))
        data = data.removesuffix(b"\r\n")
        if name == "payload_json":
            payload = _json(data)
        elif number := re.fullmatch(r"files\[(\d+)\]", name):
            filename = headers.get_filename() or "file"
            files[int(number[1])] = Upload(filename=filename, data=data)
    return Body(payload=payload, files=files)
