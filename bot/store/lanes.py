"""Lanes in the store: their circuit breakers, slots and closure notices, for all processes."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.engine import Connection

from bot.domain import lane_transitions
from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.service.ports.store import ClosureNotice
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.dialects import upsert
from bot.store.guilds import read_rules, rules_of
from bot.store.tables import closure_notices, guilds, is_given_back, is_owed, jobs, lanes

log = logging.getLogger(__name__)

MOST_AHEAD: Final = 30  # reservations, by as many processes
_COLUMNS: Final = tuple(asdict(Lane()))
_DEFAULTS: Final = asdict(Lane()) | {"next_slot_at": 0.0}


class Lanes:
    """The lanes of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def get(self, connection: Connection, lane: str) -> Lane:
        """Return the lane, with its probe resolved; an unknown lane is open."""
        return lane_of(connection, lane)

    async def update(self, lane: str, how: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        """Replace the lane by what *how* returns for it, in one transaction; return both."""
        recorded, current = await self._database.read(lambda connection: _load(connection, lane))
        if how(current) == recorded:
            return recorded, recorded  # saves a write transaction
        return await self._update(lane, how)

    @write_transaction
    def _update(
        self, connection: Connection, lane: str, how: Callable[[Lane], Lane]
    ) -> tuple[Lane, Lane]:
        self._database.lock(connection, lane_lock(lane))
        recorded, current = _load(connection, lane)
        after = how(current)
        put_lane(connection, lane, after)
        return recorded, after

    @write_transaction
    def reserve_slots(
        self, connection: Connection, lane: str, *, count: int, interval: float, now: float
    ) -> float:
        """Reserve *count* slots, *interval* seconds apart; return the first, *now* or later."""
        self._database.lock(connection, lane_lock(lane))
        free = connection.scalar(select(lanes.c.next_slot_at).where(lanes.c.lane == lane))
        # A slot farther ahead comes from a wrong clock.
        farthest = now + MOST_AHEAD * max(count * interval, 1.0)
        first = max(free, now) if free and free < farthest else now
        _put(connection, lane, {"next_slot_at": first + count * interval})
        return first

    @read_transaction
    def closure_notices(
        self, connection: Connection, lane: str, *, shut_at: float
    ) -> Sequence[ClosureNotice]:
        """Return a notice for each server with orders given back since *shut_at*, not told yet."""
        known = and_(closure_notices.c.lane == lane, closure_notices.c.guild_id == jobs.c.guild_id)
        query = (
            select(
                jobs.c.guild_id, func.count().label("orders"), func.max(jobs.c.id).label("job_id")
            )
            .outerjoin(closure_notices, known)
            .where(
                jobs.c.lane == lane,
                is_given_back,
                jobs.c.since >= shut_at,
                jobs.c.guild_id.is_not(None),
                or_(closure_notices.c.shut_at.is_(None), closure_notices.c.shut_at < shut_at),
            )
            .group_by(jobs.c.guild_id)
        )
        return [_notice(connection, row) for row in connection.execute(query).mappings().all()]

    @write_transaction
    def record_notice(
        self, connection: Connection, lane: str, guild_id: int, *, shut_at: float
    ) -> None:
        """Record that the server was told of the closure at *shut_at*."""
        key = {"lane": lane, "guild_id": guild_id}
        upsert(connection, closure_notices, key, {"shut_at": shut_at})

    @write_transaction
    def owe_end(self, connection: Connection, lane: str, guild_id: int, *, shut_at: float) -> None:
        """Record that the server is being told of the closure at *shut_at*, so of its end, too."""
        key, owed = {"lane": lane, "guild_id": guild_id}, {"owed_since": shut_at}
        upsert(connection, closure_notices, key, owed, defaults={"shut_at": 0.0})

    @read_transaction
    def untold(
        self, connection: Connection, lane: str, *, shut_at: float, after: int, most: int
    ) -> tuple[Sequence[ClosureNotice], int | None]:
        """Return notices for servers above the id *after* with a log channel, not told yet.

        And the last id of this page of servers; ``None``: there are no more.
        """
        known = and_(
            closure_notices.c.lane == lane, closure_notices.c.guild_id == guilds.c.guild_id
        )
        query = (
            select(guilds.c.guild_id, guilds.c.rules, guilds.c.left_at, closure_notices.c.shut_at)
            .outerjoin(closure_notices, known)
            .where(guilds.c.guild_id > after)
            .order_by(guilds.c.guild_id)
            .limit(most)
        )
        rows = connection.execute(query).all()
        notices = [
            _notice_of(row.guild_id, row.rules)
            for row in rows
            if row.left_at is None and (row.shut_at is None or row.shut_at < shut_at)
        ]
        last = rows[-1].guild_id if len(rows) == most else None
        return [notice for notice in notices if notice.log_channel is not None], last

    @read_transaction
    def owed_ends(
        self, connection: Connection, *, most: int
    ) -> Sequence[tuple[str, ClosureNotice]]:
        """Return some servers, each with the lane, that were told of a closure, not of its end."""
        query = (
            select(closure_notices, guilds.c.rules)
            .outerjoin(guilds, guilds.c.guild_id == closure_notices.c.guild_id)
            .where(is_owed)
            .order_by(closure_notices.c.owed_since)
            .limit(most)
        )
        return [
            (row.lane, replace(_notice_of(row.guild_id, row.rules), shut_at=row.owed_since))
            for row in connection.execute(query).all()
        ]

    @write_transaction
    def record_end(self, connection: Connection, lane: str, guild_id: int) -> None:
        """Record that the server was told that the lane works again."""
        theirs = and_(closure_notices.c.lane == lane, closure_notices.c.guild_id == guild_id)
        connection.execute(update(closure_notices).where(theirs).values(owed_since=None))


def lane_lock(lane: str) -> str:
    """Return the name of the lock under which a lane changes."""
    return f"lane:{lane}"


def lane_of(connection: Connection, lane: str) -> Lane:
    """Return the lane, with its probe resolved."""
    _, current = _load(connection, lane)
    return current


def _load(connection: Connection, lane: str) -> tuple[Lane, Lane]:
    """Return the lane as recorded, and with its probe resolved by the state of its job."""
    query = select(*(lanes.c[name] for name in _COLUMNS)).where(lanes.c.lane == lane)
    row = connection.execute(query).mappings().first()
    if row is None:
        return Lane(), Lane()
    recorded = Lane(**{**row, "closed": _reason(lane, row["closed"])})
    if recorded.probe is None:
        return recorded, recorded
    state = connection.scalar(select(jobs.c.state).where(jobs.c.id == recorded.probe))
    if state is not None and state not in set(State):
        log.error("probe not resolved, unknown state: job=%s state=%s", recorded.probe, state)
        return recorded, recorded
    return recorded, lane_transitions.probe_resolved(recorded, State(state) if state else None)


def _reason(lane: str, name: str | None) -> ClosedReason | None:
    """Return the reason of that name; one of a newer version is UNKNOWN: orders wait."""
    if name is None or name in set(ClosedReason):
        return ClosedReason(name) if name else None
    log.error("reason of a closed lane unknown: lane=%s reason=%s", lane, name)
    return ClosedReason.UNKNOWN


def put_lane(connection: Connection, lane: str, value: Lane) -> None:
    """Record the lane; its lock must be held."""
    _put(connection, lane, asdict(value))


def _put(connection: Connection, lane: str, values: dict[str, Any]) -> None:
    upsert(connection, lanes, {"lane": lane}, values, defaults=_DEFAULTS)


def _notice_of(guild_id: int, document: Any) -> ClosureNotice:
    """Return the notice of a server that no order speaks for."""
    rules = read_rules(document)
    return ClosureNotice(guild_id=guild_id, log_channel=rules.log_channel, language=rules.language)


def _notice(connection: Connection, row: Any) -> ClosureNotice:
    columns = (jobs.c.channel_id, jobs.c.message_id, jobs.c.language, jobs.c.private)
    card = connection.execute(select(*columns).where(jobs.c.id == row["job_id"])).one()
    rules = rules_of(connection, row["guild_id"])
    return ClosureNotice(
        guild_id=row["guild_id"],
        log_channel=rules.log_channel,
        orders=row["orders"],
        channel_id=card.channel_id,
        message_id=None if card.private else card.message_id,  # others cannot open it
        language=rules.language or (None if card.private else card.language),
    )
