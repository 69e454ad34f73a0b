"""Deeds of moderators in the store: an audit trail, and what must still be told of them."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, Final

from sqlalchemy import Executable, select, update
from sqlalchemy.engine import Connection

from bot.domain.alerts import Alert
from bot.domain.budget_steps import BudgetReached
from bot.domain.deeds import Deed, DeedKind, outcomes
from bot.store import alerts
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.statements import Insert, Row, Statement, given, insert_new
from bot.store.tables import budget_warnings, deeds, is_due

log = logging.getLogger(__name__)

LONGEST_WAIT: Final = 3600.0  # seconds, more than a lease or a back-off lasts

_FIELDS: Final = tuple(field.name for field in fields(Deed))
_COLUMNS: Final = tuple(deeds.c[name] for name in _FIELDS)
_KINDS: Final = frozenset(DeedKind)

_ID: Final = deeds.c.id == given("deed_id")
_DUE: Final = select(deeds.c.id).where(is_due, deeds.c.due_at <= given("now"))
_ANY_DUE: Final = Statement(_DUE.limit(1))
_LOCK_DUE: Final = Statement(
    _DUE.order_by(deeds.c.due_at).limit(given("most")).with_for_update(skip_locked=True)
)
_CLAIM: Final = Statement(
    update(deeds)
    .where(deeds.c.id.in_(given("ids", many=True)))
    .values(due_at=given("until"), tries=deeds.c.tries + 1)
    .returning(*_COLUMNS)
)
_SETTLE: Final = Statement(
    update(deeds)
    .where(_ID, deeds.c.due_at == given("claimed_until"))
    .values({name: given(name) for name in ("tell_log", "tell_member", "due_at")})
)
_SET_DETAIL: Final = Statement(update(deeds).where(_ID).values(detail=given("detail")))
_IS_ENTRY: Final = deeds.c.kind.in_([DeedKind.ENTRY.value, DeedKind.HOLD.value])
_REDRAW: Final = Statement(
    update(deeds)
    .where(deeds.c.job_id.in_(given("ids", many=True)), _IS_ENTRY)
    .values(tell_log=True, due_at=0.0, tries=0)
)
_THEIRS: Final = deeds.c.member_id == given("of_member")
_FORGET_REPORTS: Final = Statement(
    update(deeds)
    .where(_THEIRS, deeds.c.kind == DeedKind.REPORT.value)
    .values(detail={})
    .returning(deeds.c.job_id)
)
_ENTRIES: Final = Statement(select(deeds.c.job_id).where(_THEIRS, _IS_ENTRY))
_RETRY: Final = Statement(
    update(deeds).where(is_due, deeds.c.due_at < given("soon")).values(due_at=given("now"))
)
_OF_JOB: Final = Statement(select(*_COLUMNS).where(deeds.c.job_id == given("of_job")))
_ABOUT: Final = Statement(select(*_COLUMNS).where(_THEIRS))


def _warning(insert: Insert) -> Executable:
    columns = {column.name: given(column.name) for column in budget_warnings.c}
    row = insert(budget_warnings).values(columns)
    higher: Executable = row.on_conflict_do_update(
        index_elements=budget_warnings.primary_key.columns.keys(),
        set_={"percent": row.excluded.percent},
        where=budget_warnings.c.percent < row.excluded.percent,
    )
    return higher


_WARN: Final = Statement(_warning)


class Deeds:
    """The deeds of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @write_transaction
    def add(self, connection: Connection, *added: Deed) -> None:
        """Record deeds that change nothing else, but for those on record already."""
        record(connection, added)

    @write_transaction
    def warn(
        self,
        connection: Connection,
        reached: BudgetReached,
        *deeds: Deed,
        alert: Alert | None = None,
    ) -> bool:
        """Record a step of a budget, with *deeds* and an *alert* of it.

        ``False``: it, or a higher one, is on record.
        """
        rule, guild_id, since, cap = reached.key
        key = {"rule": rule.value, "guild_id": guild_id, "since": since, "cap": cap}
        is_new = bool(_WARN.change(connection, **key, percent=reached.percent))
        if is_new:
            record(connection, deeds)
            if alert is not None:
                alerts.record(self._database, connection, alert)
        return is_new

    async def claim(self, *, now: float, lease: float, most: int) -> Sequence[Deed]:
        """Take some deeds of which somebody must be told, for *lease* seconds; the oldest first.

        They are due again then, for every process, unless they were settled.
        """
        if await self._database.read(partial(_ANY_DUE.value, now=now)) is None:
            return ()  # the usual case, which needs no write
        return await self._claim(now, now + lease, most)

    @write_transaction
    def _claim(self, connection: Connection, now: float, until: float, most: int) -> Sequence[Deed]:
        ids = _LOCK_DUE.values(connection, now=now, most=most)
        return _deeds_of(_CLAIM.rows(connection, ids=ids, until=until))

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
        _SETTLE.change(
            connection,
            deed_id=deed.id,
            claimed_until=deed.due_at,
            tell_log=tell_log,
            tell_member=tell_member,
            due_at=due_at,
        )

    @write_transaction
    def set_detail(self, connection: Connection, deed: Deed, detail: Mapping[str, Any]) -> None:
        """Replace the detail of a deed."""
        _SET_DETAIL.change(connection, deed_id=deed.id, detail=dict(detail))

    @write_transaction
    def redraw(self, connection: Connection, job_id: str) -> None:
        """Have the entry of a reported order drawn anew, if there is one."""
        redraw(connection, [job_id])

    async def retry_now(self, *, now: float) -> None:
        """Make everything due that must still be told, if no other process can be at it.

        An entry that is another one in days waits until then.
        """
        if self._database.shared:
            return
        await self._database.write(partial(_RETRY.change, now=now, soon=now + LONGEST_WAIT))

    @read_transaction
    def of_job(self, connection: Connection, job_id: str) -> Sequence[Deed]:
        """Return the deeds about an order, the oldest first."""
        return _deeds_of(_OF_JOB.rows(connection, of_job=job_id))

    @read_transaction
    def about(self, connection: Connection, member_id: int) -> Sequence[Deed]:
        """Return the deeds about a member, the oldest first."""
        return _deeds_of(_ABOUT.rows(connection, of_member=member_id))


