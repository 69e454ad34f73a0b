"""Deeds of moderators in the store: an audit trail, and what must still be told of them."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.engine import Connection

from bot.domain.deeds import Deed, DeedKind, outcomes
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.dialects import insert_new
from bot.store.tables import deeds, is_due

log = logging.getLogger(__name__)

_FIELDS: Final = tuple(field.name for field in fields(Deed))
_COLUMNS: Final = tuple(deeds.c[name] for name in _FIELDS)
_KINDS: Final = frozenset(DeedKind)


class Deeds:
    """The deeds of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @write_transaction
    def add(self, connection: Connection, *added: Deed) -> None:
        """Record deeds that change nothing else, but for those on record already."""
        record(connection, added)

    async def claim(self, *, now: float, lease: float, most: int) -> Sequence[Deed]:
        """Take some deeds of which somebody must be told, for *lease* seconds; the oldest first.

        They are due again then, for every process, unless they were settled.
        """
        due = deeds.c.due_at <= now
        any_due = select(deeds.c.id).where(is_due, due).limit(1)
        if await self._database.read(lambda connection: connection.scalar(any_due)) is None:
            return ()  # the usual case, which needs no write
        return await self._claim(due, now + lease, most)

    @write_transaction
    def _claim(
        self, connection: Connection, due: ColumnElement[bool], until: float, most: int
    ) -> Sequence[Deed]:
        ids = connection.scalars(
            select(deeds.c.id)
            .where(is_due, due)
            .order_by(deeds.c.due_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        ).all()
        taken = update(deeds).where(deeds.c.id.in_(ids))
        rows = connection.execute(
            taken.values(due_at=until, tries=deeds.c.tries + 1).returning(*_COLUMNS)
        )
        return _deeds_of(rows.mappings())

    @write_transaction
    def settle(
        self,
        connection: Connection,
        deed: Deed,
        *,
        tell_log: bool,
        tell_member: bool,
        due_at: float | None,
    ) -> None:
        """Record who is still to be told of a claimed deed, and when; ``None``: nobody any more.

        Nothing changes if it was made due meanwhile, or claimed by another process.
        """
        values = {"tell_log": tell_log, "tell_member": tell_member, "due_at": due_at}
        is_claimed = and_(deeds.c.id == deed.id, deeds.c.due_at == deed.due_at)
        connection.execute(update(deeds).where(is_claimed).values(values))

    @write_transaction
    def set_detail(self, connection: Connection, deed: Deed, detail: Mapping[str, Any]) -> None:
        """Replace the detail of a deed."""
        values = {"detail": dict(detail)}
        connection.execute(update(deeds).where(deeds.c.id == deed.id).values(values))

    @write_transaction
    def redraw(self, connection: Connection, job_id: str) -> None:
        """Have the entry of a reported order drawn anew, if there is one."""
        redraw(connection, [job_id])

    async def retry_now(self, *, now: float) -> None:
        """Make everything due that must still be told, if no other process can be at it."""
        if self._database.shared:
            return
        pending = update(deeds).where(is_due).values(due_at=now)
        await self._database.write(lambda connection: connection.execute(pending))

    @read_transaction
    def of_job(self, connection: Connection, job_id: str) -> Sequence[Deed]:
        """Return the deeds about an order, the oldest first."""
        return _all(connection, deeds.c.job_id == job_id)

    @read_transaction
    def about(self, connection: Connection, member_id: int) -> Sequence[Deed]:
        """Return the deeds about a member, the oldest first."""
        return _all(connection, deeds.c.member_id == member_id)


def record(connection: Connection, added: Iterable[Deed]) -> None:
    """Record deeds, in the transaction of what was done; who must be told is told soon.

    If they are about a reported order, its reporters are told too, and its entry is drawn anew.
    """
    for deed in added:
        _insert(connection, deed)
        if deed.job_id is None:
            continue
        for told in outcomes(deed, _all(connection, deeds.c.job_id == deed.job_id)):
            _insert(connection, told)
        redraw(connection, [deed.job_id])


def redraw(connection: Connection, job_ids: Iterable[str]) -> None:
    """Have the entries of these orders drawn anew, as far as they were reported."""
    is_entry = and_(deeds.c.id.in_(sorted(job_ids)), deeds.c.kind == DeedKind.ENTRY.value)
    connection.execute(update(deeds).where(is_entry).values(tell_log=True, due_at=0.0, tries=0))


def forget_reports(connection: Connection, member_id: int) -> None:
    """Erase what a member wrote in reports, and draw the entries with them or their orders anew."""
    theirs = deeds.c.member_id == member_id
    reports = update(deeds).where(theirs, deeds.c.kind == DeedKind.REPORT.value)
    written = connection.scalars(reports.values(detail={}).returning(deeds.c.job_id)).all()
    about = select(deeds.c.id).where(theirs, deeds.c.kind == DeedKind.ENTRY.value)
    redraw(connection, [*filter(None, written), *connection.scalars(about)])


def _insert(connection: Connection, deed: Deed) -> None:
    row = {name: getattr(deed, name) for name in _FIELDS}
    due_at = deed.at if _is_pending(deed) else None
    insert_new(connection, deeds, row | {"detail": dict(deed.detail), "due_at": due_at})


def _all(connection: Connection, which: ColumnElement[bool]) -> Sequence[Deed]:
    return _deeds_of(connection.execute(select(*_COLUMNS).where(which)).mappings())


def _is_pending(deed: Deed) -> bool:
    return deed.tell_log or deed.tell_member


def _deeds_of(rows: Iterable[Mapping[Any, Any]]) -> Sequence[Deed]:
    """Return the deeds of *rows* by age; skip and log kinds that a newer version wrote."""
    known = []
    for row in rows:
        if row["kind"] in _KINDS:
            known.append(Deed(**{**row, "kind": DeedKind(row["kind"])}))
        else:
            log.error("deed skipped, unknown kind: deed=%s kind=%s", row["id"], row["kind"])
    return sorted(known, key=lambda deed: (deed.at, deed.id))
