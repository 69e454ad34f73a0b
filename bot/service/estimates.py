"""How long orders take at the vendor, and what a card says of it."""

import math
import statistics
from collections import deque
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from bot.domain.card_status import CardStatus

REMEMBERED: Final = 50  # durations whose median is the estimate
LATE: Final = 3.0  # medians at the vendor after which a member is told that it takes long
# Units of the estimate, each for medians up to so many seconds; above them it is in minutes.
UNITS: Final = ((30, 5), (90, 10), (math.inf, 60))
LATE_UNKNOWN: Final = 600.0  # seconds; the same before any duration is known


class Phase(IntEnum):
    """What a card says of the time that its order takes; an order only goes on to later ones."""

    ESTIMATED = 0
    UNKNOWN = 1  # the estimate is over, or there is none
    LATE = 2


class Estimates:
    """Median of the vendor's last durations, in seconds."""

    def __init__(self) -> None:
        self._durations: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def median(self) -> float | None:
        """The estimate; ``None``: no duration is known."""
        return statistics.median(self._durations) if self._durations else None

    def add(self, durations: Iterable[float]) -> None:
        """Remember *durations*, the newest last."""
        self._durations.extend(durations)

    def phase(self, age: float) -> Phase:
        """Return the phase of an order that the vendor has had for *age* seconds."""
        estimate_ends, late_begins = self.phase_ends()
        if age >= late_begins:
            return Phase.LATE
        return Phase.ESTIMATED if age < estimate_ends else Phase.UNKNOWN

    def phase_ends(self) -> tuple[float, float]:
        """Return the ages, in seconds, at which the estimate is over and an order is late."""
        median = self.median
        if median is None:
            return 0.0, LATE_UNKNOWN
        estimate = _rounded(median)
        return estimate, max(LATE * median, estimate)

    def status(self, phase: Phase) -> CardStatus:
        """Return what a card says in that phase."""
        if phase is not Phase.ESTIMATED or (median := self.median) is None:
            return CardStatus(late=phase is Phase.LATE)
        return CardStatus(usual_seconds=_rounded(median))


def _rounded(median: float) -> int:
    """Return the estimate: the median rounded up, so that more than half of all orders keep it."""
    unit = next(unit for most, unit in UNITS if median <= most)
    return max(math.ceil(median / unit), 1) * unit
