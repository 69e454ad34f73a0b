"""SQLite: one writer thread with group commit, and a few reader threads.

A row by its key is read where it is asked for: that takes less time than to change the thread.

Writes that wait are committed in one transaction, so that a burst of orders costs a few flushes of
the disk and not hundreds; each write has a savepoint and fails alone. A write that nobody waits for
joins the next commit.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError

from bot.service.port_errors import StoreUnavailable
from bot.store.engine import TIMEOUTS, StoreTimeouts
from bot.store.statements import execute

READERS: Final = 3  # threads
GROUP_SIZE: Final = 64  # writes in one transaction
URGENT_SIZE: Final = 32  # the same, of urgent ones: the first need not wait for the last
PATIENCE: Final = 0.25  # seconds that other writes wait for urgent ones
JOINING: Final = 0.05  # seconds that a write, for which nobody waits, waits for a commit to join
CHECKPOINT_EVERY: Final = 32  # groups of writes
LONGEST_LOG: Final = 4000  # pages, until the writer itself moves them into the file
_PRIMARY_CODE: Final = 0xFF  # of an extended error code
_RETRY_AFTER: Final = 0.02  # seconds

T = TypeVar("T")


@dataclass(frozen=True)
class _Write:
    """A write that waits for the writer thread, and the future of its result."""

    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    joins: bool  # the next commit; then it is made even if its caller was cancelled
    since: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class _Outcome:
    result: Any = None
    error: BaseException | None = None


class SqliteEngine:
    """Connections to a file."""

    def __init__(self, url: str, timeouts: StoreTimeouts = TIMEOUTS) -> None:
        """Raise StoreUnavailable where the file's folder cannot be made."""
        parsed = make_url(url).set(drivername="sqlite")
        try:
            Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"the store's folder cannot be made: {error}") from error
        self._engine = _engine(parsed, timeouts.busy)
        self._reading = self._engine.execution_options(reads_only=True)
        self._own = threading.local()  # each thread's connection
        self._connections: list[Connection] = []  # of all threads
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._wake_writer = threading.Condition()
        self._urgent: deque[_Write] = deque()
        self._others: deque[_Write] = deque()
        self._joining: deque[_Write] = deque()
        self._closing = False
        self._writer = threading.Thread(target=self._write_all, name="store-writer", daemon=True)
        self._writer.start()

    async def read(self, work: Callable[[Connection], T], *, at_once: bool = False) -> T:
        """Return the result of *work*, run in a read-only transaction.

        *at_once*: on the event loop's own thread, for one statement by a key: to hand it to another
        one takes longer. Only a locked file is left to a thread, which waits for it.
        """
        if at_once and not self._closing:
            try:
                return self._read_at_once(work)
            except DBAPIError as error:
                if not _is_busy(error):
                    raise
        try:
            reading = asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)
        except RuntimeError as error:  # the executor's, after its shutdown
            raise StoreUnavailable("the store is closed") from error
        return await reading

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        urgent: bool = False,
        joins: bool = False,
        within: float = 0.0,
    ) -> T:
        """Return the result of *work* once it is on the disk; *within* is for PostgreSQL."""
        del within
        loop = asyncio.get_running_loop()
        write = _Write(work, loop.create_future(), joins)
        with self._wake_writer:
            if self._closing:
                raise StoreUnavailable("the store is closed")
            if joins:
                self._joining.append(write)
                if len(self._joining) == 1:
                    loop.call_later(JOINING, self._join_no_more)
            else:
                (self._urgent if urgent else self._others).append(write)
                self._wake_writer.notify()
        result: T = await write.future
        return result

    def _join_no_more(self) -> None:
        """Have those writes committed that found no commit to join."""
        with self._wake_writer:
            if self._joining:
                self._others.extend(self._joining)
                self._joining.clear()
                self._wake_writer.notify()

    async def close(self) -> None:
        """Finish the writes that wait, and close the file."""
        with self._wake_writer:
            self._closing = True
            self._wake_writer.notify()
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._connections:
            connection.close()
        self._engine.dispose()

    def _read(self, work: Callable[[Connection], T]) -> T:
        connection = self._connection(self._reading)
        transaction = connection.begin()
        try:
            return work(connection)
        finally:
            transaction.rollback()

    def _read_at_once(self, work: Callable[[Connection], T]) -> T:
        """Run *work*, one statement: that is a transaction by itself, and another costs more."""
        connection = self._connection(self._reading, patient=False)
        try:
            return work(connection)
        finally:
            driver = _driver_connection(connection)
            if driver.in_transaction:  # somebody listens to its statements, by SQLAlchemy's means
                driver.execute("ROLLBACK")

    def _connection(self, engine: Engine, *, patient: bool = True) -> Connection:
        """Return the connection of the thread that asks: to open one costs more than to read.

        Unless *patient*, it does not wait for a lock.
        """
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None and connection.get_transaction() is not None:
            connection.close()  # its last rollback failed
            connection = None
        if connection is None:
            self._own.connection = connection = engine.connect()
            if not patient:
                _driver_connection(connection).execute("PRAGMA busy_timeout = 0")
            self._connections.append(connection)
        return connection

    def _write_all(self) -> None:
        groups = 0
        while writes := self._next_group():
            # Who is cancelled from here on does not learn what came of the write.
            if group := [write for write in writes if write.joins or not write.future.cancelled()]:
                self._commit(group)
                groups += 1
                if groups % CHECKPOINT_EVERY == 0:
                    with contextlib.suppress(RuntimeError):  # no thread can be started now
                        self._readers.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        """Move what was written from the log into the file: the writer need not wait for that."""
        with contextlib.suppress(DBAPIError, sqlite3.Error):  # the writer meets it, too
            driver = _driver_connection(self._connection(self._reading))
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _next_group(self) -> Sequence[_Write]:
        """Wait for writes and return some; none: the engine closes.

        Urgent ones are alone: they are on the disk sooner. Others go with them that wait for long.
        """
        with self._wake_writer:
            self._wake_writer.wait_for(lambda: self._urgent or self._others or self._closing)
            if not (group := _taken(self._urgent, URGENT_SIZE)):
                group = _taken(self._joining, GROUP_SIZE)  # they are older
                return group + _taken(self._others, GROUP_SIZE)
            if self._others and self._others[0].since < time.monotonic() - PATIENCE:
                group += _taken(self._others, URGENT_SIZE)
            return group

    def _commit(self, group: Sequence[_Write]) -> None:
        """Run the group in one transaction; an error that ends the transaction fails them all."""
        outcomes: list[_Outcome] = []
        try:
            connection = self._connection(self._engine)
            with connection.begin():
                alone = len(group) == 1
                outcomes.extend(_run(connection, write, alone=alone) for write in group)
        except BaseException as error:  # noqa: BLE001 - the waiting callers get it, whatever it is
            outcomes = [_Outcome(error=error)] * len(group)
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            group[0].future.get_loop().call_soon_threadsafe(_tell, group, outcomes)


