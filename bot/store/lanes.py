"""Lanes in the store: their circuit breakers, slots and closure notices, for all processes."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import and_, func, literal_column, or_, select, update
from sqlalchemy.engine import Connection

from bot.domain import lane_transitions
from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.log_kinds import LogKind
from bot.service.ports.store import ClosureNotice
from bot.store.database import Database, read_at_once, read_transaction, write_transaction
from bot.store.guilds import read_rules, rules_of
from bot.store.statements import Row, Statement, given, upsert
from bot.store.tables import closure_notices, guilds, is_given_back, is_owed, jobs, lanes

log = logging.getLogger(__name__)

MOST_AHEAD: Final = 30  # reservations, by as many processes
_NAMES: Final = tuple(asdict(Lane()))
_DEFAULTS: Final = asdict(Lane()) | {"next_slot_at": 0.0}

_OF_LANE: Final = lanes.c.lane == given("lane")
_SHUT_AT: Final = given("shut_at")
_GUILD: Final = given("guild_id")

_PROBES: Final = jobs.alias("probes")
# What `read_lane` takes; of a lane that is not stored all is NULL.
LANE_COLUMNS: Final = (*(lanes.c[name] for name in _NAMES), _PROBES.c.state)
LANE_ROW: Final = (
    select(literal_column("1").label("one"))
    .subquery("one")
    .outerjoin(lanes, _OF_LANE)
    .outerjoin(_PROBES, _PROBES.c.id == lanes.c.probe)
)
_LOAD: Final = Statement(select(*LANE_COLUMNS).select_from(LANE_ROW))
_NEXT_SLOT: Final = Statement(select(lanes.c.next_slot_at).where(_OF_LANE))
_OF_GUILD: Final = and_(
    closure_notices.c.lane == jobs.c.lane, closure_notices.c.guild_id == jobs.c.guild_id
)
_GIVEN_BACK: Final = Statement(
    select(jobs.c.guild_id, func.count(), func.max(jobs.c.id))
    .outerjoin(closure_notices, _OF_GUILD)
    .where(
        jobs.c.lane == given("lane"),
        is_given_back,
        jobs.c.since >= _SHUT_AT,
        jobs.c.guild_id.is_not(None),
        or_(closure_notices.c.shut_at.is_(None), closure_notices.c.shut_at < _SHUT_AT),
    )
    .group_by(jobs.c.guild_id)
)
_CARD: Final = Statement(
    select(jobs.c.channel_id, jobs.c.message_id, jobs.c.language, jobs.c.private).where(
        jobs.c.id == given("job_id")
    )
)
_TOLD: Final = and_(
    closure_notices.c.lane == given("lane"), closure_notices.c.guild_id == guilds.c.guild_id
)
_GUILDS: Final = Statement(
    select(guilds.c.guild_id, guilds.c.rules, guilds.c.left_at, closure_notices.c.shut_at)
    .outerjoin(closure_notices, _TOLD)
    .where(guilds.c.guild_id > given("after"))
    .order_by(guilds.c.guild_id)
    .limit(given("most"))
)
_OWED: Final = Statement(
    select(
        closure_notices.c.lane,
        closure_notices.c.guild_id,
        closure_notices.c.owed_since,
        guilds.c.rules,
    )
    .outerjoin(guilds, guilds.c.guild_id == closure_notices.c.guild_id)
    .where(is_owed)
    .order_by(closure_notices.c.owed_since)
    .limit(given("most"))
)
_END: Final = Statement(
    update(closure_notices)
    .where(closure_notices.c.lane == given("of_lane"), closure_notices.c.guild_id == _GUILD)
    .values(owed_since=None)
)


class Lanes:
    """The lanes of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_at_once
    def get(self, connection: Connection, lane: str) -> Lane:
        """Return the lane, with its probe resolved; an unknown lane is open."""
        return lane_of(connection, lane)

    async def update(self, lane: str, how: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        """Replace the lane by what *how* returns for it, in one transaction; return both."""
        recorded, current = await self._database.read(
            lambda connection: _load(connection, lane), at_once=True
        )
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
        free = _NEXT_SLOT.value(connection, lane=lane)
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
        found = _GIVEN_BACK.rows(connection, lane=lane, shut_at=shut_at)
        return [_notice(connection, *row) for row in found]

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
        rows = _GUILDS.rows(connection, lane=lane, after=after, most=most)
        notices = [
            _notice_of(guild_id, rules)
            for guild_id, rules, left_at, told in rows
            if left_at is None and (told is None or told < shut_at)
        ]
        last = rows[-1][0] if len(rows) == most else None
        return [notice for notice in notices if notice.log_channel is not None], last

    @read_transaction
    def owed_ends(
        self, connection: Connection, *, most: int
    ) -> Sequence[tuple[str, ClosureNotice]]:
        """Return some servers, each with the lane, that were told of a closure, not of its end."""
        return [
            (lane, replace(_notice_of(guild_id, rules), shut_at=owed_since))
            for lane, guild_id, owed_since, rules in _OWED.rows(connection, most=most)
        ]

    @write_transaction
    def record_end(self, connection: Connection, lane: str, guild_id: int) -> None:
        """Record that the server was told that the lane works again."""
        _END.change(connection, of_lane=lane, guild_id=guild_id)


def lane_lock(lane: str) -> str:
    """Return the name of the lock under which a lane changes."""
    return f"lane:{lane}"


def lane_of(connection: Connection, lane: str) -> Lane:
    """Return the lane, with its probe resolved."""
    _, current = _load(connection, lane)
    return current


def _load(connection: Connection, lane: str) -> tuple[Lane, Lane]:
    row = _LOAD.first(connection, lane=lane)
    assert row is not None
    return read_lane(lane, row)


def read_lane(lane: str, row: Row) -> tuple[Lane, Lane]:
    """Return the lane as recorded, and with its probe resolved by the state of its job."""
    *columns, state = row
    fields = dict(zip(_NAMES, columns, strict=True))
    if fields["paused_until"] is None:
        return Lane(), Lane()
    recorded = Lane(**{**fields, "closed": _reason(lane, fields["closed"])})
    if recorded.probe is None:
        return recorded, recorded
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
    return ClosureNotice(
        guild_id=guild_id, log_channel=rules.log_for(LogKind.SERVICE), language=rules.language
    )


def _notice(connection: Connection, guild_id: int, orders: int, job_id: str) -> ClosureNotice:
    card = _CARD.first(connection, job_id=job_id)
    assert card is not None
    channel_id, message_id, language, private = card
    rules = rules_of(connection, guild_id)
    return ClosureNotice(
        guild_id=guild_id,
        log_channel=rules.log_for(LogKind.SERVICE),
        orders=orders,
        channel_id=channel_id,
        message_id=None if private else message_id,  # others cannot open it
        language=rules.language or (None if private else language),
    )
