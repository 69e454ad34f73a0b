"""Lanes in the store: their pauses hold for all processes, and through restarts."""

from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import pressure
from bot.domain.pressure import Lane
from bot.store.database import Database
from bot.store.tables import lanes

FAR_AHEAD: Final = 600.0  # seconds
_FRESH: Final = {"paused_until": 0.0, "refusals": 0, "next_slot_at": 0.0}


class Lanes:
    """The lanes of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, lane: str) -> Lane:
        """Return the lane as it stands; one that nothing is known of is open."""
        async with self._database.reading() as connection:
            return await _get(connection, lane)

    async def press(
        self, lane: str, *, retry_after: float | None, now: float, jitter: float
    ) -> Lane:
        """Pause the lane as :func:`~bot.domain.pressure.pressed` says; return it as it then is."""
        async with self._database.writing() as connection:
            before = await _get(connection, lane)
            after = pressure.pressed(before, retry_after=retry_after, now=now, jitter=jitter)
            await _put(connection, lane, **asdict(after))
        return after

    async def draw(self, lane: str, *, count: int, interval: float, now: float) -> float:
        """Draw *count* slots, *interval* seconds apart, and return when the first one is.

        Unix seconds, *now* at the earliest. No other process gets these.
        """
        async with self._database.writing() as connection:
            drawn = await connection.scalar(
                select(lanes.c.next_slot_at).where(lanes.c.lane == lane).with_for_update()
            )
            # Nobody draws far ahead: a slot that far is of a clock that was wrong.
            first = max(drawn, now) if drawn and drawn < now + FAR_AHEAD else now
            await _put(connection, lane, next_slot_at=first + count * interval)
        return first

    async def ease(self, lane: str) -> None:
        """Note that the vendor took an order."""
        async with self._database.reading() as connection:
            before = await _get(connection, lane)
        if pressure.eased(before) == before:
            return
        async with self._database.writing() as connection:
            await _put(connection, lane, **asdict(pressure.eased(await _get(connection, lane))))


async def _get(connection: AsyncConnection, lane: str) -> Lane:
    found = await connection.execute(
        select(lanes.c.paused_until, lanes.c.refusals).where(lanes.c.lane == lane).with_for_update()
    )
    row = found.mappings().first()
    return Lane(**row) if row else Lane()


async def _put(connection: AsyncConnection, lane: str, **values: Any) -> None:
    put = await connection.execute(update(lanes).where(lanes.c.lane == lane).values(values))
    if put.rowcount == 0:
        await connection.execute(insert(lanes).values(_FRESH | {"lane": lane} | values))
