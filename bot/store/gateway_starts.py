"""Starts of sessions at Discord's gateway, by all processes with the same token."""

from collections.abc import Callable, Sequence

from sqlalchemy import Update, delete, insert, select, update
from sqlalchemy.engine import Connection

from bot.domain.gateway_starts import DAY, GatewayStart, Permit
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.tables import gateway_starts as table


class GatewayStarts:
    """The starts of the last day, of every bot that uses the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def recent(self, connection: Connection, bot: str, *, now: float) -> Sequence[GatewayStart]:
        """Return the bot's starts of the last day."""
        return _recent(connection, bot, now)

    @write_transaction
    def reserve(
        self,
        connection: Connection,
        bot: str,
        shard_id: int,
        decide: Callable[[Sequence[GatewayStart]], Permit],
        *,
        now: float,
        ahead: float,
    ) -> Permit:
        """Record a start at the time that *decide* returns, unless that is too far *ahead*."""
        self._database.lock(connection, f"gateway:{bot}")
        connection.execute(delete(table).where(table.c.bot == bot, table.c.started_at < now - DAY))
        permit = decide(_recent(connection, bot, now))
        if permit.at <= now + ahead:
            values = {"bot": bot, "shard_id": shard_id, "started_at": permit.at}
            connection.execute(insert(table).values(values))
        return permit

    @write_transaction
    def mark_steady(
        self, connection: Connection, bot: str, shard_id: int, *, started_at: float, now: float
    ) -> None:
        """Record that the session of a start has lasted."""
        connection.execute(_update(bot, shard_id, started_at).values(steady_at=now))

    @write_transaction
    def mark_failed(
        self, connection: Connection, bot: str, shard_id: int, *, started_at: float
    ) -> None:
        """Record that the session of a start ended before it had lasted."""
        connection.execute(_update(bot, shard_id, started_at).values(failed=True))


def _update(bot: str, shard_id: int, started_at: float) -> Update:
    return update(table).where(
        table.c.bot == bot, table.c.started_at == started_at, table.c.shard_id == shard_id
    )


def _recent(connection: Connection, bot: str, now: float) -> list[GatewayStart]:
    columns = (table.c.started_at, table.c.shard_id, table.c.steady_at, table.c.failed)
    rows = connection.execute(
        select(*columns).where(table.c.bot == bot, table.c.started_at >= now - DAY)
    )
    return [GatewayStart(*row) for row in rows]
