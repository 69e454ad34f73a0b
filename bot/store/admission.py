"""Loads what an order is checked against, in the transaction that records it."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, desc, func, null, select
from sqlalchemy.engine import Connection

from bot.domain.admission import AdmissionContext, Usage, day_of
from bot.domain.lane import Lane
from bot.service.ports.store import PeakUsage
from bot.store.guilds import block_of, is_blocked, read_rules
from bot.store.lanes import lane_of
from bot.store.tables import blocks, counts, guilds, is_at_once, jobs, lanes

_IMAGES: Final = func.coalesce(func.sum(jobs.c.images), 0)


def load_admission_context(  # one statement, not ten: other orders wait for the lock
    connection: Connection,
    guild_id: int | None,
    member_id: int,
    *,
    lane: str,
    now: float,
    interaction_id: int = 0,  # no interaction has that
    count_to: int | None = None,
) -> tuple[AdmissionContext, bool]:
    """Return the context, and whether that interaction has a job already.

    Images of all servers are counted up to *count_to* only: a busy day has many rows.
    """
    in_guild = jobs.c.guild_id == guild_id
    of_member = and_(in_guild, jobs.c.member_id == member_id)
    today = and_(counts, jobs.c.created_at >= day_of(now))
    figures: dict[str, Select[Any]] = {
        "everywhere": _everywhere(today, count_to),
        "server": select(_IMAGES).where(today, in_guild),
        "member": select(_IMAGES).where(today, of_member),
        "server_at_once": _count(is_at_once, in_guild),
        "member_at_once": _count(is_at_once, of_member),
        "last_order_at": _last(counts, of_member),
    }
    others: dict[str, Select[Any]] = {
        # With the id NULL, SQLite would scan all servers.
        "rules": (
            select(null())
            if guild_id is None
            else select(guilds.c.rules).where(guilds.c.guild_id == guild_id)
        ),
        "blocked": select(blocks.c.since).where(is_blocked(guild_id, member_id)),
        "known": select(jobs.c.id).where(jobs.c.interaction_id == interaction_id),
        "paused_until": select(lanes.c.paused_until).where(lanes.c.lane == lane),
        "closed": select(lanes.c.closed).where(lanes.c.lane == lane),
    }
    columns = [query.scalar_subquery().label(name) for name, query in (figures | others).items()]
    row = connection.execute(select(*columns)).mappings().one()
    open_lane = Lane(paused_until=row["paused_until"] or 0.0)  # all that matters of one
    context = AdmissionContext(
        rules=read_rules(row["rules"]),
        usage=Usage(**{name: row[name] for name in figures}),
        block=None if row["blocked"] is None else block_of(connection, guild_id, member_id),
        lane=open_lane if row["closed"] is None else lane_of(connection, lane),
    )
    return context, row["known"] is not None


def load_peaks(connection: Connection, guild_id: int, *, now: float) -> PeakUsage:
    """Return the highest usage of any one member of the server."""
    in_guild = jobs.c.guild_id == guild_id
    today = and_(counts, jobs.c.created_at >= day_of(now))
    images, member_id = _most(connection, func.sum(jobs.c.images), in_guild, today)
    at_once, _ = _most(connection, func.count(), in_guild, is_at_once)
    return PeakUsage(images=images, member_id=member_id, at_once=at_once)


def _everywhere(today: ColumnElement[bool], count_to: int | None) -> Select[Any]:
    """Return the query for the images of the day; each order has at least one."""
    if count_to is None:
        return select(_IMAGES).where(today)
    newest = select(jobs.c.images).where(today).order_by(jobs.c.created_at.desc())
    some = newest.limit(count_to).subquery()
    return select(func.coalesce(func.sum(some.c.images), 0))


def _count(*conditions: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(jobs).where(*conditions)


def _last(*conditions: ColumnElement[bool]) -> Any:
    return select(jobs.c.created_at).where(*conditions).order_by(jobs.c.created_at.desc()).limit(1)


def _most(
    connection: Connection, figure: Any, *conditions: ColumnElement[bool]
) -> tuple[int, int | None]:
    """Return the highest figure of any one member, and who that is."""
    each = select(figure.label("figure"), jobs.c.member_id).where(*conditions)
    highest = each.group_by(jobs.c.member_id).order_by(desc("figure"), jobs.c.member_id).limit(1)
    row = connection.execute(highest).first()
    return (0, None) if row is None else (int(row.figure), row.member_id)
