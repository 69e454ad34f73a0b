"""What the check of an order's pictures came to."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column."""
    op.add_column("jobs", sa.Column("screening", sa.String(length=16), nullable=True))
