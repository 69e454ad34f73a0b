"""Starts at Discord's gateway, of all processes, and servers that removed the bot."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table, the column and its index."""
    op.create_table(
        "gateway_starts",
        sa.Column("bot", sa.String(length=32), primary_key=True),
        sa.Column("started_at", sa.Float(), primary_key=True),
        sa.Column("shard_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("steady_at", sa.Float(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("guilds", sa.Column("left_at", sa.Float(), nullable=True))
    left = sa.text("left_at IS NOT NULL")
    op.create_index(
        "ix_guilds_left", "guilds", ["left_at"], sqlite_where=left, postgresql_where=left
    )
