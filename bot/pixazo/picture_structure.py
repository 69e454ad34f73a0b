"""Checks the structure of picture files block by block, without decoding them. Pure: no I/O.

A PNG has a checksum in each chunk: a damaged byte is found wherever it is. JPEG, WebP and GIF have
none: found is what breaks their headers, lengths, markers or end, so every file that is cut off,
but not a damaged byte inside the compressed picture. What follows the end of a picture is no part
of it, and not looked at.
"""

import re
import struct
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar
from zlib import crc32

from bot.service.port_errors import PictureUnusable

LARGEST_PIXELS: Final = 4096 * 4096  # 64 MiB once decoded
_MOST_PARTS: Final = 100_000  # chunks, segments or blocks of a file
_HEAD: Final = 12  # bytes, in which every type can be told

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_PNG_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE: Final = 3  # a colour type
_BEST_DEFLATE: Final = 1032  # bytes that one compressed byte can stand for

_JPEG_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})  # lossy, and not hierarchical
_JPEG_OTHER_FRAMES: Final = frozenset(range(0xC3, 0xD0)) - _JPEG_FRAMES - {0xC4, 0xC8, 0xCC}
_JPEG_DEPTH: Final = 8  # bits
_JPEG_FRAME_LENGTHS: Final = {1: 9, 3: 15, 4: 18}  # by the number of channels
_JPEG_TABLES: Final = 0xDB
_JPEG_SCAN: Final = 0xDA
_JPEG_END: Final = 0xD9
_JPEG_LENGTHLESS: Final = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
# Within a scan 0xFF is followed by 0x00 or by the number of a restart.
_JPEG_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_GIF_END, _GIF_EXTENSION, _GIF_IMAGE = b";", b"!", b","
_GIF_MOST_BITS: Final = 11  # of the smallest code, in any decoder

# The bytes that are read of a chunk; the canvas and the frames of an animation contain pictures.
_WEBP_HEADS: Final = {b"VP8 ": 10, b"VP8L": 5, b"VP8X": 10, b"ANMF": 16}
_WEBP_STILL: Final = frozenset({b"VP8 ", b"VP8L"})

Value = TypeVar("Value")
Parsing = Generator[None, None, Value]  # yields when it needs the next block


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Type and size of a picture file. Sides are in pixels."""

    extension: str
    width: int
    height: int


class StructureCheck:
    """Push parser of a picture file."""

    def __init__(self) -> None:
        self._feed = _Feed()
        self._parsing = _picture(self._feed)
        self._facts: Facts | None = None

    @property
    def ended(self) -> bool:
        """Whether the picture's end has come."""
        return self._facts is not None

    def add(self, block: bytes) -> None:
        """Check the next bytes of the file. Raises PictureUnusable."""
        if self.ended:
            return
        self._feed.push(block)
        try:
            next(self._parsing)
        except StopIteration as end:
            self._facts = end.value

    def facts(self) -> Facts:
        """Return what the file is, once all of it was added.

        Raises PictureUnusable: it is cut off.
        """
        if self._facts is None:
            raise PictureUnusable("the file is not whole")
        return self._facts


class _Feed:
    """The bytes that came and are not parsed yet."""

    def __init__(self) -> None:
        self.data = b""
        self.at = 0  # beyond the end of the data: so many bytes of the next block are skipped

    def push(self, block: bytes) -> None:
        left = self.data[self.at :]
        self.at = max(self.at - len(self.data), 0)
        self.data = left + block if left else block

    def take(self, count: int) -> Parsing[bytes]:
        """Return the next *count* bytes, a few."""
        while len(self.data) - self.at < count:
            yield
        self.at += count
        return self.data[self.at - count : self.at]

    def skip(self, count: int) -> None:
        self.at += count

    def some(self, most: int) -> Parsing[memoryview]:
        """Return at least one byte, and at most *most*."""
        yield from self.take(1)
        begin = self.at - 1
        self.at = min(begin + most, len(self.data))
        return memoryview(self.data)[begin : self.at]


