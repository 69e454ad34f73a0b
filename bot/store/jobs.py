"""Jobs in the store: every change names the state, owner and epoch that it replaces."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from sqlalchemy.engine import Connection

from bot.domain import lane_transitions
from bot.domain.admission import AdmissionContext
from bot.domain.deeds import Deed
from bot.domain.job import Job, State, Update, advance
from bot.domain.lane import ClosedReason
from bot.domain.owner import instance_prefix
from bot.domain.styles import Style, together
from bot.service.ports.store import Admit, LaneView, PeakUsage
from bot.store import job_statements as sql
from bot.store.admission import load_admission_context, load_peaks
from bot.store.database import (
    Database,
    or_on_conflict,
    priority_write,
    read_at_once,
    read_transaction,
    write_transaction,
)
from bot.store.deeds import record, redraw
from bot.store.guilds import guild_lock, rules_of
from bot.store.job_rows import INSERT, exchange, jobs_of, known_job, row_of, swap
from bot.store.lane_queues import has_room, mark_served, next_job, read_snapshot, waiting_jobs
from bot.store.lanes import lane_lock, lane_of, put_lane
from bot.store.members import preferences_of
from bot.store.spending import charge
from bot.store.statements import Statement

# Nobody waits until these are on record: a crash before that costs a status call, or an edit more.
_NEWS: Final = frozenset({State.PROCESSING, State.DELIVERED})
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
        INSERT.change(connection, **row_of(admitted))
        charge(connection, admitted, admitted.charged)
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
    def styles_for(
        self, connection: Connection, guild_id: int | None, member_id: int
    ) -> Sequence[Style]:
        """Return the member's own styles, and the server's that these do not replace."""
        own = preferences_of(connection, member_id).styles
        return together(own, rules_of(connection, guild_id).styles)

    @read_transaction
    def peak_usage(self, connection: Connection, guild_id: int, *, now: float) -> PeakUsage:
        """Return the highest usage of any one member of the server."""
        return load_peaks(connection, guild_id, now=now)

    @read_at_once
    def get(self, connection: Connection, job_id: str) -> Job | None:
        """Return the stored job; ``None``: there is no job of that id."""
        return known_job(sql.GET.first(connection, job_id=job_id))

    @or_on_conflict(None)  # another job has the request id
    async def swap(self, before: Job, after: Job, *, deeds: Sequence[Deed] = ()) -> Job | None:
        """Compare-and-swap: replace *before* by *after*, and return the job as stored then.

        ``None``: another change came first. *deeds* are recorded with the change.
        """
        work = partial(self._swap, before=before, after=after, deeds=deeds)
        joins = after.state in _NEWS and after.state is not before.state
        return await self._database.write(work, joins=joins)

    def _swap(
        self, connection: Connection, *, before: Job, after: Job, deeds: Sequence[Deed]
    ) -> Job | None:
        stored = exchange(connection, before, after)
        if stored is not None:
            record(connection, deeds)
            if after.reply.deleted_at != before.reply.deleted_at or after.held != before.held:
                redraw(connection, [after.id])  # neither is always a deed
        return stored

    @write_transaction
    def claim(
        self, connection: Connection, owner: str, *, lane: str, width: int, lease: float, now: float
    ) -> Job | None:
        """Take the next job of the lane, in fair order; *lease* is in seconds."""
        self._database.lock(connection, lane_lock(lane))
        snapshot = read_snapshot(connection, lane)
        if not has_room(connection, lane, snapshot, width=width, now=now):
            return None
        # `FOR UPDATE`: a concurrent cancel must not slip in between read and write.
        before = next_job(connection, lane, snapshot.lane, now=now, lock=True)
        if before is None:
            return None
        after = before.claimed(owner, now=now)
        swap(connection, before, after, lease=lease)
        mark_served(connection, before, now)
        lane_after = lane_transitions.after_claim(snapshot.lane, after.id, now=now)
        if lane_after != snapshot.lane:
            put_lane(connection, lane, lane_after)
        return after

    @read_transaction
    def waiting_jobs(self, connection: Connection, lane: str, *, most: int) -> Sequence[Job]:
        """Return the first waiting jobs of the lane, in the order in which they will be served."""
        return waiting_jobs(connection, lane, most=most)

    @read_transaction
    def look(self, connection: Connection, *, lane: str, width: int, now: float) -> LaneView:
        """Return the lane, and whether it is worth to :meth:`claim` a job."""
        snapshot = read_snapshot(connection, lane)
        claimable = has_room(connection, lane, snapshot, width=width, now=now)
        if claimable and snapshot.lane.closed:  # some jobs wait until it opens
            claimable = next_job(connection, lane, snapshot.lane, now=now) is not None
        waiting = snapshot.has_waiting or self._database.shared
        return LaneView(lane=snapshot.lane, claimable=claimable, waiting=waiting)

    @or_on_conflict(None)  # another job has the request id
    @write_transaction
    def record_request_id(
        self, connection: Connection, job_id: str, request_id: str, *, now: float
    ) -> Job | None:
        """Record the request id of a SUBMITTING or UNCERTAIN job, and return the job, QUEUED."""
        before = known_job(sql.LOCK.first(connection, job_id=job_id))
        if before is None or before.request_id is not None:
            return None
        after = advance(before, Update(state=State.QUEUED, request_id=request_id), now=now)
        return after if after is not before and swap(connection, before, after) else None

    @write_transaction
    def renew_leases(self, connection: Connection, owner: str, *, lease: float) -> None:
        """Extend the leases of all jobs of *owner*, to *lease* seconds from now."""
        sql.RENEW.change(connection, of_owner=owner, lease=lease)

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
        due = sql.TAKE_DUE if due_before is None else sql.TAKE_DUE_BEFORE
        return await self._take(
            owner,
            (sql.TAKE_UNOWNED, sql.TAKE_EXPIRED, due),
            lease=lease,
            most=most,
            submitted_before=submitted_before,
            due_before=due_before,
        )

    async def inherit(self, owner: str, *, lease: float, most: int = 100) -> Sequence[Job]:
        """Take some open jobs of other owners, which are known to be dead, and return them.

        For a process that holds `bot.store.process_lock`: on SQLite every other owner is dead, on
        PostgreSQL those of its INSTANCE. An empty answer means that no job is left to take.
        """
        prefix = instance_prefix(owner)
        others = sql.TAKE_OTHERS_OF_INSTANCE if self._database.shared else sql.TAKE_OTHERS
        return await self._take(
            owner,
            (sql.TAKE_UNOWNED, others),
            lease=lease,
            most=most,
            new_owner=owner,
            prefix=prefix,
            length=len(owner),
        )

    @write_transaction
    def _take(
        self,
        connection: Connection,
        /,
        owner: str,
        queries: Iterable[Statement],
        *,
        lease: float,
        most: int,
        **parameters: Any,
    ) -> Sequence[Job]:
        taken: list[Job] = []
        for query in queries:
            rows = query.rows(connection, most=most - len(taken), **parameters)
            for before in jobs_of(rows):
                after = before.owned_by(owner)
                swap(connection, before, after, lease=lease)
                taken.append(after)
        return taken

    @write_transaction
    def retry_now(self, connection: Connection, job_id: str | None = None) -> int:
        """Make the next try of an outstanding job due, of all without *job_id*; count them."""
        retry = sql.RETRY_ALL if job_id is None else sql.RETRY_ONE
        return retry.change(connection, job_id=job_id)

    @write_transaction
    def retry_stored(self, connection: Connection) -> int:
        """Make the next try of jobs due that wait for the place of their pictures; count them."""
        return sql.RETRY_STORED.change(connection)

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
        return jobs_of(
            sql.STALE.rows(
                connection,
                unanswered_since=unanswered_since,
                unanswered_until=unanswered_until,
                waiting_since=waiting_since,
                most=most,
            )
        )

    @read_transaction
    def waiting_of(self, connection: Connection, guild_id: int, member_id: int) -> Sequence[Job]:
        """Return the waiting jobs of a member in a server."""
        return jobs_of(sql.WAITING_OF.rows(connection, guild_id=guild_id, member_id=member_id))

    @read_transaction
    def recent_of(
        self, connection: Connection, guild_id: int, member_id: int, *, most: int
    ) -> Sequence[Job]:
        """Return the newest jobs of a member in a server."""
        return jobs_of(
            sql.RECENT_OF.rows(connection, guild_id=guild_id, member_id=member_id, most=most)
        )

    @read_transaction
    def waiting_in_departed(self, connection: Connection, *, most: int) -> Sequence[Job]:
        """Return some waiting jobs of servers that the bot was removed from."""
        return jobs_of(sql.IN_DEPARTED.rows(connection, most=most))

    @read_transaction
    def waiting_in_denied(self, connection: Connection, *, now: float, most: int) -> Sequence[Job]:
        """Return some waiting jobs of servers and members that the operator barred."""
        return jobs_of(sql.IN_DENIED.rows(connection, now=now, most=most))

    @read_transaction
    def undelivered(self, connection: Connection, member_id: int, *, most: int) -> Sequence[Job]:
        """Return the member's jobs with undelivered or lost pictures, the newest first.

        Jobs that were erased before their pictures came are left out.
        """
        return jobs_of(sql.UNDELIVERED.rows(connection, member_id=member_id, most=most))

    @write_transaction
    def assign_lane(self, connection: Connection, lane: str) -> None:
        """Move every waiting job to *lane*: no process serves the lane of a former API key."""
        sql.ASSIGN_LANE.change(connection, to_lane=lane)

    @write_transaction
    def release(self, connection: Connection, owner: str) -> None:
        """Give up the jobs that *owner* follows or delivers, so that others may take them."""
        sql.RELEASE.change(connection, of_owner=owner)

    @write_transaction
    def erase_tokens(self, connection: Connection, *, before: float) -> None:
        """Erase the interaction tokens of jobs made *before*: they have expired."""
        sql.ERASE_TOKENS.change(connection, before=before)
