"""The services of one process over the real store, and over fakes of Discord and the vendor."""

import asyncio
import shutil
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.domain.admission import Caps
from bot.domain.card_status import CardStatus
from bot.domain.job import (
    ENDED,
    Job,
    State,
    Update,
)
from bot.domain.order import OrderOptions
from bot.domain.rules import Rules
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
)
from bot.service.ports.discord import NO_STATUS
from bot.service.ports.vendor import Picture
from bot.service.queue_positions import QueuePositionUpdater
from bot.service.recovery import RecoveryLoop
from bot.service.reports import ReportService
from bot.service.settings import RetentionPolicy, ServiceSettings
from bot.service.submitter import Submitter
from bot.service.tracker import JobTracker
from bot.services import Ports, build_services
from bot.store.database import Database
from bot.store.job_queries import JobQueries
from tests.samples import LANE, NOW, OWNER
from tests.service.store_tables import GuildTable, JobTable, LaneTable, MemberTable, Port, connect

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


class FakeBell:
    """A line to other processes that remembers what was told."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    async def notify(self, job_id: str) -> None:
        self.rung.append(job_id)


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
    jobs: JobTable
    lanes: LaneTable
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
    guilds: GuildTable
    log_channel: FakeNotices
    limits: ModerationService
    queue_positions: QueuePositionUpdater
    notifier: FakeBell
    members: MemberTable
    queries: Port
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
        await self.recovery.sweep()

    def at_rest(self) -> bool:
        """Tell whether nothing is left to do for any job."""
        done = ENDED | {State.UNCERTAIN, State.EXPIRED}
        return all(job.state in done and job.lease.owner is None for job in self.jobs.rows.values())


async def until(condition: Callable[[], Any], *, within: float = 5.0) -> None:
    """Let the others work until *condition* holds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)


@pytest.fixture(scope="session")
async def migrated(tmp_path_factory) -> Path:
    """A file that has its tables already: making them takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "imagine.db"
    async with Database.open(f"sqlite+aiosqlite:///{file}"):
        return file


@pytest.fixture
def store_file(migrated) -> Iterator[Path]:
    """A database of this test's own, in memory where the machine has such a folder."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(shutil.copyfile(migrated, Path(folder) / "imagine.db"))


@pytest.fixture
async def database(store_file) -> AsyncIterator[Database]:
    async with Database.open(f"sqlite+aiosqlite:///{store_file}") as opened:
        yield opened


@pytest.fixture
def engine(store_file) -> Iterator[Engine]:
    """The test's own connections to the database."""
    opened = connect(str(store_file))
    yield opened
    opened.dispose()


def service_settings(**changes: Any) -> ServiceSettings:
    """Return settings with which nothing waits."""
    values: dict[str, Any] = {
        "owner": OWNER,
        "lane": LANE,
        "shards": Shards(),
        "caps": NO_CAPS,
        "width": 4,
        "per_second": 1000.0,
        "probe_after": PROBE_AFTER,
        "lease": 30,
        "submit_timeout": 30,
        "poll": 0.001,
        "deadline": 3600,
        "public_url": None,
        "callback_mode": "sync",
        "files": Path("files"),
        "retention": RetentionPolicy(files_days=0, orders_days=0),
        "store_backoff": AT_ONCE_AGAIN,
        "media_backoff": AT_ONCE_AGAIN,
        "resume_after": 0.0,
        "recorded_within": 0.0,
    }
    return ServiceSettings(**values | changes)


@pytest.fixture
def open_shop(tmp_path, database, engine) -> Callable[..., Shop]:
    def open_shop(
        *, public_url=None, callbacks=False, width=4, owner=OWNER, caps=NO_CAPS, **timings
    ) -> Shop:
        clock, log_channel = Clock(), FakeNotices()
        queue, media, presenter = FakeQueue(), FakeMedia(), FakeReplies()
        jobs, lanes = JobTable.of(database, engine), LaneTable.of(database, engine)
        guilds, members = GuildTable.of(database, engine), MemberTable.of(database, engine)
        queries = Port(JobQueries(database), engine)
        for guild_id in (100, 101):  # nothing is limited unless a test says so
            guilds.kept[guild_id] = UNLIMITED
        notifier = FakeBell()
        callback_url = public_url or ("https://bot.example" if callbacks else None)
        services = build_services(
            Ports(
                jobs=jobs,
                queries=queries,
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
            service_settings(
                owner=owner,
                caps=caps,
                width=width,
                public_url=callback_url,
                files=tmp_path / "files",
                **timings,
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
            tracker=services.pipeline.tracker,
            dispatcher=services.pipeline.dispatcher,
            submitter=services.pipeline.submitter,
            delivery=services.pipeline.delivery,
            runner=services.pipeline.runner,
            guilds=guilds,
            log_channel=log_channel,
            recovery=services.recovery,
            orders=services.cogs.orders,
            limits=services.cogs.limits,
            queue_positions=services.positions,
            notifier=notifier,
            members=members,
            queries=queries,
            actions=services.cogs.actions,
            reports=services.cogs.reports,
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
