"""The setting FILES_URL: where pictures wait, and how a bucket is reached."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

ACCESS_KEY_ID, SECRET_ACCESS_KEY = "access_key_id", "secret_access_key"

_LOCAL: Final = {"127.0.0.1", "localhost", "::1"}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[A-Za-z0-9!_.*'()-]+(?:/[A-Za-z0-9!_.*'()-]+)*")


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An S3-compatible bucket, and what opens it. A repr shows no secret."""

    name: str
    prefix: str
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    allows_http: bool = False
    proxy: str | None = field(default=None, repr=False)


def read_files_url(text: str) -> Path | tuple[str, str]:
    """Return a folder, or a bucket's name and its prefix, which may be empty. Raises ValueError."""
    url = urlsplit(text)
    if url.query or url.fragment:
        raise ValueError("must be without query or fragment")
    if url.scheme == "file" and url.netloc in {"", "localhost"} and url.path.strip("/"):
        return Path(unquote(url.path))
    prefix = url.path.strip("/")
    if (
        url.scheme != "s3"
        or not _NAME.fullmatch(url.netloc)
        or (prefix and not _PREFIX.fullmatch(prefix))
        or {".", ".."} & set(prefix.split("/"))
    ):
        raise ValueError("must be file:folder or s3://bucket/prefix")
    return url.netloc, prefix


def bucket_faults(
    endpoint: str | None, given: Collection[str], *, allows_http: bool
) -> dict[str, str]:
    """Return what is wrong with the settings of a bucket, by setting; *given*: of its secrets."""
    faults = {}
    try:
        url = urlsplit(endpoint or "https://amazonaws.com")
    except ValueError:
        url = urlsplit("")
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query:
        faults["AWS_ENDPOINT_URL"] = "must be an address that begins with https://"
    elif url.scheme == "http" and not allows_http and url.hostname not in _LOCAL:
        faults["AWS_ENDPOINT_URL"] = "must begin with https://, or AWS_ALLOW_HTTP must be true"
    pair = {ACCESS_KEY_ID, SECRET_ACCESS_KEY}
    if len(missing := pair - set(given)) == 1:
        reason = "must be set together with " + " and ".join(
            f"AWS_{key.upper()}" for key in pair - missing
        )
        faults |= {f"AWS_{key.upper()}": reason for key in missing}
    return faults
