"""A proxy of Discord's REST API, as nirn-proxy documents itself: it keeps limits for its clients.

It sends the requests of a route one after another, and holds them back while Discord would refuse
them. It repeats none, and has answers of its own: 429 with ``generated-by-proxy``, 408 where
Discord takes too long, 500 where it can't be reached. It answers some questions from its memory.
"""

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Self

import aiohttp
from aiohttp import web

from sandbox.faults import Answer, Faults
from sandbox.journal import Journal
from sandbox.listener import Listener

MEMORIZED = ("/users/@me", "/gateway", "/gateway/bot")
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}
LONG = 64  # characters; such a part of a path is a token
UNTIL_408 = 5.0  # seconds
# It has no Via, and the field that tells the time is not Discord's.
OWN_429 = Answer(
    status=429,
    headers={
        "generated-by-proxy": "true",
        "x-ratelimit-scope": "user",
        "x-ratelimit-limit": "1",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-after": "1",
        "retry-after": "1",
    },
    body={"global": False, "message": "You are being rate limited.", "retry_after": 1},
)
OWN_408 = Answer(status=408, body="context deadline exceeded")
OWN_500 = Answer(status=500, body="dial tcp: connection refused")


class RestProxy:
    """The proxy of one bot in front of *upstream*; it can go away and come back."""

    def __init__(self, upstream: str) -> None:
        self.journal, self.faults = Journal(), Faults()
        self.passed_on: Counter[tuple[str, str]] = Counter()  # by method and path
        self._upstream = upstream
        self._turns: defaultdict[tuple[str, ...], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._free_at: dict[tuple[str, ...], float] = {}  # monotonic
        self._memory: dict[str, web.Response] = {}
        self._session = aiohttp.ClientSession(
            auto_decompress=False, timeout=aiohttp.ClientTimeout(total=UNTIL_408)
        )
        app = web.Application(
            middlewares=[self.journal.middleware, self.faults.middleware], client_max_size=2**27
        )
        app.router.add_route("*", "/{path:.*}", self._forward)
        self.listener = Listener(app)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, upstream: str) -> AsyncIterator[Self]:
        proxy = cls(upstream)
        async with proxy._session, proxy.listener:
            yield proxy
            proxy.faults.clear()

    @property
    def api_url(self) -> str:
        return f"{self.listener.origin}/api/v10"

    async def _forward(self, request: web.Request) -> web.Response:
        # Whatever the method; of ids only the first counts, and tokens do not.
        major, *others = request.path.split("/")[3:]
        bucket = (major, *others[:1], *("!" if _is_any(part) else part for part in others[1:]))
        async with self._turns[bucket]:
            await asyncio.sleep(self._free_at.get(bucket, 0.0) - time.monotonic())
            try:
                return await self._asked(request, bucket)
            except TimeoutError:
                return OWN_408.response()
            except aiohttp.ClientError:
                return OWN_500.response()

    async def _asked(self, request: web.Request, bucket: tuple[str, ...]) -> web.Response:
        path = request.path.removeprefix("/api/v10")
        if (memorized := self._memory.get(path)) is not None:
            headers = {**memorized.headers, "x-cached": "true"}
            return web.Response(body=memorized.body, headers=headers)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        url = self._upstream + request.path_qs
        self.passed_on[request.method, request.path] += 1
        async with self._session.request(
            request.method, url, headers=headers, data=await request.read()
        ) as asked:
            told = {
                name.lower(): value
                for name, value in asked.headers.items()
                if name.lower() not in HOP_BY_HOP
            }
            answer = web.Response(status=asked.status, headers=told, body=await asked.read())
        if told.get("x-ratelimit-remaining") == "0" or asked.status == 429:
            wait = told.get("x-ratelimit-reset-after", told.get("retry-after", "0"))
            self._free_at[bucket] = time.monotonic() + float(wait)
        if path in MEMORIZED and request.method == "GET" and asked.status == 200:
            self._memory[path] = web.Response(body=answer.body, headers=told)  # Date included
        return answer


def _is_any(part: str) -> bool:
    return part.isdigit() or len(part) >= LONG
