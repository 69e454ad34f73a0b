"""The composition root: opens adapters, builds services, runs loops, closes in reverse order."""

import asyncio
import gc
import logging
import signal
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Final

from bot import descriptors, heap
from bot import log as logs
from bot.adapters import (
    DiscordSide,
    Store,
    build_ports,
    open_discord,
    open_files,
    open_store,
    open_vendor,
    open_webhook,
)
from bot.client import Gateway, check_cogs
from bot.command_registration import CommandRegistration
from bot.domain import lane_transitions
from bot.files.folder import FolderFiles
from bot.operator_reports import OperatorReports, first_of
from bot.pixazo import wire
from bot.service.estimates import REMEMBERED
from bot.service.gateway_starts import GatewayStartBudget, token_name
from bot.service.settings import ServiceSettings
from bot.service_settings import read_service_settings
from bot.services import Ports, Services, build_services
from bot.settings import Settings
from bot.shard_leasing import open_shards
from bot.supervisor import Loop, Supervisor
from bot.telemetry.prometheus import PrometheusTelemetry
from bot.ui import language
from bot.ui.discord_session import DiscordSession
from bot.web import callbacks, health, interactions, metrics
from bot.web.server import serving

log = logging.getLogger(__name__)

COLLECT_AFTER: Final = (10_000, 20, 20)  # new objects, and collections of the younger generation


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
        raise first_of(errors) from errors
    log.info("stopped")


async def _run(settings: Settings, stack: AsyncExitStack, stop: asyncio.Event) -> None:
    telemetry = PrometheusTelemetry()
    store = await open_store(settings, stack)
    vendor = await open_vendor(settings, stack)
    discord_side = open_discord(settings, telemetry, store, stack)
    by_http = discord_side.gateway.inbox is not None
    webhook = await open_webhook(settings, stack)
    ports = build_ports(
        store,
        vendor,
        discord_side,
        telemetry,
        webhook=webhook,
        downloads=FolderFiles(settings.downloads),
        files=await open_files(settings, stack),
    )
    shards = discord_side.gateway.shards
    service_settings = replace(read_service_settings(settings), shards=shards)
    services = build_services(ports, service_settings)
    alerting = services.alerting
    reports = OperatorReports(telemetry, alerting, service_settings.name)
    starts = _build_starts(settings, store, discord_side.session, reports)
    discord_side.gateway.starts = None if by_http else starts
    telemetry.watch_alerts(lambda: alerting.outbox.pending)
    telemetry.watch_files(lambda: services.pipeline.storage.away)
    stack.enter_context(logs.watching_faults(alerting.alerts.fault))
    services.pipeline.screening.report = reports.pictures_checked
    if vendor.signer is not None:
        vendor.signer.report = reports.picture_signed
    runner = services.pipeline.runner
    stack.push_async_callback(services.pipeline.limiter.close)
    registration = CommandRegistration(
        await check_cogs(services.cogs, discord_side.gateway),
        done=not shards.leased and 0 not in shards.ids,
    )
    discord_side.gateway.registration = registration
    await _open_web(settings, services, telemetry, discord_side.gateway, stack)
    stack.push_async_callback(runner.close)
    await _resume(store, ports, services, service_settings)
    token = settings.discord_token.get_secret_value()
    shard_loops, keeper = open_shards(
        store, services, discord_side.gateway, service_settings, starts, stack, token=token
    )
    loops = _loops(store, services, discord_side, registration)
    supervisor = Supervisor([*loops, *shard_loops])
    _keep_start()

    async def stop_accepting() -> None:
        log.info("stopping")
        if by_http:  # the balancer sends new interactions here until it has noticed
            services.health.drain()
            await asyncio.sleep(settings.drain_seconds)
        supervisor.cancel("dispatch")
        if keeper is not None:
            await keeper.leave()
        await starts.confirm()
        await services.cogs.orders.close()

    try:
        await supervisor.run(stop, stopping=stop_accepting)
    except ExceptionGroup as errors:
        reports.ended(errors)
        raise
    finally:
        await reports.send_last()


def _loops(
    store: Store,
    services: Services,
    discord_side: DiscordSide,
    registration: CommandRegistration,
) -> list[Loop]:
    session, gateway = discord_side.session, discord_side.gateway
    runner = services.pipeline.runner
    return [
        Loop(name="lock", run=store.lock.keep, essential=True),
        Loop(name="clock", run=store.clock.keep),
        Loop(name="login", run=session.log_in, essential=True),
        Loop(name="dispatch", run=runner.run),
        Loop(name="leases", run=services.recovery.keep_leases),
        Loop(name="recovery", run=services.recovery.run),
        Loop(name="deeds", run=services.outbox.run),
        Loop(name="budgets", run=services.budgets.run),
        Loop(name="refusals", run=services.refusals.run),
        Loop(name="alerts", run=services.alerting.watch.run),
        Loop(name="alert outbox", run=services.alerting.outbox.run),
        Loop(name="heartbeat", run=services.heartbeat.run),
        Loop(name="positions", run=services.positions.run),
        Loop(name="notifications", run=partial(store.notifier.listen, runner.wake)),
        Loop(name="storage", run=services.upkeep.run),
        Loop(name="retention", run=services.retention.run),
        Loop(name="commands", run=partial(registration.run, session)),
        *([] if gateway.starts is None else [Loop(name="starts", run=gateway.starts.run)]),
    ]


def _build_starts(
    settings: Settings, store: Store, session: DiscordSession, reports: OperatorReports
) -> GatewayStartBudget:
    return GatewayStartBudget(
        token_name(settings.discord_token.get_secret_value()),
        store=store.gateway_starts,
        ask=lambda: session.start_limit(store.clock()),
        now=store.clock,
        report=reports.starts_left,
    )


def _keep_start() -> None:
    """Spare the collector what the start made: each look through all of it takes 0.1 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _open_web(
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


async def _resume(
    store: Store, ports: Ports, services: Services, settings: ServiceSettings
) -> None:
    """Take over what an earlier process left, before anything new is accepted."""
    await services.alerting.watch.look()  # before a closed lane is tried again
    lane = settings.lane
    await services.cogs.membership.load(settings.shards)
    await store.jobs.assign_lane(lane)
    # The operator may have changed what closed it.
    await ports.lanes.update(lane, partial(lane_transitions.restarted, now=ports.now()))
    services.pipeline.tracker.remember_durations(
        await store.queries.recent_durations(most=REMEMBERED)
    )
    await store.jobs.retry_now()  # it may have been this machine that could not fetch pictures
    await store.deeds.retry_now(now=ports.now())
    await services.recovery.inherit()
