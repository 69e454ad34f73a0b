"""Lanes in the store: what shuts and pauses them holds for all processes, and through restarts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.engine import Connection

from bot.domain import lane as breaker
from bot.domain.job import State
from bot.domain.lane import ClosedReason, Lane
from bot.service.ports.store import ClosureNotice
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.guilds import rules_of
from bot.store.tables import closure_notices, is_given_back, jobs, lanes
from bot.store.upsert import upsert

FAR_AHEAD: Final = 600.0  # seconds
_FIELDS: Final = tuple(asdict(Lane()))
_FRESH: Final = asdict(Lane()) | {"next_slot_at": 0.0}


class Lanes:
    """The lanes of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def get(self, connection: Connection, lane: str) -> Lane:
        """Return the lane as it stands; one that nothing is known of is open."""
        return lane_of(connection, lane)

    async def update(self, lane: str, how: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        """Put what *how* makes of the lane in its place, in one step; return before and after.

        Before is as it was recorded; *how* is given the lane with its probe's end.
        """
        before, stands = await self._database.read(lambda connection: _found(connection, lane))
        if how(stands) == before:
            return before, before  # nothing to write, and nobody is kept waiting
        return await self._turn(lane, how)

    @write_transaction
    def _turn(
        self, connection: Connection, lane: str, how: Callable[[Lane], Lane]
    ) -> tuple[Lane, Lane]:
        self._database.lock(connection, lane_lock(lane))
        before, stands = _found(connection, lane)
        after = how(stands)
        put_lane(connection, lane, after)
        return before, after

    @write_transaction
    def reserve_slots(
        self, connection: Connection, lane: str, *, count: int, interval: float, now: float
    ) -> float:
        """Draw *count* slots, *interval* seconds apart, and return when the first one is.

        Unix seconds, *now* at the earliest. No other process gets these.
        """
        self._database.lock(connection, lane_lock(lane))
        drawn = connection.scalar(select(lanes.c.next_slot_at).where(lanes.c.lane == lane))
        # Nobody draws far ahead: a slot that far is of a clock that was wrong.
        first = max(drawn, now) if drawn and drawn < now + FAR_AHEAD else now
        _put(connection, lane, {"next_slot_at": first + count * interval})
        return first

    async def closure_notices(self, lane: str, *, shut_at: float) -> Sequence[ClosureNotice]:
        """Return the servers with orders refused since *shut_at* that were not returned before.

        Each server is returned once for that episode, to one process.
        """
        known = and_(closure_notices.c.lane == lane, closure_notices.c.guild_id == jobs.c.guild_id)
        query = (
            select(
                jobs.c.guild_id,
                func.count().label("orders"),
                func.max(jobs.c.id).label("job_id"),
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

        def give_back(connection: Connection) -> Sequence[ClosureNotice]:
            self._database.lock(connection, lane_lock(lane))
            found = connection.execute(query).mappings().all()
            for row in found:
                key = {"lane": lane, "guild_id": row["guild_id"]}
                upsert(connection, closure_notices, key, {"shut_at": shut_at})
            return [_given_back(connection, row) for row in found]

        first = await self._database.read(lambda connection: connection.execute(query).first())
        return () if first is None else await self._database.write(give_back)


def lane_lock(lane: str) -> str:
    """Return the name of the lock under which a lane changes."""
    return f"lane:{lane}"


def lane_of(connection: Connection, lane: str) -> Lane:
    """Return the lane as it stands, its probe's end taken into account."""
    _, stands = _found(connection, lane)
    return stands


def _found(connection: Connection, lane: str) -> tuple[Lane, Lane]:
    """Return the lane as it was recorded, and as it stands by what became of its probe."""
    found = connection.execute(
        select(*(lanes.c[name] for name in _FIELDS)).where(lanes.c.lane == lane)
    )
    row = found.mappings().first()
    if row is None:
        return Lane(), Lane()
    recorded = Lane(**{**row, "closed": ClosedReason(row["closed"]) if row["closed"] else None})
    if recorded.probe is None:
        return recorded, recorded
    state = connection.scalar(select(jobs.c.state).where(jobs.c.id == recorded.probe))
    return recorded, breaker.probe_resolved(recorded, State(state) if state else None)


def put_lane(connection: Connection, lane: str, stands: Lane) -> None:
    """Have the lane stand like that; its lock must be held."""
    _put(connection, lane, asdict(stands))


def _put(connection: Connection, lane: str, values: dict[str, Any]) -> None:
    upsert(connection, lanes, {"lane": lane}, values, defaults=_FRESH)


def _given_back(connection: Connection, row: Any) -> ClosureNotice:
    place = connection.execute(
        select(jobs.c.channel_id, jobs.c.message_id, jobs.c.language, jobs.c.private).where(
            jobs.c.id == row["job_id"]
        )
    )
    channel_id, message_id, language, private = place.one()
    rules = rules_of(connection, row["guild_id"])
    return ClosureNotice(
        guild_id=row["guild_id"],
        log_channel=rules.log_channel,
        orders=row["orders"],
        channel_id=channel_id,
        message_id=None if private else message_id,  # nobody else could open it
        language=language,
    )
