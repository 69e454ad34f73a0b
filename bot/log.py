"""Logging: one handler, text or JSON, and nothing secret in either."""

import json
import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

REDACTED: Final = "[redacted]"

# Addresses that carry a secret: interaction tokens, webhook tokens, our own callbacks' tokens.
_IN_ADDRESSES: Final = re.compile(r"(/(?:webhooks|interactions|callbacks)/[^/\s\"']+/)[^/\s\"'?]+")

# The gateway's events, as discord.py's DEBUG lines show them: JSON, JSON within JSON, or a dict.
_IN_EVENTS: Final = re.compile(r"""(["']token\\*["']\s*:\s*\\*["'])[^"'\\]+""")


def set_up(*, level: str, style: Literal["text", "json"], secrets: Iterable[str]) -> None:
    """Log to standard error from *level* on; *secrets* are blotted out wherever they turn up."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(_Json() if style == "json" else _Text(), secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What these say below WARNING is about every connection they make.
    for noisy in ("aiosqlite", "alembic", "aiohttp.access", "PIL"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


class _Redacting(logging.Formatter):
    """Blots out secrets in what another formatter made, tracebacks included."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        known = "|".join(re.escape(form) for secret in secrets for form in _forms(secret))
        self._known = re.compile(known) if known else None

    def format(self, record: logging.LogRecord) -> str:
        text = self._inner.format(record)
        for place in (_IN_ADDRESSES, _IN_EVENTS):
            text = place.sub(rf"\1{REDACTED}", text)
        return self._known.sub(REDACTED, text) if self._known else text


def _forms(secret: str) -> set[str]:
    """Return how *secret* may stand in a log: as it is, or escaped by JSON or a ``repr``."""
    return {form for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]) if form}


class _Text(logging.Formatter):
    """One line a record, for eyes."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<8} {name}: {message}", style="{")


class _Json(logging.Formatter):
    """One JSON object a record, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)
