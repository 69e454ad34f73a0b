"""The composition root: opens everything, introduces it to each other, closes it in reverse."""

import asyncio
import logging
import secrets
import signal
import time
from contextlib import AsyncExitStack

from bot.client import Gateway, Services, listen, prepare_discord
from bot.domain import lane as breaker
from bot.domain.admission import Caps
from bot.pixazo import wire
from bot.pixazo.client import Client
from bot.pixazo.media import Media
from bot.service.callbacks import CallbackHandler
from bot.service.delivery import DeliveryService, DeliverySettings
from bot.service.dispatcher import Dispatcher, DispatcherSettings
from bot.service.health import HealthService
from bot.service.intake import OrderIntake
from bot.service.job_runner import JobRunner
from bot.service.member_account import MemberAccount, RetentionPolicy
from bot.service.moderation import ModerationService
from bot.service.order_actions import OrderActions
from bot.service.pace import Pace, PaceSettings
from bot.service.queue_positions import QueuePositionUpdater
from bot.service.recovery import RecoveryLoop, RecoverySettings
from bot.service.retention import RetentionLoop, RetentionSettings
from bot.service.tracker import REMEMBERED, JobTracker, TrackerSettings
from bot.service.undelivered import UndeliveredPictures
from bot.settings import Settings
from bot.store.database import Database
from bot.store.guilds import Guilds
from bot.store.job_queries import JobQueries
from bot.store.members import Members
from bot.store.notifications import JobNotifier
from bot.store.process_lock import process_lock
from bot.telemetry.http_tracing import tracing
from bot.telemetry.instrumented import (
    InstrumentedJobs,
    InstrumentedLanes,
    InstrumentedMedia,
    InstrumentedQueue,
)
from bot.telemetry.prometheus import PrometheusTelemetry
from bot.ui.card_presenter import DiscordCardPresenter
from bot.ui.discord_session import DiscordSession
from bot.ui.log_channel import DiscordLogChannel
from bot.web import callbacks, health, metrics
from bot.web.server import serving

log = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Raises InvalidSettings, AlreadyRunning and
    StoreUnavailable where it cannot start.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with AsyncExitStack() as stack:
            await _run(settings, stack, stop)
    except ExceptionGroup as errors:  # of the tasks, of which one that fails ends the others
        first: Exception = errors
        while isinstance(first, ExceptionGroup):
            first = first.exceptions[0]
        raise first from errors
    log.info("stopped")


def _caps(settings: Settings) -> Caps:
    return Caps(
        guild_ids=frozenset(settings.guild_ids),
        images_per_day=settings.max_images_per_day,
        images_per_guild_per_day=settings.max_images_per_guild_per_day,
        direct=settings.allow_direct,
    )


