"""The store's history, step by step, and the way to its end."""

from pathlib import Path
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

from bot.store.tables import metadata

HEAD: Final = "0015"  # the last step in versions/

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
    if is_marked and connection.scalar(select(_versions.c.version_num)) == HEAD:
        return
    # Alembic takes long to load, and 10 MB for good. PostgreSQL has views besides the tables.
    if not tables and connection.dialect.name == "sqlite":
        metadata.create_all(connection)
        _versions.create(connection)
        connection.execute(insert(_versions).values(version_num=HEAD))
    else:
        migrate(connection)


def migrate(connection: Connection) -> None:
    """Take the steps that are missing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
