"""Shared parts of the REST API: routes, authorization, responses, errors."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.discord.api_errors import ApiError, ErrorCode
from sandbox.discord.bodies import Body, read
from sandbox.discord.rate_limits import DISCORD, RateLimiter
from sandbox.discord.world import World

API = "/api/v10"


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


class Call:
    """One request, as a handler gets it."""

    def __init__(self, request: web.Request, raw: bytes) -> None:
        self.path: Mapping[str, str] = request.match_info
        self.query: Mapping[str, str] = request.query
        self._type = request.headers.get("Content-Type", "")
        self._raw = raw

    def flag(self, name: str) -> bool:
        """Return a boolean of the query."""
        return self.query.get(name, "").lower() in ("1", "true")

    @cached_property
    def body(self) -> Body:
        """The body; ApiError if it is broken."""
        return read(self._type, self._raw)


Table = dict[str, Callable[[Call], Any]]  # by method and path; the result is the answer's body


def routes(table: Table, world: World | None) -> list[web.RouteDef]:
    """Return the routes of *table*; with *world*, each request must carry the bot's token."""
    places = {tuple(place.split()): _handler(handle, world) for place, handle in table.items()}
    return [web.route(method, path, handler) for (method, path), handler in places.items()]


def _handler(handle: Callable[[Call], Any], world: World | None) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        if world and request.headers.get("Authorization") != f"Bot {world.bot_token}":
            raise ErrorCode.UNAUTHORIZED.error()
        body = handle(Call(request, await request.read()))
        return body if isinstance(body, web.Response) else answer(body)

    return serve


def discord_protocol(limiter: RateLimiter) -> Middleware:
    """Return the middleware that limits requests, and turns errors into Discord's JSON."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers: dict[str, str] = {}
        try:
            if resource := request.match_info.route.resource:
                path = resource.canonical.removeprefix(API)
                headers = limiter.take(f"{request.method} {path}", request)
            response = await handler(request)
        except ApiError as error:
            response = _error(error)
        except web.HTTPNotFound:
            response = _error(ErrorCode.NOT_FOUND.error())
        except web.HTTPMethodNotAllowed:
            response = _error(ErrorCode.NOT_ALLOWED.error())
        response.headers.update(DISCORD | headers)
        return response

    return serve


def _error(error: ApiError) -> web.StreamResponse:
    return answer(error.body, status=error.status, headers=error.headers)