def _broken() -> NoReturn:
    raise PictureUnusable("the picture is broken")


def _facts(extension: str, width: int, height: int) -> Facts:
    """Return the facts. Raises PictureUnusable: the picture has no pixels, or too many."""
    if not width or not height:
        _broken()
    if width * height > LARGEST_PIXELS:
        raise PictureUnusable("the picture has too many pixels")
    return Facts(extension=extension, width=width, height=height)


def _picture(feed: _Feed) -> Parsing[Facts]:
    head = yield from feed.take(_HEAD)
    feed.at -= _HEAD
    if head.startswith(_PNG):
        return (yield from _png(feed))
    if head.startswith(b"\xff\xd8\xff"):
        return (yield from _jpeg(feed))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return (yield from _gif(feed))
    if head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        return (yield from _webp(feed))
    raise PictureUnusable("the file is no picture")


def _png(feed: _Feed) -> Parsing[Facts]:
    feed.skip(len(_PNG))
    header = yield from feed.take(25)
    length, kind, width, height, depth, colour, packing, filtering, interlace, checksum = (
        struct.unpack(">I4sIIBBBBBI", header)
    )
    if (length, kind, packing, filtering) != (13, b"IHDR", 0, 0) or interlace > 1:
        _broken()
    if crc32(header[4:-4]) != checksum or depth not in _PNG_DEPTHS.get(colour, ()):
        _broken()
    facts = _facts("png", width, height)
    packed, palette = 0, False
    for _ in range(_MOST_PARTS):
        length, kind = struct.unpack(">I4s", (yield from feed.take(8)))
        checksum, left = crc32(kind), length
        while left:
            block = yield from feed.some(left)
            checksum, left = crc32(block, checksum), left - len(block)
        if checksum != int.from_bytes((yield from feed.take(4)), "big") or kind == b"IHDR":
            _broken()
        if kind == b"IDAT":
            packed += length
        elif kind == b"PLTE":
            palette = not packed
        elif kind == b"IEND":
            row = (width * depth * _PNG_CHANNELS[colour] + 7) // 8
            if packed * _BEST_DEFLATE < row * height or (colour == _PALETTE and not palette):
                _broken()
            return facts
    _broken()


def _jpeg(feed: _Feed) -> Parsing[Facts]:
    feed.skip(2)
    facts, kinds = None, set()
    for _ in range(_MOST_PARTS):
        kind = yield from _jpeg_marker(feed)
        kinds.add(kind)
        if kind == _JPEG_END:
            if facts is None or _JPEG_SCAN not in kinds:
                _broken()
            return facts
        length = int.from_bytes((yield from feed.take(2)), "big") - 2
        if length < 0 or kind in _JPEG_LENGTHLESS or kind in _JPEG_OTHER_FRAMES:
            _broken()
        if kind in _JPEG_FRAMES:
            if facts is not None:
                _broken()
            facts = _jpeg_frame((yield from feed.take(length)))
        elif kind == _JPEG_SCAN:
            if facts is None or _JPEG_TABLES not in kinds:
                _broken()
            scan = yield from feed.take(length)
            if length < 1 or length != 4 + 2 * scan[0]:
                _broken()
            yield from _jpeg_scan(feed)
        else:
            feed.skip(length)
    _broken()


def _jpeg_marker(feed: _Feed) -> Parsing[int]:
    """Return the kind of the next segment; any number of 0xFF may precede it."""
    if (yield from feed.take(1)) != b"\xff":
        _broken()
    while (kind := (yield from feed.take(1))) == b"\xff":
        pass
    return kind[0]


def _jpeg_frame(body: bytes) -> Facts:
    depth, height, width, channels = struct.unpack(">BHHB", body[:6].ljust(6, b"\x00"))
    if depth != _JPEG_DEPTH or len(body) != _JPEG_FRAME_LENGTHS.get(channels):
        _broken()
    return _facts("jpg", width, height)


