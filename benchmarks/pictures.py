"""What it costs to look whether a file is a picture."""

import io
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from PIL import Image

from bot.pixazo import pictures
from sandbox.pixazo.painter import paint

SIDE: Final = 1024  # pixels, of the painter
KINDS: Final = ("PNG", "JPEG", "WEBP", "GIF")


def measure(times: int) -> Mapping[str, tuple[float, float]]:
    """Return, by type and size, seconds of CPU to check a picture and to decode it."""
    picture = Image.open(io.BytesIO(paint("a lighthouse", steps=30, guidance=5.0, index=0)))
    costs = {}
    with tempfile.TemporaryDirectory(prefix="imagine-") as folder:
        for kind in KINDS:
            path = Path(folder) / kind
            picture.save(path, kind)
            title = f"{kind} of {path.stat().st_size / 1e6:.2f} MB"
            costs[title] = (
                _cost(partial(pictures.inspect, path), times),
                _cost(partial(_decode, path), max(times // 10, 1)),
            )
    return costs


def _decode(path: Path) -> None:
    with Image.open(path) as picture:
        picture.load()


def _cost(call: Callable[[], object], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times
