"""``POST /interactions``: what members do, where Discord sends it by HTTP.

https://docs.discord.com/developers/interactions/overview
"""

import json
from http import HTTPStatus
from typing import Any, Final, Protocol

import orjson
from aiohttp import web

from bot.web.bodies import defer_continue, receive_body

LARGEST_BODY: Final = 512 * 1024  # bytes; held before the signature is known, by each connection

_SIGNATURE, _TIMESTAMP = "X-Signature-Ed25519", "X-Signature-Timestamp"
_SIGNATURE_LENGTH: Final = 64  # bytes
_PING: Final = 1  # Discord's type; the answer has the same


class Inbox(Protocol):
    """Takes interactions."""

    @property
    def is_open(self) -> bool:
        """Whether interactions are taken now."""

    def is_signed(self, signature: bytes, signed: bytes) -> bool:
        """Tell whether Discord signed these bytes."""

    def receive(self, data: Any) -> bool:
        """Take an interaction; ``False``: not now."""


def routes(inbox: Inbox) -> list[web.RouteDef]:
    """Return the route.

    200: the answer to a PING. 202: the interaction is answered by REST. 400: signed, but no JSON
    object. 401: not signed by Discord. 413: too large. 503: the bot is not logged in yet.
    """

    async def interaction(request: web.Request) -> web.Response:
        if not inbox.is_open:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        signature, timestamp = _signature(request)
        body = await receive_body(request, LARGEST_BODY)
        if not inbox.is_signed(signature, timestamp + body):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        data = _read(body)
        if not isinstance(data, dict):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        if data.get("type") == _PING:  # Discord takes no answer to it by REST
            return web.json_response({"type": _PING})
        taken = inbox.receive(data)
        return web.Response(status=HTTPStatus.ACCEPTED if taken else HTTPStatus.SERVICE_UNAVAILABLE)

    return [web.post("/interactions", interaction, expect_handler=defer_continue)]


def _read(body: bytes) -> Any:
    """Return what is in the JSON; ``None``: it is none."""
    try:
        return orjson.loads(body)
    except ValueError:  # also for half of an emoji, which Discord lets through
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None


def _signature(request: web.Request) -> tuple[bytes, bytes]:
    """Return the signature and the time that is signed with the body; raises HTTPUnauthorized."""
    try:
        signature = bytes.fromhex(request.headers[_SIGNATURE])
        timestamp = request.headers[_TIMESTAMP].encode("ascii")
    except (KeyError, ValueError):
        raise web.HTTPUnauthorized from None
    if len(signature) != _SIGNATURE_LENGTH:
        raise web.HTTPUnauthorized
    return signature, timestamp
