"""Use case of members: an idea for a prompt, another one each time."""

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final

from bot.domain import word_filter
from bot.domain.ideas import Idea
from bot.domain.rules import Rules
from bot.service.errors import NoIdeaAllowed
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Guilds
from bot.service.settings import ServiceSettings

NOT_AGAIN: Final = 50  # a member's latest ideas, which they are offered last
MOST_REMEMBERED: Final = 1000  # members


class Surprises:
    """Chooses ideas at random, none that a server's word list refuses.

    Only this process remembers which a member saw: after a restart one may come again.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        ideas: Sequence[Idea],
        guilds: Guilds,
        random: Callable[[], float],
    ) -> None:
        """*random* returns numbers from 0 up to, but not, 1."""
        self._within = settings.styles_within
        self._ideas = ideas
        self._guilds = guilds
        self._random = random
        self._seen: OrderedDict[int, deque[Idea]] = OrderedDict()  # by member

    async def idea(self, guild_id: int | None, member_id: int) -> Idea:
        """Return an idea for an order of that member in that server.

        Words are not looked for while the store does not answer: the order is checked anyway.

        Raises:
            NoIdeaAllowed: The server's word list refuses all of them.
        """
        rules = await self._rules(guild_id)
        seen = self._seen.setdefault(member_id, deque(maxlen=NOT_AGAIN))
        self._seen.move_to_end(member_id)
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        # First those that are new to the member, in random order; then the one seen longest ago.
        ranks = {idea: rank for rank, idea in enumerate(seen, start=1)}
        for idea in sorted(self._ideas, key=lambda one: ranks.get(one, self._random())):
            if not _is_blocked(rules, idea):
                if idea in ranks:
                    seen.remove(idea)
                seen.append(idea)
                return idea
        raise NoIdeaAllowed

    async def _rules(self, guild_id: int | None) -> Rules:
        if guild_id is not None:
            with contextlib.suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(self._within):
                    return await self._guilds.rules(guild_id)
        return Rules()


def _is_blocked(rules: Rules, idea: Idea) -> bool:
    found = word_filter.first_blocked_phrase(
        rules.words, idea.prompt, look_alikes=rules.look_alikes
    )
    return found is not None
