"""``/healthz`` and ``/readyz``: liveness and readiness probes.

A supervisor restarts a process whose event loop or store fails ``/healthz``. ``/readyz`` says
what prevents the bot from accepting orders; a restart does not help.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from bot.service.health import Readiness
from bot.service.port_errors import StoreUnavailable


def routes(
    ping_store: Callable[[], Awaitable[None]], readiness: Callable[[], Awaitable[Readiness]]
) -> list[web.RouteDef]:
    """Return the routes; *ping_store* raises StoreUnavailable."""

    async def healthz(_request: web.Request) -> web.Response:
        try:
            await ping_store()
        except StoreUnavailable:
            return _answer({"alive": True, "store": False}, healthy=False)
        return _answer({"alive": True, "store": True}, healthy=True)

    async def readyz(_request: web.Request) -> web.Response:
        state = await readiness()
        lane = (state.closed or ("paused" if state.paused else "open")) if state.store else None
        fields: dict[str, bool | str | None] = {
            "ready": state.ready,
            "gateway": state.gateway,
            "store": state.store,
            "lane": lane,  # null: unknown
            "descriptors": "low" if state.descriptors_low else "ok",
            "status_calls": "rejected" if state.status_calls_rejected else "ok",
        }
        if state.draining:
            fields["draining"] = True
        return _answer(fields, healthy=state.ready)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


def _answer(fields: dict[str, bool | str | None], *, healthy: bool) -> web.Response:
    status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return web.json_response(fields, status=status)
