"""``POST /callbacks/{job_id}/{token}``: the vendor's webhook."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.domain.job import Update
from bot.service.port_errors import OutcomeUnknown, PixazoError, StoreUnavailable
from bot.web.bodies import defer_continue, receive_body

LARGEST_BODY: Final = 64 * 1024  # bytes

IsAddress = Callable[[str, str], Awaitable[bool]]  # takes job id and token
ReadBody = Callable[[bytes], Update]  # raises OutcomeUnknown
# Takes job id, token and update; returns False for an unknown job or a wrong token.
Handle = Callable[[str, str, Update], Awaitable[bool]]

# No other character reaches the store.
_PATH: Final = "/callbacks/{job_id:[0-9a-f]{16}}/{token:[A-Za-z0-9_-]{1,64}}"


def routes(is_address: IsAddress, read_body: ReadBody, handle: Handle) -> list[web.RouteDef]:
    """Return the routes.

    200: the news, if any, is committed. 400 and 413: the body is not the vendor's. 404: unknown
    job or wrong token, told before the body is read. 503: the store or the vendor is unavailable;
    the vendor should call again.
    """

    async def callback(request: web.Request) -> web.Response:
        job_id, token = request.match_info["job_id"], request.match_info["token"]
        try:
            if not await is_address(job_id, token):
                return web.Response(status=HTTPStatus.NOT_FOUND)
            try:
                update = read_body(await receive_body(request, LARGEST_BODY))
            except OutcomeUnknown:
                return web.Response(status=HTTPStatus.BAD_REQUEST)
            known = await handle(job_id, token, update)
        except (StoreUnavailable, PixazoError):
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        return web.Response(status=HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)

    return [web.post(_PATH, callback, expect_handler=defer_continue)]