def record(connection: Connection, added: Iterable[Deed]) -> None:
    """Record deeds, in the transaction of what was done; who must be told is told soon.

    If they are about a reported order, its reporters are told too, and its entry is drawn anew.
    """
    for deed in added:
        _insert(connection, deed)
        if deed.job_id is None:
            continue
        for told in outcomes(deed, _deeds_of(_OF_JOB.rows(connection, of_job=deed.job_id))):
            _insert(connection, told)
        redraw(connection, [deed.job_id])


def redraw(connection: Connection, job_ids: Iterable[str]) -> None:
    """Have the entries of these orders drawn anew, as far as they were reported or held."""
    if ids := sorted(job_ids):
        _REDRAW.change(connection, ids=ids)


def forget_reports(connection: Connection, member_id: int) -> None:
    """Erase what a member wrote in reports, and draw the entries with them or their orders anew."""
    written = _FORGET_REPORTS.values(connection, of_member=member_id)
    redraw(connection, [*filter(None, written), *_ENTRIES.values(connection, of_member=member_id)])


def _insert(connection: Connection, deed: Deed) -> None:
    row = {name: getattr(deed, name) for name in _FIELDS}
    due_at = deed.at if _is_pending(deed) else None
    insert_new(connection, deeds, row | {"detail": dict(deed.detail), "due_at": due_at})


def _is_pending(deed: Deed) -> bool:
    return deed.tell_log or deed.tell_member


def _deeds_of(rows: Iterable[Row]) -> Sequence[Deed]:
    """Return the deeds of *rows* by age; skip and log kinds that a newer version wrote."""
    known = []
    for row in rows:
        values = dict(zip(_FIELDS, row, strict=True))
        if values["kind"] in _KINDS:
            known.append(Deed(**{**values, "kind": DeedKind(values["kind"])}))
        else:
            log.error("deed skipped, unknown kind: deed=%s kind=%s", values["id"], values["kind"])
    return sorted(known, key=lambda deed: (deed.at, deed.id))
