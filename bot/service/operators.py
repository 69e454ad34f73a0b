"""Who runs the bot: the owner of its application and their team, as Discord says."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.service.errors import NotAnOperator, OperatorsUnknown
from bot.service.port_errors import DiscordError
from bot.service.ports.discord import Application

log = logging.getLogger(__name__)

FRESH: Final = 300.0  # seconds for which the answer is reused
AGAIN: Final = 15.0  # seconds until somebody who is not in it has Discord asked again
STALE: Final = 3600.0  # seconds for which an old answer counts while Discord gives none
ASK_WITHIN: Final = 5.0  # seconds


@dataclass(frozen=True)
class Operator:
    """Somebody who runs the bot, as Discord said lately. Only :class:`Operators` makes one."""

    id: int


class Operators:
    """Read-through cache of who runs the bot."""

    def __init__(self, *, application: Application, now: Callable[[], float]) -> None:
        self._application = application
        self._now = now
        self._ids: frozenset[int] = frozenset()
        self._asked_at: float | None = None
        self._lock = asyncio.Lock()  # one question for all who wait

    async def check(self, user_id: int, *, within: float = ASK_WITHIN) -> Operator:
        """Return the user as an operator.

        Raises:
            NotAnOperator: Discord says that they are none.
            OperatorsUnknown: Discord does not say who is, within so many seconds.
        """
        try:
            async with asyncio.timeout(within), self._lock:
                await self._refresh(user_id)
        except (DiscordError, TimeoutError) as error:
            log.warning("operators not read: error=%s", repr(error))
            if not self._younger_than(STALE):
                raise OperatorsUnknown from error
        if user_id not in self._ids:
            log.info("refused, no operator: member=%d", user_id)
            raise NotAnOperator
        return Operator(user_id)

    async def _refresh(self, user_id: int) -> None:
        if not self._younger_than(FRESH if user_id in self._ids else AGAIN):
            self._ids = await self._application.operators()
            self._asked_at = self._now()

    def _younger_than(self, seconds: float) -> bool:
        return self._asked_at is not None and 0 <= self._now() - self._asked_at < seconds
