"""The composition root: opens everything, introduces it to each other, closes it in reverse."""

import asyncio
import logging
import secrets
import signal
import time
from contextlib import AsyncExitStack

from bot.client import Gateway, Services, listen, prepare_discord
from bot.domain import pressure
from bot.domain.limits import Caps
from bot.measured import MeasuredJobs, MeasuredLanes, MeasuredMedia, MeasuredQueue
from bot.metrics import Meters
from bot.pixazo import wire
from bot.pixazo.client import Client
from bot.pixazo.media import Media
from bot.service.board import Board
from bot.service.crew import Crew
from bot.service.deliver import Deliver, DeliverSettings
from bot.service.handle import Handle
from bot.service.hear import Hear
from bot.service.history import History
from bot.service.limits import Limits
from bot.service.members import Keeping, Own
from bot.service.orders import Orders
from bot.service.pace import Pace, PaceSettings
from bot.service.recover import Recover, RecoverSettings
from bot.service.retain import Retain, RetainSettings
from bot.service.submit import LaneSettings, Submit
from bot.service.track import REMEMBERED, Track, TrackSettings
from bot.service.watch import Watch
from bot.settings import Settings
from bot.store.bell import Bell
from bot.store.database import Database
from bot.store.guilds import Guilds
from bot.store.lock import only_one
from bot.store.members import Members
from bot.store.records import Records
from bot.ui.notices import Notices
from bot.ui.replies import Replies
from bot.ui.rest import Rest
from bot.ui.traces import tracing
from bot.web import callbacks, health, metrics
from bot.web.server import serving

log = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Raises :class:`~bot.errors.BadSettings`, :class:`~bot.errors.AlreadyRunning` and
    :class:`~bot.errors.StoreAway` where it cannot start.
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

    lock = await stack.enter_async_context(only_one(address, instance=settings.instance))
    database = await stack.enter_async_context(Database.open(address))
    meters = Meters(price=settings.price_per_image_usd)
    jobs, lanes = MeasuredJobs(database, meters), MeasuredLanes(database, meters)
    guilds, records, members = Guilds(database), Records(database), Members(database)
    vendor = await stack.enter_async_context(
        Client.open(
            url=settings.pixazo_url,
            submit_path=settings.pixazo_submit_path,
            key=key,
            submit_timeout=settings.submit_timeout_seconds,
        )
    )
    queue = MeasuredQueue(vendor, meters)
    origins = await stack.enter_async_context(Media.open(settings.media_origins))
    media = MeasuredMedia(origins, meters)
    rest = Rest(token)
    stack.push_async_callback(rest.close)
    replies = Replies(rest, meters=meters, now=now)
    stack.push_async_callback(replies.close)
    notices = Notices(rest, meters=meters)
    stack.push_async_callback(notices.close)

    lane, caps, files = pressure.lane_of(key), _caps(settings), settings.folder / "files"
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
    track = Track(
        settings=TrackSettings(
            owner=owner,
            poll=settings.poll_seconds,
            deadline=settings.job_deadline_seconds,
            callbacks=settings.public_url is not None,
        ),
        jobs=jobs,
        queue=queue,
        replies=replies,
        pace=pace,
        now=now,
    )
    submit = Submit(
        settings=LaneSettings(
            lane=lane,
            owner=owner,
            width=settings.lane_width,
            lease=settings.lease_seconds,
            public_url=settings.public_url,
            callback_mode=settings.callback_mode,
        ),
        jobs=jobs,
        queue=queue,
        replies=replies,
        track=track,
        pace=pace,
        now=now,
        wake_rounds=rounds.set,
    )
    deliver = Deliver(
        settings=DeliverSettings(folder=files, patience=settings.job_deadline_seconds),
        jobs=jobs,
        media=media,
        replies=replies,
        members=members,
        now=now,
    )
    crew = Crew(
        owner=owner, jobs=jobs, replies=replies, submit=submit, track=track, deliver=deliver
    )
    recover = Recover(
        settings=RecoverSettings(
            owner=owner,
            lane=lane,
            lease=settings.lease_seconds,
            submit_timeout=settings.submit_timeout_seconds,
            deadline=settings.job_deadline_seconds,
        ),
        jobs=jobs,
        lanes=lanes,
        guilds=guilds,
        notices=notices,
        crew=crew,
        news=rounds,
        now=now,
    )
    board = Board(
        lane=lane,
        jobs=jobs,
        lanes=lanes,
        replies=replies,
        crew=crew,
        shards=settings.shards,
        now=now,
    )
    orders = Orders(
        jobs=jobs,
        replies=replies,
        notices=notices,
        lane=lane,
        caps=caps,
        wake_lane=submit.wake,
        now=now,
    )
    limits = Limits(
        guilds=guilds,
        jobs=jobs,
        lanes=lanes,
        notices=notices,
        caps=caps,
        lane=lane,
        now=now,
    )
    bell = Bell(database, address)
    hear = Hear(jobs=jobs, track=track, crew=crew, bell=bell, now=now, wake_rounds=rounds.set)
    handle = Handle(
        jobs=jobs,
        guilds=guilds,
        notices=notices,
        replies=replies,
        deliver=deliver,
        crew=crew,
        bell=bell,
        caps=caps,
        lane=lane,
        now=now,
    )
    own = Own(
        members=members,
        records=records,
        jobs=jobs,
        guilds=guilds,
        deliver=deliver,
        caps=caps,
        keeping=Keeping(files_days=settings.keep_files_days, orders_days=settings.keep_orders_days),
        lane=lane,
        now=now,
    )
    retain = Retain(
        settings=RetainSettings(
            files_days=settings.keep_files_days,
            orders_days=settings.keep_orders_days,
            folder=files,
        ),
        jobs=jobs,
        records=records,
        deliver=deliver,
        own=own,
        now=now,
    )
    gateway = Gateway(
        shards=settings.shards, direct=settings.allow_direct, trace=tracing(meters, now=now)
    )
    watch = Watch(
        lane=lane,
        lanes=lanes,
        records=records,
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
    stack.push_async_callback(crew.close)
    await jobs.line_up(lane)
    await lanes.turn(lane, pressure.unlocked)  # the key may have been mended at the vendor's
    track.remember(await records.durations(most=REMEMBERED))
    await recover.inherit()
    services = Services(
        orders=orders,
        handle=handle,
        history=History(jobs=jobs, deliver=deliver),
        own=own,
        limits=limits,
    )
    async with asyncio.TaskGroup() as group:
        working = {
            name: group.create_task(steps, name=name)
            for name, steps in (
                ("lock", lock.keep()),
                ("login", rest.log_in()),
                ("lane", crew.run()),
                ("leases", recover.keep_leases()),
                ("recover", recover.run()),
                ("board", board.run()),
                ("bell", bell.listen(crew.nudge)),
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
