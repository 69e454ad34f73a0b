"""Shards that processes take by lease."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "shard_members",
        sa.Column("bot", sa.String(length=32), primary_key=True),
        sa.Column("owner", sa.String(length=128), primary_key=True),
        sa.Column("shard_count", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
    )
    op.create_table(
        "shard_leases",
        sa.Column("bot", sa.String(length=32), primary_key=True),
        sa.Column("shard_count", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("shard_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("owner", sa.String(length=128), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("up", sa.Boolean(), nullable=False),
    )
