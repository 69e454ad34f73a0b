"""Jobs in the store: every change names the state, owner and epoch that it replaces."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from bot.domain import lane_transitions
from bot.domain.admission import AdmissionContext
from bot.domain.deeds import Deed
from bot.domain.job import Job, State, Update, advance
from bot.domain.lane import ClosedReason
from bot.domain.owner import instance_prefix
from bot.service.ports.store import Admit, PeakUsage
from bot.store.admission import load_admission_context, load_peaks
from bot.store.database import (
    Database,
    or_on_conflict,
    priority_write,
    read_transaction,
    write_transaction,
)
from bot.store.deeds import record, redraw
from bot.store.dialects import DatabaseClock
from bot.store.guilds import guild_lock
from bot.store.job_rows import change_all, jobs_of, known_job, row_of, swap
from bot.store.lane_queues import mark_served, next_job, waiting_jobs
from bot.store.lanes import lane_lock, lane_of, put_lane
from bot.store.tables import (
    guilds,
    has_left,
    has_token,
    is_at_once,
    is_outstanding,
    is_owned,
    is_undelivered,
    is_unowned,
    is_waiting,
    jobs,
)

USAGE_LOCK: Final = "everywhere"  # held while the usage of all servers together changes


class Jobs:
    """The jobs of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @or_on_conflict(None)
    @priority_write
    def add(
        self, connection: Connection, job: Job, admit: Admit, *, count_to: int | None = None
    ) -> Job | None:
        """Record the job that *admit* returns for *job*; ``None``: its interaction has one."""
        # Fixed lock order, to avoid deadlocks.
        self._database.lock(connection, guild_lock(job.guild_id), USAGE_LOCK)
        context, known = load_admission_context(
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
        if context.lane.closed is ClosedReason.CREDIT:  # it may become the probe
            self._database.lock(connection, lane_lock(job.lane))
            context = replace(context, lane=lane_of(connection, job.lane))
        admitted = admit(job, context)
        connection.execute(insert(jobs).values(row_of(admitted)))
        lane = lane_transitions.after_admission(context.lane, job.id, now=job.created_at)
        if lane != context.lane:
            put_lane(connection, job.lane, lane)
        return admitted

    @read_transaction
    def admission_context(
        self, connection: Connection, guild_id: int | None, member_id: int, *, lane: str, now: float
    ) -> AdmissionContext:
        """Return what an order of that member would be checked against now."""
        context, _ = load_admission_context(connection, guild_id, member_id, lane=lane, now=now)
        return context

    @read_transaction
    def peak_usage(self, connection: Connection, guild_id: int, *, now: float) -> PeakUsage:
        """Return the highest usage of any one member of the server."""
        return load_peaks(connection, guild_id, now=now)

    @read_transaction
    def get(self, connection: Connection, job_id: str) -> Job | None:
        """Return the stored job; ``None``: there is no job of that id."""
        row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
        return known_job(row) if row else None

    @or_on_conflict(answer=False)  # another job has the request id
    @write_transaction
    def swap(
        self, connection: Connection, before: Job, after: Job, *, deeds: Sequence[Deed] = ()
    ) -> bool:
        """Compare-and-swap: replace *before* by *after*; ``False``: another change came first.

        *deeds* are recorded with the change.
        """
        swapped = swap(connection, before, after)
        if swapped:
            record(connection, deeds)
            if after.reply.deleted_at != before.reply.deleted_at:
                redraw(connection, [after.id])  # its member's own deletion is no deed
        return swapped

    @write_transaction
    def claim(
        self, connection: Connection, owner: str, *, lane: str, width: int, lease: float, now: float
    ) -> Job | None:
        """Take the next job of the lane, in fair order; *lease* is in seconds."""
        self._database.lock(connection, lane_lock(lane))
        # `FOR UPDATE`: a concurrent cancel must not slip in between read and write.
        recorded_lane = lane_of(connection, lane)
        before = next_job(connection, lane, recorded_lane, width=width, now=now, lock=True)
        if before is None:
            return None
        after = before.claimed(owner, now=now)
        swap(connection, before, after, lease=lease)
        mark_served(connection, before, now)
        if (
            lane_after := lane_transitions.after_claim(recorded_lane, after.id, now=now)
        ) != recorded_lane:
            put_lane(connection, lane, lane_after)
        return after

    @read_transaction
    def waiting_jobs(self, connection: Connection, lane: str, *, most: int) -> Sequence[Job]:
        """Return the first waiting jobs of the lane, in the order in which they will be served."""
        return waiting_jobs(connection, lane, most=most)

    @read_transaction
    def has_claimable(self, connection: Connection, *, lane: str, width: int, now: float) -> bool:
        """Tell whether :meth:`claim` would return a job."""
        recorded_lane = lane_of(connection, lane)
        return next_job(connection, lane, recorded_lane, width=width, now=now) is not None

    @or_on_conflict(None)  # another job has the request id
    @write_transaction
    def record_request_id(
        self, connection: Connection, job_id: str, request_id: str, *, now: float
    ) -> Job | None:
        """Record the request id of a SUBMITTING or UNCERTAIN job, and return the job, QUEUED."""
        query = select(jobs).where(jobs.c.id == job_id).with_for_update()
        row = connection.execute(query).mappings().first()
        before = known_job(row) if row else None
        if before is None or before.request_id is not None:
            return None
        after = advance(before, Update(state=State.QUEUED, request_id=request_id), now=now)
        return after if after is not before and swap(connection, before, after) else None

    @write_transaction
    def renew_leases(self, connection: Connection, owner: str, *, lease: float) -> None:
        """Extend the leases of all jobs of *owner*, to *lease* seconds from now."""
        change_all(connection, jobs.c.owner == owner, {"lease_until": DatabaseClock() + lease})

    async def take_over(
        self,
        owner: str,
        *,
        lease: float,
        submitted_before: float,
        due_before: float | None = None,
        most: int = 100,
    ) -> Sequence[Job]:
        """Take some open jobs and return them: expired leases, without an owner, due for a try."""
        expired = and_(
            is_owned,
            jobs.c.lease_until < DatabaseClock(),
            or_(
                jobs.c.state != State.SUBMITTING.value, jobs.c.submit_started_at < submitted_before
            ),
        )
        clock = DatabaseClock() if due_before is None else due_before
        due = and_(is_outstanding, jobs.c.next_try_at <= clock)
        return await self._take(owner, (is_unowned, expired, due), lease, most)

    async def inherit(self, owner: str, *, lease: float, most: int = 100) -> Sequence[Job]:
        """Take some open jobs of other owners, which are known to be dead, and return them.

        For a process that holds `bot.store.process_lock`: on SQLite every other owner is dead, on
        PostgreSQL those of its INSTANCE. An empty answer means that no job is left to take.
        """
        others = and_(is_owned, jobs.c.owner != owner)
        if self._database.shared:
            others = and_(others, _has_instance_of(owner))
        return await self._take(owner, (is_unowned, others), lease, most)

    @write_transaction
    def _take(
        self,
        connection: Connection,
        owner: str,
        conditions: Iterable[ColumnElement[bool]],
        lease: float,
        most: int,
    ) -> Sequence[Job]:
        taken: list[Job] = []
        for condition in conditions:  # one by one: each has an index, all together have none
            rows = connection.execute(
                select(jobs)
                .where(condition)
                .order_by(jobs.c.created_at)
                .limit(most - len(taken))
                .with_for_update(skip_locked=True)
            )
            for before in jobs_of(rows.mappings().all()):
                after = before.owned_by(owner)
                swap(connection, before, after, lease=lease)
                taken.append(after)
        return taken

    @write_transaction
    def retry_now(self, connection: Connection, job_id: str | None = None) -> int:
        """Make the next try of an outstanding job due, of all without *job_id*; count them."""
        where = is_outstanding if job_id is None else and_(is_outstanding, jobs.c.id == job_id)
        order = (jobs.c.next_try_at, jobs.c.id)
        ids = select(jobs.c.id).where(where).order_by(*order).with_for_update(skip_locked=True)
        change = update(jobs).where(jobs.c.id.in_(ids)).values(next_try_at=0.0, tries=0)
        return connection.execute(change).rowcount

    @read_transaction
    def stale_waiting(
        self,
        connection: Connection,
        *,
        unanswered_since: float,
        unanswered_until: float,
        waiting_since: float,
        most: int = 100,
    ) -> Sequence[Job]:
        """Return some waiting jobs that were made outside of these times."""
        made_at = jobs.c.created_at
        unanswered = or_(made_at < unanswered_since, made_at > unanswered_until)
        stale = or_(and_(jobs.c.answered_at.is_(None), unanswered), made_at < waiting_since)
        query = select(jobs).where(is_waiting, stale).order_by(jobs.c.created_at).limit(most)
        return jobs_of(connection.execute(query).mappings())

    @read_transaction
    def waiting_of(self, connection: Connection, guild_id: int, member_id: int) -> Sequence[Job]:
        """Return the waiting jobs of a member in a server."""
        of_member = and_(jobs.c.guild_id == guild_id, jobs.c.member_id == member_id)
        query = select(jobs).where(is_at_once, of_member, is_waiting)
        return jobs_of(connection.execute(query).mappings())

    @read_transaction
    def recent_of(
        self, connection: Connection, guild_id: int, member_id: int, *, most: int
    ) -> Sequence[Job]:
        """Return the newest jobs of a member in a server."""
        of_member = and_(jobs.c.member_id == member_id, jobs.c.guild_id == guild_id)
        query = select(jobs).where(of_member).order_by(jobs.c.created_at.desc()).limit(most)
        return jobs_of(connection.execute(query).mappings())

    @read_transaction
    def waiting_in_departed(self, connection: Connection, *, most: int) -> Sequence[Job]:
        """Return some waiting jobs of servers that the bot was removed from."""
        departed = select(guilds.c.guild_id).where(has_left)
        query = select(jobs).where(is_waiting, jobs.c.guild_id.in_(departed)).limit(most)
        return jobs_of(connection.execute(query).mappings())

    @read_transaction
    def undelivered(self, connection: Connection, member_id: int, *, most: int) -> Sequence[Job]:
        """Return the member's jobs with undelivered or lost pictures, the newest first.

        Jobs that were erased before their pictures came are left out.
        """
        query = (
            select(jobs)
            .where(is_undelivered, jobs.c.member_id == member_id, jobs.c.prompt != "")
            .order_by(jobs.c.created_at.desc())
            .limit(most)
        )
        return jobs_of(connection.execute(query).mappings())

    @write_transaction
    def assign_lane(self, connection: Connection, lane: str) -> None:
        """Move every waiting job to *lane*: no process serves the lane of a former API key."""
        change_all(connection, and_(is_waiting, jobs.c.lane != lane), {"lane": lane})

    @write_transaction
    def release(self, connection: Connection, owner: str) -> None:
        """Give up the jobs that *owner* follows or delivers, so that others may take them."""
        open_states = [State.QUEUED.value, State.PROCESSING.value, State.COMPLETED.value]
        change_all(
            connection,
            and_(jobs.c.owner == owner, jobs.c.state.in_(open_states)),
            {"owner": None, "lease_until": None},
        )

    @write_transaction
    def erase_tokens(self, connection: Connection, *, before: float) -> None:
        """Erase the interaction tokens of jobs made *before*: they have expired."""
        change_all(
            connection, and_(has_token, jobs.c.created_at < before), {"interaction_token": None}
        )


def _has_instance_of(owner: str) -> ColumnElement[bool]:
    """Return the condition that a job's owner has the same INSTANCE as *owner*."""
    return and_(
        jobs.c.owner.startswith(instance_prefix(owner), autoescape=True),
        func.length(jobs.c.owner) == len(owner),
    )
