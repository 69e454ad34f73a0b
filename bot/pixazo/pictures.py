"""Picture files on this machine's disk: checked as they are written or read, not decoded.

Everything here reads or writes: call it in a thread, never on the event loop.
"""

import hashlib
import logging
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Final

from bot.pixazo import marking
from bot.pixazo.marking import NotMarked
from bot.pixazo.picture_structure import Facts, StructureCheck
from bot.pixazo.xmp import Mark
from bot.service.port_errors import PictureUnusable

log = logging.getLogger(__name__)

BLOCK: Final = 256 * 1024  # bytes that are read or written at once


def inspect(path: Path) -> Facts:
    """Return what the picture at *path* is.

    Raises PictureUnusable: it is no sound PNG, JPEG, WebP or GIF, or has too many pixels.
    """
    check = StructureCheck()
    with path.open("rb", buffering=0) as file:
        while not check.ended and (block := file.read(BLOCK)):
            check.add(block)
    return check.facts()


def fit(path: Path, limit: int, mark: Mark | None = None) -> tuple[Path, Facts]:
    """Return *path*, or a smaller copy with *mark* if the picture has more than *limit* bytes.

    The copy is a second file: after a crash the original is still complete and is shrunk again.
    Only here a picture is decoded. Raises PictureUnusable.
    """
    facts = inspect(path)
    if path.stat().st_size <= limit:
        return path, facts
    from bot.pixazo import shrinking

    small = path.with_suffix(".small")
    segments = _segments(path, mark, most=limit // 4)
    return small, shrinking.shrink(path, limit, to=small, segments=segments)


def thumbnail(path: Path, side: int) -> bytes:
    """Return the picture at *path*, with its XMP, as a JPEG of that *side*, in pixels.

    Raises PictureUnusable.
    """
    inspect(path)
    from bot.pixazo import shrinking

    return shrinking.thumbnail(path, side, segments=_segments(path, None, most=0))


def _segments(path: Path, mark: Mark | None, *, most: int) -> bytes:
    """Return what a JPEG made of the picture says of its origin; nothing if that can't be told."""
    try:
        return marking.jpeg_segments(path, mark, most=most)
    except NotMarked as error:
        _warn(path, error)
        return b""


class PartFile:
    """A picture that is being downloaded; only a sound one gets its name."""

    def __init__(self, path: Path, md5: bytes | None, mark: Mark | None = None) -> None:
        """Make *path* in the end, with *mark*, and its folder. *md5*: of what comes, if known."""
        self.size = 0  # bytes
        self._path = path
        # A name of its own for each download: two of one picture may run at the same time.
        self._part = path.with_suffix(f".{token_hex(4)}.part")
        self._check = StructureCheck()
        self._md5 = md5
        self._digest = hashlib.md5(usedforsecurity=False) if md5 else None
        self._mark = mark
        self._inserted = b""  # of the mark, in the first block
        self._lock = Lock()  # a thread may still write when its download is cancelled
        self._discarded = False

    def write(self, block: bytes) -> None:
        """Write and check the next bytes. Raises PictureUnusable."""
        with self._lock:
            if self._discarded:
                return
            if not self.size:
                self._part.parent.mkdir(parents=True, exist_ok=True)
            stored = block if self.size else self._with_mark(block)
            with self._part.open("ab") as file:
                file.write(stored)
        self.size += len(stored)
        self._check.add(block)
        if self._digest is not None:
            self._digest.update(block)

    def finish(self, block: bytes) -> Facts:
        """Write the last bytes, and give a sound picture its name. Raises PictureUnusable."""
        self.write(block)
        facts = self._check.facts()
        if self._digest is not None and self._digest.digest() != self._md5:
            raise PictureUnusable("the file is damaged")
        if self._mark is not None:
            self._finish_mark(self._mark)
        self._part.replace(self._path)
        return facts

    def discard(self) -> None:
        """Remove what was written, unless it has its name."""
        with self._lock:
            self._discarded = True
            self._part.unlink(missing_ok=True)

    def _with_mark(self, first: bytes) -> bytes:
        if self._mark is None:
            return first
        self._inserted = marking.early(first, self._mark)
        return first[: marking.HEADED] + self._inserted + first[marking.HEADED :]

    def _finish_mark(self, mark: Mark) -> None:
        """Mark the picture, if that can be done: it is paid for, and delivered in any case."""
        marked, inserted = self._part.with_suffix(".marked"), len(self._inserted)
        try:
            try:
                replaced = marking.mark(self._part, marked, mark, inserted=inserted)
            except NotMarked as error:
                _warn(self._path, error)
                replaced = bool(inserted)
                if inserted:
                    marking.without(self._part, marked, inserted)
            if replaced:
                size = marked.stat().st_size
                marked.replace(self._part)
                self.size = size
        except OSError as error:
            marked.unlink(missing_ok=True)
            _warn(self._path, error)


def _warn(path: Path, error: Exception) -> None:
    log.warning("picture not marked: job=%s number=%s error=%s", path.parent.name, path.name, error)
