"""The figures of Discord's rate limits, as measured on Discord and reported in public."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

CHANNEL, COMMANDS = "/channels/{channel}", "/applications/{application}"
MESSAGE, WEBHOOK = f"{CHANNEL}/messages/{{message}}", "/webhooks/{application}/{token}"
GENEROUS = 10_000  # requests per second


@dataclass(frozen=True)
class Limit:
    """The number of requests in a window, which begins with the first of them."""

    requests: int
    seconds: float


BUCKETS: Mapping[str, Limit] = {  # each other route has no bucket, and so no headers
    f"POST {CHANNEL}/messages": Limit(5, 5.0),
    f"PATCH {MESSAGE}": Limit(5, 5.0),
    f"DELETE {MESSAGE}": Limit(5, 1.0),
    f"POST {CHANNEL}/typing": Limit(5, 5.0),
    f"POST {WEBHOOK}": Limit(5, 2.0),
    f"GET {WEBHOOK}/messages/{{message}}": Limit(5, 2.0),
    f"PATCH {WEBHOOK}/messages/{{message}}": Limit(5, 2.0),
    f"DELETE {WEBHOOK}/messages/{{message}}": Limit(5, 2.0),
    "GET /users/{user}": Limit(30, 30.0),
    "GET /guilds/{guild}/members/{user}": Limit(5, 1.0),
    **{
        f"{method} {COMMANDS}{scope}/commands{one}": Limit(5, 20.0)
        for method, one in (("POST", ""), ("PUT", ""), ("PATCH", "/{command}"))
        for scope in ("", "/guilds/{guild}")
    },
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """All rate limits of the stand-in; by default Discord's."""

    buckets: Mapping[str, Limit] = field(default_factory=lambda: BUCKETS)  # by method and path
    bot: Limit = Limit(50, 1.0)  # all routes that need the bot's token
    invalid: Limit = Limit(10_000, 600.0)  # answers of 401, 403 and 429 until Cloudflare's ban
    ban_seconds: float = 3600.0

    @classmethod
    def generous(cls) -> Self:
        """Return limits that nobody reaches, with the same buckets and headers."""
        wide = Limit(GENEROUS, 1.0)
        return cls(buckets=dict.fromkeys(BUCKETS, wide), bot=wide)
