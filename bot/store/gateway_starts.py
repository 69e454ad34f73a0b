"""Starts of sessions at Discord's gateway, by all processes with the same token."""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.engine import Connection

from bot.domain.gateway_starts import DAY, GatewayStart, Permit
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.statements import Statement, given
from bot.store.tables import gateway_starts as table

_OF_BOT: Final = table.c.bot == given("of_bot")
_SINCE: Final = given("since")
_RECENT: Final = Statement(
    select(table.c.started_at, table.c.shard_id, table.c.steady_at, table.c.failed).where(
        _OF_BOT, table.c.started_at >= _SINCE
    )
)
_DELETE: Final = Statement(delete(table).where(_OF_BOT, table.c.started_at < _SINCE))
_INSERT: Final = Statement(
    insert(table).values({name: given(name) for name in ("bot", "shard_id", "started_at")})
)
_START: Final = and_(
    _OF_BOT,
    table.c.started_at == given("of_start"),
    table.c.shard_id == given("of_shard"),
)
_MARK_STEADY: Final = Statement(update(table).where(_START).values(steady_at=given("now")))
_MARK_FAILED: Final = Statement(update(table).where(_START).values(failed=True))


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
        _DELETE.change(connection, of_bot=bot, since=now - DAY)
        permit = decide(_recent(connection, bot, now))
        if permit.at <= now + ahead:
            _INSERT.change(connection, bot=bot, shard_id=shard_id, started_at=permit.at)
        return permit

    @write_transaction
    def mark_steady(
        self, connection: Connection, bot: str, shard_id: int, *, started_at: float, now: float
    ) -> None:
        """Record that the session of a start has lasted."""
        _MARK_STEADY.change(connection, of_bot=bot, of_shard=shard_id, of_start=started_at, now=now)

    @write_transaction
    def mark_failed(
        self, connection: Connection, bot: str, shard_id: int, *, started_at: float
    ) -> None:
        """Record that the session of a start ended before it had lasted."""
        _MARK_FAILED.change(connection, of_bot=bot, of_shard=shard_id, of_start=started_at)


def _recent(connection: Connection, bot: str, now: float) -> list[GatewayStart]:
    return [GatewayStart(*row) for row in _RECENT.rows(connection, of_bot=bot, since=now - DAY)]
