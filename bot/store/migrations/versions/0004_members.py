"""What members come back for: languages, styles, history, reports, and their own settings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add them."""
    false, english = sa.false(), sa.text("'en'")
    for column in (
        sa.Column("style", sa.String(length=64), nullable=True),
        sa.Column("sent", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False, server_default=english),
        sa.Column("answers_only", sa.Boolean(), nullable=False, server_default=false),
        sa.Column("hidden", sa.Boolean(), nullable=False, server_default=false),
        sa.Column("left_today", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.Float(), nullable=True),
        sa.Column("reported_at", sa.Float(), nullable=True),
    ):
        op.add_column("jobs", column)
    op.create_index("ix_jobs_by_member", "jobs", ["member_id", "created_at"])
    op.create_index("ix_blocks_by_member", "blocks", ["member_id"])
    op.create_table(
        "members",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ping", sa.String(length=8), nullable=False),
        sa.Column("forget_before", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_index(
        "ix_members_to_forget",
        "members",
        ["forget_before"],
        sqlite_where=sa.text("forget_before IS NOT NULL"),
        postgresql_where=sa.text("forget_before IS NOT NULL"),
    )
