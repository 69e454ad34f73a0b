"""What an order is weighed against, read in the transaction that records it."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, null, select
from sqlalchemy.engine import Connection

from bot.domain.admission import AdmissionContext, Usage, day_of
from bot.domain.lane import Lane
from bot.service.ports.store import PeakUsage
from bot.store.guilds import block_of, is_blocked, read_rules
from bot.store.lanes import lane_of
from bot.store.tables import blocks, counts, guilds, is_at_once, jobs, lanes

_IMAGES: Final = func.coalesce(func.sum(jobs.c.images), 0)


def admission_context(
    connection: Connection, guild_id: int | None, member_id: int, *, lane: str, now: float
) -> AdmissionContext:
    """Return how things stand for that member in that server; *now* is in Unix seconds."""
    standing, _ = load_admission_context(connection, guild_id, member_id, lane=lane, now=now)
    return standing


def load_admission_context(  # one statement, not ten: others wait for the lock meanwhile
    connection: Connection,
    guild_id: int | None,
    member_id: int,
    *,
    lane: str,
    now: float,
    interaction_id: int = 0,  # no interaction has that
    count_to: int | None = None,
) -> tuple[AdmissionContext, bool]:
    """Return how things stand, and whether that interaction has a job already.

    Images of all servers are counted to *count_to* and not much further: a busy day's are many.
    """
    here = jobs.c.guild_id == guild_id
    theirs = and_(here, jobs.c.member_id == member_id)
    today = and_(counts, jobs.c.created_at >= day_of(now))
    figures: dict[str, Select[Any]] = {
        "everywhere": _everywhere(today, count_to),
        "server": select(_IMAGES).where(today, here),
        "member": select(_IMAGES).where(today, theirs),
        "server_at_once": _count(is_at_once, here),
        "member_at_once": _count(is_at_once, theirs),
        "last_order_at": _last(counts, theirs),
    }
    others: dict[str, Select[Any]] = {
        "rules": _rules(guild_id),
        "blocked": select(blocks.c.since).where(is_blocked(guild_id, member_id)),
        "known": select(jobs.c.id).where(jobs.c.interaction_id == interaction_id),
        "paused_until": select(lanes.c.paused_until).where(lanes.c.lane == lane),
        "closed": select(lanes.c.closed).where(lanes.c.lane == lane),
    }
    asked = [query.scalar_subquery().label(name) for name, query in (figures | others).items()]
    row = connection.execute(select(*asked)).mappings().one()
    stands = Lane(paused_until=row["paused_until"] or 0.0)  # all that matters of an open lane
    standing = AdmissionContext(
        rules=read_rules(row["rules"]),
        usage=Usage(**{name: row[name] for name in figures}),
        block=None if row["blocked"] is None else block_of(connection, guild_id, member_id),
        lane=stands if row["closed"] is None else lane_of(connection, lane),
    )
    return standing, row["known"] is not None


def load_peaks(connection: Connection, guild_id: int, *, now: float) -> PeakUsage:
    """Return the most that any one member of the server has now."""
    here = jobs.c.guild_id == guild_id
    today = and_(counts, jobs.c.created_at >= day_of(now))
    return PeakUsage(
        images=_most(connection, func.sum(jobs.c.images), here, today),
        at_once=_most(connection, func.count(), here, is_at_once),
    )


def _rules(guild_id: int | None) -> Select[Any]:
    if guild_id is None:  # SQLite would look through all of them for one without a server
        return select(null())
    return select(guilds.c.rules).where(guilds.c.guild_id == guild_id)


def _everywhere(today: ColumnElement[bool], count_to: int | None) -> Select[Any]:
    """Return the question for the images of the day; each order has one at least."""
    if count_to is None:
        return select(_IMAGES).where(today)
    newest = select(jobs.c.images).where(today).order_by(jobs.c.created_at.desc())
    some = newest.limit(count_to).subquery()
    return select(func.coalesce(func.sum(some.c.images), 0))


def _count(*which: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(jobs).where(*which)


def _last(*which: ColumnElement[bool]) -> Any:
    return select(jobs.c.created_at).where(*which).order_by(jobs.c.created_at.desc()).limit(1)


def _most(connection: Connection, figure: Any, *which: ColumnElement[bool]) -> int:
    each = select(figure.label("figure")).where(*which).group_by(jobs.c.member_id).subquery()
    return int(connection.scalar(select(func.max(each.c.figure))) or 0)
