"""What moderators did, and who must still be told; who was told of a closure hears of its end."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table, the column and their indexes."""
    op.create_table(
        "deeds",
        sa.Column("id", sa.String(length=32), primary_key=True),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("moderator_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("tell_log", sa.Boolean(), nullable=False),
        sa.Column("tell_member", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_deeds_due", "deeds", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_index("ix_deeds_by_age", "deeds", ["at"])
    op.create_index("ix_deeds_by_guild", "deeds", ["guild_id", "at"])
    op.create_index("ix_deeds_by_job", "deeds", ["job_id"])
    op.create_index("ix_deeds_by_member", "deeds", ["member_id"])
    op.add_column("closure_notices", sa.Column("owed_since", sa.Float(), nullable=True))
    owed = sa.text("owed_since IS NOT NULL")
    op.create_index(
        "ix_closure_notices_owed",
        "closure_notices",
        ["owed_since"],
        sqlite_where=owed,
        postgresql_where=owed,
    )
