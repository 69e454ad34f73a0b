"""Whom the operator barred from ordering, and which processes were seen lately."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "denied",
        sa.Column("kind", sa.String(length=8), primary_key=True),
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "processes",
        sa.Column("owner", sa.String(length=128), primary_key=True),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("shards", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
    )
