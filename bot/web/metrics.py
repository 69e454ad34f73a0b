"""``/metrics``: what Prometheus reads."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.service.health import StoreSnapshot

TEXT: Final = "text/plain; version=1.0.0; charset=utf-8"  # Prometheus's own exposition format


def routes(
    census: Callable[[], Awaitable[StoreSnapshot]], page: Callable[[StoreSnapshot], bytes]
) -> list[web.RouteDef]:
    """Return the route; *page* makes the text of what *census* found."""

    async def read(_request: web.Request) -> web.Response:
        return web.Response(body=page(await census()), headers={"Content-Type": TEXT})

    return [web.get("/metrics", read)]
