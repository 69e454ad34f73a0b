"""How long orders take at the vendor, and what a card says of it."""

import statistics
from collections import deque
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from bot.domain.card_status import CardStatus

REMEMBERED: Final = 50  # durations whose median is the estimate
LATE: Final = 3.0  # medians at the vendor after which a member is told that it takes long
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
        return (0.0, LATE_UNKNOWN) if median is None else (median, LATE * median)

    def status(self, phase: Phase) -> CardStatus:
        """Return what a card says in that phase."""
        usual = self.median if phase is Phase.ESTIMATED else None
        return CardStatus(usual_seconds=usual, late=phase is Phase.LATE)
