"""Jobs in the store: every change names the state, owner and epoch that it replaces."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from bot.domain import lane as breaker
from bot.domain.admission import AdmissionContext
from bot.domain.job import Billed, Job, State
from bot.service.ports.store import Admit, PeakUsage
from bot.store.admission import admission_context, load_admission_context, load_peaks
from bot.store.clock import clock
from bot.store.database import (
    Database,
    or_on_conflict,
    priority_write,
    read_transaction,
    write_transaction,
)
from bot.store.guilds import guild_lock
from bot.store.job_rows import job_of, row_of
from bot.store.lanes import lane_lock, lane_of, put_lane
from bot.store.tables import (
    has_token,
    is_at_vendor,
    is_kept,
    is_nobodys,
    is_owned,
    is_waiting,
    jobs,
    lines,
)

EVERYWHERE: Final = "everywhere"  # the lock under which the whole bot's usage changes


class Jobs:
    """The jobs of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @or_on_conflict(None)
    @priority_write
    def add(
        self, connection: Connection, job: Job, admit: Admit, *, count_to: int | None = None
    ) -> Job | None:
        """Record the job that *admit* makes of *job*, in one transaction.

        What it is told of the images of all servers is right up to *count_to*.

        In a lane that may be tried again it is the probe. ``None``: its interaction has a job
        already, and nothing changed. What *admit* raises is raised, and nothing changed.
        """
        # In this order everywhere, so that nobody waits for somebody who waits for them.
        self._database.lock(connection, guild_lock(job.guild_id), EVERYWHERE)
        standing, known = load_admission_context(
            connection,
            job.guild_id,
            job.member_id,
            lane=job.lane,
            now=job.created_at,
            interaction_id=job.reply.interaction_id,
            count_to=count_to,
        )
        if known:
            return None
        if standing.lane.closed is not None:
            self._database.lock(connection, lane_lock(job.lane))
            standing = replace(standing, lane=lane_of(connection, job.lane))
        admitted = admit(job, standing)
        connection.execute(insert(jobs).values(row_of(admitted)))
        lane = breaker.after_admission(standing.lane, job.id, now=job.created_at)
        if lane != standing.lane:
            put_lane(connection, job.lane, lane)
        return admitted

    @read_transaction
    def admission_context(
        self, connection: Connection, guild_id: int | None, member_id: int, *, lane: str, now: float
    ) -> AdmissionContext:
        """Return what an order of that member would be weighed against now."""
        return admission_context(connection, guild_id, member_id, lane=lane, now=now)

    @read_transaction
    def peak_usage(self, connection: Connection, guild_id: int, *, now: float) -> PeakUsage:
        """Return the most that any one member of the server has now."""
        return load_peaks(connection, guild_id, now=now)

    @read_transaction
    def get(self, connection: Connection, job_id: str) -> Job | None:
        """Return the job as it stands; ``None``: there is none of that name."""
        found = connection.execute(select(jobs).where(jobs.c.id == job_id))
        row = found.mappings().first()
        return job_of(row) if row else None

    @or_on_conflict(answer=False)  # the request id is another job's
    @write_transaction
    def swap(self, connection: Connection, before: Job, after: Job) -> bool:
        """Put *after* in the place of *before* if state, owner and epoch are still its.

        ``False``: somebody else was quicker, and nothing changed.
        """
        return _changed(connection, _is(before), _changes(before, after))

    @write_transaction
    def claim(
        self, connection: Connection, owner: str, *, lane: str, width: int, lease: float, now: float
    ) -> Job | None:
        """Give the lane's next line its turn: its oldest job, SUBMITTING and owned by *owner*.

        The line that was served least recently comes first. *lease* is in seconds. ``None``:
        nobody waits, the lane pauses, or *width* jobs are at the vendor already.
        """
        self._database.lock(connection, lane_lock(lane))
        # For good: nobody shall cancel the job between the look at it and the change of it.
        before = _next(connection, lane, width, now, for_good=True)
        if before is None:
            return None
        after = before.claimed(owner, now=now)
        changes = _changes(before, after) | {"lease_until": clock() + lease}
        _changed(connection, _is(before), changes)
        _serve(connection, before, now)
        return after

    @read_transaction
    def waiting_jobs(self, connection: Connection, lane: str, *, most: int) -> Sequence[Job]:
        """Return the first waiting jobs of the lane, in the order in which they will be served.

        Those whose member was not answered yet are not among them.
        """
        in_line: dict[str, Any] = {
            "partition_by": jobs.c.line,
            "order_by": (jobs.c.created_at, jobs.c.id),
        }
        turns = (
            select(
                jobs.c.id,
                func.row_number().over(**in_line).label("turn"),
                func.first_value(jobs.c.created_at).over(**in_line).label("first_at"),
                func.first_value(jobs.c.id).over(**in_line).label("first_id"),
                func.coalesce(lines.c.served_at, 0.0).label("served_at"),
            )
            .outerjoin(lines, _its_line)
            .where(_may_go(lane))
            .subquery()
        )
        found = connection.execute(
            select(jobs)
            .join(turns, turns.c.id == jobs.c.id)
            .order_by(turns.c.turn, turns.c.served_at, turns.c.first_at, turns.c.first_id)
            .limit(most)
        )
        return [job_of(row) for row in found.mappings()]

    @read_transaction
    def has_claimable(self, connection: Connection, *, lane: str, width: int, now: float) -> bool:
        """Tell whether :meth:`claim` would find a job."""
        return _next(connection, lane, width, now) is not None

    @or_on_conflict(answer=False)
    @write_transaction
    def record_request_id(
        self, connection: Connection, job_id: str, request_id: str, *, now: float
    ) -> bool:
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
        return _changed(connection, where, changes)

    @write_transaction
    def renew_leases(self, connection: Connection, owner: str, *, lease: float) -> None:
        """Extend the leases of all jobs that *owner* has, by *lease* seconds from now."""
        _change_all(connection, jobs.c.owner == owner, {"lease_until": clock() + lease})

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
        return await self._take(owner, (is_nobodys, lapsed), lease, most)

    async def inherit(self, owner: str, *, lease: float, most: int = 100) -> Sequence[Job]:
        """Make *owner* the owner of open jobs that its predecessors had, and return some.

        For a process that holds `bot.store.process_lock`, and so knows them to be dead:
        on SQLite every other one is, on PostgreSQL those of the same INSTANCE. Nothing is left to
        take over when it returns none.
        """
        others = and_(is_owned, jobs.c.owner != owner)
        if self._database.shared:
            others = and_(others, _is_kin(owner))
        return await self._take(owner, (is_nobodys, others), lease, most)

    @write_transaction
    def _take(
        self,
        connection: Connection,
        owner: str,
        kinds: Iterable[ColumnElement[bool]],
        lease: float,
        most: int,
    ) -> Sequence[Job]:
        taken: list[Job] = []
        for kind in kinds:  # one by one: each has an index, all together have none
            found = connection.execute(
                select(jobs)
                .where(kind)
                .order_by(jobs.c.created_at)
                .limit(most - len(taken))
                .with_for_update(skip_locked=True)
            )
            for before in [job_of(row) for row in found.mappings()]:
                after = before.owned_by(owner)
                changes = _changes(before, after) | {"lease_until": clock() + lease}
                _changed(connection, _is(before), changes)
                taken.append(after)
        return taken

    @read_transaction
    def stale_waiting(
        self,
        connection: Connection,
        *,
        unanswered_since: float,
        waiting_since: float,
        most: int = 100,
    ) -> Sequence[Job]:
        """Return waiting jobs that never will be, or never should be, submitted.

        Those are jobs without an answer to the member made before *unanswered_since*, and jobs made
        before *waiting_since*.
        """
        late = or_(
            and_(jobs.c.answered_at.is_(None), jobs.c.created_at < unanswered_since),
            jobs.c.created_at < waiting_since,
        )
        found = connection.execute(
            select(jobs).where(is_waiting, late).order_by(jobs.c.created_at).limit(most)
        )
        return [job_of(row) for row in found.mappings()]

    @read_transaction
    def undelivered(self, connection: Connection, member_id: int, *, most: int) -> Sequence[Job]:
        """Return the member's jobs whose pictures are kept, the newest first.

        Not those that they had forgotten and whose pictures came all the same.
        """
        found = connection.execute(
            select(jobs)
            .where(is_kept, jobs.c.member_id == member_id, jobs.c.prompt != "")
            .order_by(jobs.c.created_at.desc())
            .limit(most)
        )
        return [job_of(row) for row in found.mappings()]

    @write_transaction
    def assign_lane(self, connection: Connection, lane: str) -> None:
        """Put every waiting job into *lane*: that of a key which was changed serves nobody."""
        _change_all(connection, and_(is_waiting, jobs.c.lane != lane), {"lane": lane})

    @write_transaction
    def release(self, connection: Connection, owner: str) -> None:
        """Let go of what *owner* follows or delivers, so that others may take it."""
        open_states = [State.QUEUED.value, State.PROCESSING.value, State.COMPLETED.value]
        _change_all(
            connection,
            and_(jobs.c.owner == owner, jobs.c.state.in_(open_states)),
            {"owner": None, "lease_until": None},
        )

    @write_transaction
    def erase_tokens(self, connection: Connection, *, before: float) -> None:
        """Erase the interaction tokens of jobs that were made *before*: they have expired."""
        _change_all(
            connection,
            and_(has_token, jobs.c.created_at < before),
            {"interaction_token": None},
        )


