"""``python -m sandbox.stepped_clock FILE``: the bot, and a clock that another process steps.

FILE holds the seconds by which the clock is ahead. The time of day follows it, in SQLite too; the
monotonic clock does not.
"""

import runpy
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "sandbox.stepped_clock")
EPOCH = 2440587.5  # the Julian day on which Unix time begins


class SteppedClock:
    """The clock of a bot that was started by `COMMAND` and `file`; steps are relative."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ahead = 0.0  # seconds
        self.step(0.0)

    def step(self, seconds: float) -> None:
        """Step the clock, back by a negative number."""
        self.ahead += seconds
        draft = self.file.with_suffix(".new")
        draft.write_text(str(self.ahead))
        draft.replace(self.file)


def _plant(file: Path) -> None:
    true_time, true_connect = time.time, sqlite3.connect

    def stepped_time() -> float:
        return true_time() + float(file.read_text())

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = true_connect(*arguments, **options)
        connection.create_function("julianday", 1, lambda _: stepped_time() / 86400.0 + EPOCH)
        return connection

    time.time = stepped_time
    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]


if __name__ == "__main__":
    _plant(Path(sys.argv.pop(1)))
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
