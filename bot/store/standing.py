"""What an order is weighed against, read in the transaction that records it."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.limits import Standing, Usage, day_of
from bot.service.ports import Peaks
from bot.store import guilds, lanes
from bot.store.tables import counts, is_at_once, jobs

_IMAGES = func.coalesce(func.sum(jobs.c.images), 0)


async def standing_of(
    connection: AsyncConnection, guild_id: int | None, member_id: int, *, lane: str, now: float
) -> Standing:
    """Return how things stand for that member in that server; *now* is in Unix seconds."""
    return Standing(
        rules=await guilds.rules_of(connection, guild_id),
        usage=await _usage(connection, guild_id, member_id, now),
        block=await guilds.block_of(connection, guild_id, member_id),
        lane=await lanes.lane_of(connection, lane),
    )


async def peaks_of(connection: AsyncConnection, guild_id: int, *, now: float) -> Peaks:
    """Return the most that any one member of the server has now."""
    here = jobs.c.guild_id == guild_id
    return Peaks(
        images=await _most(connection, func.sum(jobs.c.images), here, _since(day_of(now))),
        at_once=await _most(connection, func.count(), here, is_at_once),
    )


async def _usage(
    connection: AsyncConnection, guild_id: int | None, member_id: int, now: float
) -> Usage:
    today = _since(day_of(now))
    here = jobs.c.guild_id == guild_id
    theirs = and_(here, jobs.c.member_id == member_id)
    return Usage(
        everywhere=await _number(connection, select(_IMAGES).where(today)),
        server=await _number(connection, select(_IMAGES).where(today, here)),
        member=await _number(connection, select(_IMAGES).where(today, theirs)),
        server_at_once=await _number(connection, _count(is_at_once, here)),
        member_at_once=await _number(connection, _count(is_at_once, theirs)),
        last_order_at=await connection.scalar(
            select(jobs.c.created_at)
            .where(counts, theirs)
            .order_by(jobs.c.created_at.desc())
            .limit(1)
        ),
    )


def _since(moment: float) -> ColumnElement[bool]:
    return and_(counts, jobs.c.created_at >= moment)


def _count(*which: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(jobs).where(*which)


async def _number(connection: AsyncConnection, query: Any) -> int:
    return int(await connection.scalar(query) or 0)


async def _most(connection: AsyncConnection, figure: Any, *which: ColumnElement[bool]) -> int:
    each = select(figure.label("figure")).where(*which).group_by(jobs.c.member_id).subquery()
    return await _number(connection, select(func.max(each.c.figure)))
