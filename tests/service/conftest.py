# ruff: noqa: ARG002 - the ports name the arguments
"""Fakes of the ports, and the services over them: a process without network, disk or clock."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain import lane as breaker
from bot.domain.admission import AdmissionContext, Caps, Usage, day_of
from bot.domain.card_status import CardStatus
from bot.domain.job import (
    AT_ONCE,
    AT_VENDOR,
    ENDED,
    FOLLOWED,
    Billed,
    EndReason,
    Job,
    State,
    Update,
    advance,
)
from bot.domain.lane import Lane
from bot.domain.order import OrderOptions
from bot.domain.rules import Block, Rules
from bot.domain.shards import Shards
from bot.retry import Backoff
from bot.service.callbacks import CallbackHandler
from bot.service.delivery import DeliveryService
from bot.service.dispatcher import Dispatcher
from bot.service.intake import OrderIntake, OrderRequest
from bot.service.job_runner import JobRunner
from bot.service.moderation import ModerationService
from bot.service.order_actions import OrderActions
from bot.service.port_errors import (
    OutcomeUnknown,
    PermanentDiscordError,
    PictureUnusable,
    StoreUnavailable,
)
from bot.service.ports.discord import NO_STATUS
from bot.service.ports.store import Admit, ClosureNotice, MemberSettings, PeakUsage, Ping
from bot.service.ports.vendor import Picture
from bot.service.queue_positions import QueuePositionUpdater
from bot.service.recovery import RecoveryLoop
from bot.service.reports import ReportService
from bot.service.submitter import Submitter
from bot.service.tracker import JobTracker
from bot.services import Ports, ServiceSettings, build_services
from bot.store.job_rows import job_of, row_of
from tests.samples import LANE, NOW, OWNER, changed_job

PICTURE = "https://pub-1.r2.dev/v1/r-1/output.png"
_OPEN = {State.QUEUED, State.PROCESSING, State.COMPLETED}


NO_CAPS = Caps()
AT_ONCE_AGAIN = Backoff(first=0.0, most=0.0)
PROBE_AFTER = 300.0  # seconds
UNLIMITED = Rules(member_per_day=0, member_at_once=0)


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Store:
    """What both fakes of the store share: it can be away."""

    def __init__(self) -> None:
        self.away = False
        self.calls: list[str] = []

    async def _reach(self, call: str) -> None:
        self.calls.append(call)
        await asyncio.sleep(0)
        if self.away:
            raise StoreUnavailable("the store is away")


class FakeJobs(Store):
    """Jobs in memory, with the store's own rules."""

    def __init__(self, lanes: "FakeLanes", guilds: "FakeGuilds") -> None:
        super().__init__()
        self.guilds = guilds
        lanes.jobs = self
        self.rows: dict[str, Job] = {}
        self.history: dict[str, list[State]] = defaultdict(list)
        self.lapsed: set[str] = set()  # jobs whose lease ran out
        self.renewed: list[str] = []
        self.slow: asyncio.Event | None = None  # an ``add`` waits for it
        self._lanes = lanes
        self._served: dict[str, float] = {}

    def put(self, *jobs: Job) -> None:
        for job in jobs:
            self.rows[job.id] = job
            if self.history[job.id][-1:] != [job.state]:
                self.history[job.id].append(job.state)

    @property
    def only(self) -> Job:
        (job,) = self.rows.values()
        return job

    async def add(self, job: Job, admit: Admit, *, count_to: int | None = None) -> Job | None:
        await self._reach("add")
        if self.slow is not None:
            await self.slow.wait()
        if any(row.reply.interaction_id == job.reply.interaction_id for row in self.rows.values()):
            return None
        lane = self._lanes.now(job.lane)
        standing = self._standing(job.guild_id, job.member_id, lane=job.lane, now=job.created_at)
        admitted = admit(job, standing)
        self.put(admitted)
        self._lanes.lanes[job.lane] = breaker.after_admission(lane, job.id, now=job.created_at)
        return admitted

    async def admission_context(
        self, guild_id: int, member_id: int, *, lane: str, now: float
    ) -> AdmissionContext:
        await self._reach("admission_context")
        return self._standing(guild_id, member_id, lane=lane, now=now)

    async def peak_usage(self, guild_id: int, *, now: float) -> PeakUsage:
        await self._reach("peak_usage")
        usages = [
            self._standing(guild_id, job.member_id, lane=job.lane, now=now).usage
            for job in self.rows.values()
            if job.guild_id == guild_id
        ]
        return PeakUsage(
            images=max((usage.member for usage in usages), default=0),
            at_once=max((usage.member_at_once for usage in usages), default=0),
        )

    def _standing(
        self, guild_id: int | None, member_id: int, *, lane: str, now: float
    ) -> AdmissionContext:
        counted = [
            row
            for row in self.rows.values()
            if row.billed is not Billed.NO or row.state is State.WAITING
        ]
        today = [row for row in counted if row.created_at >= day_of(now)]
        running = [row for row in self.rows.values() if row.state in AT_ONCE]

        def here(row: Job) -> bool:
            return row.guild_id == guild_id

        def theirs(row: Job) -> bool:
            return here(row) and row.member_id == member_id

        return AdmissionContext(
            rules=self.guilds.kept[guild_id or 0],
            block=self.guilds.blocks.get((guild_id or 0, member_id)),
            lane=self._lanes.now(lane),
            usage=Usage(
                everywhere=sum(row.order.images for row in today),
                server=sum(row.order.images for row in today if here(row)),
                member=sum(row.order.images for row in today if theirs(row)),
                server_at_once=sum(map(here, running)),
                member_at_once=sum(map(theirs, running)),
                last_order_at=max((row.created_at for row in counted if theirs(row)), default=None),
            ),
        )

    async def get(self, job_id: str) -> Job | None:
        await self._reach("get")
        return self.rows.get(job_id)

    async def swap(self, before: Job, after: Job) -> bool:
        await self._reach("swap")
        row = self.rows[before.id]
        if (row.state, row.lease.owner, row.lease.epoch) != (
            before.state,
            before.lease.owner,
            before.lease.epoch,
        ):
            return False
        if self._taken(after.request_id, after.id):
            return False
        old = row_of(before)
        changes = {name: value for name, value in row_of(after).items() if value != old[name]}
        self.put(job_of({**row_of(row), **changes}))
        return True

    async def claim(
        self, owner: str, *, lane: str, width: int, lease: float, now: float
    ) -> Job | None:
        await self._reach("claim")
        if (before := self._next(lane, width, now)) is None:
            return None
        self._served[before.queue_key] = now
        after = before.claimed(owner, now=now)
        self.put(after)
        return after

    async def has_claimable(self, *, lane: str, width: int, now: float) -> bool:
        await self._reach("has_claimable")
        return self._next(lane, width, now) is not None

    async def release(self, owner: str) -> None:
        await self._reach("release")
        for job in list(self.rows.values()):
            if job.lease.owner == owner and job.state in FOLLOWED | {State.COMPLETED}:
                self.put(changed_job(job, owner=None))

    async def waiting_jobs(self, lane: str, *, most: int) -> list[Job]:
        await self._reach("waiting_jobs")
        waiting = self._waiting(lane)
        ahead: dict[str, int] = defaultdict(int)
        turns = {}
        for job in sorted(waiting, key=lambda job: job.created_at):
            turns[job.id] = (
                ahead[job.queue_key],
                self._served.get(job.queue_key, 0.0),
                job.created_at,
            )
            ahead[job.queue_key] += 1
        return sorted(waiting, key=lambda job: turns[job.id])[:most]

    def _waiting(self, lane: str) -> list[Job]:
        return [
            job
            for job in self.rows.values()
            if job.lane == lane
            and job.state is State.WAITING
            and job.reply.answered_at
            and not job.withdrawn
        ]

    def _next(self, lane: str, width: int, now: float) -> Job | None:
        stands = self._lanes.now(lane)
        at_vendor = [
            job for job in self.rows.values() if job.lane == lane and job.state in AT_VENDOR
        ]
        if len(at_vendor) >= width:
            return None
        waiting = [job for job in self._waiting(lane) if breaker.may_submit(stands, job.id, now)]
        return min(
            waiting,
            key=lambda job: (self._served.get(job.queue_key, 0.0), job.created_at),
            default=None,
        )

    async def record_request_id(self, job_id: str, request_id: str, *, now: float) -> Job | None:
        await self._reach("record_request_id")
        job = self.rows.get(job_id)
        if job is None or job.request_id is not None or self._taken(request_id, job_id):
            return None
        after = advance(job, Update(state=State.QUEUED, request_id=request_id), now=now)
        if after is job:
            return None
        self.put(after)
        return after

    async def renew_leases(self, owner: str, *, lease: float) -> None:
        await self._reach("renew_leases")
        self.renewed.append(owner)
        self.lapsed -= {job.id for job in self.rows.values() if job.lease.owner == owner}

    async def inherit(self, owner: str, *, lease: float) -> list[Job]:
        await self._reach("inherit")
        return self._take(owner, lambda job: job.lease.owner not in {None, owner})

    async def take_over(self, owner: str, *, lease: float, submitted_before: float) -> list[Job]:
        await self._reach("take_over")
        return self._take(
            owner,
            lambda job: (
                job.id in self.lapsed
                and not (
                    job.state is State.SUBMITTING
                    and (job.lease.submit_started_at or 0.0) >= submitted_before
                )
            ),
        )

    async def stale_waiting(self, *, unanswered_since: float, waiting_since: float) -> list[Job]:
        await self._reach("stale_waiting")
        return [
            job
            for job in self.rows.values()
            if job.state is State.WAITING
            and (
                job.created_at < waiting_since
                or (job.reply.answered_at is None and job.created_at < unanswered_since)
            )
        ]

    async def undelivered(self, member_id: int, *, most: int) -> list[Job]:
        await self._reach("undelivered")
        mine = [
            job
            for job in self.rows.values()
            if job.member_id == member_id
            and job.undeliverable_since
            and job.state is State.COMPLETED
            and job.order.prompt
        ]
        return sorted(mine, key=lambda job: job.created_at, reverse=True)[:most]

    async def erase_tokens(self, *, before: float) -> None:
        await self._reach("erase_tokens")
        for job in self.rows.values():
            if job.created_at < before:
                self.rows = {**self.rows, job.id: changed_job(job, interaction_token=None)}

    def _take(self, owner: str, which: Callable[[Job], bool]) -> list[Job]:
        taken = [
            changed_job(job, owner=owner, epoch=job.lease.epoch + 1)
            for job in self.rows.values()
            if which(job)
            or (job.lease.owner is None and job.state in _OPEN and job.undeliverable_since is None)
        ]
        self.put(*taken)
        self.lapsed -= {job.id for job in taken}
        return taken

    def _taken(self, request_id: str | None, job_id: str) -> bool:
        return request_id is not None and any(
            job.request_id == request_id and job.id != job_id for job in self.rows.values()
        )


