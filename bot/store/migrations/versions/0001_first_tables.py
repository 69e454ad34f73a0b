"""The first tables: jobs, lanes and their lines."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("guidance", sa.Float(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("enhance", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("billed", sa.String(length=8), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("interaction_token", sa.Text(), nullable=True),
        sa.Column("callback_token", sa.String(length=64), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("file_limit", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("answered_at", sa.Float(), nullable=True),
        sa.Column("submit_started_at", sa.Float(), nullable=True),
        sa.Column("queued_at", sa.Float(), nullable=True),
        sa.Column("completed_at", sa.Float(), nullable=True),
        sa.Column("kept_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("interaction_id"),
        sa.UniqueConstraint("request_id"),
    )
    op.create_index(
        "ix_jobs_at_vendor",
        "jobs",
        ["lane"],
        unique=False,
        sqlite_where=sa.text("state IN ('PROCESSING', 'QUEUED', 'SUBMITTING')"),
        postgresql_where=sa.text("state IN ('PROCESSING', 'QUEUED', 'SUBMITTING')"),
    )
    op.create_index(
        "ix_jobs_by_day",
        "jobs",
        ["created_at"],
        unique=False,
        sqlite_where=None,
        postgresql_where=None,
    )
    op.create_index(
        "ix_jobs_by_guild_and_day",
        "jobs",
        ["guild_id", "created_at"],
        unique=False,
        sqlite_where=None,
        postgresql_where=None,
    )
    op.create_index(
        "ix_jobs_kept",
        "jobs",
        ["member_id", "created_at"],
        unique=False,
        sqlite_where=sa.text("kept_at IS NOT NULL AND state IN ('COMPLETED')"),
        postgresql_where=sa.text("kept_at IS NOT NULL AND state IN ('COMPLETED')"),
    )
    op.create_index(
        "ix_jobs_nobodys",
        "jobs",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text(
            "owner IS NULL AND kept_at IS NULL AND state IN ('QUEUED', 'PROCESSING', 'COMPLETED')"
        ),
        postgresql_where=sa.text(
            "owner IS NULL AND kept_at IS NULL AND state IN ('QUEUED', 'PROCESSING', 'COMPLETED')"
        ),
    )
    op.create_index(
        "ix_jobs_owned",
        "jobs",
        ["owner", "lease_until"],
        unique=False,
        sqlite_where=sa.text("owner IS NOT NULL"),
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_waiting",
        "jobs",
        ["lane", "created_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('WAITING')"),
        postgresql_where=sa.text("state IN ('WAITING')"),
    )
    op.create_index(
        "ix_jobs_with_token",
        "jobs",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("interaction_token IS NOT NULL"),
        postgresql_where=sa.text("interaction_token IS NOT NULL"),
    )
    op.create_table(
        "lanes",
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("paused_until", sa.Float(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("next_slot_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("lane"),
    )
    op.create_table(
        "lines",
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("served_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("lane", "line"),
    )
