"""Translates discord.py's exceptions into what a caller may conclude from them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

import aiohttp
import discord

from bot.service import port_errors

CALL_TIMEOUT: Final = 60.0  # seconds for one call, uploads included

_UNKNOWN_MESSAGE: Final = 10008
_ENTITY_TOO_LARGE: Final = 40005
_SESSION_CLOSED: Final = "Session is closed"  # aiohttp's words at shutdown, in a RuntimeError
_MAY_PASS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@contextlib.asynccontextmanager
async def translated_errors(within: float = CALL_TIMEOUT) -> AsyncIterator[None]:
    """Translate what the block raises; cancel the block after *within* seconds.

    Raises:
        MessageDeleted: The message is gone.
        FileTooLarge: Discord takes no file of that size.
        PermanentDiscordError: Discord refused definitely.
        TransientDiscordError: Discord may or may not have done it.

    Any other error is a bug of ours and passes: no retry would help.
    """
    try:
        async with asyncio.timeout(within):
            yield
    except discord.HTTPException as error:
        raise _translated(error) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise port_errors.TransientDiscordError(type(error).__name__) from error
    except RuntimeError as error:
        if str(error) != _SESSION_CLOSED:
            raise
        raise port_errors.TransientDiscordError("the session is closed") from error


def _translated(error: discord.HTTPException) -> port_errors.DiscordError:
    message = f"Discord answered {error.status} ({error.code})"
    if error.code == _UNKNOWN_MESSAGE:
        return port_errors.MessageDeleted(message)
    if error.code == _ENTITY_TOO_LARGE or error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return port_errors.FileTooLarge(message)
    server_error = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if error.code == 0 or error.status in _MAY_PASS or server_error:
        return port_errors.TransientDiscordError(message)
    return port_errors.PermanentDiscordError(message)
