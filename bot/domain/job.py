"""The life of an order: its states and their transitions, what is billed, what was delivered.

A submit costs money and is not idempotent. So no transition leads from a state in which the vendor
may know the job back to one from which it is submitted, except after the vendor's definite refusal.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bot.domain.copies import replace
from bot.domain.order import Order


class State(StrEnum):
    """State of a job. QUEUED to ERROR are the vendor's names; the others are ours."""

    WAITING = "WAITING"  # recorded, in its queue
    SUBMITTING = "SUBMITTING"  # the submit is under way
    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"  # pictures exist and are paid for; not delivered
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    ERROR = "ERROR"
    REFUSED = "REFUSED"  # nothing runs at the vendor
    CANCELLED = "CANCELLED"  # ended before anything was submitted
    UNCERTAIN = "UNCERTAIN"  # the vendor may have taken it; no request id is known
    EXPIRED = "EXPIRED"  # the deadline passed without a terminal state


class Delivery(StrEnum):
    """What the member was shown of a job's outcome."""

    PENDING = "pending"  # nothing yet; an ended job's owner is about to show how it ended
    OUTSTANDING = "outstanding"  # it is paid for, but pictures can't be fetched yet
    HELD = "held"  # a check flagged the pictures: they wait for the server's moderators
    SHOWN = "shown"  # the pictures, or how it ended
    UNDELIVERABLE = "undeliverable"  # no way to the member is open; /history offers the pictures
    GONE = "gone"  # undeliverable pictures are nowhere any more; /history has yet to say so
    WITHDRAWN = "withdrawn"  # by the member or a moderator: its card shows nothing of it


class Billed(StrEnum):
    """Whether the vendor charges for the job."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class Obstacle(StrEnum):
    """What keeps a paid order's outcome from its member. It is tried again later."""

    OUTPUT = "output"  # the vendor completed it, but names no pictures yet
    FILE = "file"  # a picture's file is missing, or no whole picture yet
    ORIGIN = "origin"  # MEDIA_ORIGINS does not list where the pictures are
    ADDRESS = "address"  # the name of the pictures' host resolves to no public address
    HOST = "host"  # the pictures' host is away or refuses
    STATUS = "status"  # EXPIRED: the vendor has not ended it yet
    STORAGE = "storage"  # the place where pictures wait is away (FILES_URL)
    # The pictures are held for moderators. An earlier version, which would deliver them, skips rows
    # with an obstacle that it does not know.
    MODERATORS = "moderators"


class Screening(StrEnum):
    """What the check of the pictures came to. The values are stored: keep them."""

    CHECKING = "checking"  # it is under way, and may cost money: it is not repeated
    PASSED = "passed"  # they may be delivered, perhaps behind a spoiler
    RELEASED = "released"  # they were held, and may be delivered now


class EndReason(StrEnum):
    """Why a job ended, where the state alone does not tell."""

    VENDOR = "vendor"  # see Job.error
    CONTENT = "content"  # the vendor does not draw that; see Job.error
    OUT_OF_CREDIT = "out_of_credit"
    KEY_REFUSED = "key_refused"
    BUSY = "busy"  # the vendor asked for a pause too long to wait for
    WAITED_TOO_LONG = "waited_too_long"  # in its queue, past the deadline
    UNANSWERED = "unanswered"  # Discord never confirmed the deferral
    NO_PICTURE = "no_picture"  # paid for, but no picture is usable
    KEPT_TOO_LONG = "kept_too_long"  # undeliverable, and not fetched in time
    NOT_RELEASED = "not_released"  # a moderator deleted the pictures that were held
    HELD_TOO_LONG = "held_too_long"  # no moderator decided about the pictures in time
    WITHDRAWN = "withdrawn"  # by its member or a moderator, before it was sent
    BLOCKED = "blocked"  # by a moderator, while it waited
    DENIED = "denied"  # the operator barred its server or member while it waited
    SERVER_LEFT = "server_left"  # the bot was removed from its server while it waited
    SETTLED = "settled"  # by an operator: the vendor took nothing
    RESTORED = "restored"  # it waited in a backup that was put back, and may have been sent since


_VENDOR_ENDS: Final = frozenset({State.COMPLETED, State.FAILED, State.ERROR})

