"""Loads what an order is checked against, in the transaction that records it."""

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, desc, func, null, select
from sqlalchemy.engine import Connection

from bot.domain.admission import AdmissionContext, Usage, day_of
from bot.domain.denials import DeniedKind
from bot.domain.lane import Lane
from bot.domain.money import Budget
from bot.service.ports.store import PeakUsage
from bot.store.denials import denials_of, denied_since
from bot.store.guilds import block_of, read_rules
from bot.store.lanes import lane_of
from bot.store.members import read_preferences
from bot.store.spending import ALL, periods, spent
from bot.store.statements import Statement, given
from bot.store.tables import blocks, counts, guilds, is_at_once, jobs, lanes, members

_IMAGES: Final = func.coalesce(func.sum(jobs.c.images), 0)
_TODAY: Final = and_(counts, jobs.c.created_at >= given("today"))
_FIGURES: Final = tuple(field.name for field in fields(Usage))


def load_admission_context(
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
    statement = _loading(in_guild=guild_id is not None, counted=count_to is not None)
    row = statement.first(
        connection,
        guild_id=guild_id,
        member_id=member_id,
        today=day_of(now),
        lane=lane,
        interaction_id=interaction_id,
        count_to=count_to,
        spent_in=guild_id or ALL,
        **periods(now),
    )
    assert row is not None
    rules, preferences, blocked, in_denied, is_denied, known, paused_until, closed, *figures = row
    open_lane = Lane(paused_until=paused_until or 0.0)  # all that matters of one
    any_denial = in_denied is not None or is_denied is not None
    context = AdmissionContext(
        rules=read_rules(rules),
        usage=Usage(**dict(zip(_FIGURES, figures, strict=True))),
        block=None if blocked is None else block_of(connection, guild_id, member_id),
        denials=denials_of(connection, guild_id, member_id) if any_denial else (),
        lane=open_lane if closed is None else lane_of(connection, lane),
        preferences=read_preferences(preferences),
    )
    return context, known is not None


@cache
def _loading(*, in_guild: bool, counted: bool) -> Statement:
    """Return the statement for an order; one, not ten: other orders wait for the lock."""
    guild_id = given("guild_id") if in_guild else None
    guild, member = jobs.c.guild_id == guild_id, jobs.c.member_id == given("member_id")
    of_lane = lanes.c.lane == given("lane")
    figures = {
        "everywhere": _everywhere(given("count_to") if counted else None),
        "server": select(_IMAGES).where(_TODAY, guild),
        "member": select(_IMAGES).where(_TODAY, guild, member),
        "server_at_once": _count(is_at_once, guild),
        "member_at_once": _count(is_at_once, guild, member),
        "last_order_at": _last(counts, guild, member),
        "spent_today": spent(Budget.DAY),
        "spent_this_month": spent(Budget.MONTH),
        "server_spent_this_month": spent(Budget.SERVER_MONTH, given("spent_in")),
    }
    others: Sequence[Select[Any]] = (
        # With the id NULL, SQLite would scan all servers.
        select(guilds.c.rules).where(guilds.c.guild_id == guild_id) if in_guild else select(null()),
        select(members.c.preferences).where(members.c.member_id == given("member_id")),
        select(blocks.c.since).where(
            blocks.c.guild_id == guild_id, blocks.c.member_id == given("member_id")
        ),
        denied_since(DeniedKind.SERVER, guild_id) if in_guild else select(null()),
        denied_since(DeniedKind.MEMBER, given("member_id")),
        select(jobs.c.id).where(jobs.c.interaction_id == given("interaction_id")),
        select(lanes.c.paused_until).where(of_lane),
        select(lanes.c.closed).where(of_lane),
    )
    queries = (*others, *(figures[name] for name in _FIGURES))
    return Statement(select(*(query.scalar_subquery() for query in queries)))


def load_peaks(connection: Connection, guild_id: int, *, now: float) -> PeakUsage:
    """Return the highest usage of any one member of the server."""
    row = _MOST_IMAGES.first(connection, guild_id=guild_id, today=day_of(now))
    images, member_id = row or (0, None)
    at_once = _MOST_AT_ONCE.value(connection, guild_id=guild_id) or 0
    return PeakUsage(images=int(images), member_id=member_id, at_once=at_once)


def _everywhere(count_to: Any) -> Select[Any]:
    """Return the query for the images of the day; each order has at least one."""
    if count_to is None:
        return select(_IMAGES).where(_TODAY)
    newest = select(jobs.c.images).where(_TODAY).order_by(jobs.c.created_at.desc())
    some = newest.limit(count_to).subquery()
    return select(func.coalesce(func.sum(some.c.images), 0))


def _count(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(jobs).where(*conditions)


def _last(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(jobs.c.created_at).where(*conditions).order_by(jobs.c.created_at.desc()).limit(1)


def _most(figure: Any, condition: ColumnElement[bool]) -> Statement:
    """Return the query for the highest figure of any one member, and who that is."""
    in_guild = jobs.c.guild_id == given("guild_id")
    each = select(figure.label("figure"), jobs.c.member_id).where(in_guild, condition)
    return Statement(
        each.group_by(jobs.c.member_id).order_by(desc("figure"), jobs.c.member_id).limit(1)
    )


_MOST_IMAGES: Final = _most(func.sum(jobs.c.images), _TODAY)
_MOST_AT_ONCE: Final = _most(func.count(), is_at_once)
