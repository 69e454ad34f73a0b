"""Makes pictures smaller with Pillow, which takes long to load and to decode: use it in a thread.

One picture takes up to 64 MiB decoded, and as much again while it is converted.
"""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image

from bot.pixazo.picture_structure import LARGEST_PIXELS, Facts
from bot.service.port_errors import PictureUnusable

READ: Final = ("PNG", "JPEG", "WEBP", "GIF")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf"})
_QUALITIES: Final = (90, 80, 70, 60)
_SHRINK: Final = 0.75  # of each side, when no quality is low enough


def shrink(path: Path, limit: int, *, to: Path, segments: bytes = b"") -> Facts:
    """Write the picture at *path* as a JPEG of at most *limit* bytes, with *segments*, to *to*.

    Its structure has to be checked before. Raises PictureUnusable: it can't be decoded, or even the
    smallest JPEG has more bytes.
    """
    with _opened(path) as picture:
        with _unusable("the picture is broken"):
            picture.load()
        current = _flat(picture)
    while min(current.size) >= 1:
        for quality in _QUALITIES:
            encoded = io.BytesIO()
            current.save(encoded, "JPEG", quality=quality, optimize=True, extra=segments)
            if encoded.tell() <= limit:
                to.write_bytes(encoded.getbuffer())
                return Facts(extension="jpg", width=current.width, height=current.height)
        smaller = (int(current.width * _SHRINK), int(current.height * _SHRINK))
        if min(smaller) < 1:
            break
        current = current.resize(smaller, Image.Resampling.LANCZOS)
    raise PictureUnusable("the picture cannot be made small enough")


def thumbnail(path: Path, side: int, *, segments: bytes = b"") -> bytes:
    """Return the picture at *path* as a JPEG, with *segments*, of at most *side* pixels a side.

    Its structure has to be checked before. Raises PictureUnusable: it can't be decoded.
    """
    with _opened(path) as picture:
        with _unusable("the picture is broken"):
            picture.thumbnail((side, side))
        encoded = io.BytesIO()
        _flat(picture).save(encoded, "JPEG", quality=_QUALITIES[1], optimize=True, extra=segments)
    return encoded.getvalue()


def _opened(path: Path) -> Image.Image:
    with path.open("rb") as file:
        without_texts = _png_without_texts(file)
    with _unusable("the file is no picture"), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(without_texts or path, formats=READ)
    if picture.width * picture.height > LARGEST_PIXELS:
        picture.close()
        raise PictureUnusable("the picture has too many pixels")
    return picture


def _png_without_texts(file: BinaryIO) -> io.BytesIO | None:
    """Return the PNG without its texts, which Pillow would unpack, or not if they are long.

    ``None``: it has none, or is no PNG.
    """
    kept, end, kind = [(0, len(_PNG))], len(_PNG), b""
    if file.read(end) != _PNG:
        return None
    while kind != b"IEND":
        file.seek(end)
        length, kind = struct.unpack(">I4s", file.read(8).ljust(8, b"\x00"))
        begin, end = end, end + length + 12
        if kind not in _TEXTS:
            kept.append((begin, end - begin))
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
