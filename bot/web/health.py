"""``/healthz`` and ``/readyz``: liveness and readiness probes.

A process that does not answer ``/healthz`` is to be restarted. ``/readyz`` says what prevents the
bot from accepting orders; a restart does not help. ``/readyz?exclude=lane`` is for a load balancer:
the lane is closed for all processes alike, and they tell members why.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from bot.service.health import Readiness


def routes(readiness: Callable[[], Awaitable[Readiness]]) -> list[web.RouteDef]:
    """Return the routes."""

    async def healthz(_request: web.Request) -> web.Response:
        # Nothing outside of the process is asked: it would be restarted for another's trouble.
        return _answer({"alive": True}, healthy=True)

    async def readyz(request: web.Request) -> web.Response:
        state = await readiness()
        ready = state.serves if "lane" in request.query.getall("exclude", ()) else state.ready
        lane = (state.closed or ("paused" if state.paused else "open")) if state.store else None
        fields: dict[str, bool | str | None] = {
            "ready": ready,
            "gateway": state.gateway,
            "store": state.store,
            "lane": lane,  # null: unknown
            "descriptors": "low" if state.descriptors_low else "ok",
            "status_calls": "rejected" if state.status_calls_rejected else "ok",
        }
        if state.draining:
            fields["draining"] = True
        return _answer(fields, healthy=ready)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


def _answer(fields: dict[str, bool | str | None], *, healthy: bool) -> web.Response:
    status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return web.json_response(fields, status=status)
