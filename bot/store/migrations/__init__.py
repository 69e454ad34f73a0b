"""The store's history, step by step, and the way to its end."""

import time
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Final

from sqlalchemy import (
    Column,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import Connection

from bot import __version__
from bot.domain.alerts import Alert, AlertKind
from bot.store.tables import alerts, metadata

HEAD: Final = "0021"  # the last step in versions/

_versions: Final = Table(  # Alembic's
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def upgrade(connection: Connection) -> None:
    """Bring the tables behind *connection* up to date, in its transaction."""
    tables = inspect(connection).get_table_names()
    is_marked = _versions.name in tables
    before = connection.scalar(select(_versions.c.version_num)) if is_marked else None
    if before == HEAD:
        return
    # Alembic takes long to load, and 10 MB for good. PostgreSQL has views besides the tables.
    if not tables and connection.dialect.name == "sqlite":
        metadata.create_all(connection)
        _versions.create(connection)
        connection.execute(insert(_versions).values(version_num=HEAD))
    else:
        migrate(connection)
        if before is not None:
            _tell(connection, before)


def _tell(connection: Connection, before: str) -> None:
    """Have the operator told, in the transaction of the migration itself."""
    text = f"Version {__version__} brought the store's tables up to date, from {before} to {HEAD}."
    now = time.time()
    alert = Alert(
        id=token_hex(8),
        kind=AlertKind.MIGRATION,
        subject=HEAD,
        text=f"{text} Only a backup leads back.",
        opened_at=now,
        closed_at=now,
        due_at=now,
    )
    connection.execute(insert(alerts).values(asdict(alert)))


def migrate(connection: Connection) -> None:
    """Take the steps that are missing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
