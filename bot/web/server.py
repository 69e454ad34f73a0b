"""The HTTP server of the process."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from bot.web.connections import Connection, ConnectionLimiter, bounded

BACKLOG: Final = 1024  # connections; with a full one, clients try again a second later


@asynccontextmanager
async def serving(
    routes: Iterable[web.RouteDef],
    *,
    host: str,
    port: int,
    limiter: ConnectionLimiter | None = None,
) -> AsyncIterator[None]:
    """Serve *routes* while the context is open; raises OSError if the port is in use."""
    app = web.Application(middlewares=[bounded])
    app.add_routes(routes)
    limits = limiter or ConnectionLimiter()
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    server = runner.server
    assert server is not None
    try:
        listener = await asyncio.get_running_loop().create_server(
            lambda: Connection(server, limits), host, port, backlog=BACKLOG
        )
        try:
            yield
        finally:
            listener.close()
    finally:
        await runner.cleanup()
