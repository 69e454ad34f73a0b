"""A load balancer of the simplest kind, before bots that take interactions by HTTP."""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Self

import aiohttp
from aiohttp import web

LOOK_EVERY = 1.0  # seconds between two looks at a backend's /readyz, and the most that one takes
FALL = 2  # failed looks in a row until a backend gets nothing
KEEP_ALIVE = 60.0  # seconds that an idle connection to a backend is kept, as nginx does
OWN = ("Host", "Connection", "Content-Length", "Transfer-Encoding")  # of each connection


class Balancer:
    """Round-robin: sends each request to the next backend whose /readyz?exclude=lane answers 200.

    It tries another backend only if the connection was refused. A request that was sent is never
    sent again: the backend may have acted on it.
    """

    def __init__(self, port: int, backends: Sequence[int], *, every: float = LOOK_EVERY) -> None:
        """Listen at *port*, before bots that listen at the ports *backends*.

        It looks at them *every* so many seconds.
        """
        self._port = port
        self._every = every
        self._failed = dict.fromkeys(backends, FALL)  # looks in a row
        self._turns = itertools.cycle(backends)
        self._looked = asyncio.Event()
        app = web.Application()
        app.router.add_get("/readyz", self._answer)
        app.router.add_route("*", "/{path:.*}", self._forward)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE)
        self._session = aiohttp.ClientSession(connector=connector)
        self._watches = [asyncio.create_task(self._watch(port)) for port in self._failed]
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        await self._session.close()

    def is_ready(self, backend: int) -> bool:
        """Tell whether a backend gets requests."""
        return self._failed[backend] < FALL

    async def until(self, backend: int, *, ready: bool, within: float) -> None:
        """Wait until the balancer has noticed that a backend is ready, or is not."""
        async with asyncio.timeout(within):
            while self.is_ready(backend) is not ready:
                await self._looked.wait()

    async def _watch(self, backend: int) -> None:
        url, patience = (
            f"http://127.0.0.1:{backend}/readyz?exclude=lane",
            aiohttp.ClientTimeout(LOOK_EVERY),
        )
        while True:
            is_up = False
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self._session.get(url, timeout=patience) as answer:
                    is_up = answer.status == HTTPStatus.OK
            self._failed[backend] = 0 if is_up else self._failed[backend] + 1
            self._looked.set()
            self._looked = asyncio.Event()
            await asyncio.sleep(self._every)

    async def _answer(self, _request: web.Request) -> web.Response:
        """Say whether any backend is ready."""
        is_ready = any(map(self.is_ready, self._failed))
        return web.Response(status=200 if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def _forward(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = request.headers.copy()
        for name in OWN:
            headers.popall(name, None)
        for backend in itertools.islice(self._turns, len(self._failed)):
            if not self.is_ready(backend):
                continue
            url = f"http://127.0.0.1:{backend}{request.raw_path}"
            try:
                async with self._session.request(
                    request.method, url, data=body, headers=headers
                ) as answer:
                    kind = answer.content_type
                    read = await answer.read()
                    return web.Response(status=answer.status, body=read, content_type=kind)
            except aiohttp.ClientConnectorError:
                continue
            except aiohttp.ClientError:
                return web.Response(status=HTTPStatus.BAD_GATEWAY)
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
