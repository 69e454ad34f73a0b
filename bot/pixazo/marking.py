"""Splices marks of origin into picture files, without a change of the picture itself.

XMP is put into PNG, JPEG and WebP. A C2PA manifest signs every byte of its file but itself: a file
that has one is left as it is. Everything here reads or writes: call it in a thread.
"""

import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO, Final

from bot.pixazo import xmp
from bot.pixazo.xmp import Mark

HEADED: Final = 33  # bytes of a PNG's signature and header
BLOCK: Final = 256 * 1024  # bytes that are copied at once
_LARGEST_PACKET: Final = 1024 * 1024  # bytes
_LARGEST_MANIFEST: Final = 4 * 1024 * 1024  # bytes
_MOST_PARTS: Final = 100_000  # chunks or segments of a file

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEYWORD: Final = b"XML:com.adobe.xmp\x00"

_JPEG_KEYWORD: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_JPEG_LONGEST: Final = 0xFFFF - 2  # bytes of a segment's body
_JPEG_SCAN_OR_END: Final = frozenset({0xDA, 0xD9})
_JPEG_APP0, _JPEG_APP1, _JPEG_APP11 = 0xE0, 0xE1, 0xEB
_JPEG_LEADING: Final = (b"JFIF\x00", b"JFXX\x00", b"Exif\x00")  # have to come first
_JUMBF: Final = b"JP"  # of segments APP11
_JUMBF_HEAD: Final = 16  # bytes: what it is, its number, that of the part, length and type
_BOX_HEAD: Final = 8  # bytes
_BOX_NUMBER: Final = 1

_WEBP_XMP, _WEBP_ALPHA = 0x04, 0x10  # flags
_WEBP_LOSSLESS_ALPHA: Final = 1 << 28

_ODD: Final = (struct.error, IndexError, ValueError, zlib.error)

Span = tuple[int, int]  # begin and end in the file


class NotMarked(Exception):
    """The picture can't be marked; it is as good as before."""


class ManifestPlace(Enum):
    """Where the C2PA manifest of a picture is, which covers every byte of its file."""

    INSIDE = auto()
    ELSEWHERE = auto()  # at an address that its XMP names


@dataclass(kw_only=True)
class _Layout:
    """What a file says of its origin, and where."""

    place: Span  # of the XMP that it has, or where it may have some
    wrapped: Callable[[bytes], bytes]  # makes a chunk or segment of a packet
    packet: bytes | None = None
    manifest: list[Span] = field(default_factory=list)  # of C2PA, as one box
    segments: bool = False  # *manifest* are whole segments of a JPEG
    others: Callable[[int], list[tuple[Span, bytes]]] = lambda _: []  # edits that growth asks for


def early(block: bytes, text: Mark) -> bytes:
    """Return what may stand at HEADED in the file that begins with *block*, to save a copy of it.

    That is the mark of a PNG, or nothing. :func:`mark` corrects it once the whole file is known.
    """
    is_png = block.startswith(_PNG) and len(block) >= HEADED
    return _png_xmp(xmp.marked(None, text)) if is_png else b""


def mark(path: Path, to: Path, text: Mark, *, inserted: int = 0) -> bool:
    """Write the picture at *path* to the file *to*, marked; tell whether there was need to.

    *inserted*: the bytes of its :func:`early` mark. There is no need if it is marked already, by
    whomever, and a GIF is not marked. Raises NotMarked, or OSError.
    """
    with path.open("rb") as file:
        edits = [((HEADED, HEADED + inserted), b"")] if inserted else []
        try:
            layout = _layout(file, inserted)
            if layout is None or (inserted and layout.packet is None and not layout.manifest):
                return False
            edits += _edits(file, layout, text)
            if edits:
                _splice(file, edits, to)
        except _ODD as error:
            raise NotMarked("the picture's structure is odd") from error
    return bool(edits)


def find_manifest(path: Path) -> ManifestPlace | None:
    """Tell where the C2PA manifest of the picture at *path* is. Raises NotMarked, or OSError."""
    with path.open("rb") as file:
        try:
            layout = _layout(file)
        except _ODD as error:
            raise NotMarked("the picture's structure is odd") from error
    if layout is not None and layout.manifest:
        return ManifestPlace.INSIDE
    is_named = layout is not None and xmp.names_manifest(layout.packet)
    return ManifestPlace.ELSEWHERE if is_named else None


def without(path: Path, to: Path, inserted: int) -> None:
    """Write the picture at *path* to the file *to*, without its :func:`early` mark."""
    with path.open("rb") as file:
        _splice(file, [((HEADED, HEADED + inserted), b"")], to)


