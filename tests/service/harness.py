"""One process of the bot: its services over the real store and fakes of Discord and the vendor."""

import asyncio
import inspect
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from bot.domain.admission import Caps
from bot.domain.job import ENDED, Job, State, Update
from bot.domain.lane import Lane
from bot.domain.order import OrderOptions
from bot.domain.rules import Rules
from bot.domain.shards import Shards
from bot.files.folder import FolderFiles
from bot.pixazo import request_ids
from bot.retry import Backoff
from bot.service.answers_first import AnswersFirst
from bot.service.cog_services import CogServices
from bot.service.order_admission import OrderRequest
from bot.service.port_errors import OutcomeUnknown
from bot.service.ports.alerts import Alerts
from bot.service.ports.files import WaitingFiles
from bot.service.ports.store import Deeds, Guilds, JobQueries, Jobs, Lanes, Members
from bot.service.settings import RetentionPolicy, ServiceSettings
from bot.services import Pipeline, Ports, Services, build_services
from bot.store import (
    alerts,
    deeds,
    denials,
    figures,
    guilds,
    job_queries,
    lanes,
    members,
    processes,
)
from bot.store import jobs as job_store
from bot.store.database import Database
from bot.store.dialects import DatabaseClock
from bot.store.job_rows import jobs_of, row_of
from bot.store.tables import jobs as job_table
from bot.ui.ideas import all_ideas
from tests.samples import LANE, OWNER
from tests.service.fakes import (
    Clock,
    FakeApplication,
    FakeCards,
    FakeCheck,
    FakeLogChannel,
    FakeMedia,
    FakeNotices,
    FakeNotifier,
    FakeQueue,
    FakeReceiver,
)
from tests.service.faults import Faults, with_faults

NO_CAPS = Caps()
AT_ONCE = Backoff(first=0.0, most=0.0)
PROBE_AFTER = 300.0  # seconds
LEASE = 30.0  # seconds
DEADLINE = 3600.0  # seconds
UNLIMITED = Rules(member_per_day=0, member_at_once=0)
UNLIMITED_GUILDS = (100, 101, 102)


@dataclass(kw_only=True)
class StoreFaults:
    """The faults of the store, by port."""

    jobs: Faults
    queries: Faults
    lanes: Faults
    guilds: Faults
    members: Faults
    deeds: Faults
    alerts: Faults
    figures: Faults
    database: Faults

    def set_away(self, *, away: bool) -> None:
        for faults in vars(self).values():
            faults.away = away