async def _run(settings: Settings, stack: AsyncExitStack, stop: asyncio.Event) -> None:
    # Whoever starts is somebody new, so that the jobs of a predecessor are never taken for its own.
    owner, now = f"{settings.instance}:{secrets.token_hex(4)}", time.time
    key = settings.pixazo_api_key.get_secret_value()
    token = settings.discord_token.get_secret_value()
    address = settings.database_url.get_secret_value()
    prepare_discord(api_url=settings.discord_api_url, gateway_url=settings.discord_gateway_url)

    lock = await stack.enter_async_context(process_lock(address, instance=settings.instance))
    database = await stack.enter_async_context(Database.open(address))
    meters = PrometheusTelemetry(price=settings.price_per_image_usd)
    jobs, lanes = InstrumentedJobs(database, meters), InstrumentedLanes(database, meters)
    guilds, queries, members = Guilds(database), JobQueries(database), Members(database)
    vendor = await stack.enter_async_context(
        Client.open(
            url=settings.pixazo_url,
            submit_path=settings.pixazo_submit_path,
            key=key,
            submit_timeout=settings.submit_timeout_seconds,
        )
    )
    queue = InstrumentedQueue(vendor, meters)
    origins = await stack.enter_async_context(Media.open(settings.media_origins))
    media = InstrumentedMedia(origins, meters)
    rest = DiscordSession(token)
    stack.push_async_callback(rest.close)
    presenter = DiscordCardPresenter(rest, meters=meters, now=now)
    stack.push_async_callback(presenter.close)
    log_channel = DiscordLogChannel(rest, meters=meters)
    stack.push_async_callback(log_channel.close)

    lane, caps, files = breaker.lane_name(key), _caps(settings), settings.folder / "files"
    rounds = asyncio.Event()  # set by whoever wants one to be made at once
    pace = Pace(
        settings=PaceSettings(
            lane=lane,
            per_second=settings.lane_rate_per_minute / 60.0,
            probe_after=settings.balance_probe_seconds,
        ),
        lanes=lanes,
        now=now,
        wake_rounds=rounds.set,
    )
    stack.push_async_callback(pace.close)
    tracker = JobTracker(
        settings=TrackerSettings(
            owner=owner,
            poll=settings.poll_seconds,
            deadline=settings.job_deadline_seconds,
            callbacks=settings.public_url is not None,
        ),
        jobs=jobs,
        queue=queue,
        presenter=presenter,
        pace=pace,
        now=now,
    )
    dispatcher = Dispatcher(
        settings=DispatcherSettings(
            lane=lane,
            owner=owner,
            width=settings.lane_width,
            lease=settings.lease_seconds,
            public_url=settings.public_url,
            callback_mode=settings.callback_mode,
        ),
        jobs=jobs,
        queue=queue,
        presenter=presenter,
        tracker=tracker,
        pace=pace,
        now=now,
        wake_rounds=rounds.set,
    )
    delivery = DeliveryService(
        settings=DeliverySettings(folder=files, patience=settings.job_deadline_seconds),
        jobs=jobs,
        media=media,
        presenter=presenter,
        members=members,
        now=now,
    )
    runner = JobRunner(
        owner=owner,
        jobs=jobs,
        presenter=presenter,
        dispatcher=dispatcher,
        tracker=tracker,
        delivery=delivery,
    )
    recover = RecoveryLoop(
        settings=RecoverySettings(
            owner=owner,
            lane=lane,
            lease=settings.lease_seconds,
            submit_timeout=settings.submit_timeout_seconds,
            deadline=settings.job_deadline_seconds,
        ),
        jobs=jobs,
        lanes=lanes,
        guilds=guilds,
        log_channel=log_channel,
        runner=runner,
        news=rounds,
        now=now,
    )
    board = QueuePositionUpdater(
        lane=lane,
        jobs=jobs,
        lanes=lanes,
        presenter=presenter,
        runner=runner,
        shards=settings.shards,
        now=now,
    )
    orders = OrderIntake(
        jobs=jobs,
        presenter=presenter,
        log_channel=log_channel,
        lane=lane,
        caps=caps,
        wake_lane=dispatcher.wake,
        now=now,
    )
    limits = ModerationService(
        guilds=guilds,
        jobs=jobs,
        lanes=lanes,
        log_channel=log_channel,
        caps=caps,
        lane=lane,
        now=now,
    )
    notifier = JobNotifier(database, address)
    hear = CallbackHandler(
        jobs=jobs,
        tracker=tracker,
        runner=runner,
        notifier=notifier,
        now=now,
        wake_rounds=rounds.set,
    )
    actions = OrderActions(
        jobs=jobs,
        guilds=guilds,
        log_channel=log_channel,
        presenter=presenter,
        delivery=delivery,
        runner=runner,
        notifier=notifier,
        caps=caps,
        lane=lane,
        now=now,
    )
    account = MemberAccount(
        members=members,
        queries=queries,
        jobs=jobs,
        guilds=guilds,
        delivery=delivery,
        caps=caps,
        keeping=RetentionPolicy(
            files_days=settings.keep_files_days, orders_days=settings.keep_orders_days
        ),
        lane=lane,
        now=now,
    )
    retain = RetentionLoop(
        settings=RetentionSettings(
            files_days=settings.keep_files_days,
            orders_days=settings.keep_orders_days,
            folder=files,
        ),
        jobs=jobs,
        queries=queries,
        delivery=delivery,
        account=account,
        now=now,
    )
    gateway = Gateway(
        shards=settings.shards, direct=settings.allow_direct, trace=tracing(meters, now=now)
    )
    watch = HealthService(
        lane=lane,
        lanes=lanes,
        queries=queries,
        store=database.ready,
        connected=lambda: gateway.connected,
        now=now,
    )

    await stack.enter_async_context(
        serving(
            [
                *health.routes(database.ping, watch.readiness),
                *metrics.routes(watch.census, meters.page),
                *callbacks.routes(wire.read_update, hear.hear),
            ],
            host=settings.web_host,
            port=settings.web_port,
        )
    )
    stack.push_async_callback(runner.close)
    await jobs.line_up(lane)
    await lanes.turn(lane, breaker.key_accepted)  # the key may have been mended at the vendor's
    tracker.remember(await queries.durations(most=REMEMBERED))
    await recover.inherit()
    services = Services(
        orders=orders,
        actions=actions,
        history=UndeliveredPictures(jobs=jobs, delivery=delivery),
        account=account,
        limits=limits,
    )
    async with asyncio.TaskGroup() as group:
        working = {
            name: group.create_task(steps, name=name)
            for name, steps in (
                ("lock", lock.keep()),
                ("login", rest.log_in()),
                ("lane", runner.run()),
                ("leases", recover.keep_leases()),
                ("recover", recover.run()),
                ("board", board.run()),
                ("bell", notifier.listen(runner.nudge)),
                ("retain", retain.run()),
                ("gateway", listen(services, gateway, token)),
            )
        }
        await stop.wait()
        log.info("stopping")
        working["lane"].cancel()
        await orders.close()
        for task in working.values():
            task.cancel()
