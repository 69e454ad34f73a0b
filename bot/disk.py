"""The disk of the data folder: whether it is nearly full."""

import shutil
from pathlib import Path
from typing import Final

LITTLE: Final = 256 << 20  # bytes that are free
FEW: Final = 0.05  # of the disk; only where that is little, too
PLENTY: Final = 4 << 30  # bytes; with more, a share of a large disk does not matter


def is_nearly_full(folder: Path) -> bool:
    """Return whether the disk of *folder*, or of what is to contain it, has little room left."""
    try:
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        usage = shutil.disk_usage(folder)
    except OSError:
        return False  # it can't be told
    return usage.free < LITTLE or usage.free < min(usage.total * FEW, PLENTY)
