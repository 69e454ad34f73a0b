"""``POST /callbacks/{job_id}/{token}``: where the vendor calls back."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.domain.job import Update
from bot.service.port_errors import OutcomeUnknown, PixazoError, StoreUnavailable

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 64 * 1024  # bytes

Reader = Callable[[bytes], Update]
Listener = Callable[[str, str, Update], Awaitable[bool]]


def routes(read: Reader, hear: Listener) -> list[web.RouteDef]:
    """Return the routes. *read* makes sense of a body, or raises OutcomeUnknown.

    200: what was news is committed. 404: no such job, or a wrong token. 400 and 413: no body of
    the vendor's. 503: the store or the vendor is away; the vendor should call again.
    """

    async def called(request: web.Request) -> web.Response:
        job_id, token = request.match_info["job_id"], request.match_info["token"]
        try:
            update = read(await request.read())
        except OutcomeUnknown:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        try:
            known = await hear(job_id, token, update)
        except (StoreUnavailable, PixazoError):
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        return web.Response(status=HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)

    return [web.post("/callbacks/{job_id}/{token}", called)]
