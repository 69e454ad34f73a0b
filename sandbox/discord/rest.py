"""Shared parts of the REST API: responses, errors, authorization."""

import json
import time
from collections.abc import Mapping
from hashlib import md5
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.discord.api_errors import ApiError, ErrorCode
from sandbox.discord.bodies import Body, read
from sandbox.discord.world import World

GENEROUS = 10_000  # requests per second and route


def answer(
    body: Any = None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a JSON response, or 204 without a body.

    The Content-Type equals Discord's exactly: discord.py parses JSON of no other type.
    """
    if body is None:
        return web.Response(status=204, headers=headers)
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )


async def body_of(request: web.Request) -> Body:
    """Read the body of a request."""
    return read(request.headers.get("Content-Type", ""), await request.read())


def as_bot(world: World, request: web.Request) -> None:
    """Raise ApiError unless the request carries the bot's token."""
    if request.headers.get("Authorization") != f"Bot {world.bot_token}":
        raise ErrorCode.UNAUTHORIZED.error()


@web.middleware
async def discord_protocol(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into Discord's JSON, and add rate limit headers."""
    try:
        response = await handler(request)
    except ApiError as error:
        response = _error(error)
    except web.HTTPNotFound:
        response = _error(ErrorCode.NOT_FOUND.error())
    except web.HTTPMethodNotAllowed:
        response = _error(ErrorCode.NOT_ALLOWED.error())
    resource = request.match_info.route.resource
    route = f"{request.method} {resource.canonical if resource else ''}"
    response.headers.update(
        {
            "X-RateLimit-Limit": str(GENEROUS),
            "X-RateLimit-Remaining": str(GENEROUS - 1),
            "X-RateLimit-Reset": f"{time.time() + 1:.3f}",
            "X-RateLimit-Reset-After": "1.000",
            "X-RateLimit-Bucket": md5(route.encode(), usedforsecurity=False).hexdigest(),
            "Via": "1.1 google",
        }
    )
    return response


def _error(error: ApiError) -> web.StreamResponse:
    return answer(error.body, status=error.status, headers=error.headers)
