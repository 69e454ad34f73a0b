"""What discord.py sends in answer to interactions, seen where it leaves: no answer is left out."""

import asyncio
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from bot.service.port_errors import PermanentDiscordError, TransientDiscordError
from bot.service.telemetry import DiscordCall, Telemetry

_ACK: Final = re.compile(r"/interactions/(\d+)/[^/]+/callback$")
_FOLLOW_UP: Final = re.compile(r"/webhooks/\d+/[^/]+$")

_EPOCH: Final = 1_420_070_400_000  # Discord's, in Unix milliseconds
_NOT_DEFINITE: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def tracing(meters: Telemetry, *, now: Callable[[], float]) -> aiohttp.TraceConfig:
    """Return what a discord.py client shall trace its calls by; *now* is in Unix seconds."""

    async def began(_: object, context: Any, _params: aiohttp.TraceRequestStartParams) -> None:
        context.began = time.perf_counter()

    async def ended(_: object, context: Any, params: aiohttp.TraceRequestEndParams) -> None:
        path, error = params.url.path, _concluded(params.response.status)
        tell(params.method, path, error, context.began)
        if error is None and (ack := _ACK.search(path)) and params.method == "POST":
            meters.answered(now() - made_at(int(ack[1])))

    async def failed(_: object, context: Any, params: aiohttp.TraceRequestExceptionParams) -> None:
        error = params.exception
        if isinstance(error, asyncio.CancelledError):
            error = TimeoutError()  # nobody gives up an answer before the time for it is over
        tell(params.method, params.url.path, error, context.began)

    def tell(method: str, path: str, error: BaseException | None, since: float) -> None:
        if method == "POST" and (call := _call(path)) is not None:
            meters.called_discord(call, error, time.perf_counter() - since)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(began)
    trace.on_request_end.append(ended)
    trace.on_request_exception.append(failed)
    return trace


def made_at(snowflake: int) -> float:
    """Return when Discord gave out that id, in Unix seconds."""
    return ((snowflake >> 22) + _EPOCH) / 1000


def _call(path: str) -> DiscordCall | None:
    if _ACK.search(path):
        return DiscordCall.ACK
    return DiscordCall.FOLLOW_UP if _FOLLOW_UP.search(path) else None


def _concluded(status: int) -> Exception | None:
    if status < HTTPStatus.BAD_REQUEST:
        return None
    definite = status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NOT_DEFINITE
    return (
        PermanentDiscordError(status=status) if definite else TransientDiscordError(status=status)
    )
