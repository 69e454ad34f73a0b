"""Settings of members."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import and_, delete, select, update
from sqlalchemy.engine import Connection

from bot.domain.rules import Block
from bot.service.ports.store import MemberSettings, Ping
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.dialects import upsert
from bot.store.tables import blocks, members, to_forget

_BLOCK_FIELDS = tuple(field.name for field in fields(Block))


class Members:
    """The members of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def settings(self, connection: Connection, member_id: int) -> MemberSettings:
        """Return what a member has set; the defaults where that is nothing."""
        query = select(members).where(members.c.member_id == member_id)
        row = connection.execute(query).mappings().first()
        return MemberSettings() if row is None else _settings(row)

    async def replace_settings(self, member_id: int, settings: MemberSettings) -> None:
        """Replace all settings of the member."""
        await self._set(member_id, asdict(settings))

    async def set_ping(self, member_id: int, ping: Ping) -> None:
        """Set when the member is pinged; other settings may change at the same time."""
        await self._set(member_id, {"ping": ping.value})

    @write_transaction
    def _set(self, connection: Connection, member_id: int, columns: Mapping[str, Any]) -> None:
        upsert(connection, members, {"member_id": member_id}, columns)

    @write_transaction
    def finish_erasure(self, connection: Connection, member_id: int, *, made_before: float) -> None:
        """Record that orders until then are erased, unless more is to be erased by now.

        A row that holds only defaults is deleted.
        """
        is_member = members.c.member_id == member_id
        done = update(members).where(is_member, members.c.forget_before == made_before)
        connection.execute(done.values(forget_before=None))
        empty = and_(members.c.ping == Ping.AUTO.value, members.c.forget_before.is_(None))
        connection.execute(delete(members).where(is_member, empty))

    @read_transaction
    def blocks(self, connection: Connection, member_id: int) -> Sequence[tuple[int, Block]]:
        """Return the blocks of a member, each with its server."""
        query = select(blocks).where(blocks.c.member_id == member_id)
        return [
            (row["guild_id"], Block(**{name: row[name] for name in _BLOCK_FIELDS}))
            for row in connection.execute(query).mappings()
        ]

    @read_transaction
    def pending_erasures(
        self, connection: Connection, *, most: int
    ) -> Sequence[tuple[int, MemberSettings]]:
        """Return some members who want orders erased that could not be yet."""
        query = select(members).where(to_forget).order_by(members.c.forget_before).limit(most)
        return [(row["member_id"], _settings(row)) for row in connection.execute(query).mappings()]


def _settings(row: Mapping[Any, Any]) -> MemberSettings:
    return MemberSettings(ping=Ping(row["ping"]), forget_before=row["forget_before"])
