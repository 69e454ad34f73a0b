"""Denials in the store: servers and members that the operator barred from ordering."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select
from sqlalchemy.engine import Connection

from bot.domain.deeds import Deed
from bot.domain.denials import Denial, DeniedKind
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.deeds import record
from bot.store.statements import Row, Statement, given, upsert
from bot.store.tables import denied

_NAMES: Final = tuple(field.name for field in fields(Denial))
_COLUMNS: Final = tuple(denied.c[name] for name in _NAMES)
HOLDS: Final = or_(denied.c.until.is_(None), denied.c.until > given("now"))


def is_denied(kind: DeniedKind, subject_id: Any) -> ColumnElement[bool]:
    """Return the condition that a row denies that server or member."""
    return and_(denied.c.kind == kind.value, denied.c.id == subject_id)


def denied_since(kind: DeniedKind, subject_id: Any) -> Select[Any]:
    """Return the query that has a row if that server or member was denied, even if it is over."""
    return select(denied.c.since).where(is_denied(kind, subject_id))


_IS_THIS: Final = and_(denied.c.kind == given("of_kind"), denied.c.id == given("of_id"))
_GET: Final = Statement(select(*_COLUMNS).where(_IS_THIS))
_LIFT: Final = Statement(delete(denied).where(_IS_THIS))
_PAGE: Final = Statement(
    select(*_COLUMNS)
    .where(HOLDS)
    .order_by(denied.c.since.desc(), denied.c.kind, denied.c.id)
    .offset(given("skip"))
    .limit(given("most"))
)
_TOTAL: Final = Statement(select(func.count()).select_from(denied).where(HOLDS))


def denials_of(connection: Connection, guild_id: int | None, member_id: int) -> tuple[Denial, ...]:
    """Return what denies a server or a member, even what is over."""
    found = (
        _GET.first(connection, of_kind=kind.value, of_id=subject_id)
        for kind, subject_id in ((DeniedKind.SERVER, guild_id), (DeniedKind.MEMBER, member_id))
        if subject_id is not None
    )
    return tuple(_denial(row) for row in found if row is not None)


class Denials:
    """The denials of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @write_transaction
    def add(self, connection: Connection, denial: Denial, *, deeds: Sequence[Deed] = ()) -> None:
        """Record *denial*, with *deeds*; it replaces an earlier one."""
        columns = asdict(denial)
        key = {"kind": columns.pop("kind").value, "id": columns.pop("id")}
        upsert(connection, denied, key, columns)
        record(connection, deeds)

    @write_transaction
    def lift(
        self,
        connection: Connection,
        kind: DeniedKind,
        subject_id: int,
        *,
        deeds: Sequence[Deed] = (),
    ) -> bool:
        """Delete a denial, and record *deeds*; ``False``: there is none."""
        lifted = _LIFT.change(connection, of_kind=kind.value, of_id=subject_id)
        if lifted:
            record(connection, deeds)
        return lifted > 0

    @read_transaction
    def page(
        self, connection: Connection, *, now: float, skip: int, most: int
    ) -> tuple[Sequence[Denial], int]:
        """Return some denials that hold at *now*, newest first, and how many do."""
        rows = _PAGE.rows(connection, now=now, skip=skip, most=most)
        return [_denial(row) for row in rows], _TOTAL.value(connection, now=now)


def _denial(row: Row) -> Denial:
    columns = dict(zip(_NAMES, row, strict=True))
    return Denial(**columns | {"kind": DeniedKind(columns["kind"])})