class FakeLanes(Store):
    """Lanes in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: FakeJobs | None = None  # a probe is looked up in them
        self.lanes: dict[str, Lane] = defaultdict(Lane)
        self.drawn: dict[str, float] = defaultdict(float)  # until when slots are given away
        self.told: set[tuple[int, float]] = set()

    def now(self, lane: str) -> Lane:
        """Return the lane with its probe's end taken into account."""
        stands = self.lanes[lane]
        if self.jobs is None or stands.probe is None:
            return stands
        probe = self.jobs.rows.get(stands.probe)
        return breaker.probe_resolved(self.lanes[lane], probe.state if probe else None)

    async def get(self, lane: str) -> Lane:
        await self._reach("get")
        return self.now(lane)

    async def update(self, lane: str, how: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        await self._reach("update")
        before = self.lanes[lane]
        self.lanes[lane] = how(self.now(lane))
        return before, self.lanes[lane]

    async def reserve_slots(self, lane: str, *, count: int, interval: float, now: float) -> float:
        await self._reach("reserve_slots")
        first = max(self.drawn[lane], now)
        self.drawn[lane] = first + count * interval
        return first

    async def closure_notices(self, lane: str, *, shut_at: float) -> list[ClosureNotice]:
        await self._reach("closure_notices")
        refused: dict[int, list[Job]] = defaultdict(list)
        for job in self.jobs.rows.values() if self.jobs else ():
            given_back = job.end_reason in {EndReason.OUT_OF_CREDIT, EndReason.BUSY}
            if (
                given_back
                and job.state_since >= shut_at
                and (job.guild_id, shut_at) not in self.told
            ):
                refused[job.guild_id or 0].append(job)
        self.told |= {(guild_id, shut_at) for guild_id in refused}
        return [
            ClosureNotice(
                guild_id=guild_id,
                log_channel=self.jobs.guilds.kept[guild_id].log_channel,
                orders=len(jobs),
                channel_id=jobs[-1].reply.channel_id,
                message_id=jobs[-1].reply.message_id,
            )
            for guild_id, jobs in refused.items()
        ]


class FakeGuilds(Store):
    """Servers in memory; nothing is limited where a test says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[int, Rules] = defaultdict(lambda: UNLIMITED)
        self.blocks: dict[tuple[int, int], Block] = {}
        self.drafts: dict[tuple[str, int], tuple[dict[str, Any], float]] = {}

    async def rules(self, guild_id: int) -> Rules:
        await self._reach("rules")
        return self.kept[guild_id]

    async def change(self, guild_id: int, how: Callable[[Rules], Rules]) -> tuple[Rules, Rules]:
        await self._reach("change")
        before = self.kept[guild_id]
        self.kept[guild_id] = how(before)
        return before, self.kept[guild_id]

    async def block(self, guild_id: int, block: Block) -> None:
        await self._reach("block")
        self.blocks[guild_id, block.member_id] = block

    async def unblock(self, guild_id: int, member_id: int) -> bool:
        await self._reach("unblock")
        return self.blocks.pop((guild_id, member_id), None) is not None

    async def save_draft(self, draft_id, guild_id, changes, *, now: float) -> None:
        await self._reach("save_draft")
        self.drafts[draft_id, guild_id] = (dict(changes), now)

    async def load_draft(self, draft_id: str, guild_id: int) -> dict[str, Any] | None:
        await self._reach("load_draft")
        return self.drafts.get((draft_id, guild_id), (None, 0.0))[0]

    async def erase_drafts(self, *, before: float) -> None:
        await self._reach("erase_drafts")
        self.drafts = {key: kept for key, kept in self.drafts.items() if kept[1] >= before}


class FakeBell:
    """A line to other processes that remembers what was told."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    async def notify(self, job_id: str) -> None:
        self.rung.append(job_id)


class FakeMembers(Store):
    """Members' wishes in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.wished: dict[int, MemberSettings] = {}
        self.blocked: dict[int, list[tuple[int, Block]]] = defaultdict(list)

    async def settings(self, member_id: int) -> MemberSettings:
        await self._reach("settings")
        return self.wished.get(member_id, MemberSettings())

    async def replace_settings(self, member_id: int, wishes: MemberSettings) -> None:
        await self._reach("replace_settings")
        self.wished[member_id] = wishes

    async def set_ping(self, member_id: int, ping: Ping) -> None:
        await self._reach("set_ping")
        self.wished[member_id] = replace(self.wished.get(member_id, MemberSettings()), ping=ping)

    async def finish_erasure(self, member_id: int, *, made_before: float) -> None:
        await self._reach("finish_erasure")
        wishes = self.wished.get(member_id, MemberSettings())
        if wishes.forget_before == made_before:
            self.wished[member_id] = replace(wishes, forget_before=None)

    async def blocks(self, member_id: int) -> list[tuple[int, Block]]:
        await self._reach("blocks")
        return self.blocked[member_id]

    async def pending_erasures(self, *, most: int) -> list[tuple[int, MemberSettings]]:
        await self._reach("pending_erasures")
        wished = self.wished.items()
        return [one for one in wished if one[1].forget_before is not None][:most]


class FakeNotices:
    """Log channels that remember what they were told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, Any]] = []
        self.closed = False

    def enqueue(self, channel_id: int, notice: Any) -> None:
        self.told.append((channel_id, notice))

    async def write(self, channel_id: int, notice: Any) -> None:
        await asyncio.sleep(0)
        if self.closed:
            raise PermanentDiscordError("the channel takes nothing")
        self.told.append((channel_id, notice))


