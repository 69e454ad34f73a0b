"""Fault injection: delays, holds, cuts, rewrites or replaces answers of a stand-in.

A `Fault` says which requests, how often and for how long; its `do` says what happens to them.
"""

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Literal

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

ALWAYS = math.inf  # as `times`
DRIP_PAUSE = 0.05  # seconds between two parts of a dripping answer


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
    """Answer instead of the handler; bytes and strings are sent as they are, the rest as JSON."""

    status: int
    body: object = b""
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


@dataclass(frozen=True)
class Respond:
    """Answer instead of the handler, with what *make* returns for the request."""

    make: Callable[[web.Request], Answer]


@dataclass(frozen=True, kw_only=True)
class Rewrite:
    """Run the handler and the later faults, then change the answer.

    *change* gets the body, JSON already decoded, and returns another body or a whole `Answer`.
    """

    change: Callable[[Any], object]

    def response(self, before: web.StreamResponse) -> web.Response:
        """Build the changed response; its status and headers stay, unless by an `Answer`."""
        assert isinstance(before, web.Response)
        if not isinstance(before.body, bytes):
            return before  # a later fault cut the connection
        is_json = before.content_type == "application/json"
        after = self.change(json.loads(before.body) if is_json else before.body)
        if not isinstance(after, Answer):
            headers = before.headers.copy()
            headers.pop("Content-Length", None)
            after = Answer(status=before.status, body=after, headers=headers)
        return after.response()


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """Redirect to the same path on another origin; requests that arrive there are answered."""

    origin: str


@dataclass(frozen=True, kw_only=True)
class Delay:
    """Delay the handler, or the answer of a handler that has run."""

    seconds: float
    when: Literal["before", "after"] = "before"


@dataclass(frozen=True, kw_only=True)
class Drip:
    """Send the handler's answer slowly; with *cut_at*, cut the connection after so many bytes."""

    per_second: float = math.inf  # bytes of the body
    cut_at: int | None = None


Action = Hold | Cut | Answer | Respond | Rewrite | Redirect | Delay | Drip


@dataclass(eq=False, kw_only=True)
class Fault:
    """Injects a fault into *times* requests that match, but only for *seconds*.

    These are the next ones, or of each *every* that match the last.
    """

    method: str = "*"  # fnmatch pattern, like the path
    path: str = "*"
    do: Action
    times: float = 1  # remaining uses
    every: int = 1
    seconds: float = math.inf  # from now
    reached: asyncio.Event = field(default_factory=asyncio.Event, init=False)  # by a request
    _matched: int = field(default=0, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)
    _released: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def active(self) -> bool:
        """Return whether the fault still acts."""
        return self.times > 0 and time.monotonic() < self._began + self.seconds

    def matches(self, request: web.Request) -> bool:
        """Return whether *request* is one that the fault acts on."""
        fits = fnmatchcase(request.method, self.method) and fnmatchcase(request.path, self.path)
        return fits and self.active

    def take(self, request: web.Request) -> bool:
        """Count *request* if it matches; return whether the fault acts on it."""
        if not self.matches(request):
            return False
        self._matched += 1
        acts = self._matched % self.every == 0
        self.times -= acts
        return acts

    def release(self) -> None:
        """Let all held requests continue, later ones too."""
        self._released.set()

    def end(self) -> None:
        """Act on no further request, and let all held ones continue."""
        self.times = 0
        self.release()

    async def act(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Apply the fault to a request whose body is read."""
        after = isinstance(self.do, Rewrite | Drip) or getattr(self.do, "when", "") == "after"
        response = await handler(request) if after else None
        self.reached.set()
        match self.do:
            case Answer() as answer:
                return answer.response()
            case Respond(make=make):
                return make(request).response()
            case Redirect(origin=origin) if request.url.origin() != URL(origin):
                location = f"{origin}{request.path_qs}"
                return web.Response(status=302, headers={"Location": location})
            case Rewrite() as rewrite if response is not None:
                return rewrite.response(response)
            case Drip() as drip if isinstance(response, web.Response):
                return await self._drip(request, response, drip)
            case Cut():
                return cut(request)
            case Delay(seconds=seconds):
                await asyncio.sleep(seconds)
            case Hold():
                await self._released.wait()
        return response or await handler(request)

    async def _drip(
        self, request: web.Request, whole: web.Response, drip: Drip
    ) -> web.StreamResponse:
        assert isinstance(whole.body, bytes)
        dripping = web.StreamResponse(status=whole.status, headers=whole.headers)
        dripping.content_length = len(whole.body)
        await dripping.prepare(request)
        sent = whole.body[: drip.cut_at]
        step = max(1, round(min(len(sent), drip.per_second * DRIP_PAUSE)))
        for start in range(0, len(sent), step):
            try:
                await dripping.write(sent[start : start + step])
            except ConnectionError:
                return dripping  # the client has left
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._released.wait(), step / drip.per_second)
        if drip.cut_at is not None:
            cut(request)
        return dripping


def cut(request: web.Request) -> web.Response:
    """Close the request's connection; the returned response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class Faults:
    """Active faults; the oldest that matches acts, and after a `Rewrite` the next one too."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Activate *fault* and return it."""
        self._active.append(fault)
        return fault

    def clear(self) -> None:
        """End all faults."""
        for fault in self._active:
            fault.end()
        self._active.clear()

    @property
    def middleware(self) -> Middleware:
        """Return the aiohttp middleware; place it directly inside the journal's."""

        @web.middleware
        async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
            await request.read()
            return await _act(request, handler, list(self._active))

        return act


async def _act(request: web.Request, handler: Handler, faults: list[Fault]) -> web.StreamResponse:
    for index, fault in enumerate(faults, start=1):
        if fault.take(request):
            if isinstance(fault.do, Rewrite):
                handler = partial(_act, handler=handler, faults=faults[index:])
            return await fault.act(request, handler)
    return await handler(request)
