"""The processes that were seen lately."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from bot.service.ports.store import ProcessSeen
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.statements import Statement, given, upsert
from bot.store.tables import processes

KEPT: Final = 86400.0  # seconds after a process was seen last

_COLUMNS: Final = tuple(processes.c[field.name] for field in fields(ProcessSeen))
_RECENT: Final = Statement(
    select(*_COLUMNS)
    .where(processes.c.seen_at > given("since"))
    .order_by(processes.c.started_at, processes.c.owner)
)
_FORGET: Final = Statement(delete(processes).where(processes.c.seen_at < given("before")))


class Processes:
    """The processes that share the database, each start of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @write_transaction
    def record(self, connection: Connection, seen: ProcessSeen) -> None:
        """Record that a process was seen; forget those that were not for a day."""
        columns = asdict(seen)
        upsert(connection, processes, {"owner": columns.pop("owner")}, columns)
        _FORGET.change(connection, before=seen.seen_at - KEPT)

    @read_transaction
    def recent(self, connection: Connection, *, since: float) -> Sequence[ProcessSeen]:
        """Return the processes that were seen since then, by their start."""
        return [ProcessSeen(*row) for row in _RECENT.rows(connection, since=since)]
