"""Port of the store: what orders came to, and how many were refused.

Every method raises StoreUnavailable if the store can't be reached.
"""

from collections.abc import Mapping
from typing import Protocol

from bot.domain.admission import Rule
from bot.domain.figures import ServerFigures

Refused = tuple[int, int, Rule]  # the server, when its day began, and the rule that decided


class Figures(Protocol):
    """The figures of all processes that share the store."""

    async def of_server(self, guild_id: int, *, since: int, days: int, top: int) -> ServerFigures:
        """Return the figures of so many days from *since*, when a day began; *top* members."""

    async def count_refusals(self, counts: Mapping[Refused, int]) -> None:
        """Add to the numbers of refused orders."""
