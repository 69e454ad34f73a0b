"""The composition root: opens adapters, builds services, runs loops, closes in reverse order."""

import asyncio
import gc
import logging
import secrets
import signal
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, assert_never

from bot import __version__, descriptors, disk, heap
from bot import log as logs
from bot.alert_webhook import AlertWebhook
from bot.client import Gateway, check_cogs, listen, prepare_discord
from bot.command_registration import CommandRegistration
from bot.domain import lane as breaker
from bot.domain import lane_transitions
from bot.domain.admission import Caps, is_served
from bot.domain.alerts import AlertKind
from bot.domain.money import Price
from bot.domain.owner import owner_id
from bot.errors import ImagineError
from bot.http_interactions import InteractionInbox
from bot.picture_command import CommandCheck
from bot.pixazo import request_ids, wire
from bot.pixazo.client import PixazoClient
from bot.pixazo.media import MediaDownloader
from bot.pixazo.picture_check import GatewayCheck
from bot.pixazo.signing import NotSigned, PictureSigner
from bot.service.alerts import HOUR, AlertService
from bot.service.estimates import REMEMBERED
from bot.service.gateway_starts import GatewayStartBudget, token_name
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.picture_check import PictureCheck, Verdict
from bot.service.settings import RetentionPolicy, ScreeningPolicy, ServiceSettings
from bot.services import Alerting, Ports, Services, build_services
from bot.settings import Settings
from bot.store.alerts import Alerts
from bot.store.clock import SharedClock
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.denials import Denials
from bot.store.gateway_starts import GatewayStarts
from bot.store.guilds import Guilds
from bot.store.job_queries import JobQueries
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from bot.store.members import Members
from bot.store.notifications import JobNotifier
from bot.store.process_lock import ProcessLock, process_lock
from bot.store.processes import Processes
from bot.supervisor import Loop, Supervisor
from bot.telemetry.http_tracing import tracing
from bot.telemetry.instrumented import (
    instrument_alerts,
    instrument_jobs,
    instrument_lanes,
    instrument_media,
    instrument_queue,
)
from bot.telemetry.prometheus import PrometheusTelemetry
from bot.ui import language
from bot.ui.application import DiscordApplication
from bot.ui.card_presenter import DiscordCardPresenter
from bot.ui.discord_session import DiscordSession
from bot.ui.log_channel import DiscordLogChannel
from bot.ui.member_notices import DiscordMemberNotices
from bot.ui.rest_gate import RestGate
from bot.web import callbacks, health, interactions, metrics
from bot.web.server import serving

log = logging.getLogger(__name__)

LAST_WORDS_WITHIN: Final = 1.5  # seconds
COLLECT_AFTER: Final = (10_000, 20, 20)  # new objects, and collections of the younger generation


@dataclass(frozen=True, kw_only=True)
class Store:
    """The open database, the lock of this process on it, and the adapters over it."""

    lock: ProcessLock
    database: Database
    clock: SharedClock
    jobs: Jobs
    lanes: Lanes
    guilds: Guilds
    queries: JobQueries
    members: Members
    deeds: Deeds
    denials: Denials
    alerts: Alerts
    processes: Processes
    gateway_starts: GatewayStarts
    notifier: JobNotifier


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """The open connections to the vendor's queue and to its pictures."""

    queue: PixazoClient
    media: MediaDownloader
    check: PictureCheck | None  # None: pictures are not checked
    signer: PictureSigner | None  # None: pictures are not signed