def _next(
    connection: Connection, lane: str, width: int, now: float, *, for_good: bool = False
) -> Job | None:
    """Return the job whose turn it is, if the lane has room and lets it go.

    *for_good*: it stays as it is until the transaction ends.
    """
    stands = lane_of(connection, lane)
    if stands.paused(now):
        return None
    at_vendor = connection.scalar(
        select(func.count()).select_from(jobs).where(jobs.c.lane == lane, is_at_vendor)
    )
    if (at_vendor or 0) >= width:
        return None
    which = _may_go(lane)
    if stands.closed is not None:
        which = and_(which, jobs.c.id == stands.probe)
    query = (
        select(jobs)
        .outerjoin(lines, _its_line)
        .where(which)
        .order_by(func.coalesce(lines.c.served_at, 0.0), jobs.c.created_at, jobs.c.id)
        .limit(1)
    )
    found = connection.execute(query.with_for_update(of=jobs) if for_good else query)
    row = found.mappings().first()
    if row is None or not breaker.may_submit(stands, row["id"], now):
        return None
    return job_of(row)


_its_line: Final = and_(lines.c.lane == jobs.c.lane, lines.c.line == jobs.c.line)


def _may_go(lane: str) -> ColumnElement[bool]:
    # A hidden one was withdrawn while it was on its way, and came back.
    shown = jobs.c.hidden.is_(False)
    return and_(jobs.c.lane == lane, is_waiting, jobs.c.answered_at.is_not(None), shown)


