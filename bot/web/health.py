"""``/healthz`` and ``/readyz``: what a supervisor asks.

The first says whether the process is alive, that is, its loop turns and its store answers: one
that is not is to be restarted. The second says whether orders can be taken, and what is in the way
if not: no restart mends that.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from bot.service.health import Readiness
from bot.service.port_errors import StoreUnavailable


def routes(
    ping_store: Callable[[], Awaitable[None]], readiness: Callable[[], Awaitable[Readiness]]
) -> list[web.RouteDef]:
    """Return the routes; *ping_store* raises StoreUnavailable where it is away."""

    async def healthz(_request: web.Request) -> web.Response:
        try:
            await ping_store()
        except StoreUnavailable:
            return _answer({"alive": True, "store": False}, well=False)
        return _answer({"alive": True, "store": True}, well=True)

    async def readyz(_request: web.Request) -> web.Response:
        state = await readiness()
        lane = (state.closed or ("paused" if state.paused else "open")) if state.store else None
        words = {
            "ready": state.ready,
            "gateway": state.gateway,
            "store": state.store,
            "lane": lane,  # null: nobody knows
        }
        return _answer(words, well=state.ready)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


def _answer(words: dict[str, bool | str | None], *, well: bool) -> web.Response:
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return web.json_response(words, status=status)
