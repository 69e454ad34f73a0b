"""The database's own clock, which all processes share, as an SQL expression in Unix seconds."""

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class clock(FunctionElement[float]):  # noqa: N801 - named like the SQL function that it is
    """The time at which the statement runs."""

    type = Float()
    inherit_cache = True


@compiles(clock, "sqlite")
def _sqlite(_element: clock, _compiler: Any, **_options: Any) -> str:
    # Milliseconds; unixepoch('subsec') is younger than the SQLite of Debian 12.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(clock, "postgresql")
def _postgresql(_element: clock, _compiler: Any, **_options: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
