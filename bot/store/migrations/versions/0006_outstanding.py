"""Orders whose outcome is outstanding, and what a lane's circuit breaker counts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

UNOWNED = (
    "owner IS NULL AND kept_at IS NULL AND next_try_at IS NULL"
    " AND state IN ('QUEUED', 'PROCESSING', 'COMPLETED')"
)
OUTSTANDING = "owner IS NULL AND next_try_at IS NOT NULL AND state IN ('COMPLETED', 'EXPIRED')"
KEPT = "kept_at IS NOT NULL AND state IN ('COMPLETED', 'FAILED')"


def upgrade() -> None:
    """Add the columns; expired orders that the vendor knows are asked about again."""
    for column in (
        sa.Column("obstacle", sa.String(length=16), nullable=True),
        sa.Column("outstanding_since", sa.Float(), nullable=True),
        sa.Column("next_try_at", sa.Float(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("pictures_shown", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("jobs", column)
    for name in ("unknown_in_row", "unfetched_in_row", "denied_in_row"):
        op.add_column("lanes", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":  # SQLite enforces no length
        op.alter_column("jobs", "request_id", type_=sa.String(length=255))
    op.drop_index("ix_jobs_nobodys", "jobs")
    op.drop_index("ix_jobs_kept", "jobs")
    for index, indexed, where in (
        ("ix_jobs_unowned", ["created_at"], UNOWNED),
        ("ix_jobs_outstanding", ["next_try_at"], OUTSTANDING),
        ("ix_jobs_kept", ["member_id", "created_at"], KEPT),
    ):
        condition = sa.text(where)
        op.create_index(index, "jobs", indexed, sqlite_where=condition, postgresql_where=condition)
    op.execute(
        "UPDATE jobs SET next_try_at = 0 WHERE state = 'EXPIRED' AND owner IS NULL"
        " AND request_id IS NOT NULL"
    )
