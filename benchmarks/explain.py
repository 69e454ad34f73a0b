"""How a database plans statements, and which of them read through something that grows.

A statement is what a driver was sent: as SQLAlchemy renders it, with its parameters.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.store.database import Database

# With each order, server, member or change that is begun. There is one lane for each key.
GROWS: Final = frozenset(
    {"jobs", "guilds", "lane_queues", "closure_notices", "blocks", "drafts", "members", "deeds"}
)
# Partial indexes over what is open or waits to be looked at: they do not grow with the table.
SMALL: Final = frozenset(
    {
        "ix_jobs_waiting",
        "ix_jobs_at_vendor",
        "ix_jobs_owned",
        "ix_jobs_unowned",
        "ix_jobs_outstanding",
        "ix_jobs_kept",
    }
    | {"ix_jobs_open", "ix_jobs_with_token", "ix_jobs_at_once", "ix_members_to_forget"}
    | {"ix_guilds_left", "ix_deeds_due", "ix_closure_notices_owed"}
)
# Read from its end and no further than somebody asked.
FROM_THE_END: Final = "ORDER BY jobs.interaction_id DESC"

# What no database explains, and what only brings the tables up to date.
_PASSED_OVER: Final = re.compile(
    r"(PRAGMA|SET|SHOW|LISTEN|UNLISTEN|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b"
    r"|(CREATE|DROP) (TABLE|(UNIQUE )?INDEX)\b|ALTER TABLE\b",
    re.IGNORECASE,
)
_VERSION: Final = re.compile(r"\balembic_version\b")

# A parameter of PostgreSQL, and the type that it is sent as.
_CAST: Final = re.compile(r"\$(\d+)::([A-Z]+)")
_AS_SENT: Final[dict[str, Callable[[Any], object]]] = {
    **dict.fromkeys(("SMALLINT", "INTEGER", "BIGINT"), int),
    **dict.fromkeys(("FLOAT", "DOUBLE", "NUMERIC"), float),
    "BOOLEAN": bool,
    **dict.fromkeys(("VARCHAR", "TEXT"), str),
    "JSON": lambda value: value if isinstance(value, str) else json.dumps(value),
}

Statement = tuple[str, Any]


@contextmanager
def captured() -> Iterator[dict[str, Statement]]:
    """Collect the statements that any engine is asked meanwhile, each once, with parameters."""
    found: dict[str, Statement] = {}

    def listen(_c: Any, _u: Any, statement: str, parameters: Any, *_: Any) -> None:
        found.setdefault(statement, (statement, parameters))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def recorded(path: Path, dialect: str) -> Sequence[Statement]:
    """Return the statements of that dialect in a file that bots wrote, each text once.

    A line of it is a JSON object of ``dialect``, ``statement`` and ``parameters``. Raises
    :class:`LookupError` where there is none of that dialect: then nothing would be looked at.
    """
    found: dict[str, Statement] = {}
    with path.open(encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            if entry["dialect"] == dialect and entry["statement"] not in found:
                words = entry["statement"]
                found[words] = (words, _as_sent(words, entry["parameters"] or ()))
    if not found:
        raise LookupError(f"{path} has no statement of {dialect}")
    return list(found.values())


def _as_sent(words: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    """Give *parameters* the types again that they had before they were written down."""
    sent = list(parameters)
    for number, kind in set(_CAST.findall(words)):
        value = sent[int(number) - 1]
        if value is not None and kind in _AS_SENT:
            sent[int(number) - 1] = _AS_SENT[kind](value)
    return tuple(sent)


async def scans(database: Database, statements: Sequence[Statement]) -> list[str]:
    """Return what is wrong with *statements*, a line each: the step that scans what grows.

    Or why it could not be explained: what nobody looked at is no better.
    """
    found = []
    for words, parameters in statements:
        line = " ".join(words.split())
        if _PASSED_OVER.match(line) or _VERSION.search(line):
            continue
        if FROM_THE_END in line and " WHERE " not in line:
            continue
        steps = await database.read(partial(_explain, words=words, parameters=parameters))
        found += [f"{step}: {line}" for step in steps]
    return found


def _explain(connection: Connection, *, words: str, parameters: Any) -> list[str]:
    try:
        return list(_steps(connection, words, parameters))
    except DBAPIError as error:
        return [f"not explained, {error.orig}"]


def _steps(connection: Connection, words: str, parameters: Any) -> Iterable[str]:
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", parameters)
        return [step for *_, step in found if _scans_sqlite(step)]
    found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {words}", parameters)
    plan: Any = found.scalar_one()
    return _scans_postgresql(plan[0]["Plan"])


def _scans_sqlite(step: str) -> bool:
    kind, table, *_ = f"{step} ".split(" ")
    if table not in GROWS:
        return False
    if "AUTOMATIC" in step:  # an index that is made of the whole table for this once
        return True
    return kind == "SCAN" and not any(f"INDEX {index}" in step for index in SMALL)


def _scans_postgresql(node: dict[str, Any]) -> Iterator[str]:
    """Yield the steps below *node* that read a whole table or index that grows."""
    kind, table, index = node["Node Type"], node.get("Relation Name"), node.get("Index Name")
    conditions = node.get("Index Cond") or node.get("Recheck Cond")
    if table in GROWS and kind == "Seq Scan":
        yield f"{kind} on {table}, {node.get('Filter')}"
    if index and _grows(index) and not conditions:
        yield f"{kind} using {index}"
    for inner in node.get("Plans", ()):
        yield from _scans_postgresql(inner)


def _grows(index: str) -> bool:
    """Tell whether an index, by its name, is of a table that grows, and grows with it."""
    return index not in SMALL and any(
        index.startswith((f"ix_{table}_", f"{table}_")) for table in GROWS
    )
