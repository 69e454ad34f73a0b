"""Priority of first answers: Discord waits three seconds for one, nothing else is in a hurry."""

import asyncio
from collections import deque
from typing import Final

LATEST: Final = 3.0  # seconds after which Discord takes no first answer
LONGEST: Final = 1.5  # seconds for which the rest gives way, however many interactions come
AT_ONCE: Final = 4  # of what gave way; then it is seen whether an interaction came meanwhile


class AnswersFirst:
    """Priority gate: what can wait gives way while interactions wait for their first answers."""

    def __init__(self) -> None:
        self._waiting: dict[int, float] = {}  # since when, by interaction; the oldest first
        self._shut_at = 0.0  # when the first of them came; times are the event loop's
        self._held: deque[asyncio.Future[None]] = deque()
        self._going_on: asyncio.TimerHandle | None = None

    def expect(self, interaction_id: int) -> None:
        """Note an interaction that has just come."""
        now = asyncio.get_running_loop().time()
        self._forget_late(now)
        if not self._waiting:
            self._shut_at = now
        self._waiting[interaction_id] = now

    def answered(self, interaction_id: int) -> None:
        """Note that the interaction has its first answer, or gets none."""
        self._waiting.pop(interaction_id, None)
        if not self._waiting and self._held:
            self._go_on()

    async def give_way(self) -> None:
        """Wait until no interaction waits for its first answer, though not for long."""
        if self._seconds_left() <= 0:
            return
        turn = asyncio.get_running_loop().create_future()
        self._held.append(turn)
        self._look_later()
        await turn

    def _seconds_left(self) -> float:
        if not self._waiting:
            return 0.0
        now = asyncio.get_running_loop().time()
        self._forget_late(now)
        return self._shut_at + LONGEST - now if self._waiting else 0.0

    def _forget_late(self, now: float) -> None:
        while self._waiting:
            interaction_id, since = next(iter(self._waiting.items()))
            if since >= now - LATEST:
                return
            del self._waiting[interaction_id]

    def _look_later(self) -> None:
        if self._going_on is None:
            loop = asyncio.get_running_loop()
            self._going_on = loop.call_later(max(self._seconds_left(), 0.0), self._go_on)

    def _go_on(self) -> None:
        """Let some of what gave way go on; the event loop then reads what came meanwhile."""
        if self._going_on is not None:
            self._going_on.cancel()
            self._going_on = None
        left = AT_ONCE if self._seconds_left() <= 0 else 0
        while left and self._held:
            if not (turn := self._held.popleft()).done():
                turn.set_result(None)
                left -= 1
        if self._held:
            self._look_later()
