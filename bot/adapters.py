"""Opens the adapters: store, vendor, Discord, the receiver of alerts."""

import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, assert_never

from bot import __version__, descriptors, disk
from bot import log as logs
from bot.alert_webhook import AlertWebhook
from bot.client import Gateway, prepare_discord
from bot.domain.admission import is_served
from bot.files import places
from bot.files.folder import FolderFiles
from bot.http_interactions import InteractionInbox
from bot.picture_command import CommandCheck
from bot.pixazo import request_ids
from bot.pixazo.client import PixazoClient
from bot.pixazo.media import MediaDownloader
from bot.pixazo.picture_check import GatewayCheck
from bot.pixazo.signing import PictureSigner
from bot.service.ports.files import WaitingFiles
from bot.service.ports.picture_check import PictureCheck
from bot.service_settings import read_caps
from bot.services import Ports
from bot.settings import Settings
from bot.store.alerts import Alerts
from bot.store.clock import SharedClock
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.denials import Denials
from bot.store.figures import Figures
from bot.store.gateway_starts import GatewayStarts
from bot.store.guilds import Guilds
from bot.store.job_queries import JobQueries
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from bot.store.members import Members
from bot.store.notifications import JobNotifier
from bot.store.process_lock import ProcessLock, process_lock
from bot.store.processes import Processes
from bot.store.shard_leases import ShardLeases
from bot.telemetry.http_tracing import tracing
from bot.telemetry.instrumented import (
    instrument_alerts,
    instrument_jobs,
    instrument_lanes,
    instrument_media,
    instrument_queue,
)
from bot.telemetry.prometheus import PrometheusTelemetry
from bot.ui.application import DiscordApplication
from bot.ui.card_presenter import DiscordCardPresenter
from bot.ui.discord_session import DiscordSession
from bot.ui.ideas import all_ideas
from bot.ui.log_channel import DiscordLogChannel
from bot.ui.member_notices import DiscordMemberNotices
from bot.ui.rest_gate import RestGate

_DOWNLOADS: Final = FolderFiles(Path("data/files"))


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
    figures: Figures
    alerts: Alerts
    processes: Processes
    gateway_starts: GatewayStarts
    shard_leases: ShardLeases
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
        figures=Figures(database),
        alerts=Alerts(database),
        processes=Processes(database),
        gateway_starts=GatewayStarts(database),
        shard_leases=ShardLeases(database),
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
    return Vendor(queue=queue, media=media, check=_read_check(settings, queue), signer=signer)


def _read_check(settings: Settings, client: PixazoClient) -> PictureCheck | None:
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


async def open_files(settings: Settings, stack: AsyncExitStack) -> WaitingFiles:
    """Open the place where pictures wait."""
    place = places.opened(settings.bucket, settings.files_folder, downloads=settings.downloads)
    return await stack.enter_async_context(place)


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
    telemetry.watch_shards(lambda: gateway.states)
    return DiscordSide(
        session=session,
        presenter=presenter,
        log_channel=log_channel,
        notices=DiscordMemberNotices(session, meters=telemetry),
        gateway=gateway,
    )


def build_ports(
    store: Store,
    vendor: Vendor,
    discord_side: DiscordSide,
    telemetry: PrometheusTelemetry,
    *,
    webhook: AlertWebhook | None = None,
    downloads: FolderFiles = _DOWNLOADS,
    files: WaitingFiles | None = None,
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
        figures=store.figures,
        alerts=store.alerts,
        alert_sender=instrument_alerts(webhook, telemetry) if webhook else None,
        processes=store.processes,
        application=DiscordApplication(discord_side.session),
        is_request_id=request_ids.is_valid,
        notifier=store.notifier,
        queue=instrument_queue(vendor.queue, telemetry),
        media=instrument_media(vendor.media, telemetry),
        files=files or downloads,
        downloads=downloads,
        check=vendor.check,
        presenter=discord_side.presenter,
        log_channel=discord_side.log_channel,
        notices=discord_side.notices,
        store_ready=store.database.ready,
        gateway_connected=lambda: discord_side.gateway.connected,
        descriptors_low=descriptors.are_low,
        ideas=all_ideas(),
        random=random.random,
        disk_nearly_full=partial(disk.is_nearly_full, downloads.root),
        give_way=discord_side.session.gate.answers.give_way,
        now=store.clock,
    )