TRANSITIONS: Final[dict[State, frozenset[State]]] = {
    State.WAITING: frozenset({State.SUBMITTING, State.REFUSED, State.CANCELLED}),
    State.SUBMITTING: frozenset(
        # PROCESSING, FAILED and ERROR: a callback may overtake the submit's answer.
        {State.QUEUED, State.PROCESSING, State.WAITING, State.REFUSED, State.UNCERTAIN}
        | _VENDOR_ENDS
    ),
    # REFUSED from here on: by an operator, who asked the vendor.
    State.QUEUED: frozenset({State.PROCESSING, State.EXPIRED, State.REFUSED} | _VENDOR_ENDS),
    State.PROCESSING: frozenset({State.EXPIRED, State.REFUSED} | _VENDOR_ENDS),
    State.UNCERTAIN: frozenset({State.QUEUED, State.PROCESSING, State.REFUSED} | _VENDOR_ENDS),
    State.EXPIRED: frozenset({State.REFUSED} | _VENDOR_ENDS),
    State.COMPLETED: frozenset({State.DELIVERED, State.FAILED}),
    State.DELIVERED: frozenset(),
    # COMPLETED: only by `completed_after_all` or an operator.
    State.FAILED: frozenset({State.COMPLETED, State.REFUSED}),
    State.ERROR: frozenset({State.COMPLETED}),
    State.REFUSED: frozenset(),
    State.CANCELLED: frozenset(),
}

ENDED: Final = frozenset(
    {State.DELIVERED, State.FAILED, State.ERROR, State.REFUSED, State.CANCELLED}
)
AT_VENDOR: Final = frozenset({State.SUBMITTING, State.QUEUED, State.PROCESSING})  # a lane's width
AT_ONCE: Final = AT_VENDOR | {State.WAITING}  # what limits count as orders at once
FOLLOWED: Final = frozenset({State.QUEUED, State.PROCESSING})

# States that a card shows as an outcome.
_OUTCOMES: Final = ENDED | {State.UNCERTAIN, State.EXPIRED}
# States in which a job can still bring pictures after it was withdrawn.
_WITHDRAWABLE: Final = AT_VENDOR | {State.COMPLETED, State.UNCERTAIN, State.EXPIRED}

# States in which updates from the vendor are applied.
_WITH_VENDOR: Final = AT_VENDOR | {State.UNCERTAIN, State.EXPIRED}

_BILLED: Final = {
    State.WAITING: Billed.NO,
    State.REFUSED: Billed.NO,
    State.CANCELLED: Billed.NO,
    State.ERROR: Billed.NO,  # documented as not charged
    State.COMPLETED: Billed.YES,
    State.DELIVERED: Billed.YES,
}


class ForbiddenTransition(ValueError):
    """A bug of ours: that state, or delivery, cannot follow this one."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """A status update from the vendor."""

    state: State | None  # QUEUED to ERROR; None: a status that the contract does not name
    request_id: str | None = None  # None: in a synchronous answer
    media: tuple[str, ...] = ()  # addresses of the pictures, when COMPLETED
    error: str | None = None  # the vendor's message
    content_refused: bool = False  # the message says that the vendor does not draw that
    ended_at: float | None = None  # by the vendor's clock


@dataclass(frozen=True, kw_only=True)
class ReplyTarget:
    """The reply to the member: where it goes, how it looks, and what was done with it.

    Times are Unix seconds.
    """

    interaction_id: int  # the idempotency key: an interaction orders once
    application_id: int
    interaction_token: str | None = field(repr=False)  # None: erased after it expired
    channel_id: int
    message_id: int | None = None  # of the card; None: unknown
    answered_at: float | None = None  # when Discord accepted the deferral

    private: bool = False  # only the member may see it
    spoiler: bool = False  # pictures are blurred until a click
    language: str = "en"  # of the card
    answers_only: bool = False  # the bot can only answer the interaction in that channel
    file_limit: int = 10 * 1024 * 1024  # bytes of one attachment
    left_today: int | None = None  # images left when it was ordered; None: no limit counts them

    # Members' ids. None: nobody did, or an earlier version did not record who.
    withdrawn_by: int | None = None  # who cancelled or hid the order
    deleted_by: int | None = None  # who deleted its pictures
    deleted_at: float | None = None  # when its pictures were deleted on request
    reported_at: float | None = None  # when it was reported to the moderators


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Which process works on a job. The epoch is the fencing token: it grows with each owner."""

    owner: str | None = None  # None: any process may take it over
    epoch: int = 0
    submit_started_at: float | None = None  # Unix seconds


