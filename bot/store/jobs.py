"""Jobs in the store: every change names the state, owner and epoch that it replaces."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.job import Billed, Cause, Job, State
from bot.domain.limits import Usage, day_of
from bot.domain.order import Order
from bot.service.ports import Admit
from bot.store.clock import clock
from bot.store.database import Database
from bot.store.tables import (
    counts,
    has_token,
    is_at_vendor,
    is_kept,
    is_nobodys,
    is_owned,
    is_waiting,
    jobs,
    lanes,
    lines,
)

_ORDER_FIELDS: Final = tuple(field.name for field in fields(Order))
_JOB_FIELDS: Final = tuple(field.name for field in fields(Job) if field.name != "order")


class Jobs:
    """The jobs of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, job: Job, admit: Admit) -> bool:
        """Record a new job, if *admit* lets it pass, in one transaction.

        ``False``: its interaction has one already, and nothing changed. What *admit* raises is
        raised, and nothing changed.
        """
        try:
            async with self._database.writing() as connection:
                if await _known(connection, job):
                    return False
                admit(await _usage(connection, job))
                await connection.execute(insert(jobs).values(_row(job) | {"line": job.line}))
        except IntegrityError:
            return False
        return True

    async def get(self, job_id: str) -> Job | None:
        """Return the job as it stands; ``None``: there is none of that name."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(jobs).where(jobs.c.id == job_id))
            row = found.mappings().first()
        return _job(row) if row else None

    async def swap(self, before: Job, after: Job) -> bool:
        """Put *after* in the place of *before* if state, owner and epoch are still its.

        ``False``: somebody else was quicker, and nothing changed.
        """
        try:
            async with self._database.writing() as connection:
                return await _changed(connection, _is(before), _changes(before, after))
        except IntegrityError:  # the request id is another job's
            return False

    async def claim(
        self, owner: str, *, lane: str, width: int, lease: float, now: float
    ) -> Job | None:
        """Give the lane's next line its turn: its oldest job, SUBMITTING and owned by *owner*.

        The line that was served least recently comes first. *lease* is in seconds. ``None``:
        nobody waits, the lane pauses, or *width* jobs are at the vendor already.
        """
        async with self._database.writing() as connection:
            before = await _next(connection, lane, width, now)
            if before is None:
                return None
            after = before.turn(
                State.SUBMITTING,
                now=now,
                owner=owner,
                epoch=before.epoch + 1,
                submit_started_at=now,
            )
            changes = _changes(before, after) | {"lease_until": clock() + lease}
            await _changed(connection, _is(before), changes)
            await _serve(connection, before, now)
        return after

    async def waits(self, *, lane: str, width: int, now: float) -> bool:
        """Tell whether :meth:`claim` would find a job."""
        async with self._database.reading() as connection:
            return await _next(connection, lane, width, now) is not None

    async def learn(self, job_id: str, request_id: str, *, now: float) -> bool:
        """Record a request id that a submit's answer or a callback brought, whoever owns the job.

        Succeeds where the job waits for exactly that: SUBMITTING or UNCERTAIN, without an id.
        ``False``: it does not, or another job has that id.
        """
        where = and_(
            jobs.c.id == job_id,
            jobs.c.request_id.is_(None),
            jobs.c.state.in_([State.SUBMITTING.value, State.UNCERTAIN.value]),
        )
        changes = {
            "request_id": request_id,
            "state": State.QUEUED.value,
            "billed": Billed.UNKNOWN.value,
            "queued_at": now,
            "since": now,
        }
        try:
            async with self._database.writing() as connection:
                return await _changed(connection, where, changes)
        except IntegrityError:
            return False

    async def renew(self, owner: str, *, lease: float) -> None:
        """Extend the leases of all jobs that *owner* has, by *lease* seconds from now."""
        async with self._database.writing() as connection:
            await _changed(connection, jobs.c.owner == owner, {"lease_until": clock() + lease})

    async def take_over(
        self, owner: str, *, lease: float, submitted_before: float, most: int = 100
    ) -> Sequence[Job]:
        """Make *owner* the owner of open jobs that nobody works on, and return them.

        Those are jobs whose lease ran out, and jobs at the vendor that have no owner. A submit
        that was begun after *submitted_before* may still be on its way and is left alone.
        """
        lapsed = and_(
            is_owned,
            jobs.c.lease_until < clock(),
            or_(
                jobs.c.state != State.SUBMITTING.value,
                jobs.c.submit_started_at < submitted_before,
            ),
        )
        return await self._take(owner, or_(is_nobodys, lapsed), lease, most)

    async def inherit(self, owner: str, *, lease: float, most: int = 100) -> Sequence[Job]:
        """Make *owner* the owner of open jobs, whoever had them, and return some that it got.

        For a process that knows every other one to be dead. Nothing is left to take over when it
        returns none.
        """
        others = and_(is_owned, jobs.c.owner != owner)
        return await self._take(owner, or_(is_nobodys, others), lease, most)

    async def _take(
        self, owner: str, which: ColumnElement[bool], lease: float, most: int
    ) -> Sequence[Job]:
        async with self._database.writing() as connection:
            found = await connection.execute(
                select(jobs)
                .where(which)
                .order_by(jobs.c.created_at)
                .limit(most)
                .with_for_update(skip_locked=True)
            )
            before = [_job(row) for row in found.mappings()]
            after = [replace(job, owner=owner, epoch=job.epoch + 1) for job in before]
            for old, new in zip(before, after, strict=True):
                changes = _changes(old, new) | {"lease_until": clock() + lease}
                await _changed(connection, _is(old), changes)
        return after

    async def neglected(
        self, *, unanswered_since: float, waiting_since: float, most: int = 100
    ) -> Sequence[Job]:
        """Return waiting jobs that never will be, or never should be, submitted.

        Those are jobs without an answer to the member made before *unanswered_since*, and jobs made
        before *waiting_since*.
        """
        late = or_(
            and_(jobs.c.answered_at.is_(None), jobs.c.created_at < unanswered_since),
            jobs.c.created_at < waiting_since,
        )
        async with self._database.reading() as connection:
            found = await connection.execute(
                select(jobs).where(is_waiting, late).order_by(jobs.c.created_at).limit(most)
            )
            return [_job(row) for row in found.mappings()]

    async def kept(self, member_id: int, *, most: int) -> Sequence[Job]:
        """Return the member's jobs whose pictures are kept, the newest first."""
        async with self._database.reading() as connection:
            found = await connection.execute(
                select(jobs)
                .where(is_kept, jobs.c.member_id == member_id)
                .order_by(jobs.c.created_at.desc())
                .limit(most)
            )
            return [_job(row) for row in found.mappings()]

    async def line_up(self, lane: str) -> None:
        """Put every waiting job into *lane*: that of a key which was changed serves nobody."""
        async with self._database.writing() as connection:
            await _changed(connection, and_(is_waiting, jobs.c.lane != lane), {"lane": lane})

    async def release(self, owner: str) -> None:
        """Let go of what *owner* follows or delivers, so that others may take it."""
        open_states = [State.QUEUED.value, State.PROCESSING.value, State.COMPLETED.value]
        async with self._database.writing() as connection:
            await _changed(
                connection,
                and_(jobs.c.owner == owner, jobs.c.state.in_(open_states)),
                {"owner": None, "lease_until": None},
            )

    async def erase_tokens(self, *, before: float) -> None:
        """Erase the interaction tokens of jobs that were made *before*: they have expired."""
        async with self._database.writing() as connection:
            await _changed(
                connection,
                and_(has_token, jobs.c.created_at < before),
                {"interaction_token": None},
            )


