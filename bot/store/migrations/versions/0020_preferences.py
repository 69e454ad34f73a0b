"""Members' own defaults and styles, and what of them an order has."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns."""
    no, channel = sa.false(), "channel"
    op.add_column("jobs", sa.Column("suffix", sa.Text(), nullable=True))
    op.add_column("jobs", sa.Column("spoilered", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("jobs", sa.Column("defaulted", sa.String(length=128), nullable=True))
    where = sa.Column("ping_in", sa.String(length=8), nullable=False, server_default=channel)
    op.add_column("members", where)
    op.add_column("members", sa.Column("preferences", sa.JSON(), nullable=True))
