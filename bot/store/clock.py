"""The database's own clock, shared by all processes, as an SQL expression in Unix seconds."""

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class DatabaseClock(FunctionElement[float]):
    """The time at which the statement runs."""

    type = Float()
    inherit_cache = True


def clock() -> DatabaseClock:
    """Return the time at which the statement runs."""
    return DatabaseClock()


@compiles(DatabaseClock, "sqlite")
def _sqlite(_element: DatabaseClock, _compiler: Any, **_options: Any) -> str:
    # Milliseconds; unixepoch('subsec') is younger than the SQLite of Debian 12.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseClock, "postgresql")
def _postgresql(_element: DatabaseClock, _compiler: Any, **_options: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
