"""A server with the page's socket and the panel's routes, and a script instead of a bot.

The real stand-in of Discord serves the page in `test_stand_in.py`. Here a test says itself which
frame comes when: the only way to see a line drop, an answer stay away, or a component that our
bot doesn't use.
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
Frame = dict[str, Any]


class Backend:
    """Sends the world it is given, keeps every frame that arrives, and answers as told."""

    def __init__(self, world: Frame, state: Frame) -> None:
        self.world = world
        self.state = state
        self.frames: list[Frame] = []  # what the member did
        self.reads: list[Frame] = []  # what the page says by itself: that something was seen
        self.panel_calls: list[tuple[str, Frame]] = []
        self.answers: dict[str, Callable[[Frame], Frame | None]] = {}
        self.connections = 0
        self.url = ""
        self._sockets: set[web.WebSocketResponse] = set()
        self._news = asyncio.Condition()

    def reset(self, world: Frame, state: Frame) -> None:
        """Begin anew for another test, at the same address."""
        self.world, self.state = world, state
        self.answers.clear()
        self.frames.clear()
        self.reads.clear()
        self.panel_calls.clear()
        self._sockets.clear()
        self.connections = 0

    @property
    def home(self) -> str:
        """The page, as Mira in #general."""
        return f"{self.url}#user={samples.MIRA}&channel={samples.GENERAL}"

    def on(self, kind: str, answer: Frame | Callable[[Frame], Frame | None] | None) -> None:
        """Answer frames of *kind* so; None leaves them without an answer."""
        self.answers[kind] = answer if callable(answer) else lambda _: answer

    async def send(self, frame: Frame) -> None:
        for socket in list(self._sockets):
            await socket.send_json(frame)

    async def post(self, message: Frame) -> None:
        """A new message, as everybody sees it."""
        self.world["messages"].setdefault(message["channel_id"], []).append(message)
        await self.send({"type": "message", "message": message})

    async def edit(self, message: Frame) -> None:
        await self.send({"type": "message_update", "message": message})

    async def drop(self) -> None:
        """Cut every line."""
        for socket in list(self._sockets):
            await socket.close()

    async def frame(self, kind: str, *, count: int = 1, within: float = 5.0) -> Frame:
        """The *count*-th frame of a kind, waited for."""
        async with asyncio.timeout(within), self._news:
            while True:
                found = [frame for frame in self.frames if frame["type"] == kind]
                if len(found) >= count:
                    return found[count - 1]
                await self._news.wait()

    async def called(self, path: str, *, within: float = 5.0) -> Frame:
        """The latest body that the panel posted to *path*, waited for and taken away."""
        async with asyncio.timeout(within), self._news:
            while True:
                for index, (called, body) in enumerate(self.panel_calls):
                    if called == path:
                        del self.panel_calls[index]
                        return body
                await self._news.wait()

    async def connected(self, count: int, *, within: float = 5.0) -> None:
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self.connections >= count)

    @asynccontextmanager
    async def listening(self):
        app = web.Application()
        app.on_response_prepare.append(self._keep)
        app.add_routes(
            [
                web.get("/page/socket", self._socket),
                web.get("/panel/state", self._panel_state),
                web.post("/panel/{path:.+}", self._panel_post),
                web.get("/picture/{number}.svg", self._picture),
                web.get("/blank", self._blank),
                web.get("/", self._index),
                web.static("/", PAGE),
            ]
        )
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

    async def _keep(self, _: web.Request, response: web.StreamResponse) -> None:
        if isinstance(response, web.FileResponse):
            response.headers["Cache-Control"] = "max-age=600"  # forty files a test otherwise

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        you = request.query.get("user") or self.world["users"][0]["id"]
        self._sockets.add(socket)
        await socket.send_json({**self.world, "you": you})
        await self._tell(connections=1)
        async for message in socket:
            if socket not in self._sockets:
                break  # a page of a test before
            frame = json.loads(message.data)
            if frame["type"] == "read":
                self.reads.append(frame)
                continue
            await self._tell(frame=frame)
            answer = self.answers.get(frame["type"], _acknowledge)(frame)
            if answer is not None:
                await socket.send_json({**answer, "nonce": frame["nonce"]})
        self._sockets.discard(socket)
        return socket

    async def _tell(self, *, frame: Frame | None = None, connections: int = 0) -> None:
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
