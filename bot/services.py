"""Builds the services over the ports. The application and the tests build them the same way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.domain.deeds import DeedKind
from bot.domain.ideas import Idea
from bot.service.admission_watch import AdmissionWatch
from bot.service.alert_outbox import AlertOutbox
from bot.service.alert_watch import AlertWatch
from bot.service.alerts import AlertService
from bot.service.blocking import BlockService
from bot.service.budget_watch import BudgetWatch
from bot.service.callbacks import CallbackHandler
from bot.service.circuit_breaker import LaneCircuitBreaker
from bot.service.cog_services import CogServices
from bot.service.deed_outbox import DeedOutbox
from bot.service.delivery import DeliveryService
from bot.service.denials import DenialService
from bot.service.dispatcher import Dispatcher
from bot.service.file_storage import FileStorage
from bot.service.health import HealthService
from bot.service.held_entries import HeldEntries
from bot.service.held_pictures import HeldPictures
from bot.service.intake import OrderIntake
from bot.service.job_runner import JobRunner
from bot.service.lane_announcer import LaneAnnouncer
from bot.service.member_account import MemberAccount
from bot.service.member_preferences import MemberPreferences
from bot.service.moderation import ModerationService
from bot.service.operations import Operations
from bot.service.operator_status import OperatorStatusService, ProcessHeartbeat
from bot.service.operators import Operators
from bot.service.order_actions import OrderActions
from bot.service.picture_files import PictureFiles
from bot.service.ports.alerts import Alerts, AlertSender
from bot.service.ports.discord import Application, CardPresenter, LogChannel, MemberNotices
from bot.service.ports.figures import Figures
from bot.service.ports.files import WaitingFiles
from bot.service.ports.picture_check import PictureCheck
from bot.service.ports.store import (
    Deeds,
    Denials,
    Guilds,
    JobNotifier,
    JobQueries,
    Jobs,
    Lanes,
    Members,
    Processes,
)
from bot.service.ports.vendor import Media, VendorQueue
from bot.service.queue_positions import QueuePositionUpdater
from bot.service.rate_limiter import LaneRateLimiter
from bot.service.recovery import RecoveryLoop
from bot.service.refusal_counter import RefusalCounter
from bot.service.report_entries import ReportEntries
from bot.service.reported_pictures import ReportedPictures
from bot.service.reports import ReportService
from bot.service.retention import RetentionLoop
from bot.service.screening import PictureScreening
from bot.service.server_figures import ServerFiguresService
from bot.service.server_membership import ServerMembership
from bot.service.settings import ServiceSettings
from bot.service.storage_upkeep import StorageUpkeep
from bot.service.submitter import Submitter
from bot.service.surprises import Surprises
from bot.service.tracker import JobTracker
from bot.service.undelivered import UndeliveredPictures


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The adapters that the services call."""

    jobs: Jobs
    queries: JobQueries
    lanes: Lanes
    guilds: Guilds
    members: Members
    deeds: Deeds
    denials: Denials
    figures: Figures
    alerts: Alerts
    alert_sender: AlertSender | None  # None: the operator has no receiver
    processes: Processes
    application: Application
    is_request_id: Callable[[str], bool]
    notifier: JobNotifier
    queue: VendorQueue
    media: Media
    files: WaitingFiles
    downloads: WaitingFiles  # the folder of this machine
    check: PictureCheck | None  # None: pictures are not checked
    presenter: CardPresenter
    log_channel: LogChannel
    notices: MemberNotices
    ideas: Sequence[Idea]
    store_ready: Callable[[], Awaitable[None]]  # raises StoreUnavailable
    gateway_connected: Callable[[], bool]
    descriptors_low: Callable[[], bool]
    disk_nearly_full: Callable[[], bool]
    give_way: Callable[[], Awaitable[None]]  # to first answers
    random: Callable[[], float]  # from 0 up to, but not, 1
    now: Callable[[], float]  # Unix seconds


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The services that take a job from its queue to its member."""

    limiter: LaneRateLimiter
    tracker: JobTracker
    dispatcher: Dispatcher
    submitter: Submitter
    files: PictureFiles
    storage: FileStorage
    screening: PictureScreening
    delivery: DeliveryService
    runner: JobRunner
    breaker: LaneCircuitBreaker


@dataclass(frozen=True, kw_only=True)
class Alerting:
    """The services that tell the operator of troubles; others only note them."""

    alerts: AlertService
    outbox: AlertOutbox
    watch: AlertWatch


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services of one process."""

    pipeline: Pipeline
    cogs: CogServices
    recovery: RecoveryLoop
    announcer: LaneAnnouncer
    outbox: DeedOutbox
    budgets: BudgetWatch
    refusals: RefusalCounter
    positions: QueuePositionUpdater
    retention: RetentionLoop
    callbacks: CallbackHandler
    health: HealthService
    alerting: Alerting
    upkeep: StorageUpkeep
    heartbeat: ProcessHeartbeat