def _jpeg_scan(feed: _Feed) -> Parsing[None]:
    """Skip the compressed bytes of a scan, up to the next segment."""
    while (marker := _JPEG_MARKER.search(feed.data, feed.at)) is None:
        # The last byte again: it may be the first of a marker.
        feed.at = max(feed.at, len(feed.data) - 1)
        yield
    feed.at = marker.start()


def _gif(feed: _Feed) -> Parsing[Facts]:
    _, width, height, flags = struct.unpack("<6sHHBxx", (yield from feed.take(13)))
    feed.skip(_gif_table(flags))
    images = 0
    for _ in range(_MOST_PARTS):
        kind = yield from feed.take(1)
        if kind == _GIF_END:
            if not images:
                _broken()
            return _facts("gif", width, height)
        if kind == _GIF_IMAGE:
            box = struct.unpack("<HHHHB", (yield from feed.take(9)))
            left, top, columns, rows, flags = box
            images += 1
            if images == 1:  # a decoder makes room for it
                width, height = max(width, left + columns), max(height, top + rows)
            _facts("gif", width, height)
            _facts("gif", columns, rows)
            feed.skip(_gif_table(flags))
            bits = (yield from feed.take(1))[0]
            if not 1 <= bits <= _GIF_MOST_BITS or not (yield from _gif_blocks(feed)):
                _broken()
        elif kind == _GIF_EXTENSION:
            feed.skip(1)
            yield from _gif_blocks(feed)
        else:
            _broken()
    _broken()


def _gif_table(flags: int) -> int:
    """Return the bytes of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_blocks(feed: _Feed) -> Parsing[int]:
    """Skip blocks of up to 255 bytes until an empty one; return the bytes they took."""
    total = 0
    while True:
        while feed.at >= len(feed.data):
            yield
        data, begin = feed.data, feed.at
        at, end, size = begin, len(feed.data), 1
        while size and at < end:
            size = data[at]
            at += 1 + size
        feed.at = at
        total += at - begin
        if not size:
            return total - 1


def _webp(feed: _Feed) -> Parsing[Facts]:
    size = int.from_bytes((yield from feed.take(_HEAD))[4:8], "little")
    at, frame_end = 4, 0  # as *size* counts
    facts: Facts | None = None  # of the first header
    due: Facts | None = None  # of the compressed picture that has to follow
    for _ in range(_MOST_PARTS):
        if at >= size:
            yield from feed.take(0)  # waits for what was skipped
            if facts is None or due is not None:
                _broken()
            return facts
        kind, length = struct.unpack("<4sI", (yield from feed.take(8)))
        end = at + 8 + length
        head = _WEBP_HEADS.get(kind, 0)
        if length < head or end > (frame_end if at < frame_end else size):
            _broken()
        at += 8 + head
        if head:
            found = _webp_facts(kind, length, (yield from feed.take(head)))
            if kind in _WEBP_STILL and due in {None, found}:
                due = None
            elif kind in _WEBP_STILL or (due is not None and frame_end):
                _broken()
            else:
                due = found
            facts = facts or found
        if kind == b"ANMF":  # contains chunks
            frame_end = end
        else:
            begin, at = at, min(end + length % 2, size)
            feed.skip(at - begin)
    _broken()


def _webp_facts(kind: bytes, length: int, head: bytes) -> Facts:
    """Return the size that the *head* of a chunk says."""
    if kind == b"VP8 ":
        tag = int.from_bytes(head[:3], "little")
        if tag & 1 or tag >> 5 > length - 10 or head[3:6] != b"\x9d\x01\x2a":
            _broken()
        width, height = struct.unpack_from("<HH", head, 6)
        return _facts("webp", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        sides = int.from_bytes(head[1:], "little")
        if head[:1] != b"\x2f" or sides >> 29:
            _broken()
        return _facts("webp", (sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1)
    at = 4 if kind == b"VP8X" else 6
    width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (at, at + 3))
    return _facts("webp", width, height)
