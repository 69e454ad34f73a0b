"""The C heap of this process."""

import contextlib
import ctypes
from typing import Final

_ARENA_MAX: Final = -8  # M_ARENA_MAX of <malloc.h>


def share_heap() -> None:
    """Have all threads allocate from one heap, before the first thread starts; glibc only.

    Else each thread gets a heap of its own, and what one of them has freed is of no use to others.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
