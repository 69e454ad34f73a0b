"""Ports of the store: jobs, lanes, servers, members, and news between processes.

Every method raises StoreUnavailable if the store can't be reached; whether the change was made is
unknown then.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from bot.domain.admission import AdmissionContext
from bot.domain.alerts import Alert
from bot.domain.budget_steps import BudgetReached
from bot.domain.deeds import Deed
from bot.domain.denials import Denial, DeniedKind
from bot.domain.gateway_starts import GatewayStart, Permit
from bot.domain.job import Job, State
from bot.domain.lane import Lane
from bot.domain.money import Budget
from bot.domain.preferences import Preferences
from bot.domain.rules import Block, Rules
from bot.domain.shard_leases import ShardMember, ShardPlan, ShardView
from bot.domain.styles import Style

# Decides on a new job, inside the transaction that records it: returns the job to record, or raises
# to reject it.
Admit = Callable[[Job, AdmissionContext], Job]


@dataclass(frozen=True, kw_only=True)
class ClosureNotice:
    """A server that is to be told that a lane closed, and its orders that were refused for it."""

    guild_id: int
    log_channel: int | None  # None: the server has none
    orders: int = 0
    channel_id: int = 0  # of one of the orders
    message_id: int | None = None  # of its card
    language: str | None = "en"  # of the server; None: not known
    shut_at: float = 0.0  # the closure, if it is over


@dataclass(frozen=True, kw_only=True)
class PeakUsage:
    """The highest usage of any one member of a server."""

    images: int  # today
    member_id: int | None = None  # whose images these are
    at_once: int  # orders


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The number of orders that have not ended, by state, and of those that wait in a lane."""

    orders: Mapping[State, int]
    waiting: int
    # Since when, in Unix seconds; None: there is none. Of UNCERTAIN orders:
    oldest_uncertain: float | None = None
    newest_uncertain: float | None = None
    oldest_outstanding: float | None = None  # paid pictures that can't be fetched
    outstanding: int = 0


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """A page of a member's orders, the newest first, and how many there are in all."""

    jobs: Sequence[Job]
    total: int


@dataclass(frozen=True)
class ProcessSeen:
    """A process of the bot. Times are Unix seconds."""

    owner: str
    version: str
    shards: str  # as a person reads them
    started_at: float
    seen_at: float


class Ping(StrEnum):
    """When a member is pinged about pictures."""

    AUTO = "auto"  # if they took more than a minute
    ALWAYS = "always"
    NEVER = "never"


class PingIn(StrEnum):
    """Where a member is pinged about pictures."""

    CHANNEL = "channel"  # where they were ordered
    DIRECT = "direct"  # by a direct message, or else there


@dataclass(frozen=True, kw_only=True)
class MemberSettings:
    """A member's own settings."""

    ping: Ping = Ping.AUTO
    ping_in: PingIn = PingIn.CHANNEL
    preferences: Preferences = field(default_factory=Preferences)
    forget_before: float | None = None  # orders made until then are to be erased


@dataclass(frozen=True, kw_only=True)
class LaneView:
    """A lane at one moment, and whether a job of it can be claimed."""

    lane: Lane
    claimable: bool  # a job waits, the lane has room and lets it through
    waiting: bool  # a job waits, or one of another process may