@dataclass(kw_only=True)
class App:
    """The services of one process, its ports, and short ways to the rows in the store."""

    services: Services
    settings: ServiceSettings
    clock: Clock
    database: Database
    jobs: Jobs
    queries: JobQueries
    lanes: Lanes
    guilds: Guilds
    members: Members
    deeds: Deeds
    alerts: Alerts
    faults: StoreFaults
    notifier: FakeNotifier
    queue: FakeQueue
    media: FakeMedia
    check: FakeCheck
    cards: FakeCards
    log_channel: FakeLogChannel
    notices: FakeNotices
    receiver: FakeReceiver
    application: FakeApplication
    gateway: asyncio.Event  # set: it is connected
    descriptors_low: asyncio.Event  # set: they are
    disk_nearly_full: asyncio.Event  # set: it is

    @property
    def pipeline(self) -> Pipeline:
        return self.services.pipeline

    @property
    def cogs(self) -> CogServices:
        return self.services.cogs

    # The rows.

    async def put(self, *jobs: Job, lapsed: bool = False) -> None:
        """Write rows as another process might have left them, leases live or *lapsed*."""
        lease_until = DatabaseClock() + (-1.0 if lapsed else LEASE)

        def write(connection: Connection) -> None:
            for job in jobs:
                connection.execute(delete(job_table).where(job_table.c.id == job.id))
                owned = job.lease.owner is not None
                row = {**row_of(job), "lease_until": lease_until if owned else None}
                connection.execute(insert(job_table).values(row))

        await self.database.write(write)

    async def sweep(self) -> None:
        """Make one recovery round, and wait for its log entries."""
        await self.services.recovery.sweep()
        if (announcing := self.services.announcer.announcing) is not None:
            await announcing

    async def tell(self) -> None:
        """Tell of what moderators did."""
        await self.services.outbox.sweep()

    async def alert(self) -> None:
        """Look for troubles, and tell the operator."""
        await self.services.alerting.watch.look()
        await self.services.alerting.outbox.sweep()

    async def erase(self, job_id: str) -> None:
        row = delete(job_table).where(job_table.c.id == job_id)
        await self.database.write(lambda connection: connection.execute(row))

    async def all_jobs(self) -> list[Job]:
        """Return all jobs, the oldest interaction first."""
        query = select(job_table).order_by(job_table.c.interaction_id)
        return await self.database.read(lambda connection: jobs_of(connection.execute(query)))

    async def job(self, job_id: str) -> Job:
        (job,) = [job for job in await self.all_jobs() if job.id == job_id]
        return job

    async def only_job(self) -> Job:
        (job,) = await self.all_jobs()
        return job

    async def states(self) -> list[State]:
        return [job.state for job in await self.all_jobs()]

    async def lane(self) -> Lane:
        return await lanes.Lanes(self.database).get(LANE)

    async def set_lane(self, lane: Lane) -> None:
        await lanes.Lanes(self.database).update(LANE, lambda _: lane)

    async def set_rules(self, guild_id: int, rules: Rules) -> None:
        await guilds.Guilds(self.database).change(guild_id, lambda _: rules)

    # Conditions, for ``until``.

    async def at_rest(self) -> bool:
        """Tell whether nothing is left to do for any job."""
        done = ENDED | {State.UNCERTAIN, State.EXPIRED}
        jobs = await self.all_jobs()
        return all(job.state in done and job.lease.owner is None for job in jobs)

    def is_in(self, job_id: str, *states: State) -> Callable[[], Awaitable[bool]]:
        async def is_in() -> bool:
            return (await self.job(job_id)).state in states

        return is_in

    def is_kept(self, job_id: str) -> Callable[[], Awaitable[bool]]:
        async def is_kept() -> bool:
            return (await self.job(job_id)).outstanding.kept_at is not None

        return is_kept

    # Work.

    async def order(
        self, *, answer: Callable[[], Awaitable[int]] | None = None, **changes: Any
    ) -> Job:
        """Place an order, answer its member as a cog does, and return the job."""
        request = a_request(**changes)
        await take(self, request, answer or answered)
        jobs = await self.all_jobs()
        (job,) = [job for job in jobs if job.reply.interaction_id == request.interaction_id]
        return job

    async def claim(self) -> Job:
        """Claim the next job of the lane."""
        async with asyncio.timeout(5):
            return await self.pipeline.dispatcher.next()

    async def submit(self, *answers: Update | Exception) -> Job:
        """Submit the next job of the lane; return it as the vendor's answer leaves it."""
        self.queue.answers.extend(answers)
        return await self.pipeline.submitter.submit(await self.claim())

    @asynccontextmanager
    async def submitting(
        self, job: Job, *answers: Update | Exception
    ) -> AsyncIterator[asyncio.Task[Job]]:
        """Submit *job*; the vendor has it and answers at the end of the block."""
        self.queue.answers.extend(answers)
        self.queue.gate.close()
        task = asyncio.create_task(self.pipeline.submitter.submit(job))
        await self.queue.gate.reached.wait()
        yield task
        self.queue.gate.open()

    @asynccontextmanager
    async def claiming(self) -> AsyncIterator[None]:
        """Run the lane; at the end each job stays in the state that it is in."""
        async with background(self.pipeline.runner.run()):
            yield
        await self.pipeline.runner.close()

    async def close(self) -> None:
        """End all tasks."""
        self.faults.set_away(away=False)
        gates = self.queue.gate, self.check.gate, self.cards.gate, self.log_channel.gate
        for gate in (*gates, self.receiver.gate):
            gate.open()
        for faults in vars(self.faults).values():
            for gate in faults.gates.values():
                gate.open()
        await self.pipeline.runner.close()
        await self.pipeline.limiter.close()


