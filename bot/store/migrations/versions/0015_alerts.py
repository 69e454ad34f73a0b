"""What the operator is told of, and what must still be told."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the table and its indexes."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=32), primary_key=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("over_text", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("closed_at", sa.Float(), nullable=True),
        sa.Column("ends_at", sa.Float(), nullable=True),
        sa.Column("flaps", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.Float(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=True),
    )
    for name, column, condition in (
        ("ix_alerts_open", "opened_at", "closed_at IS NULL"),
        ("ix_alerts_to_be_told", "opened_at", "due_at IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "alerts", [column], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_alerts_by_subject", "alerts", ["kind", "subject", "opened_at"])
    op.create_index("ix_alerts_by_end", "alerts", ["closed_at"])
