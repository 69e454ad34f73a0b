"""What counts orders that are open, and finds those that ended long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

OPEN = (
    "state IN ('COMPLETED', 'EXPIRED', 'PROCESSING', 'QUEUED', 'SUBMITTING', 'UNCERTAIN',"
    " 'WAITING')"
)
OVER = "state IN ('CANCELLED', 'DELIVERED', 'ERROR', 'EXPIRED', 'FAILED', 'REFUSED', 'UNCERTAIN')"


def upgrade() -> None:
    """Add the indexes."""
    for name, column, where in (
        ("ix_jobs_open", "state", OPEN),
        ("ix_jobs_over", "created_at", OVER),
    ):
        condition = sa.text(where)
        op.create_index(name, "jobs", [column], sqlite_where=condition, postgresql_where=condition)