def build_services(ports: Ports, settings: ServiceSettings) -> Services:
    """Return the services of one process, ready to run."""
    recovery_due = asyncio.Event()  # set to have a recovery round made at once
    deeds_due = asyncio.Event()  # set to have deeds told at once
    pipeline = _build_pipeline(ports, settings, recovery_due.set, deeds_due.set)
    budgets = BudgetWatch(
        settings=settings,
        jobs=ports.jobs,
        deeds=ports.deeds,
        tell_deeds=deeds_due.set,
        now=ports.now,
    )
    refusals = RefusalCounter(ports.figures, every=settings.refusals_every)
    watch = AdmissionWatch(budgets=budgets, refusals=refusals, log_channel=ports.log_channel)
    figures = ServerFiguresService(
        settings=settings, figures=ports.figures, refusals=refusals, now=ports.now
    )
    health = HealthService(
        settings=settings,
        lanes=ports.lanes,
        queries=ports.queries,
        store=ports.store_ready,
        connected=ports.gateway_connected,
        descriptors_low=ports.descriptors_low,
        status_calls_rejected_since=lambda: pipeline.tracker.status_calls_rejected_since,
        now=ports.now,
    )
    cogs = _build_cog_services(
        ports, settings, pipeline, watch, figures, health, recovery_due.set, deeds_due.set
    )
    announcer = LaneAnnouncer(
        settings=settings,
        lanes=ports.lanes,
        log_channel=ports.log_channel,
        works=lambda: pipeline.breaker.accepted,
        now=ports.now,
    )
    upkeep = StorageUpkeep(
        settings=settings,
        jobs=ports.jobs,
        files=pipeline.files,
        storage=pipeline.storage,
        downloads=ports.downloads,
        wake_recovery=recovery_due.set,
        now=ports.now,
    )
    alerting = _build_alerting(ports, settings, health)
    alerting.watch.storage_error = lambda: pipeline.storage.error
    return Services(
        pipeline=pipeline,
        cogs=cogs,
        recovery=RecoveryLoop(
            settings=settings,
            jobs=ports.jobs,
            lanes=ports.lanes,
            guilds=ports.guilds,
            announcer=announcer,
            runner=pipeline.runner,
            due=recovery_due,
            now=ports.now,
        ),
        announcer=announcer,
        budgets=budgets,
        refusals=refusals,
        outbox=DeedOutbox(
            deeds=ports.deeds,
            guilds=ports.guilds,
            jobs=ports.jobs,
            log_channel=ports.log_channel,
            notices=ports.notices,
            entries={
                DeedKind.ENTRY: ReportEntries(
                    deeds=ports.deeds,
                    files=pipeline.files,
                    log_channel=ports.log_channel,
                    now=ports.now,
                ),
                DeedKind.HOLD: HeldEntries(
                    deeds=ports.deeds,
                    files=pipeline.files,
                    guilds=ports.guilds,
                    log_channel=ports.log_channel,
                    release=cogs.held.release_covered,
                ),
            },
            due=deeds_due,
            now=ports.now,
        ),
        positions=QueuePositionUpdater(
            settings=settings,
            jobs=ports.jobs,
            lanes=ports.lanes,
            presenter=ports.presenter,
            runner=pipeline.runner,
            now=ports.now,
        ),
        retention=RetentionLoop(
            settings=settings,
            queries=ports.queries,
            guilds=ports.guilds,
            files=pipeline.files,
            upkeep=upkeep,
            delivery=pipeline.delivery,
            account=cogs.account,
            now=ports.now,
        ),
        callbacks=CallbackHandler(
            jobs=ports.jobs,
            tracker=pipeline.tracker,
            runner=pipeline.runner,
            notifier=ports.notifier,
            give_way=ports.give_way,
            now=ports.now,
            wake_recovery=recovery_due.set,
        ),
        health=health,
        alerting=alerting,
        upkeep=upkeep,
        heartbeat=ProcessHeartbeat(settings=settings, processes=ports.processes, now=ports.now),
    )