class Jobs(Protocol):
    """The jobs of all processes that share the store."""

    async def add(self, job: Job, admit: Admit, *, count_to: int | None = None) -> Job | None:
        """Record the job that *admit* returns for *job*, in one transaction.

        The images of all servers are counted up to *count_to* only. In a lane that may be probed,
        the job becomes the probe. ``None``: its interaction has a job already, and nothing
        changed. If *admit* raises, nothing changes.
        """

    async def admission_context(
        self, guild_id: int | None, member_id: int, *, lane: str, now: float
    ) -> AdmissionContext:
        """Return what an order of that member would be checked against now."""

    async def styles_for(self, guild_id: int | None, member_id: int) -> Sequence[Style]:
        """Return the member's own styles, and the server's that these do not replace."""

    async def get(self, job_id: str) -> Job | None:
        """Return the stored job; ``None``: there is no job of that id."""

    async def swap(self, before: Job, after: Job, *, deeds: Sequence[Deed] = ()) -> Job | None:
        """Compare-and-swap: replace *before* by *after* if state, owner and epoch are unchanged.

        Return the job as stored then: what is the same in both may have changed meanwhile. *deeds*
        are recorded in the same transaction. ``None``: another change came first, and nothing
        changed.
        """

    async def claim(
        self, owner: str, *, lane: str, width: int, lease: float, now: float
    ) -> Job | None:
        """Take the next job of the lane, in fair order: SUBMITTING and owned by *owner*.

        ``None``: no job waits, the lane pauses, or *width* jobs are at the vendor already.
        """

    async def record_request_id(self, job_id: str, request_id: str, *, now: float) -> Job | None:
        """Record a request id that a callback brought, and return the job, QUEUED.

        Needs no lease. ``None``: the job does not wait for one, or another job has it.
        """

    async def peak_usage(self, guild_id: int, *, now: float) -> PeakUsage:
        """Return the highest usage of any one member of the server."""

    async def waiting_jobs(self, lane: str, *, most: int) -> Sequence[Job]:
        """Return the first waiting jobs of the lane, in the order in which they will be served.

        Jobs whose member was not answered yet are left out.
        """

    async def look(self, *, lane: str, width: int, now: float) -> LaneView:
        """Return the lane, and whether :meth:`claim` would return a job."""

    async def renew_leases(self, owner: str, *, lease: float) -> None:
        """Extend the leases of all jobs of *owner*, to *lease* seconds from now."""

    async def inherit(self, owner: str, *, lease: float) -> Sequence[Job]:
        """Take some open jobs of other owners, which are known to be dead, and return them."""

    async def take_over(
        self,
        owner: str,
        *,
        lease: float,
        submitted_before: float,
        due_before: float | None = None,
    ) -> Sequence[Job]:
        """Take some open jobs whose lease has expired or that have no owner, and return them.

        A submit that began after *submitted_before* may still be under way and is left alone, as is
        an outstanding job whose next try is due after *due_before*; ``None``: now.
        """

    async def waiting_of(self, guild_id: int, member_id: int) -> Sequence[Job]:
        """Return the waiting jobs of a member in a server."""

    async def recent_of(self, guild_id: int, member_id: int, *, most: int) -> Sequence[Job]:
        """Return the newest jobs of a member in a server."""

    async def waiting_in_departed(self, *, most: int) -> Sequence[Job]:
        """Return some waiting jobs of servers that the bot was removed from."""

    async def waiting_in_denied(self, *, now: float, most: int) -> Sequence[Job]:
        """Return some waiting jobs of servers and members that the operator barred."""

    async def retry_now(self, job_id: str | None = None) -> int:
        """Make the next try of an outstanding job due, of all without *job_id*; count them.

        The back-off begins anew.
        """

    async def retry_stored(self) -> int:
        """Make the next try of jobs due that wait for the place of their pictures; count them."""

    async def stale_waiting(
        self, *, unanswered_since: float, unanswered_until: float, waiting_since: float
    ) -> Sequence[Job]:
        """Return some waiting jobs that were made before *waiting_since*.

        Jobs whose member was never answered too, if they were made before *unanswered_since* or
        after *unanswered_until*, by a clock that was wrong.
        """

    async def undelivered(self, member_id: int, *, most: int) -> Sequence[Job]:
        """Return the member's jobs with undelivered or lost pictures, the newest first."""

    async def release(self, owner: str) -> None:
        """Give up the jobs that *owner* follows or delivers, so that others may take them."""

    async def erase_tokens(self, *, before: float) -> None:
        """Erase the interaction tokens of jobs made *before*: they have expired."""


