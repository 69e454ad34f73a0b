"""The lock that `run` holds: whoever has it knows that its predecessor is dead."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.errors import AlreadyRunning, StoreAway


@contextmanager
def only_one(url: str) -> Iterator[None]:
    """Hold the exclusive lock of the database at *url*; the kernel drops it when we die.

    Raises :class:`~bot.errors.AlreadyRunning` where another process holds it.
    """
    path = Path(f"{make_url(url).database}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise StoreAway(f"{path} cannot be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(f"another process runs on {path.with_suffix('')}") from error
        yield
