"""``POST /callbacks/{job_id}/{token}``: the vendor's webhook."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.domain.job import Update
from bot.service.port_errors import OutcomeUnknown, PixazoError, StoreUnavailable

LARGEST_BODY: Final = 64 * 1024  # bytes

ReadBody = Callable[[bytes], Update]  # raises OutcomeUnknown
# Takes job id, token and update; returns False for an unknown job or a wrong token.
Handle = Callable[[str, str, Update], Awaitable[bool]]


def routes(read_body: ReadBody, handle: Handle) -> list[web.RouteDef]:
    """Return the routes.

    200: the news, if any, is committed. 400 and 413: the body is not the vendor's. 404: unknown
    job or wrong token. 503: the store or the vendor is unavailable; the vendor should call again.
    """

    async def callback(request: web.Request) -> web.Response:
        job_id, token = request.match_info["job_id"], request.match_info["token"]
        try:
            update = read_body(await request.read())
        except OutcomeUnknown:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        try:
            known = await handle(job_id, token, update)
        except (StoreUnavailable, PixazoError):
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        return web.Response(status=HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)

    return [web.post("/callbacks/{job_id}/{token}", callback)]
