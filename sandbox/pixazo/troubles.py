"""Troubles that last: named ones, and changes of status answers for a `Fault`."""

import json
import struct
import zlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox import time_of_day
from sandbox.faults import ALWAYS, Action, Cut, Fault, Rewrite
from sandbox.pixazo.refusals import BAD_GATEWAY, BAD_KEY, WALL
from sandbox.pixazo.wire import STATUS_PATH

LATE_SECONDS = 20.0


class Trouble(StrEnum):
    """A trouble that lasts until it is ended."""

    MEDIA_AWAY = "media_away"  # the media host cuts each connection
    MEDIA_MOVED = "media_moved"  # status answers name another origin, which serves the pictures
    OUTPUT_LATE = "output_late"  # COMPLETED has no output for `LATE_SECONDS`
    BAD_GATEWAY = "bad_gateway"  # 502 for every call
    KEY_REFUSED = "key_refused"  # 401 for every call
    WALL = "wall"  # a firewall's 403 for every call


def output_after(seconds: float) -> Rewrite:
    """Leave the output of status answers null until *seconds* after the end."""

    def change(body: Any) -> Any:
        ended = isinstance(body, dict) and body.get("completed_at")
        late = ended and datetime.fromisoformat(ended).timestamp() + seconds > time_of_day.now()
        return body | {"output": None} if late else body

    return Rewrite(change=change)


def moved(here: str, there: str) -> Rewrite:
    """Name the origin *there* in place of *here* in JSON answers."""

    def change(body: Any) -> Any:
        is_json = not isinstance(body, bytes)
        return json.loads(json.dumps(body).replace(here, there)) if is_json else body

    return Rewrite(change=change)


def with_text(picture: bytes, text: bytes, kind: bytes = b"zTXt") -> bytes:
    """Add *text*, packed into a chunk of *kind* (zTXt or iTXt), to a PNG."""
    head = b"Comment\0\0" if kind == b"zTXt" else b"Comment\0\1\0\0\0"
    chunk = kind + head + zlib.compress(text)
    after_header = 33  # signature and IHDR
    packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return picture[:after_header] + packed + picture[after_header:]


def damaged(picture: bytes, place: int, bits: int = 1) -> bytes:
    """Flip *bits* of one byte."""
    return picture[:place] + bytes([picture[place] ^ bits]) + picture[place + 1 :]


def fault_of(trouble: Trouble, here: str, there: str, seconds: float) -> Fault:
    """Build the fault of *trouble*; *here* and *there* are the origins of the pictures."""
    every = f"{STATUS_PATH}*"
    parts: dict[Trouble, tuple[str, Action]] = {
        Trouble.MEDIA_AWAY: ("*", Cut()),
        Trouble.MEDIA_MOVED: (every, moved(here, there)),
        Trouble.OUTPUT_LATE: (every, output_after(LATE_SECONDS)),
        Trouble.BAD_GATEWAY: ("*", BAD_GATEWAY),
        Trouble.KEY_REFUSED: ("*", BAD_KEY),
        Trouble.WALL: ("*", WALL),
    }
    path, do = parts[trouble]
    return Fault(path=path, do=do, times=ALWAYS, seconds=seconds)
