"""Sends a message until Discord takes it, and never twice."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Final

from bot.retry import Backoff
from bot.service.port_errors import NotTaken, TransientDiscordError, UnreadableAnswer
from bot.ui.rest_gate import RestGate

NONCE_REMEMBERED: Final = 120.0  # seconds in which Discord surely drops a repeated nonce


async def send_once(
    send: Callable[[], Awaitable[None]],
    gate: RestGate,
    *,
    backoff: Backoff,
    within: float,
    repeatable_for: float = NONCE_REMEMBERED,
    attempts: float = math.inf,
    failed: Callable[[Exception], None],
) -> None:
    """Repeat *send* with back-off for *within* seconds; *failed* gets each error.

    What Discord surely did not take is repeated; what it may have taken only for *repeatable_for*
    seconds, in which a nonce makes that harmless. Only the latter counts as one of the *attempts*.

    Raises DiscordRefused, or TransientDiscordError: given up, it may or may not be sent.
    """
    delays, begun = backoff.delays(), time.monotonic()
    until = begun + within
    while True:
        await gate.rest_over()
        started = time.monotonic()
        try:
            return await send()
        except TransientDiscordError as error:
            failed(error)
            if not isinstance(error, NotTaken):
                until = min(until, started + repeatable_for)
                attempts -= 1
            delay = next(delays)
            over = attempts < 1 or time.monotonic() + delay > until
            if over or isinstance(error, UnreadableAnswer):
                raise
        await asyncio.sleep(delay)
