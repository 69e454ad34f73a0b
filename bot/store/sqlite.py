"""A database in a file: SQLite, in threads of its own.

One thread writes. What waits for it is done in one transaction, so that a burst of orders costs a
few flushes of the disk and not hundreds; each piece of work has a savepoint and fails alone.
"""

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.service.port_errors import StoreUnavailable

BUSY_TIMEOUT: Final = 5.0  # seconds that SQLite waits for another process's transaction
READERS: Final = 3  # threads
MOST_AT_ONCE: Final = 64  # pieces of work in one transaction
_LOOK_AGAIN: Final = 0.02  # seconds

T = TypeVar("T")


@dataclass(frozen=True)
class _Piece:
    """Some work, and who waits for what it returns."""

    work: Callable[[Connection], Any]
    future: Future[Any] = field(default_factory=Future)


class SqliteEngine:
    """The connections to a file."""

    def __init__(self, url: str) -> None:
        """Raise StoreUnavailable where the file's folder cannot be made."""
        parsed = make_url(url).set(drivername="sqlite")
        _make_folder(parsed)
        self._engine = _engine(parsed)
        self._reading = self._engine.execution_options(reads_only=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._awake = threading.Condition()
        self._urgent: deque[_Piece] = deque()
        self._patient: deque[_Piece] = deque()
        self._closing = False
        self._writer = threading.Thread(target=self._write_all, name="store-writer", daemon=True)
        self._writer.start()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* does, in a transaction that only reads."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(
        self, work: Callable[[Connection], T], *, urgent: bool = False, patience: float = 0.0
    ) -> T:
        """Return what *work* does, once that is on the disk; *patience* is for servers."""
        del patience
        piece = _Piece(work)
        with self._awake:
            if self._closing:  # nobody would ever come to it
                raise StoreUnavailable("the store is closed")
            (self._urgent if urgent else self._patient).append(piece)
            self._awake.notify()
        done: T = await asyncio.wrap_future(piece.future)
        return done

    async def close(self) -> None:
        """Do what waits, and let go of the file."""
        with self._awake:
            self._closing = True
            self._awake.notify()
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._reading.connect() as connection:
            return work(connection)

    def _write_all(self) -> None:
        while pieces := self._wait():
            # Whoever gave up meanwhile is passed over; from here on there is no way back.
            if going := [one for one in pieces if one.future.set_running_or_notify_cancel()]:
                self._write(going)

    def _wait(self) -> Sequence[_Piece]:
        """Return the next pieces of work, urgent ones first; nothing: there will be no more."""
        with self._awake:
            self._awake.wait_for(lambda: self._urgent or self._patient or self._closing)
            pieces: list[_Piece] = []
            for waiting in (self._urgent, self._patient):
                while waiting and len(pieces) < MOST_AT_ONCE:
                    pieces.append(waiting.popleft())
            return pieces

    def _write(self, pieces: Sequence[_Piece]) -> None:
        """Do all of it in one transaction; what any piece's error means is for itself alone.

        An error of the database's own ends the transaction, and is everybody's.
        """
        outcomes: list[tuple[Any, BaseException | None]] = []
        try:
            with self._engine.begin() as connection:
                alone = len(pieces) == 1
                outcomes.extend(_tried(connection, piece, alone=alone) for piece in pieces)
        except BaseException as error:  # noqa: BLE001 - those who wait shall know, whatever it is
            outcomes = [(None, error)] * len(pieces)
        for piece, (done, failed) in zip(pieces, outcomes, strict=True):
            if failed is not None:
                piece.future.set_exception(failed)
            else:
                piece.future.set_result(done)


def _tried(connection: Connection, piece: _Piece, *, alone: bool) -> tuple[Any, Exception | None]:
    """Return what a piece of work did, or how it failed and was undone."""
    if alone:
        return piece.work(connection), None
    try:
        with connection.begin_nested():
            return piece.work(connection), None
    except IntegrityError as error:
        return None, error
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 - it is for whoever waits for this piece
        return None, error


def _make_folder(url: URL) -> None:
    try:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"the store's folder cannot be made: {error}") from error


def _engine(url: URL) -> Engine:
    """Return an engine whose files are durable, and whose transactions begin as what they are.

    ``synchronous=FULL``: with NORMAL a power cut may undo SUBMITTING, and an order is paid twice.
    """
    engine = create_engine(url, hide_parameters=True, pool_size=READERS + 1, max_overflow=0)

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver shall not begin transactions of its own
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log: SQLite itself does not wait for others here."""
    until = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_LOOK_AGAIN)
        else:
            return
