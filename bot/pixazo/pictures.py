"""Identifies pictures by their bytes, and shrinks them.

Every function decodes with Pillow: call them in a thread, never on the event loop.
"""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image

from bot.service.port_errors import PictureUnusable

LARGEST_PIXELS: Final = 4096 * 4096  # 64 MiB once decoded
READ: Final = ("PNG", "JPEG", "WEBP", "GIF")
# Pillow's name for a JPEG that contains several pictures is MPO.
EXTENSIONS: Final = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp", "GIF": "gif"}
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf"})
_MOST_CHUNKS: Final = 100_000
_TAIL: Final = 1024  # bytes, in which a GIF's last byte may be followed by padding
_QUALITIES: Final = (90, 80, 70, 60)
_SHRINK: Final = 0.75  # of each side, when no quality is low enough


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Type and size of a picture file. Sides are in pixels."""

    extension: str
    width: int
    height: int


def inspect(path: Path) -> Facts:
    """Decode the whole picture at *path* and return its type and size.

    Raises PictureUnusable: it is no sound PNG, JPEG, WebP or GIF of at most ``LARGEST_PIXELS``.
    """
    with _opened(path) as picture:
        width, height = picture.size
        extension = EXTENSIONS[str(picture.format)]
        _decode(picture)
    return Facts(extension=extension, width=width, height=height)


def fit(path: Path, limit: int) -> tuple[Path, Facts]:
    """Return *path*, or a smaller copy if the picture has more than *limit* bytes.

    The copy is a second file: after a crash the original is still complete and is shrunk again.
    Raises PictureUnusable.
    """
    facts = inspect(path)
    if path.stat().st_size <= limit:
        return path, facts
    small = path.with_suffix(".small")
    return small, shrink(path, limit, to=small)


def shrink(path: Path, limit: int, *, to: Path) -> Facts:
    """Write the picture at *path* as a JPEG of at most *limit* bytes to the file *to*.

    Raises PictureUnusable: even the smallest JPEG has more bytes.
    """
    with _opened(path) as picture:
        _decode(picture)
        current = _flat(picture)
    while min(current.size) >= 1:
        for quality in _QUALITIES:
            encoded = io.BytesIO()
            current.save(encoded, "JPEG", quality=quality, optimize=True)
            if encoded.tell() <= limit:
                to.write_bytes(encoded.getbuffer())
                return Facts(extension="jpg", width=current.width, height=current.height)
        smaller = (int(current.width * _SHRINK), int(current.height * _SHRINK))
        if min(smaller) < 1:
            break
        current = current.resize(smaller, Image.Resampling.LANCZOS)
    raise PictureUnusable("the picture cannot be made small enough")


def _opened(path: Path) -> Image.Image:
    with path.open("rb") as file:
        whole = _whole(file)
    with _unusable("the file is no picture"), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(whole or path, formats=READ)
    if picture.width * picture.height > LARGEST_PIXELS:
        picture.close()
        raise PictureUnusable("the picture has too many pixels")
    return picture


def _decode(picture: Image.Image) -> None:
    with _unusable("the picture is broken"):
        picture.load()


def _whole(file: BinaryIO) -> io.BytesIO | None:
    """Check that *file* is not cut off, where Pillow does not notice that.

    Returns a copy to decode instead, or ``None``: it can be decoded as it is.
    """
    head = file.read(12)
    size = file.seek(0, io.SEEK_END)
    if head.startswith(_PNG):
        return _png_without_texts(file, size)
    if head.startswith(b"GIF8"):
        file.seek(max(size - _TAIL, 0))
        whole = file.read().rstrip(b"\x00").endswith(b";")
    else:
        is_webp = head.startswith(b"RIFF") and head.endswith(b"WEBP")
        whole = not is_webp or int.from_bytes(head[4:8], "little") + 8 <= size
    if not whole:
        raise PictureUnusable("the file is not whole")
    return None


def _png_without_texts(file: BinaryIO, size: int) -> io.BytesIO | None:
    """Return the PNG without its texts, which Pillow would unpack, or not if they are long.

    ``None``: it has none.
    """
    kept, end, kind = [(0, len(_PNG))], len(_PNG), b""
    for _ in range(_MOST_CHUNKS):
        file.seek(end)
        length, kind = struct.unpack(">I4s", file.read(8).ljust(8, b"\x00"))
        begin, end = end, end + length + 12
        if kind not in _TEXTS:
            kept.append((begin, end - begin))
        if kind == b"IEND" or end > size:
            break
    if kind != b"IEND" or end > size:
        raise PictureUnusable("the file is not whole")
    if sum(length for _, length in kept) == end:
        return None
    copy = io.BytesIO()
    for begin, length in kept:
        file.seek(begin)
        copy.write(file.read(length))
    copy.seek(0)
    return copy


@contextmanager
def _unusable(reason: str) -> Iterator[None]:
    """Translate Pillow's errors about a file into PictureUnusable."""
    try:
        yield
    except (ValueError, SyntaxError, IndexError, Image.DecompressionBombError) as error:
        raise PictureUnusable(reason) from error
    except OSError as error:
        if error.errno is not None:
            raise  # an I/O error, not the picture's fault
        raise PictureUnusable(reason) from error


def _flat(picture: Image.Image) -> Image.Image:
    """Return *picture* without transparency, on white: a JPEG has none."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layers = picture.convert("RGBA")
        ground = Image.new("RGB", layers.size, "white")
        ground.paste(layers, mask=layers.getchannel("A"))
        return ground
    return picture.convert("RGB")