class JobQueries(Protocol):
    """Counts, lists and bulk deletion of jobs."""

    async def count(self, lane: str) -> Counts:
        """Count the orders that have not ended, and those that wait in that lane."""

    async def spent(self, *, now: float) -> Mapping[Budget, int]:
        """Return what is spent of the budgets of all servers together, in their periods."""

    async def stale_undelivered(self, *, kept_before: float, most: int) -> Sequence[Job]:
        """Return some jobs whose pictures are undelivered since before that time."""

    async def erase_ended(self, *, made_before: float, most: int) -> int:
        """Erase some ended jobs that were made before that time; return how many."""

    async def over_in(self, guild_id: int, *, made_before: float, most: int) -> Sequence[str]:
        """Return the ids of some jobs of a server that are over, made before that time.

        What is kept for its member, or tried again, is not over.
        """

    async def erase_over(self, job_ids: Sequence[str]) -> int:
        """Erase these jobs as far as they are over; return how many were."""

    async def recent_durations(self, *, most: int) -> Sequence[float]:
        """Return how many seconds the vendor took for the jobs that it completed last."""

    async def page(self, member_id: int, *, word: str, skip: int, most: int) -> OrderPage:
        """Return a member's orders whose prompts contain *word*, without erased ones."""

    async def orders_of(self, member_id: int) -> Sequence[Job]:
        """Return all stored orders of a member."""

    async def erase_member(
        self, member_id: int, *, made_before: float, today: float
    ) -> Sequence[str]:
        """Erase a member's ended orders that were made before that time; return their ids.

        Of those made since *today*, which limits count, only the member's text is erased.
        """

    async def erasure_pending(self, member_id: int, *, made_before: float) -> bool:
        """Tell whether orders of the member are still to be erased."""

    async def newest(self, state: State | None, *, most: int, skip: int = 0) -> Sequence[Job]:
        """Return the newest jobs in that state, without the first *skip*; ``None``: in any."""


class Members(Protocol):
    """The members' own settings."""

    async def settings(self, member_id: int) -> MemberSettings:
        """Return the member's settings; the defaults if there are none."""

    async def change(
        self, member_id: int, how: Callable[[MemberSettings], MemberSettings]
    ) -> MemberSettings:
        """Replace the settings by ``how(settings)`` in one transaction; return what they are then.

        If *how* raises, nothing changes.
        """

    async def finish_erasure(self, member_id: int, *, made_before: float) -> None:
        """Record that the orders until then are erased, unless a later time was set."""

    async def blocks(self, member_id: int) -> Sequence[tuple[int, Block]]:
        """Return the blocks of a member, each with its server."""

    async def denial(self, member_id: int) -> Denial | None:
        """Return the operator's bar of a member, even one that is over; ``None``: there is none."""

    async def pending_erasures(self, *, most: int) -> Sequence[tuple[int, MemberSettings]]:
        """Return some members whose orders are still to be erased."""