@dataclass(frozen=True, kw_only=True)
class DiscordSide:
    """What talks to Discord: by REST, and the gateway."""

    session: DiscordSession
    presenter: DiscordCardPresenter
    log_channel: DiscordLogChannel
    notices: DiscordMemberNotices
    gateway: Gateway


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Raises InvalidSettings, AlreadyRunning or StoreUnavailable if it can't start.
    """
    heap.share_heap()
    descriptors.raise_limit()
    language.set_default(settings.default_language)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with AsyncExitStack() as stack:
            await _run(settings, stack, stop)
    except ExceptionGroup as errors:  # of the loops: an essential one that fails cancels the others
        raise _first(errors) from errors
    log.info("stopped")


def _first(error: Exception) -> Exception:
    """Return an exception of a group, or of groups in it."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def _run(settings: Settings, stack: AsyncExitStack, stop: asyncio.Event) -> None:
    telemetry = PrometheusTelemetry()
    store = await open_store(settings, stack)
    vendor = await open_vendor(settings, stack)
    discord_side = open_discord(settings, telemetry, store, stack)
    by_http = discord_side.gateway.inbox is not None
    webhook = await open_webhook(settings, stack)
    ports = build_ports(
        store, vendor, discord_side, telemetry, webhook=webhook, folder=settings.folder
    )
    service_settings = read_service_settings(settings)
    services = build_services(ports, service_settings)
    alerting = services.alerting
    starts = build_starts(settings, store, discord_side.session, telemetry, alerting.alerts)
    discord_side.gateway.starts = None if by_http else starts
    telemetry.watch_alerts(lambda: alerting.outbox.pending)
    stack.enter_context(logs.watching_faults(alerting.alerts.fault))
    reporting = partial(_report_check, telemetry, alerting.alerts, service_settings.name)
    services.pipeline.screening.report = reporting
    if vendor.signer is not None:
        subject = service_settings.name
        vendor.signer.report = partial(_report_signing, telemetry, alerting.alerts, subject)
    runner = services.pipeline.runner
    stack.push_async_callback(services.pipeline.limiter.close)
    registration = CommandRegistration(
        await check_cogs(services.cogs, discord_side.gateway), done=0 not in settings.shards.ids
    )
    discord_side.gateway.registration = registration
    await open_web(settings, services, telemetry, discord_side.gateway, stack)
    stack.push_async_callback(runner.close)
    await _resume(store, ports, services, lane=service_settings.lane)
    supervisor = Supervisor(
        (
            Loop(name="lock", run=store.lock.keep, essential=True),
            Loop(name="clock", run=store.clock.keep),
            Loop(name="login", run=discord_side.session.log_in, essential=True),
            Loop(name="dispatch", run=runner.run),
            Loop(name="leases", run=services.recovery.keep_leases),
            Loop(name="recovery", run=services.recovery.run),
            Loop(name="deeds", run=services.outbox.run),
            Loop(name="budgets", run=services.budgets.run),
            Loop(name="alerts", run=alerting.watch.run),
            Loop(name="alert outbox", run=alerting.outbox.run),
            Loop(name="heartbeat", run=services.heartbeat.run),
            Loop(name="positions", run=services.positions.run),
            Loop(name="notifications", run=partial(store.notifier.listen, runner.wake)),
            Loop(name="retention", run=services.retention.run),
            Loop(name="commands", run=partial(registration.run, discord_side.session)),
            *(() if by_http else (Loop(name="starts", run=starts.run),)),
            Loop(
                name="gateway",
                run=partial(
                    listen,
                    services.cogs,
                    discord_side.gateway,
                    settings.discord_token.get_secret_value(),
                ),
                essential=True,
            ),
        )
    )

    _keep_start()

    async def stop_accepting() -> None:
        log.info("stopping")
        if by_http:  # the balancer sends new interactions here until it has noticed
            services.health.drain()
            await asyncio.sleep(settings.drain_seconds)
        supervisor.cancel("dispatch")
        await starts.confirm()
        await services.cogs.orders.close()

    try:
        await supervisor.run(stop, stopping=stop_accepting)
    except ExceptionGroup as errors:
        alerting.alerts.tell(AlertKind.ERROR, "end", _why(errors), at_most_every=HOUR)
        raise
    finally:
        await _tell_last(alerting)


