"""Translates discord.py's exceptions into what a caller may conclude from them."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

import aiohttp
import discord

from bot.errors import ImagineError
from bot.service import port_errors
from bot.ui.rest_gate import CallRecord, recorded

CALL_TIMEOUT: Final = 60.0  # seconds for one call, uploads included

_UNKNOWN_MESSAGE: Final = 10008
_ALREADY_ANSWERED: Final = 40060
_ENTITY_TOO_LARGE: Final = 40005
_SESSION_CLOSED: Final = "Session is closed"  # aiohttp's words at shutdown, in a RuntimeError
_MAY_PASS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@contextlib.asynccontextmanager
async def translated_errors(
    within: float | None = CALL_TIMEOUT,
    *,
    repeatable_for: float = math.inf,
    tries: CallRecord | None = None,
) -> AsyncIterator[None]:
    """Translate what the block raises; cancel the block after *within* seconds.

    discord.py repeats requests by itself: none is repeated later than *repeatable_for* seconds
    after one whose outcome is unknown. None is after a 5xx if the caller itself repeats the call,
    whose *tries* it gives.

    Raises:
        MessageDeleted: The message is gone.
        AlreadyAnswered: The interaction has its first answer.
        FileTooLarge: Discord takes no file of that size.
        PermanentDiscordError: Discord refused definitely, in whatever words.
        NotTaken: Discord did nothing, and may do it later.
        UnreadableAnswer: Discord answered something that discord.py can't read.
        TransientDiscordError: Discord may or may not have done it.

    Any other error is a bug of ours and passes: no retry would help.
    """
    record = tries or CallRecord(repeatable_for=repeatable_for)
    try:
        with recorded(record):
            async with asyncio.timeout(within) as limit:
                if tries is not None:
                    tries.end = lambda: None if limit.expired() else limit.reschedule(0.0)
                yield
    except (ImagineError, discord.LoginFailure):
        raise
    except discord.HTTPException as error:
        raise _translated(error.status, error.code, record) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        answered = f", after {record.status}" if record.status else ""
        raise record.transient(type(error).__name__ + answered) from error
    except Exception as error:
        if isinstance(error, RuntimeError) and str(error) == _SESSION_CLOSED:
            raise port_errors.TransientDiscordError("the session is closed") from error
        if record.status is None:
            raise
        # discord.py raises whatever it stumbles over in an answer of an unexpected shape.
        raise _translated(record.status, None, record) from error


def _translated(status: int, code: object, record: CallRecord) -> port_errors.DiscordError:
    message = f"Discord answered {status} ({code})"
    if code == _UNKNOWN_MESSAGE:
        return port_errors.MessageDeleted(message, status=status)
    if code == _ALREADY_ANSWERED:
        return port_errors.AlreadyAnswered(message, status=status)
    if code == _ENTITY_TOO_LARGE or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return port_errors.FileTooLarge(message, status=status)
    if status in _MAY_PASS or HTTPStatus.INTERNAL_SERVER_ERROR <= status < 600:  # noqa: PLR2004
        return record.transient(message, status)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return port_errors.UnreadableAnswer(message, status=status)
    return port_errors.PermanentDiscordError(message, status=status)
