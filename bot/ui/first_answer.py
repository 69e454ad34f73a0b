"""Gives an interaction its first answer, by several tries in the seconds that Discord waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from discord import InteractionResponseType

from bot.retry import Backoff
from bot.service.port_errors import AlreadyAnswered, TransientDiscordError, UnreadableAnswer
from bot.ui.discord_errors import translated_errors
from bot.ui.interaction_context import Interaction
from bot.ui.rest_gate import CallRecord

# Discord refuses a first answer later than 3 s after the interaction.
ANSWER_WITHIN: Final = 3.0  # seconds
TRIES: Final = Backoff(first=0.25, most=0.5)  # seconds between two

Result = TypeVar("Result")


async def first_answer(
    interaction: Interaction,
    answer: Callable[[], Awaitable[Result]],
    *,
    within: float = ANSWER_WITHIN,
) -> Result | None:
    """Call *answer* until Discord takes it, for *within* seconds; return its result.

    Discord takes only one. Where it says that it has one, after a try that it may have taken, that
    try was it; the result is ``None`` then. Raises what ``translated_errors`` does.
    """
    until, delays = time.monotonic() + within, TRIES.delays()
    tries = CallRecord()
    while True:
        tries.status = None
        try:
            async with translated_errors(until - time.monotonic(), tries=tries):
                return await answer()
        except AlreadyAnswered:
            if tries.doubtful_since is None:
                raise
            response: Any = interaction.response  # it saw no try succeed
            response._response_type = InteractionResponseType.deferred_channel_message  # noqa: SLF001
            return None
        except UnreadableAnswer:
            raise  # it was taken
        except TransientDiscordError:
            delay = next(delays)
            if time.monotonic() + delay > until:
                raise
        await asyncio.sleep(delay)
