"""``/healthz``: whether the process is alive, that is, its loop turns and its store answers."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.errors import StoreAway


def routes(ping_store: Callable[[], Awaitable[None]]) -> list[web.RouteDef]:
    """Return the routes; *ping_store* raises :class:`~bot.errors.StoreAway` where it is away."""

    async def healthz(_request: web.Request) -> web.Response:
        try:
            await ping_store()
        except StoreAway:
            return web.json_response({"alive": True, "store": False}, status=503)
        return web.json_response({"alive": True, "store": True})

    return [web.get("/healthz", healthz)]
