"""Who cancelled or hid an order, and who deleted its pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns."""
    for name in ("withdrawn_by", "deleted_by"):
        op.add_column("jobs", sa.Column(name, sa.BigInteger(), nullable=True))
