"""Fault injection: delays, holds, cuts or replaces the next answers of a stand-in."""

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
    """Hold a request until it is released: before its handler runs, or before its answer leaves."""

    when: Literal["before", "after"] = "before"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Close the TCP connection without an answer, before or after the handler runs."""

    when: Literal["before", "after"] = "before"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Answer instead of the handler; a mapping is sent as JSON, a string as plain text."""

    status: int
    body: Mapping[str, object] | str | bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """Build the response; a Content-Type in `headers` takes precedence."""
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
    """Run the handler after a delay."""

    seconds: float


@dataclass(eq=False, kw_only=True)
class Fault:
    """Injects a fault into the next *times* requests whose method and path match."""

    method: str  # fnmatch pattern, like the path
    path: str
    do: Hold | Cut | Answer | Delay
    times: int = 1  # remaining uses
    reached: asyncio.Event = field(default_factory=asyncio.Event, init=False)  # by a request
    _released: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def release(self) -> None:
        """Let all held requests continue, later ones too."""
        self._released.set()

    async def act(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Apply the fault to a request whose body is read."""
        match self.do:
            case Answer() as answer:
                self.reached.set()
                return answer.response()
            case Delay(seconds=seconds):
                self.reached.set()
                await asyncio.sleep(seconds)
                return await handler(request)
            case Hold(when=when) | Cut(when=when) as stop:
                response = await handler(request) if when == "after" else None
                self.reached.set()
                if isinstance(stop, Cut):
                    return cut(request)
                await self._released.wait()
                return response or await handler(request)


def cut(request: web.Request) -> web.Response:
    """Close the request's connection; the returned response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class Faults:
    """Active faults; the oldest that matches and has uses left applies."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Activate *fault* and return it."""
        self._active.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults and release all held requests."""
        for fault in self._active:
            fault.release()
        self._active.clear()

    @property
    def middleware(self) -> Middleware:
        """Return the aiohttp middleware; place it directly inside the journal's."""

        @web.middleware
        async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
            fault = self._next_match(request.method, request.path)
            if fault is None:
                return await handler(request)
            await request.read()
            return await fault.act(request, handler)

        return act

    def _next_match(self, method: str, path: str) -> Fault | None:
        for fault in self._active:
            matches = fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path)
            if matches and fault.times > 0:
                fault.times -= 1
                return fault
        return None