def _why(errors: ExceptionGroup) -> str:
    """Return what the operator is told of the bot's end."""
    expected = errors.subgroup(ImagineError)
    why = "unexpected errors" if expected is None else str(_first(expected))
    return f"The bot ended: {why}. The log has the rest."


async def _tell_last(alerting: Alerting) -> None:
    """Record and send what the loops had no time for; what is not sent then, the next start sends.

    An end that was asked for sends nothing: nobody waits for a receiver that is slow.
    """
    try:
        async with asyncio.timeout(LAST_WORDS_WITHIN):
            await alerting.alerts.record()
            if sys.exception() is not None:
                await alerting.outbox.sweep()
    except (StoreUnavailable, TimeoutError) as error:
        log.info("alerts not told at the end: error=%s", error)


def _report_signing(
    telemetry: PrometheusTelemetry, alerts: AlertService, subject: str, error: NotSigned | None
) -> None:
    telemetry.picture_signed(failed=error is not None)
    if error is None:
        alerts.close(AlertKind.SIGNING, subject)
        return
    text = f"Pictures can't be signed, and are delivered without: {error}. Find out more with: "
    over = "Pictures are signed again."
    alerts.open(AlertKind.SIGNING, subject, f"{text}python -m bot check", over=over)


def _report_check(
    telemetry: PrometheusTelemetry,
    alerts: AlertService,
    subject: str,
    verdict: Verdict,
    error: Exception | None,
) -> None:
    telemetry.pictures_checked(verdict)
    if error is not None:
        text = f"Pictures can't be checked: {error}. PICTURE_CHECK_AWAY decides what becomes of"
        over = "Pictures are checked again."
        alerts.open(AlertKind.PICTURE_CHECK, subject, f"{text} them.", over=over)
    elif verdict is not Verdict.AWAY:
        alerts.close(AlertKind.PICTURE_CHECK, subject)


def read_check(settings: Settings, client: PixazoClient) -> PictureCheck | None:
    """Return the operator's check of pictures; ``None``: there is none."""
    at_once = settings.picture_check_at_once
    within = settings.picture_check_seconds
    match settings.picture_check:
        case "command":
            return CommandCheck(settings.picture_check_command, within=within, at_once=at_once)
        case "gateway":
            return GatewayCheck(
                client,
                path=settings.picture_check_path,
                conditions=settings.picture_check_flags,
                within=within,
                at_once=at_once,
            )
        case "off":
            return None
        case _:
            assert_never(settings.picture_check)


def _keep_start() -> None:
    """Spare the collector what the start made: each look through all of it takes 0.1 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def open_store(settings: Settings, stack: AsyncExitStack) -> Store:
    """Take the process lock, open the database and read its clock."""
    url = settings.database_url.get_secret_value()
    lock = await stack.enter_async_context(process_lock(url, instance=settings.instance))
    database = await stack.enter_async_context(Database.open(url))
    return Store(
        lock=lock,
        database=database,
        clock=await SharedClock.start(database.now),
        jobs=Jobs(database),
        lanes=Lanes(database),
        guilds=Guilds(database),
        queries=JobQueries(database),
        members=Members(database),
        deeds=Deeds(database),
        denials=Denials(database),
        alerts=Alerts(database),
        processes=Processes(database),
        gateway_starts=GatewayStarts(database),
        notifier=JobNotifier(database, url),
    )


async def open_vendor(settings: Settings, stack: AsyncExitStack) -> Vendor:
    """Open the HTTP sessions for the vendor's queue and its pictures."""
    queue = await stack.enter_async_context(
        PixazoClient.open(
            url=settings.pixazo_url,
            submit_path=settings.pixazo_submit_path,
            key=settings.pixazo_api_key.get_secret_value(),
            submit_timeout=settings.submit_timeout_seconds,
            proxy=settings.proxies.of(settings.pixazo_url),
        )
    )
    software, signer = f"Imagine {__version__}", None
    if settings.credentials is not None:
        signer = PictureSigner(settings.credentials, software=software)
    media = await stack.enter_async_context(
        MediaDownloader.open(
            settings.media_origins,
            proxies=settings.proxies,
            software=software if settings.mark_images else None,
            signer=signer,
        )
    )
    return Vendor(queue=queue, media=media, check=read_check(settings, queue), signer=signer)


