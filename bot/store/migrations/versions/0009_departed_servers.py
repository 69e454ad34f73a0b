"""Every server is on record, with the orders in it that are over."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the servers without rules of their own, and the index."""
    no_rules = "'null'" if op.get_context().dialect.name == "sqlite" else "CAST('null' AS json)"
    op.execute(
        f"INSERT INTO guilds (guild_id, rules) SELECT guild_id, {no_rules} FROM "  # noqa: S608
        "(SELECT guild_id FROM jobs UNION SELECT guild_id FROM blocks) AS known WHERE "
        "guild_id IS NOT NULL AND guild_id NOT IN (SELECT guild_id FROM guilds)"
    )
    over = sa.text(
        "state IN ('CANCELLED', 'DELIVERED', 'ERROR', 'EXPIRED', 'FAILED', 'REFUSED', 'UNCERTAIN')"
    )
    op.create_index(
        "ix_jobs_over_by_guild",
        "jobs",
        ["guild_id", "created_at"],
        sqlite_where=over,
        postgresql_where=over,
    )
