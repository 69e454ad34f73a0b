"""The statements of :class:`bot.store.jobs.Jobs`."""

from typing import Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    String,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from bot.domain.denials import DeniedKind
from bot.domain.job import Obstacle, State
from bot.store.denials import HOLDS, is_denied
from bot.store.dialects import DatabaseClock
from bot.store.job_rows import changing_all
from bot.store.statements import Statement, given
from bot.store.tables import (
    guilds,
    has_left,
    has_token,
    is_at_once,
    is_not_held,
    is_outstanding,
    is_owned,
    is_undelivered,
    is_unowned,
    is_waiting,
    jobs,
    one_of,
)

_BY_ID: Final = jobs.c.id == given("job_id")
GET: Final = Statement(select(jobs).where(_BY_ID))
LOCK: Final = Statement(select(jobs).where(_BY_ID).with_for_update())
_OF_MEMBER: Final = and_(
    jobs.c.guild_id == given("guild_id"), jobs.c.member_id == given("member_id")
)
_MOST: Final = given("most")
_OWNED: Final = jobs.c.owner == given("of_owner")

_LEASE_ENDS: Final = DatabaseClock() + given("lease", type_=Float())
RENEW: Final = changing_all(_OWNED, {"lease_until": _LEASE_ENDS})
RELEASE: Final = changing_all(
    and_(_OWNED, one_of(State.QUEUED, State.PROCESSING, State.COMPLETED)),
    {"owner": None, "lease_until": None},
)
ASSIGN_LANE: Final = changing_all(
    and_(is_waiting, jobs.c.lane != given("to_lane")), {"lane": given("to_lane")}
)
ERASE_TOKENS: Final = changing_all(
    and_(has_token, jobs.c.created_at < given("before")), {"interaction_token": None}
)


def _taking(which: ColumnElement[bool]) -> Statement:
    query = select(jobs).where(which).order_by(jobs.c.created_at).limit(_MOST)
    return Statement(query.with_for_update(skip_locked=True))


def _due(before: ColumnElement[float]) -> Statement:
    return _taking(and_(is_outstanding, jobs.c.next_try_at <= before))


# One by one: each has an index, all together have none.
TAKE_UNOWNED: Final = _taking(is_unowned)
TAKE_EXPIRED: Final = _taking(
    and_(
        is_owned,
        jobs.c.lease_until < DatabaseClock(),
        or_(
            jobs.c.state != State.SUBMITTING.value,
            jobs.c.submit_started_at < given("submitted_before"),
        ),
    )
)
TAKE_DUE: Final = _due(DatabaseClock())
TAKE_DUE_BEFORE: Final = _due(given("due_before"))
_PREFIX: Final = given("prefix", type_=String())
_OF_OTHERS: Final = and_(is_owned, jobs.c.owner != given("new_owner"))
TAKE_OTHERS: Final = _taking(_OF_OTHERS)
TAKE_OTHERS_OF_INSTANCE: Final = _taking(
    and_(
        _OF_OTHERS,
        func.substr(jobs.c.owner, 1, func.length(_PREFIX)) == _PREFIX,
        func.length(jobs.c.owner) == given("length", type_=Integer()),
    )
)


def _retrying(*conditions: ColumnElement[bool]) -> Statement:
    order = (jobs.c.next_try_at, jobs.c.id)
    ids = select(jobs.c.id).where(is_outstanding, is_not_held, *conditions).order_by(*order)
    due = jobs.c.id.in_(ids.with_for_update(skip_locked=True))
    return Statement(update(jobs).where(due).values(next_try_at=0.0, tries=0))


RETRY_ALL: Final = _retrying()
RETRY_ONE: Final = _retrying(_BY_ID)
RETRY_STORED: Final = _retrying(jobs.c.obstacle == literal_column(f"'{Obstacle.STORAGE}'"))

_UNANSWERED: Final = or_(
    jobs.c.created_at < given("unanswered_since"),
    jobs.c.created_at > given("unanswered_until"),
)
STALE: Final = Statement(
    select(jobs)
    .where(
        is_waiting,
        or_(
            and_(jobs.c.answered_at.is_(None), _UNANSWERED),
            jobs.c.created_at < given("waiting_since"),
        ),
    )
    .order_by(jobs.c.created_at)
    .limit(_MOST)
)
WAITING_OF: Final = Statement(select(jobs).where(is_at_once, _OF_MEMBER, is_waiting))
RECENT_OF: Final = Statement(
    select(jobs).where(_OF_MEMBER).order_by(jobs.c.created_at.desc()).limit(_MOST)
)
IN_DEPARTED: Final = Statement(
    select(jobs)
    .where(is_waiting, jobs.c.guild_id.in_(select(guilds.c.guild_id).where(has_left)))
    .limit(_MOST)
)
IN_DENIED: Final = Statement(
    select(jobs)
    .where(
        is_waiting,
        or_(
            *(
                exists().where(is_denied(kind, subject_id), HOLDS)
                for kind, subject_id in (
                    (DeniedKind.SERVER, jobs.c.guild_id),
                    (DeniedKind.MEMBER, jobs.c.member_id),
                )
            )
        ),
    )
    .limit(_MOST)
)
UNDELIVERED: Final = Statement(
    select(jobs)
    .where(is_undelivered, jobs.c.member_id == given("member_id"), jobs.c.prompt != "")
    .order_by(jobs.c.created_at.desc())
    .limit(_MOST)
)
