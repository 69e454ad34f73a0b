"""Identifies pictures by their bytes, and shrinks them.

Every function decodes with Pillow: call them in a thread, never on the event loop.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from bot.service.port_errors import PictureUnusable

LARGEST_PIXELS: Final = 4096 * 4096  # 64 MiB once decoded
READ: Final = ("PNG", "JPEG", "WEBP", "GIF")
# Pillow's name for a JPEG that contains several pictures is MPO.
EXTENSIONS: Final = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp", "GIF": "gif"}
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
    with _unusable("the file is no picture"), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(path, formats=READ)
    if picture.width * picture.height > LARGEST_PIXELS:
        picture.close()
        raise PictureUnusable("the picture has too many pixels")
    return picture


def _decode(picture: Image.Image) -> None:
    with _unusable("the picture is broken"):
        picture.load()


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