class Guilds(Protocol):
    """The servers' rules, blocks and drafts of changes."""

    async def rules(self, guild_id: int) -> Rules:
        """Return the server's rules; the defaults if none are set."""

    async def change(self, guild_id: int, how: Callable[[Rules], Rules]) -> tuple[Rules, Rules]:
        """Replace the rules by ``how(rules)`` in one transaction; return before and after.

        If *how* raises, nothing changes.
        """

    async def block(self, guild_id: int, block: Block, *, deeds: Sequence[Deed] = ()) -> None:
        """Store *block*, with *deeds*; it replaces the member's earlier one."""

    async def block_of(self, guild_id: int, member_id: int) -> Block | None:
        """Return a member's block, even one that is over; ``None``: there is none."""

    async def blocks(
        self, guild_id: int, *, now: float, skip: int, most: int
    ) -> tuple[Sequence[Block], int]:
        """Return some blocks of a server that hold at *now*, newest first, and how many do."""

    async def unblock(self, guild_id: int, member_id: int, *, deeds: Sequence[Deed] = ()) -> bool:
        """End a member's block, and record *deeds*; ``False``: there is none."""

    async def save_draft(
        self, draft_id: str, guild_id: int, changes: Mapping[str, Any], *, now: float
    ) -> None:
        """Store changes of rules, by field name, until a moderator confirms them."""

    async def load_draft(self, draft_id: str, guild_id: int) -> Mapping[str, Any] | None:
        """Return stored changes; ``None``: that server has no draft of that id."""

    async def save_form(
        self, form_id: str, guild_id: int, name: str, typed: Mapping[str, Any], *, now: float
    ) -> None:
        """Store what was typed in a form, by its fields, as a draft."""

    async def load_form(self, form_id: str, guild_id: int) -> tuple[str, Mapping[str, Any]] | None:
        """Return a form's name and what was typed; ``None``: that server has no such form."""

    async def erase_drafts(self, *, before: float) -> None:
        """Erase drafts and forms made *before*, in Unix seconds."""

    async def erase_deeds(self, *, before: float, most: int) -> int:
        """Erase some deeds that were done before that time; return how many."""

    async def erase_sums(self, guild_ids: Collection[int], *, before: int) -> int:
        """Erase what orders cost in periods that began before that time; return the rows.

        0 among *guild_ids* is for all servers, and for orders outside of servers.
        """

    async def erase_denials(self, *, before: float) -> int:
        """Erase the operator's bars that were over *before* that time; return how many."""

    async def erase_refusals(self, *, before: float) -> int:
        """Erase how many orders were refused on days before that time; return the rows."""

    async def recorded(self, *, after: int, most: int) -> Sequence[tuple[int, bool]]:
        """Return a page of the servers above the id *after*, and whether the bot left them."""

    async def record_joined(self, guild_ids: Collection[int]) -> None:
        """Record that the bot is a member of these servers."""

    async def record_left(self, guild_ids: Collection[int], *, now: float) -> None:
        """Record that the bot is not a member of these servers any more, from *now* on."""

    async def departed(self, *, before: float, after: int, most: int) -> Sequence[int]:
        """Return some servers above the id *after* that the bot left before that time."""

    async def forget(self, guild_id: int, *, left_before: float) -> bool:
        """Erase a server's rules, blocks, deeds and queues, if the bot left it before that time.

        It stays on record while it has jobs. ``False``: the bot was added again.
        """


class Denials(Protocol):
    """Servers and members that the operator barred from ordering."""

    async def add(self, denial: Denial, *, deeds: Sequence[Deed] = ()) -> None:
        """Store *denial*, with *deeds*; it replaces an earlier one."""

    async def lift(self, kind: DeniedKind, subject_id: int, *, deeds: Sequence[Deed] = ()) -> bool:
        """End a denial, and record *deeds*; ``False``: there is none."""

    async def page(self, *, now: float, skip: int, most: int) -> tuple[Sequence[Denial], int]:
        """Return some denials that hold at *now*, newest first, and how many do."""


class Processes(Protocol):
    """The processes that share the store, each start of one."""

    async def record(self, seen: ProcessSeen) -> None:
        """Record that a process was seen."""

    async def recent(self, *, since: float) -> Sequence[ProcessSeen]:
        """Return the processes that were seen since then."""


class Deeds(Protocol):
    """The moderators' deeds: an audit trail, and the outbox of what must be told of them."""

    async def warn(self, reached: BudgetReached, *deeds: Deed, alert: Alert | None = None) -> bool:
        """Record a step of a budget, with *deeds* and an *alert* of it.

        ``False``: it, or a higher one, is on record.
        """

    async def add(self, *added: Deed) -> None:
        """Record deeds that change nothing else, but for those on record already."""

    async def claim(self, *, now: float, lease: float, most: int) -> Sequence[Deed]:
        """Take some deeds of which somebody must be told, for *lease* seconds; the oldest first.

        They are due again then, for every process, unless they were settled.
        """

    async def settle(
        self, deed: Deed, *, tell_log: bool, tell_member: bool, due_at: float | None
    ) -> None:
        """Record who is still to be told of a claimed deed, and when; ``None``: nobody any more.

        Nothing changes if it was made due meanwhile, or claimed by another process.
        """

    async def set_detail(self, deed: Deed, detail: Mapping[str, Any]) -> None:
        """Replace the detail of a deed."""

    async def redraw(self, job_id: str) -> None:
        """Have the entry of a reported order drawn anew, if there is one."""

    async def of_job(self, job_id: str) -> Sequence[Deed]:
        """Return the deeds about an order, the oldest first."""

    async def about(self, member_id: int) -> Sequence[Deed]:
        """Return the deeds about a member, the oldest first."""