@dataclass(frozen=True, kw_only=True)
class Outstanding:
    """What was tried to bring the outcome to the member, and when the next try is due.

    Times are Unix seconds.
    """

    obstacle: Obstacle | None = None  # of the last try; None: none failed
    outstanding_since: float | None = None  # the first try that failed
    next_try_at: float | None = None  # any process may take the job from then on; None: at once
    tries: int = 0  # that failed in a row
    pictures_shown: int = 0  # of the job's pictures, in the card
    kept_at: float | None = None  # undeliverable since; stays when /history delivers them later


@dataclass(frozen=True, kw_only=True)
class Job:
    """One order's life, as the store holds it. Times are Unix seconds."""

    id: str
    guild_id: int | None  # None: outside guilds
    member_id: int
    order: Order
    lane: str
    reply: ReplyTarget
    lease: Lease = Lease()

    state: State = State.WAITING
    billed: Billed = Billed.NO
    price: int | None = None  # millionths of a dollar; None: made before there were prices
    end_reason: EndReason | None = None
    error: str | None = None  # the vendor's message about its end
    request_id: str | None = None
    callback_token: str = field(repr=False)
    media: tuple[str, ...] = ()  # addresses of the pictures
    withdrawn: bool = False  # by the member or a moderator: its card shows nothing of it any more
    screening: Screening | None = None  # None: not checked
    outstanding: Outstanding = Outstanding()

    created_at: float
    state_since: float
    queued_at: float | None = None  # when the vendor's request id became known
    completed_at: float | None = None

    @property
    def queue_key(self) -> str:
        """The queue within its lane: one per guild, and per member outside guilds."""
        if self.guild_id is not None:
            return guild_queue_key(self.guild_id)
        return member_queue_key(self.member_id)

    @property
    def removed_by_moderator(self) -> bool:
        """Whether another than its member cancelled or hid it, or deleted its pictures."""
        return not {self.reply.withdrawn_by, self.reply.deleted_by} <= {None, self.member_id}

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED

    @property
    def charged(self) -> int:
        """What it counts in budgets: its price, from its admission until it ends unbilled."""
        counts = self.billed is not Billed.NO or self.state is State.WAITING
        return self.price or 0 if counts else 0

    @property
    def may_complete(self) -> bool:
        """Whether the vendor ended it without pictures, and may still take that back."""
        failed = self.state in {State.FAILED, State.ERROR}
        return failed and self.end_reason in {EndReason.VENDOR, EndReason.CONTENT}

    @property
    def delivery(self) -> Delivery:
        """What the member was shown. An outcome is PENDING exactly as long as the job has an owner.

        A process that dies before it shows the outcome leaves a job that the next one takes over.
        """
        kept = self.outstanding.kept_at is not None
        if self.state is State.COMPLETED and self.outstanding.obstacle is Obstacle.MODERATORS:
            return Delivery.HELD
        if kept and self.state is State.FAILED:
            return Delivery.GONE
        if self.withdrawn:
            return Delivery.WITHDRAWN
        if kept:
            return Delivery.SHOWN if self.state is State.DELIVERED else Delivery.UNDELIVERABLE
        if self.state is State.COMPLETED and self.outstanding.next_try_at is not None:
            return Delivery.OUTSTANDING
        pending = self.lease.owner is not None or self.state not in _OUTCOMES
        return Delivery.PENDING if pending else Delivery.SHOWN

    @property
    def withdrawable(self) -> bool:
        """Whether it was sent and its outcome can still be kept from its card."""
        hideable = {Delivery.PENDING, Delivery.OUTSTANDING, Delivery.HELD, Delivery.SHOWN}
        is_open = self.state in _WITHDRAWABLE and not self.withdrawn
        return is_open and self.delivery in hideable

    @property
    def keeps_pictures(self) -> bool:
        """Whether its pictures stay after they came: for *Post*, or for ``/history``."""
        return self.reply.private or self.outstanding.kept_at is not None

    @property
    def may_be_stored(self) -> bool:
        """Whether its pictures may be in the place that all processes share.

        Those of a public order that is delivered at once never get there.
        """
        waited = self.outstanding != Outstanding() or self.screening is Screening.RELEASED
        return self.keeps_pictures or waited or self.reply.deleted_at is not None

    @property
    def needs_stored(self) -> bool:
        """Whether somebody may still want what is stored of its pictures."""
        if not self.ended:
            return True
        if self.state is not State.DELIVERED:
            return False
        deleted = self.reply.deleted_at is not None  # of public ones moderators may undo that
        return deleted != self.reply.private

    @property
    def held(self) -> bool:
        """Whether the pictures wait for the server's moderators; nobody else sees them."""
        return self.delivery is Delivery.HELD

    @property
    def deliverable_since(self) -> float:
        """When the pictures could be delivered first: none were posted before."""
        if self.screening is Screening.RELEASED:
            return self.state_since
        return self.completed_at or self.state_since

    def transition(self, state: State, *, now: float, **changes: Any) -> "Job":
        """Return the job in *state* since *now*, with what is billed there, and with *changes*.

        Raises ForbiddenTransition if *state* cannot follow.
        """
        if state not in TRANSITIONS[self.state]:
            raise ForbiddenTransition(f"{self.state} → {state}")
        # COMPLETED is paid for even without a usable picture.
        paid = self.state is State.COMPLETED
        billed = Billed.YES if paid else _BILLED.get(state, Billed.UNKNOWN)
        return replace(self, state=state, billed=billed, state_since=now, **changes)

    def with_reply(self, **changes: Any) -> "Job":
        """Return the job with *changes* of its reply."""
        return replace(self, reply=replace(self.reply, **changes))

    def owned_by(self, owner: str) -> "Job":
        """Return the job as a new *owner*'s, in a new epoch."""
        return replace(self, lease=replace(self.lease, owner=owner)).fenced()

    def fenced(self) -> "Job":
        """Return the job in a new epoch of the same owner: older copies no longer swap."""
        return replace(self, lease=replace(self.lease, epoch=self.lease.epoch + 1))

    def released(self) -> "Job":
        """Return the job without an owner: one that ended has been shown."""
        return replace(self, lease=replace(self.lease, owner=None))

    def claimed(self, owner: str, *, now: float) -> "Job":
        """Return the waiting job as SUBMITTING by *owner*."""
        job = self.transition(State.SUBMITTING, now=now).owned_by(owner)
        return replace(job, lease=replace(job.lease, submit_started_at=now))

    def requeued(self, *, now: float) -> "Job":
        """Return the job as WAITING again: the vendor did not take it."""
        return self.transition(State.WAITING, now=now, lease=Lease(epoch=self.lease.epoch))

    def withdraw(self) -> "Job":
        """Return the job withdrawn from its card; it goes on, and counts.

        A next try is due at once. It is fenced: its owner notices at its next swap. Not while
        SUBMITTING: what the vendor answers must be recorded. Raises ForbiddenTransition if its
        pictures are undeliverable.
        """
        if self.delivery is Delivery.UNDELIVERABLE:
            raise ForbiddenTransition(f"{self.delivery} → {Delivery.WITHDRAWN}")
        job = replace(self, withdrawn=True)
        if self.outstanding.next_try_at is not None:  # held ones: the card is shown anew
            job = job.due()
        return job if self.state is State.SUBMITTING else job.fenced()

    def cancel_withdrawn(self, *, now: float) -> "Job":
        """Return a job CANCELLED that was withdrawn while SUBMITTING and is WAITING again.

        The vendor did not take it, so its card may say that it was cancelled.
        """
        return self.transition(
            State.CANCELLED, now=now, end_reason=EndReason.WITHDRAWN, withdrawn=False
        )

    def postponed(self, obstacle: Obstacle, *, now: float, next_try_at: float) -> "Job":
        """Return the job after a try that *obstacle* made fail, without an owner until the next."""
        outstanding = replace(
            self.outstanding,
            obstacle=obstacle,
            outstanding_since=self.outstanding.outstanding_since or now,
            next_try_at=next_try_at,
            tries=self.outstanding.tries + 1,
        )
        return replace(self, outstanding=outstanding).released()

    def due(self) -> "Job":
        """Return the job with its next try due at once."""
        return replace(self, outstanding=replace(self.outstanding, next_try_at=0.0))

    def undeliverable(self, *, now: float) -> "Job":
        """Return the completed job with its pictures kept for its member, without an owner."""
        job = self.kept(now=now)
        return replace(job, outstanding=replace(job.outstanding, next_try_at=None)).released()

    def kept(self, *, now: float) -> "Job":
        """Return the completed job with its pictures for ``/history`` alone."""
        if self.outstanding.kept_at is not None:
            return self
        return replace(self, outstanding=replace(self.outstanding, kept_at=now, pictures_shown=0))

    def hold(self, *, now: float, until: float) -> "Job":
        """Return the completed job with its pictures held for moderators, at most *until* then.

        They are not kept for ``/history``. Its owner shows that, and releases the job.
        """
        since = self.outstanding.outstanding_since if self.held else None
        held = Outstanding(
            obstacle=Obstacle.MODERATORS, outstanding_since=since or now, next_try_at=until
        )
        return replace(self, screening=None, outstanding=held)

    def let_through(self, *, now: float) -> "Job":
        """Return the held job as one whose pictures are delivered next.

        It is fenced. Its owner, if it has one, delivers them.
        """
        passed = replace(self, screening=Screening.RELEASED, outstanding=Outstanding())
        return replace(passed, state_since=now).fenced()

    def never_shown(self, end_reason: EndReason, *, now: float) -> "Job":
        """Return the held job FAILED: its pictures are forgotten, and nobody sees them."""
        return self.transition(
            State.FAILED, now=now, end_reason=end_reason, media=(), outstanding=Outstanding()
        )


