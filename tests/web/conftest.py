"""The bot's own HTTP server, and somebody who calls it."""

import aiohttp
import pytest

from bot.web.server import serving
from sandbox.listener import free_port


@pytest.fixture
async def serve():
    """Serve routes on a free port, and return what calls them: ``(method, path, body)``."""
    opened = []

    async def serve(routes):
        port = free_port()
        server = serving(routes, host="127.0.0.1", port=port)
        await server.__aenter__()
        session = aiohttp.ClientSession(f"http://127.0.0.1:{port}")
        opened.append((server, session))

        async def call(method, path, body=b""):
            async with session.request(method, path, data=body) as answer:
                return answer.status, await answer.read()

        return call

    yield serve
    for server, session in opened:
        await session.close()
        await server.__aexit__(None, None, None)
