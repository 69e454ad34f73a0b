"""The store's history, step by step, and the way to its end."""

from pathlib import Path
from typing import Final

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

HEAD: Final = "0011"  # the last step in versions/


def upgrade(connection: Connection) -> None:
    """Bring the tables behind *connection* up to date, in its transaction."""
    if _version(connection) == HEAD:
        return
    # Alembic is slow to load, and nearly every start finds nothing to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
