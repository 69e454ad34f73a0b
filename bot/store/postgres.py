"""PostgreSQL, which several processes may share.

Work runs in a greenlet on the event loop. The engine keeps connections of SQLAlchemy's and begins
transactions itself: SQLAlchemy's way to do both takes several times as long as a statement.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import greenlet_spawn

from bot.store.engine import CONNECTIONS, TIMEOUTS, StoreTimeouts, connect
from bot.store.statements import call

T = TypeVar("T")


class PostgresEngine:
    """Connections to a PostgreSQL server."""

    def __init__(self, url: str, timeouts: StoreTimeouts = TIMEOUTS) -> None:
        self._engine = connect(url, timeouts)
        self._timeout = timeouts.answer
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._closed = False

    async def read(self, work: Callable[[Connection], T], *, at_once: bool = False) -> T:
        """Return the result of *work*, whose statements need no transaction: none would see more.

        *at_once* is for SQLite.
        """
        del at_once
        async with asyncio.timeout(self._timeout), self._free:
            return await greenlet_spawn(self._run, work)

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        urgent: bool = False,
        joins: bool = False,
        within: float = 0.0,
    ) -> T:
        """Return the result of *work* once it is committed; *urgent* and *joins* are for SQLite."""
        del urgent, joins
        async with asyncio.timeout(max(within, self._timeout)), self._free:
            return await greenlet_spawn(self._run, work, writes=True)

    async def close(self) -> None:
        """Close the connections."""
        self._closed = True
        await greenlet_spawn(self._close_idle)
        await self._engine.dispose()

    def _run(
        self, work: Callable[[Connection], T], *, writes: bool = False, again: bool = True
    ) -> T:
        """Run *work*, and once more if its connection was found dead before the commit.

        So a restart of the server goes unnoticed, and no connection is tested before each use.
        A commit that fails is never repeated: it may have taken effect.
        """
        connection = self._idle.pop() if self._idle else self._engine.sync_engine.connect()
        in_work = True
        try:
            if writes:
                call(connection, "BEGIN")
            result = work(connection)
            in_work = False
            if writes:
                call(connection, "COMMIT")
        except BaseException as error:
            self._undo(connection, error)
            if not in_work or not again or not _lost_connection(error):
                raise
            return self._run(work, writes=writes, again=False)
        self._keep(connection)
        return result

    def _undo(self, connection: Connection, error: BaseException) -> None:
        """Roll back; give up a connection that is lost, or whose work was cancelled."""
        try:
            if not isinstance(error, Exception):
                connection.invalidate()
            elif not connection.invalidated and _in_transaction(connection):
                call(connection, "ROLLBACK")
        except Exception:  # noqa: BLE001 - the first error is the one to tell
            connection.invalidate()
        if _lost_connection(error):
            self._close_idle()  # they are older
        self._keep(connection)

    def _keep(self, connection: Connection) -> None:
        connection.rollback()  # SQLAlchemy's own view: of no effect on the server
        if connection.invalidated or self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _in_transaction(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    return bool(driver.is_in_transaction())


def _lost_connection(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated
