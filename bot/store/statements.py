"""Statements that exist once: built at import, compiled once for each dialect.

What is read is a construct of SQLAlchemy's Core; what runs is its text, by the cursor of the driver
in the transaction of a connection. SQLAlchemy's own way there costs five times as much.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from sqlalchemy import Executable, Float, Table, bindparam
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.selectable import ReturnsRows
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import await_only

Row = Sequence[Any]
Insert = Callable[[Table], Any]
_Change = tuple[int, Callable[[Any], Any]]  # a position, and what is done to the value there

MOST_SHAPES: Final = 512  # statements of one kind that are kept: sets of columns that change


class Statement:
    """A construct whose values are parameters.

    Where dialects differ *construct* is a function, which takes the dialect's own ``insert``.
    """

    def __init__(self, construct: Executable | Callable[[Insert], Executable]) -> None:
        self._construct = construct
        self._compiled: dict[str, _Compiled] = {}  # by dialect

    def rows(self, connection: Connection, /, **parameters: Any) -> Sequence[Row]:
        """Return all rows."""
        return self._run(connection, parameters)[0]

    def first(self, connection: Connection, /, **parameters: Any) -> Row | None:
        """Return the first row; ``None``: there is none."""
        rows = self.rows(connection, **parameters)
        return rows[0] if rows else None

    def values(self, connection: Connection, /, **parameters: Any) -> list[Any]:
        """Return the first column of all rows."""
        return [row[0] for row in self.rows(connection, **parameters)]

    def value(self, connection: Connection, /, **parameters: Any) -> Any:
        """Return the first column of the first row; ``None``: there is no row."""
        rows = self.rows(connection, **parameters)
        return rows[0][0] if rows else None

    def change(self, connection: Connection, /, **parameters: Any) -> int:
        """Return how many rows were changed."""
        return self._run(connection, parameters)[1]

    def _run(
        self, connection: Connection, parameters: Mapping[str, Any]
    ) -> tuple[Sequence[Row], int]:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            construct = self._construct
            if not isinstance(construct, Executable):
                construct = construct(import_module(f"sqlalchemy.dialects.{dialect.name}").insert)
            compiled = self._compiled[dialect.name] = _Compiled(construct, dialect)
        return compiled.run(connection, parameters)


class _Compiled:
    """A statement's text for one dialect, and what is done to its parameters and rows."""

    def __init__(self, construct: Executable, dialect: Dialect) -> None:
        compiled: Any = construct.compile(dialect=dialect)  # type: ignore[attr-defined]
        self._text = str(compiled)
        self._construct = construct
        self._lists = bool(compiled.post_compile_params)  # for IN: the text depends on them
        self._names: Sequence[str] = compiled.positiontup or ()
        binds = {name: compiled.binds[name] for name in self._names}
        self._constants = {
            name: bind.effective_value for name, bind in binds.items() if not bind.required
        }
        self._sent = _changes(
            binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in self._names
        )
        columns = construct.exported_columns if isinstance(construct, ReturnsRows) else ()
        self._returns_rows = bool(columns)
        self._read = _changes(_result_processor(column.type, dialect) for column in columns)

    def run(
        self, connection: Connection, parameters: Mapping[str, Any]
    ) -> tuple[Sequence[Row], int]:
        if self._lists:
            result = connection.execute(self._construct, parameters)
            return (result.all() if result.returns_rows else ()), result.rowcount
        given = {**self._constants, **parameters}
        arguments = [given[name] for name in self._names]
        for position, change in self._sent:
            arguments[position] = change(arguments[position])
        rows, count = execute(
            connection, self._text, tuple(arguments), returns_rows=self._returns_rows
        )
        return (_changed(rows, self._read) if self._read else rows), count


def execute(
    connection: Connection, text: str, arguments: tuple[Any, ...] = (), *, returns_rows: bool = True
) -> tuple[Sequence[Row], int]:
    """Run a text that the driver understands; return its rows, and how many it changed.

    Asyncpg has to be told whether it *returns_rows*.
    """
    if connection.engine.dispatch.before_cursor_execute:  # a benchmark or a test listens
        result = connection.exec_driver_sql(text, arguments)
        return (result.all() if result.returns_rows else ()), result.rowcount
    return call(connection, text, arguments, returns_rows=returns_rows)


def call(
    connection: Connection,
    text: str,
    arguments: tuple[Any, ...] = (),
    *,
    returns_rows: bool = False,
) -> tuple[Sequence[Row], int]:
    """Do the same, unnoticed by whoever listens."""
    call_driver = _call_asyncpg if connection.dialect.is_async else _call_sqlite
    try:
        return call_driver(connection.connection, text, arguments, returns_rows=returns_rows)
    except BaseException as error:
        driver_error = isinstance(error, connection.dialect.loaded_dbapi.Error)
        if driver_error or not isinstance(error, Exception):
            # Raises it as SQLAlchemy would, and gives up a connection that is lost.
            connection._handle_dbapi_exception(error, text, arguments, None, None)  # noqa: SLF001
        raise


def _call_sqlite(
    pooled: PoolProxiedConnection, text: str, arguments: tuple[Any, ...], *, returns_rows: bool
) -> tuple[Sequence[Row], int]:
    del returns_rows
    cursor = pooled.cursor()
    cursor.execute(text, arguments)
    return (cursor.fetchall() if cursor.description else ()), cursor.rowcount


def _call_asyncpg(
    pooled: PoolProxiedConnection, text: str, arguments: tuple[Any, ...], *, returns_rows: bool
) -> tuple[Sequence[Row], int]:
    """Do the same by asyncpg, which keeps prepared statements: SQLAlchemy's cursor takes longer."""
    driver: Any = pooled.driver_connection
    try:
        if returns_rows:
            rows: Sequence[Row] = await_only(driver.fetch(text, *arguments))
            return rows, len(rows)
        done: str = await_only(driver.execute(text, *arguments))
    except Exception as error:
        adapted: Any = pooled.dbapi_connection
        adapted._handle_exception(error)  # noqa: SLF001 - raises it as one of the DB-API
        raise
    count = done.rpartition(" ")[2]  # of UPDATE 1
    return (), int(count) if count.isdecimal() else 0


def given(name: str, type_: Any = None, *, many: bool = False) -> Any:
    """Return the parameter of that name; *many* values are for IN."""
    return bindparam(name, type_=type_, expanding=many)


def upsert(
    connection: Connection,
    table: Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    defaults: Mapping[str, Any] | None = None,
) -> None:
    """Set *values* in the row with the primary key *key*; a new row gets *defaults* besides."""
    row = {**(defaults or {}), **key, **values}
    _upsert(table, tuple(key), tuple(values), tuple(row)).change(connection, **row)


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row, unless there is one with its primary key."""
    _insert_new(table, tuple(row)).change(connection, **row)


@lru_cache(MOST_SHAPES)
def _insert_new(table: Table, columns: Sequence[str]) -> Statement:
    row = {name: given(name) for name in columns}
    return Statement(lambda insert: insert(table).values(row).on_conflict_do_nothing())


@lru_cache(MOST_SHAPES)
def _upsert(
    table: Table, key: Sequence[str], values: Sequence[str], inserted: Sequence[str]
) -> Statement:
    def construct(insert: Insert) -> Executable:
        row = insert(table).values({name: given(name) for name in inserted})
        changed = {name: row.excluded[name] for name in values}
        upserted: Executable = row.on_conflict_do_update(index_elements=key, set_=changed)
        return upserted

    return Statement(construct)


def _result_processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what is done to a value of that type that was read; floats come as such."""
    if isinstance(kind, Float):
        return None
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _changes(processors: Any) -> Sequence[_Change]:
    return tuple(
        (position, process) for position, process in enumerate(processors) if process is not None
    )


def _changed(rows: Sequence[Row], changes: Sequence[_Change]) -> Sequence[Row]:
    changed = [list(row) for row in rows]
    for row in changed:
        for position, change in changes:
            row[position] = change(row[position])
    return changed