def _serve(connection: Connection, job: Job, now: float) -> None:
    its_line = and_(lines.c.lane == job.lane, lines.c.line == job.queue_key)
    served = connection.execute(update(lines).where(its_line).values(served_at=now))
    if served.rowcount == 0:
        values = {"lane": job.lane, "line": job.queue_key, "served_at": now}
        connection.execute(insert(lines).values(values))


def _changed(
    connection: Connection, where: ColumnElement[bool], changes: Mapping[str, Any]
) -> bool:
    done = connection.execute(update(jobs).where(where).values(**changes))
    return done.rowcount > 0


def _change_all(
    connection: Connection, where: ColumnElement[bool], changes: Mapping[str, Any]
) -> None:
    """Change several jobs, in an order in which two of these never wait for each other."""
    in_order = (jobs.c.created_at, jobs.c.id)
    found = select(jobs.c.id).where(where).order_by(*in_order).with_for_update()
    _changed(connection, jobs.c.id.in_(found), changes)


def _is(job: Job) -> ColumnElement[bool]:
    """Return the condition under which *job* is still what it was."""
    return and_(
        jobs.c.id == job.id,
        jobs.c.state == job.state.value,
        jobs.c.owner.is_not_distinct_from(job.lease.owner),
        jobs.c.epoch == job.lease.epoch,
    )


def _is_kin(owner: str) -> ColumnElement[bool]:
    """Return the condition under which a job's owner has the INSTANCE of *owner*.

    An owner is its INSTANCE, which may have colons of its own, a colon, and as many characters
    as every other one.
    """
    instance, colon, _ = owner.rpartition(":")
    return and_(
        jobs.c.owner.startswith(instance + colon, autoescape=True),
        func.length(jobs.c.owner) == len(owner),
    )


def _changes(before: Job, after: Job) -> dict[str, Any]:
    """Return the columns in which *after* differs from *before*."""
    old, new = row_of(before), row_of(after)
    changes = {name: value for name, value in new.items() if old[name] != value}
    if after.lease.owner != before.lease.owner:
        # The new owner's next renewal makes a lease of it.
        changes["lease_until"] = clock() if after.lease.owner is not None else None
    return changes
