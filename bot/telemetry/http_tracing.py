"""Traces the HTTP calls of discord.py, so that every answer to an interaction is measured."""

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

_DISCORD_EPOCH: Final = 1_420_070_400_000  # Unix milliseconds
_TEMPORARY: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def tracing(telemetry: Telemetry, *, now: Callable[[], float]) -> aiohttp.TraceConfig:
    """Return the trace configuration for a discord.py client; *now* returns Unix seconds."""

    async def start(_: object, context: Any, _params: aiohttp.TraceRequestStartParams) -> None:
        context.started_at = time.perf_counter()

    async def end(_: object, context: Any, params: aiohttp.TraceRequestEndParams) -> None:
        if params.method != "POST":
            return
        path, error = params.url.path, _error_of(params.response.status)
        report(params.method, path, error, context.started_at)
        if error is None and (ack := _ACK.search(path)):
            telemetry.answered(now() - created_at(int(ack[1])))

    async def fail(_: object, context: Any, params: aiohttp.TraceRequestExceptionParams) -> None:
        error = params.exception
        if isinstance(error, asyncio.CancelledError):
            error = TimeoutError()  # answers are cancelled only when their time is over
        report(params.method, params.url.path, error, context.started_at)

    def report(method: str, path: str, error: BaseException | None, started_at: float) -> None:
        if method == "POST" and (call := _call_of(path)) is not None:
            telemetry.called_discord(call, error, time.perf_counter() - started_at)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(start)
    trace.on_request_end.append(end)
    trace.on_request_exception.append(fail)
    return trace


def created_at(snowflake: int) -> float:
    """Return when Discord created that id, in Unix seconds."""
    return ((snowflake >> 22) + _DISCORD_EPOCH) / 1000


def _call_of(path: str) -> DiscordCall | None:
    if _ACK.search(path):
        return DiscordCall.ACK
    return DiscordCall.FOLLOW_UP if _FOLLOW_UP.search(path) else None


def _error_of(status: int) -> Exception | None:
    if status < HTTPStatus.BAD_REQUEST:
        return None
    permanent = status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _TEMPORARY
    return (PermanentDiscordError if permanent else TransientDiscordError)(status=status)
