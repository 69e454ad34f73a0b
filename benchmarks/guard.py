"""A guard against a bot that grows slow: its CPU an order against the floor's, in the same run.

A machine's speed and load move both alike, so that the ratio is the same on a laptop and in CI.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks import burst
from benchmarks.burst import Burst
from benchmarks.process import FLOOR
from sandbox.botprocess import BOT

GOAL: Final = 2.2  # times the floor's CPU an order, in both ways; not reached yet
MOST: Final = {"callbacks": 3.0, "polling": 4.6}  # what it was measured to be: it may only fall
TOLERANCE: Final = 1.25  # times that, of a run on a machine that nobody knows
ROUNDS: Final = 1  # bot and floor in turn
ORDERS: Final = 150
WAYS: Final = {"callbacks": {}, "polling": {"PUBLIC_URL": ""}}


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Medians of the rounds, CPU in seconds an order."""

    way: str
    bot: float
    floor: float

    @property
    def times(self) -> float:
        """The bot's CPU in the floor's."""
        return self.bot / self.floor

    @property
    def is_over(self) -> bool:
        """Whether the bot costs too much."""
        return self.times > MOST[self.way] * TOLERANCE


async def measure(orders: int, rounds: int) -> Sequence[Ratio]:
    """Measure both in both ways."""
    ratios = []
    for way, settings in WAYS.items():
        costs: dict[Sequence[str], list[float]] = {BOT: [], FLOOR: []}
        for _ in range(rounds):
            for command, seconds in costs.items():
                seconds.append(_cpu(await burst.measure(orders, command, **settings)))
        bot, floor = (statistics.median(seconds) for seconds in costs.values())
        ratios.append(Ratio(way=way, bot=bot, floor=floor))
    return ratios


def _cpu(measured: Burst) -> float:
    return measured.cpu / measured.taken
