"""What each order costs, the sums of it, and of which budgets somebody was warned.

Orders made before have no price: they count in no budget.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column and the tables."""
    op.add_column("jobs", sa.Column("price", sa.BigInteger(), nullable=True))
    op.create_table(
        "spending",
        sa.Column("budget", sa.String(length=16), primary_key=True),
        sa.Column("guild_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("since", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "budget_warnings",
        sa.Column("rule", sa.String(length=32), primary_key=True),
        sa.Column("guild_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("since", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("cap", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("percent", sa.Integer(), nullable=False),
    )
