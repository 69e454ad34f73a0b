"""The HTTP server of the process."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.web.callbacks import LARGEST_BODY


@asynccontextmanager
async def serving(routes: Iterable[web.RouteDef], *, host: str, port: int) -> AsyncIterator[None]:
    """Serve *routes* while the context is open; raises OSError if the port is in use."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
