"""Settings of members."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import and_, delete, select, update
from sqlalchemy.engine import Connection

from bot.domain.denials import Denial
from bot.domain.rules import Block
from bot.service.ports.store import MemberSettings, Ping
from bot.store.database import Database, read_at_once, read_transaction, write_transaction
from bot.store.denials import denials_of
from bot.store.statements import Statement, given, upsert
from bot.store.tables import blocks, members, to_forget

_BLOCK_FIELDS: Final = tuple(field.name for field in fields(Block))
_SETTINGS: Final = (members.c.ping, members.c.forget_before)

_OF_MEMBER: Final = members.c.member_id == given("of_member")
_GET: Final = Statement(select(*_SETTINGS).where(_OF_MEMBER))
_ERASED: Final = Statement(
    update(members)
    .where(_OF_MEMBER, members.c.forget_before == given("made_before"))
    .values(forget_before=None)
)
_DELETE_EMPTY: Final = Statement(
    delete(members).where(
        _OF_MEMBER, and_(members.c.ping == Ping.AUTO.value, members.c.forget_before.is_(None))
    )
)
_BLOCKS: Final = Statement(
    select(blocks.c.guild_id, *(blocks.c[name] for name in _BLOCK_FIELDS)).where(
        blocks.c.member_id == given("of_member")
    )
)
_PENDING: Final = Statement(
    select(members.c.member_id, *_SETTINGS)
    .where(to_forget)
    .order_by(members.c.forget_before)
    .limit(given("most"))
)


class Members:
    """The members of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_at_once
    def settings(self, connection: Connection, member_id: int) -> MemberSettings:
        """Return what a member has set; the defaults where that is nothing."""
        row = _GET.first(connection, of_member=member_id)
        return MemberSettings() if row is None else _settings(*row)

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
        _ERASED.change(connection, of_member=member_id, made_before=made_before)
        _DELETE_EMPTY.change(connection, of_member=member_id)

    @read_transaction
    def blocks(self, connection: Connection, member_id: int) -> Sequence[tuple[int, Block]]:
        """Return the blocks of a member, each with its server."""
        return [
            (guild_id, Block(**dict(zip(_BLOCK_FIELDS, block, strict=True))))
            for guild_id, *block in _BLOCKS.rows(connection, of_member=member_id)
        ]

    @read_transaction
    def denial(self, connection: Connection, member_id: int) -> Denial | None:
        """Return the operator's bar of a member, even one that is over; ``None``: there is none."""
        return next(iter(denials_of(connection, None, member_id)), None)

    @read_transaction
    def pending_erasures(
        self, connection: Connection, *, most: int
    ) -> Sequence[tuple[int, MemberSettings]]:
        """Return some members who want orders erased that could not be yet."""
        return [
            (member_id, _settings(ping, forget_before))
            for member_id, ping, forget_before in _PENDING.rows(connection, most=most)
        ]


def _settings(ping: str, forget_before: float | None) -> MemberSettings:
    return MemberSettings(ping=Ping(ping), forget_before=forget_before)
