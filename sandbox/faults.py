"""What may be done to the next requests of a stand-in, as a bad network or a bad day would."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Keep a request until it is released.

    Before: its handler has not run. After: it has, and its answer is held back.
    """

    when: Literal["before", "after"] = "before"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Close the TCP connection without an answer, before or after the handler ran."""

    when: Literal["before", "after"] = "before"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Answer instead of the handler. A mapping leaves as JSON, text as plain text."""

    status: int
    body: Mapping[str, object] | str | bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """Build the response; a Content-Type among the headers wins."""
        if isinstance(self.body, bytes):
            raw, content_type = self.body, "application/octet-stream"
        elif isinstance(self.body, str):
            raw, content_type = self.body.encode(), "text/plain; charset=utf-8"
        else:
            raw, content_type = json.dumps(self.body).encode(), "application/json"
        headers = {"Content-Type": content_type, **self.headers}
        return web.Response(status=self.status, body=raw, headers=headers)


@dataclass(frozen=True, kw_only=True)
class Delay:
    """Let the handler run only after a while."""

    seconds: float


@dataclass(eq=False, kw_only=True)
class Fault:
    """One thing done to the next *times* requests whose method and path match."""

    method: str  # fnmatch pattern, as the path's
    path: str
    do: Hold | Cut | Answer | Delay
    times: int = 1  # how often it is still due
    reached: asyncio.Event = field(default_factory=asyncio.Event, init=False)  # one is inside
    _released: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def release(self) -> None:
        """Let every held request go on, those that come later too."""
        self._released.set()

    async def act(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Do it to one request that has been read to its end."""
        match self.do:
            case Answer() as answer:
                self.reached.set()
                return answer.response()
            case Delay(seconds=seconds):
                self.reached.set()
                await asyncio.sleep(seconds)
                return await handler(request)
            case Hold(when="before"):
                await self._hold()
                return await handler(request)
            case Hold():
                response = await handler(request)
                await self._hold()
                return response
            case Cut(when="before"):
                self.reached.set()
                return cut(request)
            case Cut():
                await handler(request)
                self.reached.set()
                return cut(request)

    async def _hold(self) -> None:
        self.reached.set()
        await self._released.wait()


def cut(request: web.Request) -> web.Response:
    """Close the request's connection; the response returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class Faults:
    """The faults that are armed; the oldest one that matches and is still due acts."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Arm *fault*, and hand it back."""
        self._armed.append(fault)
        return fault

    def clear(self) -> None:
        """Disarm everything, and release what is held."""
        for fault in self._armed:
            fault.release()
        self._armed.clear()

    @property
    def middleware(self) -> Middleware:
        """The aiohttp middleware that acts; it belongs right inside of the journal's."""

        @web.middleware
        async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
            fault = self._due(request.method, request.path)
            if fault is None:
                return await handler(request)
            await request.read()
            return await fault.act(request, handler)

        return act

    def _due(self, method: str, path: str) -> Fault | None:
        for fault in self._armed:
            if (
                fault.times > 0
                and fnmatchcase(method, fault.method)
                and fnmatchcase(path, fault.path)
            ):
                fault.times -= 1
                return fault
        return None
