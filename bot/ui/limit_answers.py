"""Reads 429s: of whose limit they are, when it is over, and who says so."""

import json
import math
from dataclasses import dataclass
from typing import Final

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy

UNTOLD_OF_ROUTE: Final = 1.0  # seconds; a route's limit that says no time
# Fields of 429s that proxies make themselves (nirn-proxy, discord-api-proxy), in lower case.
_OF_PROXY: Final = frozenset({"generated-by-proxy", "x-sent-by-proxy", "x-ratelimit-bucket"})


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit, as an answer tells it."""

    seconds: float | None  # None: not told
    of_all: bool = True  # calls; else of the route alone
    blocked: bool = False  # by Cloudflare


async def limit_of(response: aiohttp.ClientResponse) -> Limit:
    """Return the limit that a 429 is about.

    Cloudflare's answers have no ``Via`` and are HTML, text, or JSON of another shape; Discord's own
    words for a blocked address are JSON without a time. A proxy's own have a field that says so, or
    nothing but the time.
    """
    headers, body = response.headers, await _json(response)
    scope = headers.get("X-RateLimit-Scope", "").lower()
    after, said = _seconds(headers.get("Retry-After")), None
    if isinstance(body, dict) and (said := _seconds(body.get("retry_after"))) is not None:
        if body.get("global") is True or scope == "global":
            return Limit(seconds=said)
        if "global" in body or "Via" in headers:
            return Limit(seconds=said, of_all=False)
    seconds = after or said
    if scope == "global" or headers.get("X-RateLimit-Global", "").lower() == "true":
        return Limit(seconds=seconds)
    of_proxy = not _OF_PROXY.isdisjoint(name.lower() for name in headers)
    of_edge = "CF-RAY" in headers or headers.get("Server", "").lower() == "cloudflare"
    says_only_when = after is not None and not of_edge and not await response.read()
    if scope or of_proxy or says_only_when:
        return Limit(seconds=seconds, of_all=False)
    return Limit(seconds=seconds, blocked=True)


async def tell_of(limit: Limit, response: aiohttp.ClientResponse) -> None:
    """Make a 429 one for which discord.py waits before it repeats the call.

    It gives up at one without ``Via``, which it takes for Cloudflare's, or without a time in its
    body; those of proxies are such. A test pins these internals of aiohttp.
    """
    body, headers = await _json(response), CIMultiDict(response.headers)
    said = _seconds(body.get("retry_after")) if isinstance(body, dict) else None
    if said is None or headers.get("Content-Type") != "application/json":
        told = {"retry_after": limit.seconds or UNTOLD_OF_ROUTE, "global": limit.of_all}
        response._body = json.dumps(told).encode()  # noqa: SLF001
        headers["Content-Type"] = "application/json"
    headers.setdefault("Via", "1.1 proxy")
    response._headers = CIMultiDictProxy(headers)  # noqa: SLF001
    response._cache.pop("headers", None)  # noqa: SLF001


async def _json(response: aiohttp.ClientResponse) -> object:
    try:
        return json.loads(await response.read())
    except (ValueError, RecursionError, aiohttp.ClientError, OSError):
        return None


def _seconds(told: object) -> float | None:
    """Return a number of seconds; ``None``: it is none that makes sense."""
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return None
    try:
        seconds = float(told)
    except ValueError:
        return None
    return seconds if 0 < seconds < math.inf else None
