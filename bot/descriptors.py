"""File descriptors of this process: their limit, and whether they run out."""

import errno
import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

FEW: Final = 0.1  # of the limit
OPEN_MAX: Final = 10_240  # of macOS


def raise_limit() -> None:
    """Raise the soft limit to the hard limit; on macOS, where that is more than it allows, less."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (hard, OPEN_MAX):
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return


def are_low() -> bool:
    """Return whether less than a tenth of the descriptors are free."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        in_use = sum(1 for _ in Path("/dev/fd").iterdir())
    except OSError as error:
        return error.errno in {errno.EMFILE, errno.ENFILE}  # none is free to look with
    return limit != resource.RLIM_INFINITY and in_use > limit * (1 - FEW)
