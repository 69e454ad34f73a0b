"""The origin where the pictures lie. It has never heard of a key."""

import asyncio

from aiohttp import web

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.pixazo.painter import paint
from sandbox.pixazo.queue import Order, Queue, Request, Status
from sandbox.pixazo.settings import Settings

PICTURES_KEPT = 32  # one that was let go is painted again: the same order gives the same picture


class Gallery:
    """Paints a picture when it is first downloaded, and keeps the newest ones."""

    def __init__(self, settings: Settings, queue: Queue, journal: Journal, faults: Faults) -> None:
        self.origin = ""  # told once it is known
        self.app = web.Application(middlewares=[journal.middleware, faults.middleware])
        self.app.router.add_get("/v1/{request_id}/{name}", self._get)
        self._settings = settings
        self._queue = queue
        self._pictures: dict[str, bytes] = {}
        self._brush = asyncio.Lock()  # one picture at a time: the machine has other work too

    def output(self, request: Request) -> tuple[list[str], str]:
        """Return the addresses of a request's pictures, and their type as the vendor calls it."""
        suffix = "ext" if self._settings.bare_media else "png"
        kind = "application/octet-stream" if self._settings.bare_media else "image/png"
        numbers = ["", *(f"_{n}" for n in range(2, request.order.num_images + 1))]
        folder = f"{self.origin}/v1/{request.request_id}"
        return [f"{folder}/output{number}.{suffix}" for number in numbers], kind

    async def _get(self, asked: web.Request) -> web.StreamResponse:
        request = self._queue.get(asked.match_info["request_id"])
        media, kind = self.output(request) if request else ([], "")
        address = f"{self.origin}{asked.path}"
        if request is None or request.status != Status.COMPLETED or address not in media:
            return web.Response(status=404, text="404 Not Found")
        async with self._brush:
            if address not in self._pictures:
                if len(self._pictures) >= PICTURES_KEPT:
                    del self._pictures[next(iter(self._pictures))]
                self._pictures[address] = await asyncio.to_thread(
                    _paint, request.order, media.index(address), self._settings.picture_size
                )
        return web.Response(body=self._pictures[address], content_type=kind)


def _paint(order: Order, index: int, size: int) -> bytes:
    prompt = f"{order.prompt}, intricate, dramatic light" if order.expand_prompt else order.prompt
    return paint(
        prompt,
        steps=order.num_inference_steps,
        guidance=order.guidance_scale,
        index=index,
        size=size,
    )