async def _known(connection: AsyncConnection, job: Job) -> bool:
    return bool(
        await connection.scalar(
            select(jobs.c.id).where(jobs.c.interaction_id == job.interaction_id)
        )
    )


async def _usage(connection: AsyncConnection, job: Job) -> Usage:
    """Return what counts on the day of *job*, itself not yet."""
    today = and_(counts, jobs.c.created_at >= day_of(job.created_at))
    images = func.coalesce(func.sum(jobs.c.images), 0)
    everywhere = await connection.scalar(select(images).where(today))
    guild = await connection.scalar(select(images).where(today, jobs.c.guild_id == job.guild_id))
    return Usage(everywhere=everywhere or 0, guild=guild or 0)


async def _next(connection: AsyncConnection, lane: str, width: int, now: float) -> Job | None:
    """Return the job whose turn it is, if the lane is open and has room."""
    if not await _has_room(connection, lane, width, now):
        return None
    return await _next_waiting(connection, lane)


async def _has_room(connection: AsyncConnection, lane: str, width: int, now: float) -> bool:
    paused_until = await connection.scalar(
        select(lanes.c.paused_until).where(lanes.c.lane == lane).with_for_update()
    )
    if paused_until is not None and now < paused_until:
        return False
    at_vendor = await connection.scalar(
        select(func.count()).select_from(jobs).where(jobs.c.lane == lane, is_at_vendor)
    )
    return (at_vendor or 0) < width


