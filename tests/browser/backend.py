"""A scripted server with the page's socket and the panel's routes.

Here a test sends each frame itself: a dropped connection, a missing answer or a component that
the bot does not use cannot be tested otherwise. `test_stand_in.py` uses the real stand-in.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

import sandbox
from tests.browser import samples

PAGE = Path(sandbox.__file__).parent / "page"
TIMEOUT = 5.0  # seconds
Frame = dict[str, Any]


class Backend:
    """Scripted server: sends the given world, records each frame, answers as set by `on`."""

    def __init__(self) -> None:
        self.url = ""
        self._news = asyncio.Condition()
        self.reset({}, {})

    def reset(self, world: Frame, state: Frame) -> None:
        """Start again for the next test, at the same address."""
        self.world, self.state = world, state
        self.frames: list[Frame] = []  # of the user's actions
        self.reads: list[Frame] = []  # frames by which the page marks a channel as read
        self.panel_calls: list[tuple[str, Frame]] = []
        self.answers: dict[str, Callable[[Frame], Frame | None]] = {}
        self.connections = 0
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def home(self) -> str:
        """The page, as Mira in #general."""
        return f"{self.url}#user={samples.MIRA}&channel={samples.GENERAL}"

    def on(self, kind: str, answer: Frame | Callable[[Frame], Frame | None] | None) -> None:
        """Set the answer to frames of *kind*; None: they get no answer."""
        self.answers[kind] = answer if callable(answer) else lambda _: answer

    async def send(self, frame: Frame) -> None:
        for socket in list(self._sockets):
            await socket.send_json(frame)

    async def post(self, message: Frame) -> None:
        """Send a new message."""
        self.world["messages"].setdefault(message["channel_id"], []).append(message)
        await self.send({"type": "message", "message": message})

    async def edit(self, message: Frame) -> None:
        await self.send({"type": "message_update", "message": message})

    async def drop(self) -> None:
        """Close every connection."""
        for socket in list(self._sockets):
            await socket.close()

    async def _wait(self, find: Callable[[], Any]) -> Any:
        """Return the first true result of *find*, which is called after each news."""
        async with asyncio.timeout(TIMEOUT), self._news:
            return await self._news.wait_for(find)

    async def frame(self, kind: str, *, count: int = 1) -> Frame:
        """Wait for the *count*-th frame of a kind."""

        def nth() -> list[Frame]:
            return [frame for frame in self.frames if frame["type"] == kind][count - 1 : count]

        return (await self._wait(nth))[0]

    async def called(self, path: str) -> Frame:
        """Wait for a body that the panel posted to *path*, and remove it from the list."""
        await self._wait(lambda: path in [called for called, _ in self.panel_calls])
        index = [called for called, _ in self.panel_calls].index(path)
        return self.panel_calls.pop(index)[1]

    async def connected(self, count: int) -> None:
        """Wait until the page has connected *count* times."""
        await self._wait(lambda: self.connections >= count)

    @asynccontextmanager
    async def listening(self):
        app = web.Application()
        app.on_response_prepare.append(self._allow_caching)
        app.router.add_get("/page/socket", self._socket)
        app.router.add_get("/panel/state", self._panel_state)
        app.router.add_post("/panel/{path:.+}", self._panel_post)
        app.router.add_get("/picture/{number}.svg", self._picture)
        app.router.add_get("/blank", self._blank)
        app.router.add_get("/", self._index)
        app.router.add_static("/", PAGE)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield self
        finally:
            await self.drop()
            await runner.cleanup()

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _blank(self, _: web.Request) -> web.Response:
        return web.Response(text="<!doctype html>", content_type="text/html")

    async def _allow_caching(self, _: web.Request, response: web.StreamResponse) -> None:
        if isinstance(response, web.FileResponse):
            # else the browser loads all modules for each test
            response.headers["Cache-Control"] = "max-age=600"

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        you = request.query.get("user") or self.world["users"][0]["id"]
        self._sockets.add(socket)
        await socket.send_json({**self.world, "you": you})
        await self._record(connections=1)
        async for message in socket:
            if socket not in self._sockets:
                break  # the page of an earlier test
            frame = json.loads(message.data)
            if frame["type"] == "read":
                self.reads.append(frame)
                continue
            await self._record(frame=frame)
            answer = self.answers.get(frame["type"], _acknowledge)(frame)
            if answer is not None:
                await socket.send_json({**answer, "nonce": frame["nonce"]})
        self._sockets.discard(socket)
        return socket

    async def _record(self, *, frame: Frame | None = None, connections: int = 0) -> None:
        async with self._news:
            self.connections += connections
            if frame is not None:
                self.frames.append(frame)
            self._news.notify_all()

    async def _panel_state(self, _: web.Request) -> web.Response:
        return web.json_response(self.state)

    async def _panel_post(self, request: web.Request) -> web.Response:
        body = await request.json()
        async with self._news:
            self.panel_calls.append((request.match_info["path"], body))
            self._news.notify_all()
        if body.get("wallet_usd", 0) == 13:
            return web.json_response({"error": "wallet_usd: not that number"}, status=400)
        self.state["vendor"].update(body if request.path.endswith("/vendor") else {})
        return web.json_response(self.state)

    async def _picture(self, request: web.Request) -> web.Response:
        hue = int(request.match_info["number"]) * 67 % 360
        return web.Response(
            text=f'<svg xmlns="http://www.w3.org/2000/svg" width="1024" height="1024">'
            f'<rect width="1024" height="1024" fill="hsl({hue} 40% 40%)"/></svg>',
            content_type="image/svg+xml",
        )


def _acknowledge(_: Frame) -> Frame:
    return {"type": "acknowledged"}
