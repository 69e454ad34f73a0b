"""The bot's own HTTP server, and somebody who calls it."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest

from bot.web.server import serving
from sandbox.listener import free_port


class Server:
    """A server that runs, and a client of it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.session = aiohttp.ClientSession(f"http://127.0.0.1:{port}")

    async def __call__(self, method, path, body=b"", headers=None):
        """Send a request; return status and body of the answer."""
        async with self.session.request(method, path, data=body, headers=headers) as answer:
            return answer.status, await answer.read()


@pytest.fixture
async def serve():
    """Serve routes on a free port."""
    async with AsyncExitStack() as stack:

        async def serve(routes, limiter=None):
            port = free_port()
            await stack.enter_async_context(
                serving(routes, host="127.0.0.1", port=port, limiter=limiter)
            )
            server = Server(port)
            stack.push_async_callback(server.session.close)
            return server

        yield serve


@asynccontextmanager
async def connected(port, *data):
    """Connect, send *data*, and return reader and writer; 5 seconds at most."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.writelines(data)
            yield reader, writer
        finally:
            writer.transport.abort()
