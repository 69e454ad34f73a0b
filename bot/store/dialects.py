"""SQL that both databases have and SQLAlchemy's core has not: their clock, and days."""

from typing import Any

from sqlalchemy import BigInteger, Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


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


class DayOf(FunctionElement[int]):
    """When the UTC day of a time began, both in Unix seconds."""

    type = BigInteger()
    inherit_cache = True


@compiles(DayOf, "sqlite")
def _sqlite_day(element: DayOf, compiler: Any, **options: Any) -> str:
    return f"(CAST({compiler.process(element.clauses, **options)} / 86400.0 AS INTEGER) * 86400)"


@compiles(DayOf, "postgresql")
def _postgresql_day(element: DayOf, compiler: Any, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"(CAST(floor({seconds} / 86400.0) AS bigint) * 86400)"
