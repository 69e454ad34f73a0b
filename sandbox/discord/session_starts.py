"""The limits of IDENTIFY: so many a day, and one in five seconds of each bucket of shards."""

import time
from dataclasses import dataclass, field

from sandbox.discord.api_errors import Json


@dataclass(kw_only=True)
class SessionStarts:
    """Rate limiter of IDENTIFYs; times are in seconds.

    *spacing* is 0 by default, so that tests that reconnect need not wait; Discord's is 5
    (see `World.be_strict`).
    """

    total: int = 1000
    remaining: int = 1000
    window: float = 86_400.0  # after which the whole budget is there again
    max_concurrency: int = 1  # buckets: shard_id % max_concurrency
    spacing: float = 0.0  # between two IDENTIFYs of a bucket
    taken: list[tuple[float, int]] = field(default_factory=list)  # monotonic time, shard
    _began: float | None = None  # monotonic time of the window's first IDENTIFY
    _latest: dict[int, float] = field(default_factory=dict)  # by bucket

    def count(self, shard: int) -> bool:
        """Count an IDENTIFY; return False if the budget is used up."""
        now = time.monotonic()
        self.taken.append((now, shard))
        self._renew(now)
        if self.remaining <= 0:
            return False
        self.remaining -= 1
        if self._began is None:
            self._began = now
        return True

    def admits(self, shard: int) -> bool:
        """Tell whether a shard's bucket is free, and take it."""
        now, bucket = time.monotonic(), shard % self.max_concurrency
        if now - self._latest.get(bucket, -self.spacing) < self.spacing:
            return False
        self._latest[bucket] = now
        return True

    def shown(self) -> Json:
        """Return the `session_start_limit` of `GET /gateway/bot`."""
        now = time.monotonic()
        self._renew(now)
        left = 0.0 if self._began is None else self._began + self.window - now
        return {
            "total": self.total,
            "remaining": self.remaining,
            "reset_after": int(left * 1000),
            "max_concurrency": self.max_concurrency,
        }

    def _renew(self, now: float) -> None:
        if self._began is not None and now >= self._began + self.window:
            self.remaining, self._began = self.total, None
