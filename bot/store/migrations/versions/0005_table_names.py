"""Rename ``told`` to ``closure_notices`` and ``lines`` to ``lane_queues``."""

from alembic import op

revision = "0005"
down_revision = "0004"

RENAMED = {"told": "closure_notices", "lines": "lane_queues"}


def upgrade() -> None:
    """Rename the tables; on PostgreSQL, views keep the old names for processes that still run."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for old, new in RENAMED.items():
        op.rename_table(old, new)
        if on_postgresql:
            op.execute(f"ALTER INDEX {old}_pkey RENAME TO {new}_pkey")
            op.execute(f"CREATE VIEW {old} AS TABLE {new}")
