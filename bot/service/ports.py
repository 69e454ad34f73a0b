"""What the services need of the world outside, as protocols. Adapters implement them; tests too.

Every method of ``Jobs``, ``Guilds`` and ``Lanes`` raises StoreUnavailable where the
store can't be reached; what it did then is unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from bot.domain.admission import AdmissionContext
from bot.domain.card_status import CardStatus
from bot.domain.job import Job, State, Update
from bot.domain.lane import Lane
from bot.domain.log_entries import AnyLogEntry
from bot.domain.order import Order
from bot.domain.rules import Block, Rules

NO_STATUS: Final = CardStatus()


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Where and when the vendor may call back."""

    url: str = field(repr=False)  # it carries a secret
    mode: str  # "sync" or "terminal"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A downloaded picture, sound and small enough to be sent. Sides are in pixels."""

    path: Path
    extension: str  # png, jpg, webp or gif, as its bytes say
    width: int
    height: int
    shrunk: bool  # made smaller than the vendor's, to fit


# Is told how things stand for a job, and returns it as it is to be recorded; raises where it is
# not admitted.
Admit = Callable[[Job, AdmissionContext], Job]


@dataclass(frozen=True, kw_only=True)
class GivenBack:
    """Orders of one server that were refused while their lane was shut."""

    guild_id: int
    log_channel: int | None  # None: the server has none
    orders: int
    channel_id: int  # of one of them
    message_id: int | None  # of its card
    language: str = "en"  # of its card


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """The most that any one member of a server has now."""

    images: int  # today
    at_once: int  # orders


class Jobs(Protocol):
    """The jobs of all processes that share the store."""

    async def add(self, job: Job, admit: Admit, *, count_to: int | None = None) -> Job | None:
        """Record the job that *admit* makes of *job*, in one step that no other comes between.

        What it is told of the images of all servers is right up to *count_to*.

        In a lane that may be tried again it is the probe. ``None``: its interaction has a job
        already, and nothing changed. What *admit* raises is raised, and nothing changed.
        """

    async def standing(
        self, guild_id: int | None, member_id: int, *, lane: str, now: float
    ) -> AdmissionContext:
        """Return what an order of that member would be weighed against now."""

    async def get(self, job_id: str) -> Job | None:
        """Return the job as it stands; ``None``: there is none of that name."""

    async def swap(self, before: Job, after: Job) -> bool:
        """Put *after* in the place of *before* if state, owner and epoch are still its.

        ``False``: somebody else was quicker, and nothing changed.
        """

    async def claim(
        self, owner: str, *, lane: str, width: int, lease: float, now: float
    ) -> Job | None:
        """Give the lane's next line its turn: its oldest job, SUBMITTING and owned by *owner*.

        ``None``: nobody waits, the lane pauses, or *width* jobs are at the vendor already.
        """

    async def learn(self, job_id: str, request_id: str, *, now: float) -> bool:
        """Record a request id that a callback brought, whoever owns the job.

        ``False``: the job does not wait for one, or another job has it.
        """

    async def peaks(self, guild_id: int, *, now: float) -> Peaks:
        """Return the most that any one member of the server has now."""

    async def line(self, lane: str, *, most: int) -> Sequence[Job]:
        """Return the first waiting jobs of the lane, in the order in which they will be served.

        Those whose member was not answered yet are not among them.
        """

    async def waits(self, *, lane: str, width: int, now: float) -> bool:
        """Tell whether :meth:`claim` would find a job."""

    async def renew(self, owner: str, *, lease: float) -> None:
        """Extend the leases of all jobs that *owner* has, by *lease* seconds from now."""

    async def inherit(self, owner: str, *, lease: float) -> Sequence[Job]:
        """Take some open jobs of other owners, who are known to be dead, and return them."""

    async def take_over(
        self, owner: str, *, lease: float, submitted_before: float
    ) -> Sequence[Job]:
        """Take some open jobs that nobody works on and return them.

        A submit that was begun after *submitted_before* may still be on its way and is left alone.
        """

    async def neglected(self, *, unanswered_since: float, waiting_since: float) -> Sequence[Job]:
        """Return some waiting jobs that were made before one of these times.

        The first holds for those whose member was never answered, the second for all.
        """

    async def kept(self, member_id: int, *, most: int) -> Sequence[Job]:
        """Return the member's jobs whose pictures are kept, the newest first."""

    async def release(self, owner: str) -> None:
        """Let go of what *owner* follows or delivers, so that others may take it."""

    async def erase_tokens(self, *, before: float) -> None:
        """Erase the interaction tokens of jobs that were made *before*: they have expired."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many orders there are: those that have not ended, by state, and those in a line."""

    orders: Mapping[State, int]
    line: int


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """Some of a member's orders, the newest first, and how many there are in all."""

    jobs: Sequence[Job]
    total: int


class JobQueries(Protocol):
    """The jobs as a heap: counted, leafed through, and cleared away."""

    async def count(self, lane: str) -> Counts:
        """Count all that have not ended, and those who may go in that lane's lines."""

    async def forgotten(self, *, kept_before: float, most: int) -> Sequence[Job]:
        """Return some jobs whose pictures are kept since before that time."""

    async def erase(self, *, made_before: float, most: int) -> int:
        """Erase some jobs that ended, made before that time, and return how many."""

    async def durations(self, *, most: int) -> Sequence[float]:
        """Return how many seconds the vendor took for the last jobs that it completed."""

    async def page(self, member_id: int, *, word: str, skip: int, most: int) -> OrderPage:
        """Return a member's orders whose prompts hold *word*, but not those that were deleted."""

    async def every(self, member_id: int) -> Sequence[Job]:
        """Return all that is on record of a member's orders."""

    async def forget(self, member_id: int, *, made_before: float, today: float) -> Sequence[str]:
        """Erase a member's orders that are over and were made before that time; return their ids.

        Of those made since *today*, which limits count, only what the member wrote is erased.
        """

    async def unforgotten(self, member_id: int, *, made_before: float) -> bool:
        """Tell whether there is anything left to forget."""


