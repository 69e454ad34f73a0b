"""What a downloaded file really is, told from its bytes; and making a picture smaller.

All of it decodes with Pillow and so belongs into a thread, never onto the event loop.
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
# Pillow calls a JPEG with several pictures in it an MPO.
EXTENSIONS: Final = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp", "GIF": "gif"}
_QUALITIES: Final = (90, 80, 70, 60)
_SHRINK: Final = 0.75  # of each side, when no quality is low enough


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a picture file is. Sides are in pixels."""

    extension: str
    width: int
    height: int


def inspect(path: Path) -> Facts:
    """Decode the picture at *path* whole and return what it is.

    Raises PictureUnusable for anything but a sound PNG, JPEG, WebP or GIF of
    at most ``LARGEST_PIXELS``.
    """
    with _opened(path) as picture:
        width, height = picture.size
        extension = EXTENSIONS[str(picture.format)]
        _decode(picture)
    return Facts(extension=extension, width=width, height=height)


def fit(path: Path, limit: int) -> tuple[Path, Facts]:
    """Return the picture at *path*, or one made smaller where it has more than *limit* bytes.

    The smaller one lies beside it, so that whoever begins anew after a crash finds the picture
    whole, and again makes it smaller. Raises as :func:`inspect` and :func:`shrink` do.
    """
    facts = inspect(path)
    if path.stat().st_size <= limit:
        return path, facts
    small = path.with_suffix(".small")
    return small, shrink(path, limit, to=small)


def shrink(path: Path, limit: int, *, to: Path) -> Facts:
    """Write the picture at *path* as a JPEG of at most *limit* bytes *to* another one.

    Raises PictureUnusable where even a tiny one would not fit.
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
    with _no_picture("the file is no picture"), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(path, formats=READ)
    if picture.width * picture.height > LARGEST_PIXELS:
        picture.close()
        raise PictureUnusable("the picture has too many pixels")
    return picture


def _decode(picture: Image.Image) -> None:
    with _no_picture("the picture is broken"):
        picture.load()


@contextmanager
def _no_picture(words: str) -> Iterator[None]:
    """Turn what Pillow finds wrong with a file into PictureUnusable."""
    try:
        yield
    except (ValueError, SyntaxError, IndexError, Image.DecompressionBombError) as error:
        raise PictureUnusable(words) from error
    except OSError as error:
        if error.errno is not None:
            raise  # it is the machine's trouble, not the picture's
        raise PictureUnusable(words) from error


def _flat(picture: Image.Image) -> Image.Image:
    """Return *picture* without transparency, on white: a JPEG has none."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layers = picture.convert("RGBA")
        ground = Image.new("RGB", layers.size, "white")
        ground.paste(layers, mask=layers.getchannel("A"))
        return ground
    return picture.convert("RGB")