async def open_webhook(settings: Settings, stack: AsyncExitStack) -> AlertWebhook | None:
    """Open the HTTP session for the operator's receiver of alerts, if there is one."""
    if settings.alert_webhook_url is None:
        return None
    url = settings.alert_webhook_url.get_secret_value()
    return await stack.enter_async_context(
        AlertWebhook.open(
            url,
            instance=settings.instance,
            redact=logs.redactor(settings.secrets),
            proxy=settings.proxies.of(url),
        )
    )


def open_discord(
    settings: Settings,
    telemetry: PrometheusTelemetry,
    store: Store,
    stack: AsyncExitStack,
) -> DiscordSide:
    """Make the REST session and what writes through it. The gateway connects later."""
    prepare_discord(api_url=settings.discord_api_url, gateway_url=settings.discord_gateway_url)
    gate = RestGate()
    telemetry.watch_rest(lambda: gate.seconds_left)
    session = DiscordSession(
        settings.discord_token.get_secret_value(),
        gate,
        proxy=settings.proxies.of(settings.discord_api_url),
    )
    stack.push_async_callback(session.close)
    presenter = DiscordCardPresenter(
        session,
        meters=telemetry,
        now=store.clock,
        served=partial(is_served, caps=read_caps(settings)),
        shared=store.database.shared,
    )
    stack.push_async_callback(presenter.close)
    log_channel = DiscordLogChannel(session, meters=telemetry)
    stack.push_async_callback(log_channel.close)
    gateway = Gateway(
        shards=settings.shards,
        inbox=InteractionInbox(settings.discord_public_key) if settings.endpoint else None,
        answers=gate.answers,
        direct=settings.allow_direct,
        proxies=settings.proxies,
        trace=gate.guard(tracing(telemetry, now=time.time)),
        count_malformed=telemetry.malformed_event,
    )
    return DiscordSide(
        session=session,
        presenter=presenter,
        log_channel=log_channel,
        notices=DiscordMemberNotices(session, meters=telemetry),
        gateway=gateway,
    )


def build_starts(
    settings: Settings,
    store: Store,
    session: DiscordSession,
    telemetry: PrometheusTelemetry,
    alerts: AlertService,
) -> GatewayStartBudget:
    """Return the limiter of starts at the gateway."""

    def report(left: int, low: bool) -> None:  # noqa: FBT001 - the budget's callback
        telemetry.starts_left(left)
        if low:
            text = f"Only {left} starts at Discord's gateway are left today: something restarts "
            text += "the bot, or its sessions do not last. With few left it waits."
            over = "There are enough starts at Discord's gateway again."
            alerts.open(AlertKind.STARTS, "", text, over=over)
        else:
            alerts.close(AlertKind.STARTS)

    return GatewayStartBudget(
        token_name(settings.discord_token.get_secret_value()),
        store=store.gateway_starts,
        ask=lambda: session.start_limit(store.clock()),
        now=store.clock,
        report=report,
    )


def build_ports(
    store: Store,
    vendor: Vendor,
    discord_side: DiscordSide,
    telemetry: PrometheusTelemetry,
    *,
    webhook: AlertWebhook | None = None,
    folder: Path = Path(),
) -> Ports:
    """Return the adapters as the services see them, instrumented."""
    return Ports(
        jobs=instrument_jobs(store.jobs, telemetry),
        queries=store.queries,
        lanes=instrument_lanes(store.lanes, telemetry),
        guilds=store.guilds,
        members=store.members,
        deeds=store.deeds,
        denials=store.denials,
        alerts=store.alerts,
        alert_sender=instrument_alerts(webhook, telemetry) if webhook else None,
        processes=store.processes,
        application=DiscordApplication(discord_side.session),
        is_request_id=request_ids.is_valid,
        notifier=store.notifier,
        queue=instrument_queue(vendor.queue, telemetry),
        media=instrument_media(vendor.media, telemetry),
        check=vendor.check,
        presenter=discord_side.presenter,
        log_channel=discord_side.log_channel,
        notices=discord_side.notices,
        store_ready=store.database.ready,
        gateway_connected=lambda: discord_side.gateway.connected,
        descriptors_low=descriptors.are_low,
        disk_nearly_full=partial(disk.is_nearly_full, folder),
        give_way=discord_side.session.gate.answers.give_way,
        now=store.clock,
    )


