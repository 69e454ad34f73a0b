"""Alerts in the store: episodes of trouble, and the outbox of what the operator must be told."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Final

from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from bot.domain.alerts import FLAPPING, Alert
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.statements import Row, Statement, given
from bot.store.tables import alerts, is_open_alert, is_to_be_told

LONGEST_WAIT: Final = 3600.0  # seconds, more than a lease or a back-off lasts
_LOCK: Final = "alerts"

_FIELDS: Final = tuple(field.name for field in fields(Alert))
_COLUMNS: Final = tuple(alerts.c[name] for name in _FIELDS)
_NOW: Final = given("now")
_ID: Final = alerts.c.id == given("alert_id")
_KNOWN: Final = Statement(select(alerts.c.id).where(_ID))
_INSERT: Final = Statement(insert(alerts).values({name: given(name) for name in _FIELDS}))
_LAST: Final = Statement(
    select(*_COLUMNS)
    .where(alerts.c.kind == given("of_kind"), alerts.c.subject == given("of_subject"))
    .order_by(alerts.c.opened_at.desc())
    .limit(1)
)
_EPISODES: Final = Statement(select(*_COLUMNS).where(is_open_alert).order_by(alerts.c.opened_at))
_HAS_END: Final = alerts.c.over_text.is_not(None)
_CLOSE: Final = Statement(
    update(alerts)
    .where(_ID, is_open_alert)
    .values(
        closed_at=_NOW,
        due_at=case((_HAS_END, func.coalesce(alerts.c.due_at, _NOW)), else_=alerts.c.due_at),
    )
)
# A try failed, or is under way: the receiver is left alone. A time too far ahead comes from a clock
# that was wrong.
_RESTING: Final = Statement(
    select(alerts.c.id)
    .where(
        is_to_be_told,
        alerts.c.tries > 0,
        alerts.c.due_at > _NOW,
        alerts.c.due_at < given("latest"),
    )
    .limit(1)
)
_NEXT: Final = Statement(
    select(alerts.c.id).where(is_to_be_told).order_by(alerts.c.opened_at).limit(1)
)
_CLAIM: Final = Statement(
    update(alerts)
    .where(_ID)
    .values(due_at=given("until"), tries=alerts.c.tries + 1)
    .returning(*_COLUMNS)
)
_CLAIMED: Final = (_ID, alerts.c.due_at == given("claimed_until"))
_AGAIN: Final = Statement(update(alerts).where(*_CLAIMED).values(due_at=given("again_at")))
_TOLD_OPEN: Final = Statement(
    update(alerts)
    .where(*_CLAIMED)
    .values(
        told_at=_NOW,
        tries=0,
        due_at=case((alerts.c.closed_at.is_not(None) & _HAS_END, _NOW), else_=None),
    )
)
_TOLD_OVER: Final = Statement(update(alerts).where(*_CLAIMED).values(due_at=None, tries=0))
_PENDING: Final = Statement(select(func.count()).select_from(alerts).where(is_to_be_told))
_OLD: Final = Statement(
    select(alerts.c.id)
    .where(alerts.c.closed_at < given("before"))
    .order_by(alerts.c.closed_at)
    .limit(given("most"))
)
_ERASE: Final = Statement(delete(alerts).where(alerts.c.id.in_(given("ids", many=True))))


class Alerts:
    """The alerts of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @write_transaction
    def open(self, connection: Connection, alert: Alert, *, at_most_every: float = 0.0) -> bool:
        """Record an alert to be told; ``False``: its kind and subject have an open episode.

        Also if the last one of the same kind and subject is younger than *at_most_every* seconds.
        """
        return record(self._database, connection, alert, at_most_every=at_most_every)

    @write_transaction
    def close(self, connection: Connection, alert: Alert, *, now: float) -> bool:
        """Record the end of an episode, to be told; ``False``: it is over already."""
        return bool(_CLOSE.change(connection, alert_id=alert.id, now=now))

    @read_transaction
    def episodes(self, connection: Connection) -> Sequence[Alert]:
        """Return the open episodes, the oldest first."""
        return _alerts_of(_EPISODES.rows(connection))

    async def claim(self, *, now: float, lease: float) -> Alert | None:
        """Take the oldest alert that is to be told, for *lease* seconds.

        ``None``: there is none, another process tells one, or the receiver is left alone after a
        try that failed.
        """
        if not await self.pending():
            return None  # the usual case, which needs no write
        return await self._claim(now, now + lease)

    @write_transaction
    def _claim(self, connection: Connection, now: float, until: float) -> Alert | None:
        self._database.lock(connection, _LOCK)
        if _RESTING.first(connection, now=now, latest=now + LONGEST_WAIT) is not None:
            return None
        if (alert_id := _NEXT.value(connection)) is None:
            return None
        (alert,) = _alerts_of(_CLAIM.rows(connection, alert_id=alert_id, until=until))
        return alert

    @write_transaction
    def settle(
        self, connection: Connection, alert: Alert, *, now: float, due_at: float | None = None
    ) -> None:
        """Record that a claimed alert was told; with *due_at*: that it is to be tried then."""
        claimed = {"alert_id": alert.id, "claimed_until": alert.due_at}
        if due_at is not None:
            _AGAIN.change(connection, **claimed, again_at=due_at)
        elif alert.told_at is None:
            _TOLD_OPEN.change(connection, **claimed, now=now)
        else:
            _TOLD_OVER.change(connection, **claimed)

    @read_transaction
    def pending(self, connection: Connection) -> int:
        """Count the alerts that are to be told."""
        return int(_PENDING.value(connection))

    @write_transaction
    def erase(self, connection: Connection, *, before: float, most: int) -> int:
        """Erase some alerts that were over before that time; return how many."""
        ids = _OLD.values(connection, before=before, most=most)
        return _ERASE.change(connection, ids=ids)


def record(
    database: Database, connection: Connection, alert: Alert, *, at_most_every: float = 0.0
) -> bool:
    """Record an alert in the transaction of its cause; see :meth:`Alerts.open`."""
    database.lock(connection, _LOCK)
    if _KNOWN.first(connection, alert_id=alert.id) is not None:
        return False
    row = _LAST.first(connection, of_kind=alert.kind, of_subject=alert.subject)
    flaps = 0
    if row is not None:
        (last,) = _alerts_of([row])
        if last.closed_at is None or 0 <= alert.opened_at - last.opened_at < at_most_every:
            return False
        if 0 <= alert.opened_at - last.closed_at < FLAPPING:
            flaps = last.flaps + 1
    _INSERT.change(connection, **asdict(alert) | {"flaps": flaps})
    return True


def _alerts_of(rows: Iterable[Row]) -> Sequence[Alert]:
    return [Alert(**dict(zip(_FIELDS, row, strict=True))) for row in rows]
