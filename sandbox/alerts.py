"""Stand-in of the receiver of alerts: a webhook of Discord's, and one that takes any JSON object.

https://discord.com/developers/docs/resources/webhook#execute-webhook
"""

import json
from typing import Any, Self

from aiohttp import web

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.listener import Listener

TOKEN = "a-webhook-token-that-nobody-may-see"  # noqa: S105  invented
PATHS = {"discord": f"/api/webhooks/81/{TOKEN}", "json": f"/alerts/{TOKEN}"}
LONGEST = 2000  # characters of a message in Discord
FIELDS = {"content", "allowed_mentions", "flags"}  # of those that Discord knows


class AlertReceiver:
    """Async context manager: takes alerts, and keeps their bodies in `taken`."""

    def __init__(self, journal: Journal, faults: Faults) -> None:
        self.journal = journal
        self.faults = faults
        self.taken: list[dict[str, Any]] = []
        app = web.Application(middlewares=[journal.middleware, faults.middleware])
        app.add_routes(
            [
                web.post(PATHS["discord"], self._take_message),
                web.post(PATHS["json"], self._take_json),
            ]
        )
        self._listener = Listener(app)

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.__aexit__()

    def url(self, kind: str = "json") -> str:
        """Return the address of a webhook of that kind: `json` or `discord`."""
        return self._listener.origin + PATHS[kind]

    async def close(self) -> None:
        """Refuse connections until `open`."""
        await self._listener.close()

    async def open(self) -> None:
        """Listen again."""
        await self._listener.open()

    @property
    def texts(self) -> list[str]:
        """Return what was taken, as somebody reads it."""
        return [body.get("text") or body.get("content", "") for body in self.taken]

    async def _take_message(self, request: web.Request) -> web.Response:
        body = await _object(request)
        content = body.get("content")
        if body.keys() - FIELDS or not isinstance(content, str) or not 0 < len(content) <= LONGEST:
            raise web.HTTPBadRequest(text='{"message": "Invalid Form Body", "code": 50035}')
        self.taken.append(body)
        if request.query.get("wait") == "true":
            return web.json_response({"id": str(len(self.taken)), "content": content})
        return web.Response(status=204)

    async def _take_json(self, request: web.Request) -> web.Response:
        self.taken.append(await _object(request))
        return web.Response(text="ok")


async def _object(request: web.Request) -> dict[str, Any]:
    body = json.loads(await request.text())
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body