class FakeQueue:
    """A vendor that says what it is told to; left to itself it takes and completes everything."""

    def __init__(self) -> None:
        self.submitted: list[tuple[Any, Any]] = []
        self.asked: list[str] = []
        self.answers: deque[Update | Exception] = deque()  # of the next submits
        self.statuses: deque[Update | Exception] = deque()  # of the next status calls
        self.after: Update | Exception | None = None  # of all later status calls; None: COMPLETED
        self.hold: asyncio.Event | None = None  # a submit's answer waits for it
        self.reached = asyncio.Event()  # a submit was heard

    async def submit(self, order, callback) -> Update:
        self.submitted.append((order, callback))
        number = len(self.submitted)
        self.reached.set()
        await asyncio.sleep(0)
        if self.hold is not None:
            await self.hold.wait()
        answer = self.answers.popleft() if self.answers else None
        return _said(answer or Update(state=State.QUEUED, request_id=f"r-{number}"))

    async def status(self, request_id: str) -> Update:
        self.asked.append(request_id)
        await asyncio.sleep(0)
        answer = self.statuses.popleft() if self.statuses else self.after
        return _said(
            answer or Update(state=State.COMPLETED, request_id=request_id, media=(PICTURE,))
        )


class FakeMedia:
    """Pictures that come at once, unless told otherwise."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.limits: list[int] = []  # bytes
        self.errors: dict[str, deque[Exception]] = defaultdict(deque)

    async def fetch(self, address: str, path: Path, *, limit: int) -> Picture:
        self.fetched.append(address)
        self.limits.append(limit)
        await asyncio.sleep(0)
        if self.errors[address]:
            raise self.errors[address].popleft()
        if "broken" in address:
            raise PictureUnusable("it is broken")
        return Picture(path=path, extension="png", width=64, height=64, shrunk=False)


class FakeReplies:
    """Remembers what members saw."""

    def __init__(self) -> None:
        self.shown: list[tuple[Job, CardStatus]] = []
        self.late: list[Job] = []  # told that it takes long
        self.places: list[tuple[str, int]] = []  # told a place in line: which job, which place
        self.settled: list[Job] = []
        self.faults: list[tuple[State, str]] = []  # the ids that were told, and in which states
        self.delivered: list[tuple[Job, list[Picture]]] = []
        self.ready: list[tuple[State, float]] = []  # told when it will be ready
        self.called: list[Job] = []  # pinged
        self.removed: list[Job] = []
        self.closed = False
        self.by_message = False  # cards can't be edited: a message calls the member
        self.hold: asyncio.Event | None = None  # Discord takes nothing before it

    def show(
        self,
        job: Job,
        status: CardStatus = NO_STATUS,
    ) -> None:
        self.shown.append((job, status))
        if status.ready_at is not None:
            self.ready.append((job.state, status.ready_at))
        if status.fault_id is not None:
            self.faults.append((job.state, status.fault_id))
        if status.place is not None:
            self.places.append((job.id, status.place))
        if status.late:
            self.late.append(job)

    async def settle(self, job: Job, *, fault_id: str | None = None) -> None:
        await self._wait()
        self.settled.append(job)
        if fault_id is not None:
            self.faults.append((job.state, fault_id))

    async def deliver(self, job: Job, pictures) -> bool:
        await self._wait()
        if self.closed:
            raise PermanentDiscordError("there is no way to the member")
        self.delivered.append((job, list(pictures)))
        return not self.by_message

    async def ping(self, job: Job) -> None:
        await self._wait()
        self.called.append(job)

    async def remove(self, job: Job) -> None:
        await self._wait()
        if self.closed:
            raise PermanentDiscordError("the message is not known")
        self.removed.append(job)

    async def _wait(self) -> None:
        await asyncio.sleep(0)
        if self.hold is not None:
            await self.hold.wait()


def _said(answer: Update | Exception) -> Update:
    if isinstance(answer, Exception):
        raise answer
    return answer


@dataclass(kw_only=True)
class Shop:
    """One process: its services over the fakes."""

    clock: Clock
    jobs: FakeJobs
    lanes: FakeLanes
    queue: FakeQueue
    media: FakeMedia
    presenter: FakeReplies
    tracker: JobTracker
    dispatcher: Dispatcher
    submitter: Submitter
    delivery: DeliveryService
    runner: JobRunner
    recovery: RecoveryLoop
    orders: OrderIntake
    callbacks: CallbackHandler
    guilds: FakeGuilds
    log_channel: FakeNotices
    limits: ModerationService
    queue_positions: QueuePositionUpdater
    notifier: FakeBell
    members: FakeMembers
    actions: OrderActions
    reports: ReportService
    rounds: asyncio.Event  # set, it has a round made at once

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Let the lane run, and leave every job where it stands at the end."""
        running = asyncio.create_task(self.runner.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await self.runner.close()

    async def round(self) -> None:
        """Have the process look once after what nobody looks after."""
        before = self.jobs.calls.count("stale_waiting")
        running = asyncio.create_task(self.recovery.run())
        await until(lambda: self.jobs.calls.count("stale_waiting") > before)
        for _ in range(10):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def at_rest(self) -> bool:
        """Tell whether nothing is left to do for any job."""
        done = ENDED | {State.UNCERTAIN, State.EXPIRED}
        return all(job.state in done and job.lease.owner is None for job in self.jobs.rows.values())


async def until(condition: Callable[[], Any], *, within: float = 5.0) -> None:
    """Let the others work until *condition* holds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)


@pytest.fixture
def open_shop(tmp_path) -> Callable[..., Shop]:
    def open_shop(*, public_url=None, callbacks=False, width=4, owner=OWNER, caps=NO_CAPS) -> Shop:
        clock, lanes, guilds, log_channel = Clock(), FakeLanes(), FakeGuilds(), FakeNotices()
        queue, media, presenter = FakeQueue(), FakeMedia(), FakeReplies()
        jobs = FakeJobs(lanes, guilds)
        notifier, members = FakeBell(), FakeMembers()
        callback_url = public_url or ("https://bot.example" if callbacks else None)
        services = build_services(
            Ports(
                jobs=jobs,
                queries=None,
                lanes=lanes,
                guilds=guilds,
                members=members,
                notifier=notifier,
                queue=queue,
                media=media,
                presenter=presenter,
                log_channel=log_channel,
                store_ready=None,
                gateway_connected=None,
                now=clock,
            ),
            ServiceSettings(
                owner=owner,
                lane=LANE,
                shards=Shards(),
                caps=caps,
                width=width,
                per_second=1000.0,
                probe_after=PROBE_AFTER,
                lease=30,
                submit_timeout=30,
                poll=0.001,
                deadline=3600,
                public_url=callback_url,
                callback_mode="sync",
                files=tmp_path / "files",
                files_days=0,
                orders_days=0,
                store_backoff=AT_ONCE_AGAIN,
                media_backoff=AT_ONCE_AGAIN,
                resume_after=0.0,
                recorded_within=0.0,
            ),
        )
        return Shop(
            clock=clock,
            rounds=services.recovery._due,
            jobs=jobs,
            lanes=lanes,
            queue=queue,
            media=media,
            presenter=presenter,
            tracker=services.tracker,
            dispatcher=services.dispatcher,
            submitter=services.submitter,
            delivery=services.delivery,
            runner=services.runner,
            guilds=guilds,
            log_channel=log_channel,
            recovery=services.recovery,
            orders=services.orders,
            limits=services.limits,
            queue_positions=services.positions,
            notifier=notifier,
            members=members,
            actions=services.actions,
            reports=services.reports,
            callbacks=services.callbacks,
        )

    return open_shop


@pytest.fixture
def shop(open_shop) -> Shop:
    return open_shop()


_interactions = iter(range(1_000, 1_000_000))


OPTIONS = {
    "prompt": "a lighthouse in a storm",
    "images": 1,
    "guidance": 3.5,
    "steps": 50,
    "enhance": True,
    "style": None,
    "private": False,
}


def a_request(**changes: Any) -> OrderRequest:
    values = {
        "interaction_id": next(_interactions),
        "application_id": 900,
        "token": "interaction-token",
        "guild_id": 100,
        "channel_id": 200,
        "member_id": 300,
        "file_limit": 10 * 1024 * 1024,
    }
    options = {name: changes.pop(name) for name in OPTIONS.keys() & changes}
    return OrderRequest(options=OrderOptions(**OPTIONS | options), **values | changes)


async def answered() -> int:
    """Answer the member, as Discord does when all is well; the card's id is 77."""
    return 77


async def take(
    intake: OrderIntake, request: OrderRequest, answer: Callable[[], Awaitable[int]]
) -> None:
    """Place an order and answer it, as a cog does."""
    async with intake.placing(request) as order:
        order.answer(await answer())


def silent() -> OutcomeUnknown:
    return OutcomeUnknown("no answer came")
