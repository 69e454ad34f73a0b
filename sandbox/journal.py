"""Records the requests and answers of a stand-in."""

import asyncio
import math
import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str  # without the query, percent-decoded
    query: str
    headers: Mapping[str, str]  # case-insensitive
    body: bytes
    status: int | None  # None: the connection closed before the answer was sent
    answer: bytes  # empty for streams and files
    answer_headers: Mapping[str, str]
    at: float  # unix time of the request's arrival
    ended: float  # unix time at which the answer was ready


class Journal:
    """Keeps the exchanges of a stand-in in the order of their end; with *keep*, only the newest."""

    def __init__(self, *, keep: int | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self.total = 0  # includes those no longer kept
        self.keep = keep
        self._added = asyncio.Event()

    def find(self, method: str, path: str) -> list[Exchange]:
        """Return the exchanges whose method and path match; both may be `fnmatch` patterns."""
        return [
            exchange
            for exchange in self.exchanges
            if fnmatchcase(exchange.method, method) and fnmatchcase(exchange.path, path)
        ]

    def between(self, start: float, end: float = math.inf) -> list[Exchange]:
        """Return the exchanges whose requests arrived between two unix times."""
        return [exchange for exchange in self.exchanges if start <= exchange.at < end]

    def densest(self, seconds: float, start: float = 0.0, end: float = math.inf) -> int:
        """Return the most requests that arrived within *seconds*, between two unix times."""
        times = sorted(exchange.at for exchange in self.between(start, end))
        return max((bisect_left(times, at + seconds) - n for n, at in enumerate(times)), default=0)

    async def wait(
        self, method: str, path: str, *, count: int = 1, within: float = 10.0
    ) -> list[Exchange]:
        """Wait until *count* exchanges match and return them; TimeoutError lists the last ones."""
        try:
            async with asyncio.timeout(within):
                while len(matches := self.find(method, path)) < count:
                    await self._added.wait()
        except TimeoutError:
            seen = ", ".join(f"{entry.method} {entry.path}" for entry in self.exchanges[-20:])
            raise TimeoutError(
                f"fewer than {count} of {method} {path} within {within} s; last seen: {seen or '-'}"
            ) from None
        return matches

    @property
    def middleware(self) -> Middleware:
        """Return the aiohttp middleware; place it outside all others."""

        @web.middleware
        async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
            at = time.time()
            body = await request.read()  # aiohttp caches it, the handler can read it again
            try:
                response = await handler(request)
            except web.HTTPException as refusal:
                self._add(request, at, body, refusal)
                raise
            except Exception:
                self._add(request, at, body, web.Response(status=500))
                raise
            self._add(request, at, body, response)
            return response

        return record

    def _add(
        self, request: web.Request, at: float, body: bytes, response: web.StreamResponse
    ) -> None:
        answer = response.body if isinstance(response, web.Response) else None
        connected = request.transport is not None and not request.transport.is_closing()
        self.exchanges.append(
            Exchange(
                method=request.method,
                path=request.path,
                query=request.query_string,
                headers=request.headers,
                body=body,
                status=response.status if connected else None,
                answer=bytes(answer) if isinstance(answer, bytes | bytearray) else b"",
                answer_headers=response.headers,
                at=at,
                ended=time.time(),
            )
        )
        self.total += 1
        if self.keep is not None:
            del self.exchanges[: -self.keep]
        self._added.set()
        self._added = asyncio.Event()