async def _next_waiting(connection: AsyncConnection, lane: str) -> Job | None:
    its_line = and_(lines.c.lane == jobs.c.lane, lines.c.line == jobs.c.line)
    found = await connection.execute(
        select(jobs)
        .outerjoin(lines, its_line)
        .where(
            jobs.c.lane == lane,
            is_waiting,
            jobs.c.answered_at.is_not(None),
        )
        .order_by(func.coalesce(lines.c.served_at, 0.0), jobs.c.created_at)
        .limit(1)
    )
    row = found.mappings().first()
    return _job(row) if row else None


async def _serve(connection: AsyncConnection, job: Job, now: float) -> None:
    its_line = and_(lines.c.lane == job.lane, lines.c.line == job.line)
    served = await connection.execute(update(lines).where(its_line).values(served_at=now))
    if served.rowcount == 0:
        values = {"lane": job.lane, "line": job.line, "served_at": now}
        await connection.execute(insert(lines).values(values))


async def _changed(
    connection: AsyncConnection, where: ColumnElement[bool], changes: Mapping[str, Any]
) -> bool:
    done = await connection.execute(update(jobs).where(where).values(**changes))
    return done.rowcount > 0


def _is(job: Job) -> ColumnElement[bool]:
    """Return the condition under which *job* is still what it was."""
    return and_(
        jobs.c.id == job.id,
        jobs.c.state == job.state.value,
        jobs.c.owner.is_not_distinct_from(job.owner),
        jobs.c.epoch == job.epoch,
    )


def _changes(before: Job, after: Job) -> dict[str, Any]:
    """Return the columns in which *after* differs from *before*."""
    old, new = _row(before), _row(after)
    changes = {name: value for name, value in new.items() if old[name] != value}
    if after.owner != before.owner:
        # The new owner's next renewal makes a lease of it.
        changes["lease_until"] = clock() if after.owner is not None else None
    return changes


def _row(job: Job) -> dict[str, Any]:
    row = {name: getattr(job, name) for name in _JOB_FIELDS}
    row |= {name: getattr(job.order, name) for name in _ORDER_FIELDS}
    row["media"] = list(job.media)
    return row


def _job(row: Mapping[Any, Any]) -> Job:
    values = {name: row[name] for name in _JOB_FIELDS}
    values["state"] = State(row["state"])
    values["billed"] = Billed(row["billed"])
    values["cause"] = Cause(row["cause"]) if row["cause"] else None
    values["media"] = tuple(row["media"])
    values["order"] = Order(**{name: row[name] for name in _ORDER_FIELDS})
    return Job(**values)
