"""What counts orders that are open, and finds those that ended long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

OPEN = (
    "state IN ('COMPLETED', 'EXPIRED', 'PROCESSING', 'QUEUED', 'SUBMITTING', 'UNCERTAIN',"
    " 'WAITING')"
)
ENDED = "state IN ('CANCELLED', 'DELIVERED', 'ERROR', 'FAILED', 'REFUSED')"


def upgrade() -> None:
    """Add the indexes."""
    for name, column, where in (
        ("ix_jobs_open", "state", OPEN),
        ("ix_jobs_ended", "created_at", ENDED),
    ):
        condition = sa.text(where)
        op.create_index(name, "jobs", [column], sqlite_where=condition, postgresql_where=condition)