def jpeg_segments(path: Path, text: Mark | None, *, most: int) -> bytes:
    """Return what a JPEG made of the picture at *path* has to say of its origin, as segments.

    That is its XMP with *text*, and its C2PA manifest, which does not fit the new file's bytes any
    more, unless it has more than *most* bytes. Raises NotMarked, or OSError.
    """
    with path.open("rb") as file:
        try:
            layout = _layout(file)
            packets = [layout.packet if layout else None]
            if text is not None:
                packets = [xmp.marked(packet, text) for packet in (*packets, None)]
            longest = _JPEG_LONGEST - len(_JPEG_KEYWORD)
            fitting = [packet for packet in packets if packet and len(packet) <= longest]
            manifest = _jpeg_manifest(_manifest(file, layout, most), layout) if layout else b""
        except _ODD as error:
            raise NotMarked("the picture's structure is odd") from error
    return b"".join((*map(_jpeg_xmp, fitting[:1]), manifest))


def _edits(file: BinaryIO, layout: _Layout, text: Mark) -> list[tuple[Span, bytes]]:
    """Return what has to change in a file that is not marked."""
    if layout.manifest or xmp.names_manifest(layout.packet):
        _check_manifest(file, layout)
        return []
    packet = xmp.marked(layout.packet, text)
    if packet == layout.packet:
        return []
    chunk = layout.wrapped(packet)
    growth = len(chunk) - (layout.place[1] - layout.place[0])
    return [*layout.others(growth), (layout.place, chunk)]


def _check_manifest(file: BinaryIO, layout: _Layout) -> None:
    """Raise NotMarked: neither the manifest nor the XMP says that the picture is generated."""
    if not xmp.says_generated(layout.packet) and not xmp.SAYS_GENERATED.search(
        _manifest(file, layout, _LARGEST_MANIFEST)
    ):
        raise NotMarked("its C2PA manifest, which any change breaks, does not say how it was made")


def _layout(file: BinaryIO, inserted: int = 0) -> _Layout | None:
    """Return what the file says; ``None``: it is of a type that is not marked.

    The bytes that were *inserted* into a PNG are overlooked.
    """
    head = file.read(12)
    if head.startswith(_PNG):
        return _png(file, inserted)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(file)
    if head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        return _webp(file, int.from_bytes(head[4:8], "little") + 8)
    return None


def _read(file: BinaryIO, begin: int, end: int, most: int = _LARGEST_PACKET) -> bytes:
    if end - begin > most:
        raise NotMarked("what it says of its origin is too long")
    file.seek(begin)
    return file.read(end - begin)


def _png(file: BinaryIO, inserted: int) -> _Layout:
    layout = _Layout(place=(HEADED, HEADED), wrapped=_png_xmp)
    at, kind = len(_PNG), b""
    for _ in range(_MOST_PARTS):
        if kind == b"IEND":
            break
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        begin, at = at, at + length + 12
        at += inserted if at == HEADED else 0
        if kind == b"caBX":
            layout.manifest.append((begin + 8, at - 4))
        elif kind == b"iTXt" and file.read(len(_PNG_KEYWORD)) == _PNG_KEYWORD:
            layout.place = (begin, at)
            layout.packet = _png_packet(_read(file, begin + 8 + len(_PNG_KEYWORD), at - 4))
    return layout


def _png_packet(body: bytes) -> bytes:
    _, _, text = body[2:].split(b"\x00", 2)
    if not body[0]:
        return text
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(text, _LARGEST_PACKET)
    if not unpacking.eof:
        raise NotMarked("what it says of its origin is too long")
    return text


def _png_xmp(packet: bytes) -> bytes:
    body = b"".join((b"iTXt", _PNG_KEYWORD, bytes(4), packet))
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _jpeg(file: BinaryIO) -> _Layout:
    layout = _Layout(place=(2, 2), wrapped=_jpeg_xmp, segments=True)
    box: bytes | None = None  # the number of the one with the manifest
    leading = True
    for begin, end, kind in _jpeg_parts(file):
        head = file.read(64) if kind in {_JPEG_APP0, _JPEG_APP1, _JPEG_APP11} else b""
        leading = leading and head.startswith(_JPEG_LEADING)
        if leading and layout.packet is None:
            layout.place = (end, end)
        if kind == _JPEG_APP1 and head.startswith(_JPEG_KEYWORD):
            layout.place = (begin, end)
            layout.packet = _read(file, begin + 4 + len(_JPEG_KEYWORD), end)
        elif kind == _JPEG_APP11 and head.startswith(_JUMBF):
            if box is None and b"c2pa" in head:
                box = head[2:4]
            if head[2:4] == box:
                layout.manifest.append((begin, end))
    return layout