def open_app(
    database: Database,
    files: Path,
    log_channel: FakeLogChannel | None = None,
    stored: WaitingFiles | None = None,
    **changes: Any,
) -> App:
    """Build a process over *database*; *changes* are of its settings.

    *log_channel*: that of another process. *stored*: where pictures wait.
    """
    now, gateway = Clock(), asyncio.Event()
    gateway.set()
    jobs, job_faults = with_faults(job_store.Jobs(database))
    queries, query_faults = with_faults(job_queries.JobQueries(database))
    lane_port, lane_faults = with_faults(lanes.Lanes(database))
    guild_port, guild_faults = with_faults(guilds.Guilds(database))
    member_port, member_faults = with_faults(members.Members(database))
    deed_port, deed_faults = with_faults(deeds.Deeds(database))
    figure_port, figure_faults = with_faults(figures.Figures(database))
    alert_port, alert_faults = with_faults(alerts.Alerts(database))
    reached, database_faults = with_faults(database)
    faults = StoreFaults(
        jobs=job_faults,
        queries=query_faults,
        lanes=lane_faults,
        guilds=guild_faults,
        members=member_faults,
        deeds=deed_faults,
        alerts=alert_faults,
        figures=figure_faults,
        database=database_faults,
    )
    ports = Ports(
        jobs=jobs,
        queries=queries,
        lanes=lane_port,
        guilds=guild_port,
        members=member_port,
        deeds=deed_port,
        denials=denials.Denials(database),
        figures=figure_port,
        alerts=alert_port,
        alert_sender=(receiver := FakeReceiver()),
        processes=processes.Processes(database),
        application=(application := FakeApplication()),
        is_request_id=request_ids.is_valid,
        notifier=(notifier := FakeNotifier()),
        queue=(queue := FakeQueue()),
        media=(media := FakeMedia()),
        files=stored or FolderFiles(files),
        downloads=FolderFiles(files),
        check=(check := FakeCheck()),
        presenter=(cards := FakeCards()),
        log_channel=(log_channel := log_channel or FakeLogChannel()),
        notices=(notices := FakeNotices()),
        store_ready=reached.ready,
        gateway_connected=gateway.is_set,
        descriptors_low=(descriptors_low := asyncio.Event()).is_set,
        ideas=all_ideas(),
        random=random.Random(1).random,
        disk_nearly_full=(disk_nearly_full := asyncio.Event()).is_set,
        give_way=AnswersFirst().give_way,
        now=now,
    )
    settings = read_settings(files, **changes)
    return App(
        services=build_services(ports, settings),
        settings=settings,
        clock=now,
        database=database,
        jobs=jobs,
        queries=queries,
        lanes=lane_port,
        guilds=guild_port,
        members=member_port,
        deeds=deed_port,
        alerts=alert_port,
        faults=faults,
        notifier=notifier,
        queue=queue,
        media=media,
        check=check,
        cards=cards,
        log_channel=log_channel,
        notices=notices,
        receiver=receiver,
        application=application,
        gateway=gateway,
        descriptors_low=descriptors_low,
        disk_nearly_full=disk_nearly_full,
    )


def read_settings(files: Path, **changes: Any) -> ServiceSettings:
    values: dict[str, Any] = {
        "owner": OWNER,
        "lane": LANE,
        "shards": Shards(),
        "caps": NO_CAPS,
        "width": 4,
        "per_second": 5000.0,
        "probe_after": PROBE_AFTER,
        "lease": LEASE,
        "submit_timeout": 30.0,
        "poll": 0.001,
        "deadline": DEADLINE,
        "public_url": None,
        "callback_mode": "sync",
        "files": files,
        "retention": RetentionPolicy(files_days=7, orders_days=90),
        "store_backoff": AT_ONCE,
        "media_backoff": AT_ONCE,
        "outstanding_backoff": AT_ONCE,
        "storage_backoff": AT_ONCE,
        "resume_after": 0.0,
        "recorded_within": 0.05,
        "alert_pause": 0.0,
        "sweep_first": 0.0,
        "sweep_every": 0.001,
        "sweep_pause": 0.0,
        "positions_every": 0.001,
        "refusals_every": 0.001,
        "admit_within": 30.0,  # a loaded machine must not decide a test
        "styles_within": 30.0,
    }
    return ServiceSettings(**values | changes)


@asynccontextmanager
async def background(*loops: Any) -> AsyncIterator[None]:
    """Run coroutines that do not end by themselves."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], Any], *, within: float = 10.0) -> None:
    """Wait until *condition* holds; it may read the store."""
    async with asyncio.timeout(within):
        while True:
            result = condition()
            if inspect.isawaitable(result):
                result = await result
            if result:
                return
            await asyncio.sleep(0.001)


_interactions = itertools.count(1_000)
OPTIONS = {
    "prompt": "a lighthouse in a storm",
    "images": 1,
    "guidance": 3.5,
    "steps": 50,
    "enhance": True,
    "style": None,
    "private": False,
    "spoiler": False,
    "suffix": None,
}


def a_request(**changes: Any) -> OrderRequest:
    """Return a member's request; *changes* may name its options too."""
    values: dict[str, Any] = {
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


async def take(app: App, request: OrderRequest, answer: Callable[[], Awaitable[int]]) -> None:
    """Place an order and answer it, as a cog does."""
    async with app.cogs.orders.placing(request) as order:
        order.answer(await answer())


def no_answer() -> OutcomeUnknown:
    return OutcomeUnknown("no answer came")
