"""``/metrics``, for Prometheus."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.service.health import StoreSnapshot

CONTENT_TYPE: Final = (
    "text/plain; version=1.0.0; charset=utf-8"  # of Prometheus's exposition format
)


def routes(
    snapshot: Callable[[], Awaitable[StoreSnapshot]], page: Callable[[StoreSnapshot], bytes]
) -> list[web.RouteDef]:
    """Return the route; *page* renders what *snapshot* returns."""

    async def read(_request: web.Request) -> web.Response:
        return web.Response(body=page(await snapshot()), headers={"Content-Type": CONTENT_TYPE})

    return [web.get("/metrics", read)]