def _build_alerting(ports: Ports, settings: ServiceSettings, health: HealthService) -> Alerting:
    noted, recorded = asyncio.Event(), asyncio.Event()
    alerts = AlertService(alerts=ports.alerts, now=ports.now, due=noted, send=recorded)
    outbox = AlertOutbox(
        alerts=ports.alerts,
        sender=ports.alert_sender,
        due=recorded,
        now=ports.now,
        pause=settings.alert_pause,
    )
    watch = AlertWatch(
        settings=settings,
        alerts=alerts,
        outbox=outbox,
        health=health,
        lanes=ports.lanes,
        disk_nearly_full=ports.disk_nearly_full,
        due=noted,
        now=ports.now,
    )
    return Alerting(alerts=alerts, outbox=outbox, watch=watch)


def _build_pipeline(
    ports: Ports,
    settings: ServiceSettings,
    wake_recovery: Callable[[], None],
    tell_deeds: Callable[[], None],
) -> Pipeline:
    limiter = LaneRateLimiter(
        settings=settings, lanes=ports.lanes, give_way=ports.give_way, now=ports.now
    )
    breaker = LaneCircuitBreaker(
        settings=settings,
        lanes=ports.lanes,
        queue=ports.queue,
        limiter=limiter,
        now=ports.now,
        wake_recovery=wake_recovery,
    )
    tracker = JobTracker(
        settings=settings,
        jobs=ports.jobs,
        queue=ports.queue,
        presenter=ports.presenter,
        limiter=limiter,
        breaker=breaker,
        now=ports.now,
    )
    dispatcher = Dispatcher(
        settings=settings, jobs=ports.jobs, limiter=limiter, breaker=breaker, now=ports.now
    )
    submitter = Submitter(
        settings=settings,
        jobs=ports.jobs,
        queue=ports.queue,
        presenter=ports.presenter,
        tracker=tracker,
        breaker=breaker,
        now=ports.now,
        wake_recovery=wake_recovery,
    )
    storage = FileStorage(ports.files, backoff=settings.storage_backoff)
    files = PictureFiles(
        settings=settings,
        media=ports.media,
        storage=storage,
        tracker=tracker,
        breaker=breaker,
        now=ports.now,
    )
    screening = PictureScreening(
        settings=settings,
        check=ports.check,
        jobs=ports.jobs,
        guilds=ports.guilds,
        files=files,
        limiter=limiter,
        tell_deeds=tell_deeds,
        now=ports.now,
    )
    delivery = DeliveryService(
        settings=settings,
        jobs=ports.jobs,
        files=files,
        screening=screening,
        presenter=ports.presenter,
        members=ports.members,
        now=ports.now,
    )
    runner = JobRunner(
        settings=settings,
        jobs=ports.jobs,
        presenter=ports.presenter,
        dispatcher=dispatcher,
        submitter=submitter,
        tracker=tracker,
        delivery=delivery,
        give_way=ports.give_way,
    )
    return Pipeline(
        limiter=limiter,
        tracker=tracker,
        dispatcher=dispatcher,
        submitter=submitter,
        files=files,
        storage=storage,
        screening=screening,
        delivery=delivery,
        runner=runner,
        breaker=breaker,
    )