def guild_queue_key(guild_id: int) -> str:
    """Return the queue key of a guild's jobs."""
    return f"g{guild_id}"


def member_queue_key(member_id: int) -> str:
    """Return the queue key of a member's jobs outside guilds."""
    return f"m{member_id}"


def advance(job: Job, update: Update, *, now: float) -> Job:
    """Return *job* after *update*; *job* itself if that changes nothing.

    An update never moves a job back, never changes a known request id, and is applied completely or
    not at all.
    """
    if update.request_id and job.request_id and update.request_id != job.request_id:
        return job
    request_id = update.request_id or job.request_id
    state = update.state
    if state is None and request_id != job.request_id:
        state = State.QUEUED  # an unknown status, but the vendor took the job
    if state is None or job.state not in _WITH_VENDOR or state not in TRANSITIONS[job.state]:
        return job
    if request_id is None and state is not State.COMPLETED:
        return job  # it could not be polled without a request id
    return _applied(job, replace(update, state=state, request_id=request_id), now=now)


def completed_after_all(job: Job, update: Update, *, now: float) -> Job:
    """Return a job that failed as COMPLETED, if the vendor's own answer *update* says so now.

    Else *job* itself. Only for an answer to a status call: the job's end was shown already.
    """
    same_request = update.request_id == job.request_id
    if not job.may_complete or not same_request or update.state is not State.COMPLETED:
        return job
    return _applied(job, update, now=now)


def _applied(job: Job, update: Update, *, now: float) -> Job:
    state = update.state
    end_reason = EndReason.CONTENT if update.content_refused else EndReason.VENDOR
    assert state is not None
    return job.transition(
        state,
        now=now,
        request_id=update.request_id,
        media=update.media,
        error=update.error,
        end_reason=end_reason if state in {State.FAILED, State.ERROR} else None,
        queued_at=job.queued_at or now,
        completed_at=_completed_at(job, update, now) if state is State.COMPLETED else None,
        outstanding=Outstanding(),
    )


def _completed_at(job: Job, update: Update, now: float) -> float:
    """Return when the vendor was done: its time, limited to what our clock allows."""
    ended_at = update.ended_at if update.ended_at is not None else now
    return min(max(ended_at, job.queued_at or now), now)
