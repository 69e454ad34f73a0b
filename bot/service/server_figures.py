"""Use case of moderators: the figures of their server."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.domain.admission import day_of
from bot.domain.figures import DAY, ServerFigures
from bot.service.moderation import Moderator
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.figures import Figures
from bot.service.refusal_counter import RefusalCounter
from bot.service.settings import ServiceSettings

USUAL_DAYS: Final = 30
MOST_DAYS: Final = 366
TOP: Final = 10  # members who are shown
LISTED: Final = 1000  # members in a file


@dataclass(frozen=True, kw_only=True)
class FiguresReport:
    """A server's figures, and how they came to be."""

    figures: ServerFigures
    kept_days: int  # how long orders are stored; 0: for ever
    costs: bool  # whether the operator shows what orders cost


class ServerFiguresService:
    """Reads the figures of one server at a time, with all that this process counted."""

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        figures: Figures,
        refusals: RefusalCounter,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._figures = figures
        self._refusals = refusals
        self._now = now

    async def report(self, by: Moderator, days: int | None, *, top: int = TOP) -> FiguresReport:
        """Return the figures of the last *days*, today included, as far as orders are stored."""
        kept = self._settings.retention.orders_days
        days = max(min(days or USUAL_DAYS, kept or MOST_DAYS, MOST_DAYS), 1)
        with contextlib.suppress(StoreUnavailable):  # then reading raises it, or some are missing
            await self._refusals.flush()
        since = int(day_of(self._now())) - (days - 1) * DAY
        figures = await self._figures.of_server(by.guild_id, since=since, days=days, top=top)
        return FiguresReport(figures=figures, kept_days=kept, costs=self._settings.show_costs)