class Ping(StrEnum):
    """When a member wants to be pinged about pictures."""

    AUTO = "auto"  # where they took more than a minute
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class MemberSettings:
    """What a member has set for themselves."""

    ping: Ping = Ping.AUTO
    forget_before: float | None = None  # what was ordered until then is to be erased


class Members(Protocol):
    """What members have set for themselves."""

    async def wishes(self, member_id: int) -> MemberSettings:
        """Return what a member has set; the defaults where that is nothing."""

    async def put(self, member_id: int, wishes: MemberSettings) -> None:
        """Keep *wishes* in place of what the member had set."""

    async def wish(self, member_id: int, ping: Ping) -> None:
        """Set when the member is pinged, and nothing else."""

    async def forgot(self, member_id: int, *, made_before: float) -> None:
        """Note that what was ordered until then is erased, unless more is to be by now."""

    async def blocks(self, member_id: int) -> Sequence[tuple[int, Block]]:
        """Return the blocks of a member, each with its server."""

    async def to_forget(self, *, most: int) -> Sequence[tuple[int, MemberSettings]]:
        """Return some members who want orders erased that could not be yet."""


class Guilds(Protocol):
    """The servers' rules, and what their moderators keep."""

    async def rules(self, guild_id: int) -> Rules:
        """Return the server's rules; the defaults where nobody set any."""

    async def change(self, guild_id: int, how: Callable[[Rules], Rules]) -> tuple[Rules, Rules]:
        """Put what *how* makes of the rules in their place, in one step; return before and after.

        What *how* raises is raised, and nothing changed.
        """

    async def block(self, guild_id: int, block: Block) -> None:
        """Keep *block*, in place of one that the member has."""

    async def unblock(self, guild_id: int, member_id: int) -> bool:
        """End a member's block; ``False``: there is none."""

    async def draft(
        self, draft_id: str, guild_id: int, changes: Mapping[str, Any], *, now: float
    ) -> None:
        """Keep changes of rules, by the names of their fields, until somebody saves them."""

    async def drafted(self, draft_id: str, guild_id: int) -> Mapping[str, Any] | None:
        """Return changes that were kept; ``None``: there are none of that name in that server."""

    async def erase_drafts(self, *, before: float) -> None:
        """Erase what was drafted *before*, in Unix seconds."""


class Lanes(Protocol):
    """The lanes of all processes that share the store."""

    async def get(self, lane: str) -> Lane:
        """Return the lane as it stands; one that nothing is known of is open."""

    async def turn(self, lane: str, how: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        """Put what *how* makes of the lane in its place, in one step; return before and after.

        Before is as it was recorded; *how* is given the lane with its probe's end.
        """

    async def draw(self, lane: str, *, count: int, interval: float, now: float) -> float:
        """Draw *count* slots, *interval* seconds apart; return when the first is, Unix seconds."""

    async def given_back(self, lane: str, *, shut_at: float) -> Sequence[GivenBack]:
        """Return the servers with orders refused since *shut_at* that were not returned before.

        Each server is returned once for that episode, to one process.
        """


class JobNotifier(Protocol):
    """The line to the other processes that share the store."""

    async def ring(self, job_id: str) -> None:
        """Tell them that there is news of a job; lost where they can't be reached."""


# No request has this id: the answer to a status call for it tells of the address and the key alone.
NO_REQUEST: Final = "imagine-check"


class Queue(Protocol):
    """The vendor's queue."""

    async def submit(self, order: Order, callback: Callback | None) -> Update:
        """Send *order*, once, and return what became of it.

        Raises VendorRefused (or its kin), RateLimited and
        NotSent where nothing runs and nothing is billed, and
        OutcomeUnknown where that is open.
        """

    async def status(self, request_id: str) -> Update:
        """Ask what became of a request.

        Raises KeyRejected, RateLimited,
        RequestNotFound or OutcomeUnknown.
        """


class Media(Protocol):
    """Where the vendor's pictures lie."""

    async def fetch(self, address: str, path: Path, *, limit: int) -> Picture:
        """Download the picture at *address* to *path*, made to fit *limit* bytes.

        Raises PictureUnusable where there is none to be had,
        MediaUnavailable where there may be later.
        """


class CardPresenter(Protocol):
    """The cards that members see."""

    def show(self, job: Job, status: CardStatus = NO_STATUS) -> None:
        """Update the job's card soon; of several updates the newest wins."""

    async def settle(self, job: Job, *, fault_id: str | None = None) -> None:
        """Show a job that has ended; returns once Discord took it, or no way is left to show it."""

    async def deliver(self, job: Job, pictures: Sequence[Picture]) -> bool:
        """Bring the pictures to the member; returns once Discord has taken them.

        ``True``: in their card, silently; ``False``: in a message that called its member. Raises
        PermanentDiscordError where every way to the member is closed for good.
        """

    async def call(self, job: Job) -> None:
        """Ping the member whose pictures are in their card; lost where Discord refuses it."""

    async def remove(self, job: Job) -> None:
        """Delete the message with the job's pictures, as the bot.

        Raises PermanentDiscordError where that can't be, and DiscordAway.
        """


class LogChannel(Protocol):
    """The servers' log channels."""

    def tell(self, channel_id: int, notice: AnyLogEntry) -> None:
        """Have a line written, some time soon; lost where Discord refuses it."""

    async def write(self, channel_id: int, notice: AnyLogEntry) -> None:
        """Write a line; raises PermanentDiscordError, and DiscordAway."""
