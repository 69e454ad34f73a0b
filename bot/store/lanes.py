"""Lanes in the store: what shuts and pauses them holds for all processes, and through restarts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import pressure
from bot.domain.job import State
from bot.domain.pressure import Lane, Reason
from bot.service.ports import GivenBack
from bot.store.database import Database
from bot.store.guilds import rules_of
from bot.store.tables import is_given_back, jobs, lanes, told

FAR_AHEAD: Final = 600.0  # seconds
_FIELDS: Final = tuple(asdict(Lane()))
_FRESH: Final = asdict(Lane()) | {"next_slot_at": 0.0}


class Lanes:
    """The lanes of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, lane: str) -> Lane:
        """Return the lane as it stands; one that nothing is known of is open."""
        async with self._database.reading() as connection:
            return await lane_of(connection, lane)

    async def turn(self, lane: str, how: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        """Put what *how* makes of the lane in its place, in one step; return before and after.

        Before is as it was recorded; *how* is given the lane with its probe's end.
        """
        async with self._database.reading() as connection:
            before, stands = await _found(connection, lane)
        if how(stands) == before:
            return before, before  # nothing to write, and nobody is kept waiting
        async with self._database.writing() as connection:
            await self._database.lock(connection, lane_lock(lane))
            before, stands = await _found(connection, lane)
            after = how(stands)
            await put_lane(connection, lane, after)
        return before, after

    async def draw(self, lane: str, *, count: int, interval: float, now: float) -> float:
        """Draw *count* slots, *interval* seconds apart, and return when the first one is.

        Unix seconds, *now* at the earliest. No other process gets these.
        """
        async with self._database.writing() as connection:
            await self._database.lock(connection, lane_lock(lane))
            drawn = await connection.scalar(
                select(lanes.c.next_slot_at).where(lanes.c.lane == lane)
            )
            # Nobody draws far ahead: a slot that far is of a clock that was wrong.
            first = max(drawn, now) if drawn and drawn < now + FAR_AHEAD else now
            await _put(connection, lane, {"next_slot_at": first + count * interval})
        return first

    async def given_back(self, lane: str, *, shut_at: float) -> Sequence[GivenBack]:
        """Return the servers with orders refused since *shut_at* that were not returned before.

        Each server is returned once for that episode, to one process.
        """
        known = and_(told.c.lane == lane, told.c.guild_id == jobs.c.guild_id)
        query = (
            select(
                jobs.c.guild_id,
                func.count().label("orders"),
                func.max(jobs.c.id).label("job_id"),
            )
            .outerjoin(told, known)
            .where(
                jobs.c.lane == lane,
                is_given_back,
                jobs.c.since >= shut_at,
                jobs.c.guild_id.is_not(None),
                or_(told.c.shut_at.is_(None), told.c.shut_at < shut_at),
            )
            .group_by(jobs.c.guild_id)
        )
        async with self._database.reading() as connection:
            if (await connection.execute(query)).first() is None:
                return ()
        async with self._database.writing() as connection:
            await self._database.lock(connection, lane_lock(lane))
            found = (await connection.execute(query)).mappings().all()
            for row in found:
                await _tell(connection, lane, row["guild_id"], shut_at)
            return [await _given_back(connection, row) for row in found]


def lane_lock(lane: str) -> str:
    """Return the name of the lock under which a lane changes."""
    return f"lane:{lane}"


async def lane_of(connection: AsyncConnection, lane: str) -> Lane:
    """Return the lane as it stands, its probe's end taken into account."""
    _, stands = await _found(connection, lane)
    return stands


async def _found(connection: AsyncConnection, lane: str) -> tuple[Lane, Lane]:
    """Return the lane as it was recorded, and as it stands by what became of its probe."""
    found = await connection.execute(
        select(*(lanes.c[name] for name in _FIELDS)).where(lanes.c.lane == lane)
    )
    row = found.mappings().first()
    if row is None:
        return Lane(), Lane()
    recorded = Lane(**{**row, "closed": Reason(row["closed"]) if row["closed"] else None})
    if recorded.probe is None:
        return recorded, recorded
    state = await connection.scalar(select(jobs.c.state).where(jobs.c.id == recorded.probe))
    return recorded, pressure.probed(recorded, State(state) if state else None)


async def put_lane(connection: AsyncConnection, lane: str, stands: Lane) -> None:
    """Have the lane stand like that; its lock must be held."""
    await _put(connection, lane, asdict(stands))


async def _put(connection: AsyncConnection, lane: str, values: dict[str, Any]) -> None:
    put = await connection.execute(update(lanes).where(lanes.c.lane == lane).values(values))
    if put.rowcount == 0:
        await connection.execute(insert(lanes).values(_FRESH | {"lane": lane} | values))


async def _tell(connection: AsyncConnection, lane: str, guild_id: int, shut_at: float) -> None:
    its = and_(told.c.lane == lane, told.c.guild_id == guild_id)
    put = await connection.execute(update(told).where(its).values(shut_at=shut_at))
    if put.rowcount == 0:
        values = {"lane": lane, "guild_id": guild_id, "shut_at": shut_at}
        await connection.execute(insert(told).values(values))


async def _given_back(connection: AsyncConnection, row: Any) -> GivenBack:
    place = await connection.execute(
        select(jobs.c.channel_id, jobs.c.message_id).where(jobs.c.id == row["job_id"])
    )
    channel_id, message_id = place.one()
    rules = await rules_of(connection, row["guild_id"])
    return GivenBack(
        guild_id=row["guild_id"],
        log_channel=rules.log_channel,
        orders=row["orders"],
        channel_id=channel_id,
        message_id=message_id,
    )
