"""Troubles of the gateway that last: connections are closed at a stage of their beginning."""

import math
import time
from dataclasses import dataclass, field
from enum import StrEnum


class Stage(StrEnum):
    """When a connection is closed."""

    HELLO = "hello"  # after HELLO
    IDENTIFY = "identify"  # in place of READY
    RESUME = "resume"  # in place of what was missed and RESUMED
    READY = "ready"  # after READY or RESUMED


@dataclass(eq=False, kw_only=True)
class Closure:
    """Close the next *times* connections that reach a stage, but only for *seconds*."""

    code: int
    stage: Stage
    reason: str = ""
    resumable: bool = True  # whether a session that had begun can be resumed
    times: float = math.inf  # remaining uses
    seconds: float = math.inf  # from now
    _began: float = field(default_factory=time.monotonic, init=False)

    @property
    def active(self) -> bool:
        """Whether the trouble still acts."""
        return self.times > 0 and time.monotonic() < self._began + self.seconds