def read_caps(settings: Settings) -> Caps:
    """Return the operator's limits."""
    return Caps(
        guild_ids=frozenset(settings.guild_ids),
        picture_check=settings.picture_check != "off",
        images_per_day=settings.max_images_per_day,
        images_per_guild_per_day=settings.max_images_per_guild_per_day,
        direct=settings.allow_direct,
        price=Price(amount=settings.price_per_image_usd, per_image=settings.price_per == "image"),
        usd_per_day=settings.max_usd_per_day,
        usd_per_month=settings.max_usd_per_month,
        usd_per_guild_per_month=settings.max_usd_per_guild_per_month,
    )


def read_service_settings(settings: Settings) -> ServiceSettings:
    """Return what the services need of *settings*, for a process that starts now."""
    return ServiceSettings(
        owner=owner_id(settings.instance, secrets.token_hex(4)),
        lane=breaker.lane_name(settings.pixazo_api_key.get_secret_value()),
        version=__version__,
        shards=settings.shards,
        caps=read_caps(settings),
        width=settings.lane_width,
        per_second=settings.lane_rate_per_minute / 60.0,
        probe_after=settings.balance_probe_seconds,
        lease=settings.lease_seconds,
        submit_timeout=settings.submit_timeout_seconds,
        poll=settings.poll_seconds,
        deadline=settings.job_deadline_seconds,
        public_url=settings.public_url,
        callback_mode=settings.callback_mode,
        name=settings.instance if settings.shares_store else "",
        files=settings.folder / "files",
        retention=RetentionPolicy(
            files_days=settings.keep_files_days,
            orders_days=settings.keep_orders_days,
            privacy_url=settings.privacy_url,
            terms_url=settings.terms_url,
            checks_pictures=settings.picture_check != "off",
        ),
        screening=ScreeningPolicy(hold_when_away=settings.picture_check_away == "hold"),
    )


async def open_web(
    settings: Settings,
    services: Services,
    telemetry: PrometheusTelemetry,
    gateway: Gateway,
    stack: AsyncExitStack,
) -> None:
    """Serve health checks, metrics, the vendor's callbacks, and interactions that come by HTTP."""
    inbox = gateway.inbox
    await stack.enter_async_context(
        serving(
            [
                *health.routes(services.health.readiness),
                *metrics.routes(services.health.snapshot, telemetry.page),
                *callbacks.routes(
                    services.callbacks.is_address, wire.read_update, services.callbacks.handle
                ),
                *(() if inbox is None else interactions.routes(inbox)),
            ],
            host=settings.web_host,
            port=settings.web_port,
        )
    )


async def _resume(store: Store, ports: Ports, services: Services, *, lane: str) -> None:
    """Take over what an earlier process left, before anything new is accepted."""
    await services.alerting.watch.look()  # before a closed lane is tried again
    await services.cogs.membership.load()
    await store.jobs.assign_lane(lane)
    # The operator may have changed what closed it.
    await ports.lanes.update(lane, partial(lane_transitions.restarted, now=ports.now()))
    services.pipeline.tracker.remember_durations(
        await store.queries.recent_durations(most=REMEMBERED)
    )
    await store.jobs.retry_now()  # it may have been this machine that could not fetch pictures
    await store.deeds.retry_now(now=ports.now())
    await services.recovery.inherit()
