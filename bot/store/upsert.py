"""``INSERT … ON CONFLICT DO UPDATE``, which both databases have and SQLAlchemy's core has not."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


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