def _build_cog_services(
    ports: Ports,
    settings: ServiceSettings,
    pipeline: Pipeline,
    watch: AdmissionWatch,
    figures: ServerFiguresService,
    health: HealthService,
    wake_recovery: Callable[[], None],
    tell_deeds: Callable[[], None],
) -> CogServices:
    actions = OrderActions(
        settings=settings,
        jobs=ports.jobs,
        presenter=ports.presenter,
        files=pipeline.files,
        runner=pipeline.runner,
        notifier=ports.notifier,
        tell_deeds=tell_deeds,
        now=ports.now,
    )
    reports = ReportService(
        actions=actions,
        jobs=ports.jobs,
        guilds=ports.guilds,
        deeds=ports.deeds,
        log_channel=ports.log_channel,
        tell_deeds=tell_deeds,
        now=ports.now,
    )
    return CogServices(
        orders=OrderIntake(
            settings=settings,
            jobs=ports.jobs,
            presenter=ports.presenter,
            watch=watch,
            wake_dispatcher=pipeline.dispatcher.wake,
            give_way=ports.give_way,
            now=ports.now,
        ),
        actions=actions,
        reports=reports,
        reported=ReportedPictures(
            settings=settings,
            reports=reports,
            jobs=ports.jobs,
            files=pipeline.files,
            presenter=ports.presenter,
            tell_deeds=tell_deeds,
            now=ports.now,
        ),
        held=HeldPictures(
            settings=settings,
            jobs=ports.jobs,
            files=pipeline.files,
            runner=pipeline.runner,
            notifier=ports.notifier,
            wake_recovery=wake_recovery,
            tell_deeds=tell_deeds,
            now=ports.now,
        ),
        history=UndeliveredPictures(
            settings=settings,
            jobs=ports.jobs,
            files=pipeline.files,
            delivery=pipeline.delivery,
            screening=pipeline.screening,
            wake_recovery=wake_recovery,
        ),
        account=MemberAccount(
            settings=settings,
            members=ports.members,
            queries=ports.queries,
            jobs=ports.jobs,
            deeds=ports.deeds,
            files=pipeline.files,
            now=ports.now,
        ),
        preferences=MemberPreferences(
            settings=settings, members=ports.members, guilds=ports.guilds, now=ports.now
        ),
        surprises=Surprises(
            settings=settings, ideas=ports.ideas, guilds=ports.guilds, random=ports.random
        ),
        limits=ModerationService(
            settings=settings,
            guilds=ports.guilds,
            jobs=ports.jobs,
            lanes=ports.lanes,
            log_channel=ports.log_channel,
            now=ports.now,
        ),
        figures=figures,
        blocks=BlockService(
            guilds=ports.guilds,
            jobs=ports.jobs,
            now=ports.now,
            wake_recovery=wake_recovery,
            tell_deeds=tell_deeds,
        ),
        denials=DenialService(
            denials=ports.denials,
            now=ports.now,
            wake_recovery=wake_recovery,
            tell_deeds=tell_deeds,
        ),
        operators=Operators(application=ports.application, now=ports.now),
        operations=Operations(
            lane=settings.lane,
            jobs=ports.jobs,
            queries=ports.queries,
            lanes=ports.lanes,
            is_request_id=ports.is_request_id,
            now=ports.now,
            wake_recovery=wake_recovery,
        ),
        status=OperatorStatusService(
            settings=settings,
            jobs=ports.jobs,
            queries=ports.queries,
            denials=ports.denials,
            processes=ports.processes,
            alerts=ports.alerts,
            readiness=health.readiness,
            now=ports.now,
        ),
        membership=ServerMembership(
            settings=settings,
            guilds=ports.guilds,
            deeds=ports.deeds,
            tell_deeds=tell_deeds,
            wake_recovery=wake_recovery,
            now=ports.now,
        ),
    )
