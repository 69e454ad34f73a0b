"""Serves the pictures, on origins that take no key."""

import asyncio

from aiohttp import web

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.pixazo.painter import paint
from sandbox.pixazo.queue import Order, Queue, Request, Status
from sandbox.pixazo.settings import Settings
from sandbox.pixazo.wire import MEDIA_TYPE

PICTURES_KEPT = 32  # an evicted picture is painted again, with equal bytes


class MediaServer:
    """Paints a picture at its first download and caches the newest ones."""

    def __init__(self, settings: Settings, queue: Queue, journal: Journal, faults: Faults) -> None:
        self.app = web.Application(middlewares=[journal.middleware, faults.middleware])
        self.app.router.add_get("/v1/{request_id}/{name}", self._get)
        self._settings = settings
        self._queue = queue
        self._pictures: dict[str, bytes] = {}
        self._painting = asyncio.Lock()  # one picture at a time: it is CPU-bound

    async def _get(self, http_request: web.Request) -> web.StreamResponse:
        request = self._queue.get(http_request.match_info["request_id"])
        paths = picture_paths(request) if request else []
        path = http_request.path
        if request is None or request.status != Status.COMPLETED or path not in paths:
            return web.Response(status=404, text="404 Not Found")
        async with self._painting:
            if path not in self._pictures:
                if len(self._pictures) >= PICTURES_KEPT:
                    del self._pictures[next(iter(self._pictures))]
                self._pictures[path] = await asyncio.to_thread(
                    _paint, request.order, paths.index(path), self._settings.picture_size
                )
        return web.Response(body=self._pictures[path], content_type=MEDIA_TYPE)


def picture_paths(request: Request) -> list[str]:
    """Return the paths of a request's pictures."""
    numbers = ["", *(f"_{n}" for n in range(2, request.order.num_images + 1))]
    return [f"/v1/{request.request_id}/output{number}.png" for number in numbers]


def _paint(order: Order, index: int, size: int) -> bytes:
    prompt = f"{order.prompt}, intricate, dramatic light" if order.expand_prompt else order.prompt
    steps, guidance = order.num_inference_steps, order.guidance_scale
    return paint(prompt, steps=steps, guidance=guidance, index=index, size=size)
