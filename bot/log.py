"""Logging: one handler, as text or JSON, with secrets redacted."""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from traceback import walk_tb
from types import MappingProxyType
from typing import Final, Literal

REDACTED: Final = "[redacted]"

# Paths with secrets: interaction tokens, webhook tokens, tokens of our callbacks.
_TOKEN_IN_PATH: Final = re.compile(r"(/(?:webhooks|interactions|callbacks)/[^/\s\"']+/)[^/\s\"'?]+")

# Gateway events in discord.py's DEBUG lines: JSON, JSON within JSON, or the repr of a dict.
_TOKEN_IN_EVENT: Final = re.compile(r"""(["']token\\*["']\s*:\s*\\*["'])[^"'\\]+""")

# The shard in a message of discord.py, whose tasks have no log context of ours.
_SHARD_ID: Final = re.compile(r"\b[Ss]hard ID (\d+)\b")

# Fields of the current task's log records. A task that it starts inherits them.
_CONTEXT: Final[ContextVar[Mapping[str, str | int]]] = ContextVar(
    "log_context", default=MappingProxyType({})
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An unexpected error, without anything that its message may quote."""

    event: str  # the fixed text of its log line
    error: str  # its type
    place: str  # the file and line of ours that it came through last
    error_id: str


_OURS: Final = Path(__file__).parent.parent  # the folder with the program
_watchers: Final[list[Callable[[Fault], None]]] = []


def set_up(*, level: str, style: Literal["text", "json"], secrets: Iterable[str]) -> None:
    """Log to standard error from *level* on, with all *secrets* redacted."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(_Json() if style == "json" else _Text(), secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # No line tells these, and to find them takes half of the time that a line takes.
    logging._srcfile = None  # noqa: SLF001 - as its manual advises
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # Below WARNING these log every connection.
    for noisy in ("alembic", "aiohttp.access", "PIL"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def mark(*, job: str | None = None, guild: int | None = None, shard: int | None = None) -> None:
    """Add these fields to what this task, and tasks that it starts, log from now on."""
    # A string, since many JSON readers round numbers of that size.
    fields = {"job": job, "guild": None if guild is None else str(guild), "shard": shard}
    known = {name: value for name, value in fields.items() if value is not None}
    _CONTEXT.set({**_CONTEXT.get(), **known})


@contextmanager
def about(
    *, job: str | None = None, guild: int | None = None, shard: int | None = None
) -> Iterator[None]:
    """Add these fields to what is logged inside the context."""
    before = _CONTEXT.get()
    mark(job=job, guild=guild, shard=shard)
    try:
        yield
    finally:
        _CONTEXT.set(before)


def fault(log: logging.Logger, event: str, error: BaseException, **fields: object) -> str:
    """Log an unexpected error with a new id; return the id, for the member who is affected."""
    error_id = token_hex(4)
    shown = " ".join(f"{name}={value}" for name, value in {**fields, "error_id": error_id}.items())
    log.error("%s: %s", event, shown, exc_info=error)
    place = _place(error) or log.name
    for watcher in _watchers:
        watcher(Fault(event=event, error=type(error).__name__, place=place, error_id=error_id))
    return error_id


@contextmanager
def watching_faults(watcher: Callable[[Fault], None]) -> Iterator[None]:
    """Call *watcher*, which must not raise, with each unexpected error inside the context."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def _place(error: BaseException) -> str | None:
    """Return the innermost line of the program's own that *error* came through."""
    place = None
    for frame, line in walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_OURS) and "site-packages" not in path.parts:
            place = f"{path.relative_to(_OURS).as_posix()}:{line}"
    return place


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return what replaces *secrets*, and tokens in addresses, in a text."""
    forms = "|".join(re.escape(form) for secret in secrets for form in _forms(secret))
    known = re.compile(forms) if forms else None

    def redact(text: str) -> str:
        for pattern in (_TOKEN_IN_PATH, _TOKEN_IN_EVENT):
            if pattern.search(text):  # to prepare the replacement takes longer
                text = pattern.sub(rf"\1{REDACTED}", text)
        return known.sub(REDACTED, text) if known else text

    return redact


class _Redacting(logging.Formatter):
    """Decorator of another formatter that redacts secrets, in tracebacks too."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        self._redact = redactor(secrets)

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(self._inner.format(record))


def _forms(secret: str) -> set[str]:
    """Return how a log may contain *secret*: as it is, or escaped by JSON or a ``repr``."""
    return {form for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]) if form}


class _Text(logging.Formatter):
    """Formats a record as a line of text."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<8} {name}: {message}", style="{")


class _Json(logging.Formatter):
    """Formats a record as a JSON object, with job, guild and shard of its context."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            **_CONTEXT.get(),
        }
        if record.name.startswith("discord.") and (shard := _SHARD_ID.search(message)):
            entry["shard"] = int(shard[1])
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)