def _jpeg_parts(file: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """Yield begin, end and kind of the segments before the first scan; the file is at the body."""
    at = 2
    for _ in range(_MOST_PARTS):
        file.seek(at)
        head = file.read(4)
        if head[:2] == b"\xff\xff":  # fills
            at += 1
            continue
        kind, length = struct.unpack(">xBH", head)
        if head[:1] != b"\xff" or kind in _JPEG_SCAN_OR_END:
            return
        begin, at = at, at + 2 + length
        yield begin, at, kind


def _jpeg_segment(kind: int, body: bytes) -> bytes:
    if len(body) > _JPEG_LONGEST:
        raise NotMarked("what it says of its origin leaves no room")
    return struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body


def _jpeg_xmp(packet: bytes) -> bytes:
    return _jpeg_segment(_JPEG_APP1, _JPEG_KEYWORD + packet)


def _manifest(file: BinaryIO, layout: _Layout, most: int) -> bytes:
    """Return the manifest as it stands in the file; empty if it has more than *most* bytes."""
    if sum(end - begin for begin, end in layout.manifest) > most:
        return b""
    return b"".join(_read(file, *span, most) for span in layout.manifest)


def _jpeg_manifest(box: bytes, layout: _Layout) -> bytes:
    """Return the manifest, as it stands in its file, as segments of a JPEG."""
    if layout.segments:
        return box
    head, size = box[:_BOX_HEAD], _JPEG_LONGEST - _JUMBF_HEAD
    parts = [box[at : at + size] for at in range(_BOX_HEAD, len(box), size)]
    return b"".join(
        _jpeg_segment(_JPEG_APP11, struct.pack(">2sHI", _JUMBF, _BOX_NUMBER, number) + head + part)
        for number, part in enumerate(parts, start=1)
    )


def _webp(file: BinaryIO, end: int) -> _Layout:
    layout = _Layout(place=(end, end), wrapped=lambda packet: _webp_chunk(b"XMP ", packet))
    at, first = 12, b""
    for _ in range(_MOST_PARTS):
        if at >= end:
            break
        file.seek(at)
        kind, length = struct.unpack("<4sI", file.read(8))
        begin, at = at, min(at + 8 + length + length % 2, end)
        if not first:
            first = kind + file.read(10)
        if kind == b"XMP ":
            layout.place, layout.packet = (begin, at), _read(file, begin + 8, begin + 8 + length)
        elif kind == b"C2PA":
            layout.manifest.append((begin + 8, begin + 8 + length))
    layout.others = lambda growth: _webp_edits(first, end, growth, appends=layout.packet is None)
    return layout


def _webp_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(body)) + body + bytes(len(body) % 2)


def _webp_edits(first: bytes, end: int, growth: int, *, appends: bool) -> list[tuple[Span, bytes]]:
    """Return the edits of a WebP's header, whose *first* chunk begins so."""
    edits = []
    if first.startswith(b"VP8X"):
        edits.append(((20, 21), bytes([first[4] | _WEBP_XMP])))
    else:
        canvas = _webp_canvas(first)
        edits.append(((12, 12), canvas))
        growth += len(canvas)
    if appends and end % 2:
        edits.append(((end, end), b"\x00"))
        growth += 1
    size = end - 8 + growth
    return [((4, 8), struct.pack("<I", size)), *edits]


def _webp_canvas(first: bytes) -> bytes:
    """Return the header that only a picture with more than itself has."""
    flags, head = _WEBP_XMP, first[4:]
    if first.startswith(b"VP8L"):
        sides = int.from_bytes(head[1:5], "little")
        flags |= _WEBP_ALPHA if sides & _WEBP_LOSSLESS_ALPHA else 0
        width, height = sides & 0x3FFF, sides >> 14 & 0x3FFF
    elif not first.startswith(b"VP8 "):
        raise NotMarked("the picture's structure is odd")
    else:
        width, height = (side - 1 & 0x3FFF for side in struct.unpack_from("<HH", head, 6))
    body = bytes([flags, 0, 0, 0]) + width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return _webp_chunk(b"VP8X", body)


def _splice(file: io.BufferedReader, edits: list[tuple[Span, bytes]], to: Path) -> None:
    """Copy *file* to the file *to*, with other bytes in place of some spans."""
    at, buffer = 0, memoryview(bytearray(BLOCK))
    end = file.seek(0, os.SEEK_END)
    with to.open("wb") as copy:
        for (begin, resume), replacement in sorted([*edits, ((end, end), b"")], key=_begin):
            file.seek(at)
            while at < begin:
                count = file.readinto(buffer[: begin - at])
                if not count:
                    raise NotMarked("the file is not whole")
                copy.write(buffer[:count])
                at += count
            copy.write(replacement)
            at = resume


def _begin(edit: tuple[Span, bytes]) -> int:
    return edit[0][0]
