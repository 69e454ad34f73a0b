"""When a lane's back-off began: a pause that a wrong clock wrote is dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("lanes", sa.Column("failed_at", sa.Float(), nullable=False, server_default="0"))