class Lanes(Protocol):
    """The lanes of all processes that share the store."""

    async def get(self, lane: str) -> Lane:
        """Return the lane; one that is not stored is open."""

    async def update(self, lane: str, how: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        """Replace the lane by ``how(lane)`` in one transaction; return before and after.

        Before is as stored; *how* gets the lane after its probe was resolved.
        """

    async def reserve_slots(self, lane: str, *, count: int, interval: float, now: float) -> float:
        """Reserve *count* slots, *interval* seconds apart; return the first, in Unix seconds."""

    async def closure_notices(self, lane: str, *, shut_at: float) -> Sequence[ClosureNotice]:
        """Return the servers with orders refused since *shut_at* that were not told of it yet."""

    async def record_notice(self, lane: str, guild_id: int, *, shut_at: float) -> None:
        """Record that the server was told of the closure at *shut_at*."""

    async def owe_end(self, lane: str, guild_id: int, *, shut_at: float) -> None:
        """Record that the server is being told of the closure at *shut_at*, so of its end, too."""

    async def untold(
        self, lane: str, *, shut_at: float, after: int, most: int
    ) -> tuple[Sequence[ClosureNotice], int | None]:
        """Return notices for servers above the id *after* with a log channel, not told yet.

        And the last id of this page of servers; ``None``: there are no more.
        """

    async def owed_ends(self, *, most: int) -> Sequence[tuple[str, ClosureNotice]]:
        """Return some servers, each with the lane, that were told of a closure, not of its end."""

    async def record_end(self, lane: str, guild_id: int) -> None:
        """Record that the server was told that the lane works again."""


class GatewayStarts(Protocol):
    """Starts of sessions at Discord's gateway, by all processes with the same token."""

    async def recent(self, bot: str, *, now: float) -> Sequence[GatewayStart]:
        """Return the bot's starts of the last day."""

    async def reserve(
        self,
        bot: str,
        shard_id: int,
        decide: Callable[[Sequence[GatewayStart]], Permit],
        *,
        now: float,
        ahead: float,
    ) -> Permit:
        """Record a start at the time that *decide* returns, unless that is too far *ahead*.

        *ahead* is in seconds. It happens in one transaction, and alone.
        """

    async def mark_steady(self, bot: str, shard_id: int, *, started_at: float, now: float) -> None:
        """Record that the session of a start has lasted."""

    async def mark_failed(self, bot: str, shard_id: int, *, started_at: float) -> None:
        """Record that the session of a start ended before it had lasted."""


class ShardLeases(Protocol):
    """The processes that take shards by lease, and the shards, of the bot with a token."""

    async def renew(
        self,
        bot: str,
        me: ShardMember,
        decide: Callable[[ShardView], ShardPlan],
        *,
        up: Collection[int],
        now: float,
    ) -> tuple[ShardView, ShardPlan]:
        """Renew the lease of a process whose shards *up* are connected, and follow its plan.

        The shards of the plan are taken; those to give up remain until :meth:`release`. Return what
        is on record then, and the plan. It happens in one transaction, and alone.
        """

    async def release(self, bot: str, me: ShardMember, shard_ids: Collection[int]) -> None:
        """Free shards of a process, as far as it still has them."""

    async def leave(self, bot: str, owner: str) -> None:
        """Free all shards of a process that takes no more."""


class JobNotifier(Protocol):
    """Tells the other processes that share the store about changed jobs."""

    async def notify(self, job_id: str) -> None:
        """Tell the other processes that a job changed; lost if they can't be reached."""
