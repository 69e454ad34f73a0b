"""Rate limits of the REST API, and the 429 in each of its forms.

https://discord.com/developers/docs/topics/rate-limits
"""

import math
import time
from collections.abc import Callable, Mapping
from hashlib import md5
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox import time_of_day
from sandbox.discord.api_errors import ApiError
from sandbox.discord.limits import Limit, Limits
from sandbox.faults import Answer

Scope = Literal["user", "shared", "global", "cloudflare"]
BanForm = Literal["html", "text", "json"]

DISCORD = {"Via": "1.1 google", "Server": "cloudflare"}  # headers of each answer
MAJOR = ("channel", "guild", "token")  # parameters with a window of their own
TOKEN_ONLY = ("/interactions/", "/webhooks/")  # paths that no bot's limit counts
INVALID = (401, 403, 429)
MAX_WINDOWS = 1000  # kept before those that have ended are dropped
BAN_BODIES: dict[BanForm, tuple[str, str]] = {  # with the Content-Type
    "html": (
        "text/html; charset=UTF-8",
        "<!doctype html><title>Access denied</title><h1>Error 1015</h1>You are being rate limited",
    ),
    "text": ("text/plain; charset=UTF-8", "error code: 1015"),
    "json": (
        "application/json",
        '{"message": "You are being blocked from accessing our API temporarily.", "code": 0}',
    ),
}


class Window:
    """Fixed-window counter."""

    def __init__(self) -> None:
        self.used = 0
        self.ends = 0.0  # monotonic

    @property
    def left(self) -> float:
        """The seconds to its end, at least 0."""
        return max(self.ends - time.monotonic(), 0.0)

    def take(self, limit: Limit) -> bool:
        """Count a request; return False if the window is full."""
        if not self.left:
            self.used, self.ends = 0, time.monotonic() + limit.seconds
        full = self.used >= limit.requests
        self.used += not full
        return not full


class RateLimiter:
    """Fixed-window rate limiter: a window for each bucket and major parameter, one for the bot."""

    def __init__(self, limits: Callable[[], Limits]) -> None:
        self._limits = limits
        self._windows: dict[tuple[object, ...], Window] = {}

    def take(self, route: str, request: web.Request) -> dict[str, str]:
        """Count a request of *route*, a method and a path; return the headers of its answer.

        Raises:
            ApiError: 429, with the headers.
        """
        limits, sender = self._limits(), request.headers.get("Authorization")
        if sender and not any(path in request.path for path in TOKEN_ONLY):
            whole = self._window(sender)
            if not whole.take(limits.bot):
                raise too_many("global", whole.left)
        limit = limits.buckets.get(route)
        if limit is None:
            return {}
        window = self._window(sender, route, *map(request.match_info.get, MAJOR))
        taken = window.take(limit)
        headers = bucket_headers(route, limit, window.used, window.left)
        if not taken:
            raise too_many("user", window.left, headers)
        return headers

    def _window(self, *key: object) -> Window:
        if len(self._windows) > MAX_WINDOWS:
            self._windows = {key: window for key, window in self._windows.items() if window.left}
        return self._windows.setdefault(key, Window())


def bucket_headers(route: str, limit: Limit, used: int, left: float) -> dict[str, str]:
    """Return the headers that tell of a bucket; *left* is in seconds."""
    return {
        "X-RateLimit-Limit": str(limit.requests),
        "X-RateLimit-Remaining": str(limit.requests - used),
        "X-RateLimit-Reset": f"{time_of_day.now() + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": md5(route.encode(), usedforsecurity=False).hexdigest(),
    }


def too_many(
    scope: Scope, retry_after: float, headers: Mapping[str, str] | None = None
) -> ApiError:
    """Return the 429 of a scope but Cloudflare's; *retry_after* is in seconds."""
    subject = "The resource is" if scope == "shared" else "You are"
    more = {"X-RateLimit-Global": "true"} if scope == "global" else headers or {}
    return ApiError(
        429,
        0,
        f"{subject} being rate limited.",
        extra={"retry_after": round(retry_after, 3), "global": scope == "global"},
        headers={
            "Retry-After": f"{math.ceil(retry_after)}",
            "X-RateLimit-Scope": scope,
            **more,
        },
    )


def banned(retry_after: float, form: BanForm = "html") -> Answer:
    """Return Cloudflare's 429, which has no `Via`; *retry_after* is in seconds.

    The JSON form says no time.
    """
    content_type, body = BAN_BODIES[form]
    headers = {"Content-Type": content_type, "Server": "cloudflare"}
    if form != "json":
        headers["Retry-After"] = f"{math.ceil(retry_after)}"
    return Answer(status=429, body=body, headers=headers)


def refusal(scope: Scope, retry_after: float, path: str) -> Answer:
    """Return the 429 of a scope for a request of *path*, apart from all real limits."""
    if scope == "cloudflare":
        return banned(retry_after)
    limit = Limit(5, retry_after)
    used = 1 if scope == "shared" else limit.requests
    error = too_many(scope, retry_after, bucket_headers(path, limit, used, retry_after))
    return Answer(status=error.status, body=error.body, headers={**DISCORD, **error.headers})


class Cloudflare:
    """Edge in front of the API: refuses everything after too many invalid requests."""

    def __init__(self, limits: Callable[[], Limits]) -> None:
        self._limits = limits
        self._invalid = Window()
        self._until = 0.0  # monotonic
        self._form: BanForm = "html"

    def ban(self, seconds: float, form: BanForm = "html") -> None:
        """Refuse all requests for *seconds* from now; 0 ends a ban."""
        self._until, self._form = time.monotonic() + seconds, form

    @property
    def middleware(self) -> Middleware:
        """Return the aiohttp middleware; place it directly inside the journal's."""

        @web.middleware
        async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
            left = self._until - time.monotonic()
            if left > 0:
                return banned(left, self._form).response()
            response = await handler(request)
            shared = response.headers.get("X-RateLimit-Scope") == "shared"
            if response.status in INVALID and not shared:
                limits = self._limits()
                self._invalid.take(limits.invalid)
                if self._invalid.used >= limits.invalid.requests:
                    self.ban(limits.ban_seconds)
                    self._invalid = Window()
            return response

        return serve
