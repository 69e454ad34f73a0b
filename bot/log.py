"""Logging: one handler, text or JSON, and nothing secret in either."""

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from secrets import token_hex
from types import MappingProxyType
from typing import Final, Literal

REDACTED: Final = "[redacted]"

# Addresses that carry a secret: interaction tokens, webhook tokens, our own callbacks' tokens.
_IN_ADDRESSES: Final = re.compile(r"(/(?:webhooks|interactions|callbacks)/[^/\s\"']+/)[^/\s\"'?]+")

# The gateway's events, as discord.py's DEBUG lines show them: JSON, JSON within JSON, or a dict.
_IN_EVENTS: Final = re.compile(r"""(["']token\\*["']\s*:\s*\\*["'])[^"'\\]+""")

# How discord.py, whose tasks are its own, names the shard that a record is about.
_SHARD: Final = re.compile(r"\b[Ss]hard ID (\d+)\b")

# What a task is about; one that it starts is about the same.
_SUBJECT: Final[ContextVar[Mapping[str, str | int]]] = ContextVar(
    "subject", default=MappingProxyType({})
)


def set_up(*, level: str, style: Literal["text", "json"], secrets: Iterable[str]) -> None:
    """Log to standard error from *level* on; *secrets* are blotted out wherever they turn up."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(_Json() if style == "json" else _Text(), secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What these say below WARNING is about every connection they make.
    for noisy in ("alembic", "aiohttp.access", "PIL"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def mark(*, job: str | None = None, guild: int | None = None, shard: int | None = None) -> None:
    """Let what this task logs from now on, and the tasks that it starts, be about these."""
    # A server's id is a text: JSON's readers round numbers of that size.
    told = {"job": job, "guild": None if guild is None else str(guild), "shard": shard}
    known = {name: value for name, value in told.items() if value is not None}
    _SUBJECT.set({**_SUBJECT.get(), **known})


@contextmanager
def about(
    *, job: str | None = None, guild: int | None = None, shard: int | None = None
) -> Iterator[None]:
    """Let what is logged in here be about these, and afterwards about what it was before."""
    before = _SUBJECT.get()
    mark(job=job, guild=guild, shard=shard)
    try:
        yield
    finally:
        _SUBJECT.set(before)


def fault(log: logging.Logger, words: str, error: BaseException) -> str:
    """Log an error that nobody expected under an id of its own, and return that id.

    Whoever is told of it is told the id, so that the operator finds what happened.
    """
    error_id = token_hex(4)
    log.error("error %s: %s", error_id, words, exc_info=error)
    return error_id


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
    """One JSON object a record, for machines, with the job, guild and shard that it is about."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            **_SUBJECT.get(),
        }
        if record.name.startswith("discord.") and (shard := _SHARD.search(message)):
            entry["shard"] = int(shard[1])
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)