def _tell(group: Sequence[_Write], outcomes: Sequence[_Outcome]) -> None:
    """Tell all callers what came of a group, on their event loop: one wake-up for all of them."""
    for write, outcome in zip(group, outcomes, strict=True):
        if write.future.done():
            continue
        if outcome.error is not None:
            write.future.set_exception(outcome.error)
        else:
            write.future.set_result(outcome.result)


def _taken(waiting: deque[_Write], most: int) -> list[_Write]:
    return [waiting.popleft() for _ in range(min(most, len(waiting)))]


def _run(connection: Connection, write: _Write, *, alone: bool) -> _Outcome:
    """Return the outcome of a write; one that fails is rolled back to its savepoint."""
    if alone:
        return _Outcome(write.work(connection))
    execute(connection, "SAVEPOINT one_write")
    try:
        outcome = _Outcome(write.work(connection))
    except Exception as error:
        if isinstance(error, DBAPIError) and not _transaction_is_open(connection):
            raise  # a full disk, for example: SQLite rolled back the other writes too
        execute(connection, "ROLLBACK TO one_write")
        outcome = _Outcome(error=error)
    execute(connection, "RELEASE one_write")
    return outcome


def _transaction_is_open(connection: Connection) -> bool:
    return _driver_connection(connection).in_transaction


def _driver_connection(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _is_busy(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _engine(url: URL, busy_timeout: float) -> Engine:
    """Return an engine with durable commits and explicit transactions.

    ``synchronous=FULL``: with NORMAL a power cut may undo SUBMITTING, and an order is paid twice.
    """
    engine = create_engine(url, hide_parameters=True, pool_size=READERS + 2, max_overflow=0)

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver begins no transactions of its own
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")
        _use_write_ahead_log(connection, busy_timeout)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG}")

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only")
        execute(connection, "BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _use_write_ahead_log(connection: sqlite3.Connection, busy_timeout: float) -> None:
    """Switch the file to a write-ahead log; for this SQLite ignores its busy time-out."""
    until = time.monotonic() + busy_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_RETRY_AFTER)
        else:
            return
