"""``/metrics``: what Prometheus reads."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.service.health import StoreSnapshot

TEXT: Final = "text/plain; version=1.0.0; charset=utf-8"  # Prometheus's own exposition format


def routes(
    snapshot: Callable[[], Awaitable[StoreSnapshot]], page: Callable[[StoreSnapshot], bytes]
) -> list[web.RouteDef]:
    """Return the route; *page* renders what *snapshot* returns."""

    async def read(_request: web.Request) -> web.Response:
        return web.Response(body=page(await snapshot()), headers={"Content-Type": TEXT})

    return [web.get("/metrics", read)]
