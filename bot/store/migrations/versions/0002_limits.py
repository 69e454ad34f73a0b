"""Servers' rules, blocks and drafts; why a lane is shut; what limits count by."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COUNTS = "billed != 'no' OR state IN ('WAITING')"
AT_ONCE = "state IN ('PROCESSING', 'QUEUED', 'SUBMITTING', 'WAITING')"
GIVEN_BACK = "state IN ('REFUSED') AND cause IN ('out_of_credit', 'busy')"


def upgrade() -> None:
    """Add them."""
    false, never = sa.false(), sa.text("0")
    op.add_column("jobs", sa.Column("spoiler", sa.Boolean(), nullable=False, server_default=false))
    op.add_column("lanes", sa.Column("closed", sa.String(length=8), nullable=True))
    op.add_column("lanes", sa.Column("shut_at", sa.Float(), nullable=False, server_default=never))
    op.add_column("lanes", sa.Column("probe_at", sa.Float(), nullable=False, server_default=never))
    op.add_column("lanes", sa.Column("probe", sa.String(length=32), nullable=True))
    op.create_table(
        "told",
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shut_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("lane", "guild_id"),
    )
    op.create_table(
        "guilds",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id"),
    )
    op.create_table(
        "blocks",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "member_id"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_drafts_by_age", "drafts", ["created_at"])
    op.drop_index("ix_jobs_by_day", "jobs")
    op.drop_index("ix_jobs_by_guild_and_day", "jobs")
    for name, columns, where in (
        ("ix_jobs_at_once", ["guild_id", "member_id"], AT_ONCE),
        ("ix_jobs_given_back", ["lane", "since"], GIVEN_BACK),
        ("ix_jobs_by_day", ["created_at", "images"], COUNTS),
        ("ix_jobs_by_guild_and_day", ["guild_id", "created_at", "images"], COUNTS),
        (
            "ix_jobs_by_member_and_day",
            ["guild_id", "member_id", "created_at", "images"],
            COUNTS,
        ),
    ):
        condition = sa.text(where)
        op.create_index(name, "jobs", columns, sqlite_where=condition, postgresql_where=condition)
