"""Builds the services over the ports. The application and the tests build them the same way."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.domain.admission import Caps
from bot.domain.shards import Shards
from bot.retry import Backoff
from bot.service.callbacks import CallbackHandler
from bot.service.circuit_breaker import CircuitBreakerSettings, LaneCircuitBreaker
from bot.service.delivery import MEDIA_BACKOFF, DeliveryService, DeliverySettings
from bot.service.dispatcher import Dispatcher, DispatcherSettings
from bot.service.health import HealthService
from bot.service.intake import ADMIT_WITHIN, OrderIntake
from bot.service.job_runner import SUBMITS_END_WITHIN, JobRunner, JobRunnerSettings
from bot.service.member_account import (
    STYLES_WITHIN,
    AccountSettings,
    MemberAccount,
    RetentionPolicy,
)
from bot.service.moderation import ModerationService
from bot.service.order_actions import OrderActions, OrderActionsSettings
from bot.service.persistence import STORE_BACKOFF
from bot.service.ports.discord import CardPresenter, LogChannel
from bot.service.ports.store import Guilds, JobNotifier, JobQueries, Jobs, Lanes, Members
from bot.service.ports.vendor import Media, VendorQueue
from bot.service.queue_positions import LOOK_EVERY, QueuePositionUpdater
from bot.service.rate_limiter import LaneRateLimiter, RateLimiterSettings
from bot.service.recovery import RecoveryLoop, RecoverySettings
from bot.service.reports import ReportService
from bot.service.retention import SWEEP_TIMES, RetentionLoop, RetentionSettings, SweepTimes
from bot.service.submitter import Submitter, SubmitterSettings
from bot.service.tracker import JobTracker, TrackerSettings
from bot.service.undelivered import UndeliveredPictures


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The adapters that the services call."""

    jobs: Jobs
    queries: JobQueries
    lanes: Lanes
    guilds: Guilds
    members: Members
    notifier: JobNotifier
    queue: VendorQueue
    media: Media
    presenter: CardPresenter
    log_channel: LogChannel
    store_ready: Callable[[], Awaitable[None]]  # raises StoreUnavailable
    gateway_connected: Callable[[], bool]
    now: Callable[[], float]  # Unix seconds


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What the services need of the operator's settings. Times are in seconds."""

    owner: str  # this process
    lane: str
    shards: Shards
    caps: Caps
    width: int  # jobs at the vendor at once, of all processes together
    per_second: float  # calls of the vendor
    probe_after: float
    lease: float
    submit_timeout: float
    poll: float
    deadline: float
    public_url: str | None  # None: the vendor is not asked to call back
    callback_mode: str
    files: Path  # the folder of the pictures
    files_days: int  # 0: for ever
    orders_days: int  # 0: for ever
    store_backoff: Backoff = STORE_BACKOFF
    media_backoff: Backoff = MEDIA_BACKOFF
    resume_after: float = 30.0  # until a job goes on after a fault
    recorded_within: float = 1.5  # from the pictures' arrival in Discord to their record
    admit_within: float = ADMIT_WITHIN
    styles_within: float = STYLES_WITHIN
    submits_end_within: float = SUBMITS_END_WITHIN
    positions_every: float = LOOK_EVERY
    sweep_times: SweepTimes = SWEEP_TIMES


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services of one process."""

    limiter: LaneRateLimiter
    tracker: JobTracker
    dispatcher: Dispatcher
    submitter: Submitter
    delivery: DeliveryService
    runner: JobRunner
    recovery: RecoveryLoop
    positions: QueuePositionUpdater
    retention: RetentionLoop
    callbacks: CallbackHandler
    health: HealthService
    orders: OrderIntake
    actions: OrderActions
    reports: ReportService
    history: UndeliveredPictures
    account: MemberAccount
    limits: ModerationService


def build_services(ports: Ports, settings: ServiceSettings) -> Services:
    """Return the services of one process, ready to run."""
    recovery_due = asyncio.Event()  # set to have a recovery round made at once
    limiter, breaker = _build_lane(ports, settings, recovery_due)
    tracker = _build_tracker(ports, settings, limiter, breaker)
    dispatcher = _build_dispatcher(ports, settings, limiter, breaker)
    submitter = _build_submitter(ports, settings, tracker, breaker, recovery_due)
    delivery = _build_delivery(ports, settings)
    runner = _build_runner(ports, settings, dispatcher, submitter, tracker, delivery)
    account = _build_account(ports, settings, delivery)
    actions = _build_actions(ports, settings, delivery, runner)
    return Services(
        limiter=limiter,
        tracker=tracker,
        dispatcher=dispatcher,
        submitter=submitter,
        delivery=delivery,
        runner=runner,
        recovery=_build_recovery(ports, settings, runner, recovery_due),
        positions=QueuePositionUpdater(
            lane=settings.lane,
            jobs=ports.jobs,
            lanes=ports.lanes,
            presenter=ports.presenter,
            runner=runner,
            shards=settings.shards,
            now=ports.now,
            every=settings.positions_every,
        ),
        retention=_build_retention(ports, settings, delivery, account),
        callbacks=CallbackHandler(
            jobs=ports.jobs,
            tracker=tracker,
            runner=runner,
            notifier=ports.notifier,
            now=ports.now,
            wake_recovery=recovery_due.set,
        ),
        health=_build_health(ports, settings),
        orders=_build_intake(ports, settings, dispatcher),
        actions=actions,
        reports=_build_reports(ports, actions),
        history=UndeliveredPictures(jobs=ports.jobs, delivery=delivery),
        account=account,
        limits=_build_moderation(ports, settings),
    )


def _build_dispatcher(
    ports: Ports, settings: ServiceSettings, limiter: LaneRateLimiter, breaker: LaneCircuitBreaker
) -> Dispatcher:
    return Dispatcher(
        settings=DispatcherSettings(
            lane=settings.lane,
            owner=settings.owner,
            width=settings.width,
            lease=settings.lease,
            store_backoff=settings.store_backoff,
        ),
        jobs=ports.jobs,
        limiter=limiter,
        breaker=breaker,
        now=ports.now,
    )


def _build_delivery(ports: Ports, settings: ServiceSettings) -> DeliveryService:
    return DeliveryService(
        settings=DeliverySettings(
            folder=settings.files,
            patience=settings.deadline,
            media_backoff=settings.media_backoff,
            store_backoff=settings.store_backoff,
        ),
        jobs=ports.jobs,
        media=ports.media,
        presenter=ports.presenter,
        members=ports.members,
        now=ports.now,
    )


def _build_runner(
    ports: Ports,
    settings: ServiceSettings,
    dispatcher: Dispatcher,
    submitter: Submitter,
    tracker: JobTracker,
    delivery: DeliveryService,
) -> JobRunner:
    return JobRunner(
        settings=JobRunnerSettings(
            owner=settings.owner,
            resume_after=settings.resume_after,
            submits_end_within=settings.submits_end_within,
            store_backoff=settings.store_backoff,
        ),
        jobs=ports.jobs,
        presenter=ports.presenter,
        dispatcher=dispatcher,
        submitter=submitter,
        tracker=tracker,
        delivery=delivery,
    )


def _build_retention(
    ports: Ports, settings: ServiceSettings, delivery: DeliveryService, account: MemberAccount
) -> RetentionLoop:
    return RetentionLoop(
        settings=RetentionSettings(
            files_days=settings.files_days,
            orders_days=settings.orders_days,
            folder=settings.files,
            times=settings.sweep_times,
        ),
        jobs=ports.jobs,
        queries=ports.queries,
        delivery=delivery,
        account=account,
        now=ports.now,
    )


def _build_intake(ports: Ports, settings: ServiceSettings, dispatcher: Dispatcher) -> OrderIntake:
    return OrderIntake(
        jobs=ports.jobs,
        presenter=ports.presenter,
        log_channel=ports.log_channel,
        lane=settings.lane,
        caps=settings.caps,
        wake_dispatcher=dispatcher.wake,
        now=ports.now,
        admit_within=settings.admit_within,
    )


def _build_reports(ports: Ports, actions: OrderActions) -> ReportService:
    return ReportService(
        actions=actions,
        jobs=ports.jobs,
        guilds=ports.guilds,
        log_channel=ports.log_channel,
        presenter=ports.presenter,
        now=ports.now,
    )


def _build_moderation(ports: Ports, settings: ServiceSettings) -> ModerationService:
    return ModerationService(
        guilds=ports.guilds,
        jobs=ports.jobs,
        lanes=ports.lanes,
        log_channel=ports.log_channel,
        caps=settings.caps,
        lane=settings.lane,
        now=ports.now,
    )


def _build_health(ports: Ports, settings: ServiceSettings) -> HealthService:
    return HealthService(
        lane=settings.lane,
        lanes=ports.lanes,
        queries=ports.queries,
        store=ports.store_ready,
        connected=ports.gateway_connected,
        now=ports.now,
    )


def _build_lane(
    ports: Ports, settings: ServiceSettings, recovery_due: asyncio.Event
) -> tuple[LaneRateLimiter, LaneCircuitBreaker]:
    limiter = LaneRateLimiter(
        settings=RateLimiterSettings(
            lane=settings.lane,
            per_second=settings.per_second,
            store_backoff=settings.store_backoff,
        ),
        lanes=ports.lanes,
        now=ports.now,
    )
    breaker = LaneCircuitBreaker(
        settings=CircuitBreakerSettings(
            lane=settings.lane,
            probe_after=settings.probe_after,
            store_backoff=settings.store_backoff,
        ),
        lanes=ports.lanes,
        limiter=limiter,
        now=ports.now,
        wake_recovery=recovery_due.set,
    )
    return limiter, breaker


def _build_tracker(
    ports: Ports,
    settings: ServiceSettings,
    limiter: LaneRateLimiter,
    breaker: LaneCircuitBreaker,
) -> JobTracker:
    return JobTracker(
        settings=TrackerSettings(
            owner=settings.owner,
            poll=settings.poll,
            deadline=settings.deadline,
            callbacks=settings.public_url is not None,
        ),
        jobs=ports.jobs,
        queue=ports.queue,
        presenter=ports.presenter,
        limiter=limiter,
        breaker=breaker,
        now=ports.now,
    )


def _build_submitter(
    ports: Ports,
    settings: ServiceSettings,
    tracker: JobTracker,
    breaker: LaneCircuitBreaker,
    recovery_due: asyncio.Event,
) -> Submitter:
    return Submitter(
        settings=SubmitterSettings(
            public_url=settings.public_url,
            callback_mode=settings.callback_mode,
            store_backoff=settings.store_backoff,
        ),
        jobs=ports.jobs,
        queue=ports.queue,
        presenter=ports.presenter,
        tracker=tracker,
        breaker=breaker,
        now=ports.now,
        wake_recovery=recovery_due.set,
    )


def _build_recovery(
    ports: Ports, settings: ServiceSettings, runner: JobRunner, recovery_due: asyncio.Event
) -> RecoveryLoop:
    return RecoveryLoop(
        settings=RecoverySettings(
            owner=settings.owner,
            lane=settings.lane,
            lease=settings.lease,
            submit_timeout=settings.submit_timeout,
            deadline=settings.deadline,
        ),
        jobs=ports.jobs,
        lanes=ports.lanes,
        guilds=ports.guilds,
        log_channel=ports.log_channel,
        runner=runner,
        due=recovery_due,
        now=ports.now,
    )


def _build_actions(
    ports: Ports, settings: ServiceSettings, delivery: DeliveryService, runner: JobRunner
) -> OrderActions:
    return OrderActions(
        settings=OrderActionsSettings(
            lane=settings.lane,
            caps=settings.caps,
            recorded_within=settings.recorded_within,
            store_backoff=settings.store_backoff,
        ),
        jobs=ports.jobs,
        presenter=ports.presenter,
        delivery=delivery,
        runner=runner,
        notifier=ports.notifier,
        now=ports.now,
    )


def _build_account(
    ports: Ports, settings: ServiceSettings, delivery: DeliveryService
) -> MemberAccount:
    retention = RetentionPolicy(files_days=settings.files_days, orders_days=settings.orders_days)
    return MemberAccount(
        settings=AccountSettings(
            lane=settings.lane,
            caps=settings.caps,
            retention=retention,
            styles_within=settings.styles_within,
        ),
        members=ports.members,
        queries=ports.queries,
        jobs=ports.jobs,
        guilds=ports.guilds,
        delivery=delivery,
        now=ports.now,
    )
