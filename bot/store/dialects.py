"""SQL that both databases have and SQLAlchemy's core has not: upserts, and their clock."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Float, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


def upsert(
    connection: Connection,
    table: Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    defaults: Mapping[str, Any] | None = None,
) -> None:
    """Set *values* in the row with the primary key *key*; a new row gets *defaults* besides."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(
        dialect.insert(table)
        .values({**(defaults or {}), **key, **values})
        .on_conflict_do_update(index_elements=list(key), set_=dict(values))
    )


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert a row, unless there is one with its primary key."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).values(dict(values)).on_conflict_do_nothing())


class DatabaseClock(FunctionElement[float]):
    """The time at which the statement runs, in Unix seconds, the same for all processes."""

    type = Float()
    inherit_cache = True


@compiles(DatabaseClock, "sqlite")
def _sqlite_clock(_element: DatabaseClock, _compiler: Any, **_options: Any) -> str:
    # Milliseconds; unixepoch('subsec') is younger than the SQLite of Debian 12.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseClock, "postgresql")
def _postgresql_clock(_element: DatabaseClock, _compiler: Any, **_options: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
