"""Settings of members."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from bot.domain.denials import Denial
from bot.domain.preferences import Preferences
from bot.domain.rules import Block
from bot.service.ports.store import MemberSettings, Ping, PingIn
from bot.store.database import Database, read_at_once, read_transaction, write_transaction
from bot.store.denials import denials_of
from bot.store.documents import read_document
from bot.store.statements import Statement, given, upsert
from bot.store.tables import blocks, members, to_forget

_BLOCK_FIELDS: Final = tuple(field.name for field in fields(Block))
_SETTINGS: Final = (
    members.c.ping,
    members.c.ping_in,
    members.c.preferences,
    members.c.forget_before,
)

_OF_MEMBER: Final = members.c.member_id == given("of_member")
_GET: Final = Statement(select(*_SETTINGS).where(_OF_MEMBER))
_PREFERENCES: Final = Statement(select(members.c.preferences).where(_OF_MEMBER))
_ERASED: Final = Statement(
    update(members)
    .where(_OF_MEMBER, members.c.forget_before == given("made_before"))
    .values(forget_before=None)
)
_DELETE_EMPTY: Final = Statement(
    delete(members).where(
        _OF_MEMBER,
        members.c.ping == Ping.AUTO.value,
        members.c.ping_in == PingIn.CHANNEL.value,
        members.c.preferences.is_(None),
        members.c.forget_before.is_(None),
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
        return _settings_of(connection, member_id)

    @write_transaction
    def change(
        self,
        connection: Connection,
        member_id: int,
        how: Callable[[MemberSettings], MemberSettings],
    ) -> MemberSettings:
        """Replace the settings by what *how* returns for them, and return that."""
        self._database.lock(connection, f"member:{member_id}")
        before = _settings_of(connection, member_id)
        after = how(before)
        if after != before:
            columns = vars(after) | {"preferences": None}
            if after.preferences != Preferences():
                columns["preferences"] = asdict(after.preferences)
            upsert(connection, members, {"member_id": member_id}, columns)
        return after

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
            (member_id, _settings(*settings))
            for member_id, *settings in _PENDING.rows(connection, most=most)
        ]


def preferences_of(connection: Connection, member_id: int) -> Preferences:
    """Return the member's defaults and own styles."""
    return read_preferences(_PREFERENCES.value(connection, of_member=member_id))


def read_preferences(document: Any) -> Preferences:
    """Return the preferences of a stored document; ``None``: none were set."""
    return Preferences() if document is None else read_document(Preferences, document)


def _settings_of(connection: Connection, member_id: int) -> MemberSettings:
    row = _GET.first(connection, of_member=member_id)
    return MemberSettings() if row is None else _settings(*row)


def _settings(
    ping: str, ping_in: str, preferences: Any, forget_before: float | None
) -> MemberSettings:
    return MemberSettings(
        ping=Ping(ping),
        ping_in=PingIn(ping_in),
        preferences=read_preferences(preferences),
        forget_before=forget_before,
    )
