"""Thousands of orders that the vendor has and does not end: what it costs to follow them."""

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from benchmarks.crowd import Crowd
from benchmarks.process import FLOOR, WIDE_OPEN, Meter, playing
from bot.domain.job import Billed, Job, Lease, ReplyTarget, State
from bot.domain.lane import lane_name
from bot.domain.order import Order
from bot.domain.polling import WITH_CALLBACKS
from bot.store import tables
from bot.store.database import Database
from bot.store.job_rows import row_of
from sandbox import pixazo
from sandbox.botprocess import BOT, BotProcess
from sandbox.discord import snowflakes
from sandbox.discord.member import Member
from sandbox.environment import PUBLIC_URL
from sandbox.pixazo import queue

MEMBERS = 1000
BEFORE = "killed:00000000"  # the process that left the orders behind
WITHIN = 600.0  # seconds until all orders are under way
LOOK = 0.1  # seconds
ALL = 10**9  # orders, or fewer
# With callbacks on, each order's status is asked for once in so many seconds, to be sure of it.
ROUND = WITH_CALLBACKS * float(WIDE_OPEN["POLL_SECONDS"])


@dataclass(frozen=True, kw_only=True)
class Flight:
    """What came of it: while the vendor is silent, and while it calls back each order in turn.

    Memory is in bytes; CPU is in seconds, and that and the calls are of each second.
    """

    memory: int
    peak_memory: int
    cpu: float
    status_calls: float
    cpu_called: float
    callbacks: float  # sent
    callbacks_taken: float  # answered 200 within the vendor's patience


async def inherited(orders: int, *, seconds: float = ROUND) -> Flight:
    """Have a bot start that a process before left *orders* orders to follow, and watch it."""
    async with _held() as crowd:
        await _leave(crowd, orders)
        async with playing(crowd.sandbox, BOT) as bot:
            await bot.wait_line(f"jobs inherited: count={orders}")
            # A new process asks for each at once: nobody calls back again what it has missed.
            await _until(lambda: crowd.sandbox.pixazo.status_calls >= orders)
            return await _watch(crowd, bot, seconds)


async def ordered(orders: int, *, seconds: float = ROUND) -> Flight:
    """Have the floor, to which nothing can be left, take *orders* orders, and watch it."""
    async with _held() as crowd, playing(crowd.sandbox, FLOOR) as bot:
        for number in range(orders):
            await crowd.order(crowd.members[number % MEMBERS], f"picture {number}")
        await _until(lambda: len(crowd.sandbox.pixazo.accepted) >= orders)
        return await _watch(crowd, bot, seconds)


@asynccontextmanager
async def _held() -> AsyncIterator[Crowd]:
    """Gather a crowd before a vendor that ends nothing, and a Discord that waits for answers."""
    vendor = pixazo.Settings(callback_retry_seconds=())  # so that each one counts once
    async with Crowd.gather(MEMBERS, vendor) as crowd:
        crowd.sandbox.pixazo.hold_states()
        crowd.sandbox.world.ack_window = WITHIN
        yield crowd


async def _leave(crowd: Crowd, orders: int) -> None:
    """Put *orders* orders into the store and the vendor's queue, as a process that was killed."""
    environment = crowd.sandbox.bot_environment()
    lane = lane_name(environment["PIXAZO_API_KEY"])
    rows = [
        _row(crowd, crowd.members[number % MEMBERS], Order(prompt=f"picture {number}"), lane)
        for number in range(orders)
    ]
    async with Database.open(environment["DATABASE_URL"]) as database:
        await database.write(lambda connection: connection.execute(insert(tables.jobs), rows))


def _row(crowd: Crowd, member: Member, order: Order, lane: str) -> dict[str, Any]:
    """Have the vendor take *order*, and return the row of its job."""
    job_id, token, now = secrets.token_hex(8), secrets.token_urlsafe(24), time.time()
    webhook = queue.Webhook(url=f"{PUBLIC_URL}/callbacks/{job_id}/{token}", mode="sync")
    request = crowd.sandbox.pixazo.enqueue(queue.Order(prompt=order.prompt), webhook)
    job = Job(
        id=job_id,
        guild_id=int(member.channel.guild_id or 0),
        member_id=int(member.user.id),
        order=order,
        lane=lane,
        created_at=now,
        state=State.QUEUED,
        billed=Billed.UNKNOWN,
        request_id=request.request_id,
        reply=ReplyTarget(
            interaction_id=int(snowflakes.new()),
            application_id=int(crowd.sandbox.world.application_id),
            interaction_token=secrets.token_urlsafe(120),
            channel_id=int(member.channel.id),
            message_id=int(snowflakes.new()),
            answered_at=now,
        ),
        lease=Lease(owner=BEFORE, epoch=1, submit_started_at=now),
        callback_token=token,
        state_since=now,
        queued_at=now,
    )
    return row_of(job)


async def _watch(crowd: Crowd, bot: BotProcess, seconds: float) -> Flight:
    vendor, meter, started = crowd.sandbox.pixazo, Meter(bot), time.monotonic()
    calls = vendor.status_calls
    await asyncio.sleep(seconds)
    took = time.monotonic() - started
    cpu, calls = meter.cpu, vendor.status_calls - calls
    memory, meter, started = meter.memory, Meter(bot), time.monotonic()
    await _call_back(vendor, min(seconds, 2 * queue.MAX_CYCLE))
    took_called = time.monotonic() - started
    answers = [delivery.answer for delivery in vendor.callbacks.deliveries]
    return Flight(
        memory=memory,
        peak_memory=meter.peak_memory,
        cpu=cpu / took,
        status_calls=calls / took,
        cpu_called=meter.cpu / took_called,
        callbacks=len(answers) / took_called,
        callbacks_taken=answers.count(200) / took_called,
    )


async def _call_back(vendor: pixazo.Pixazo, seconds: float) -> None:
    """Have each order called back once in `MAX_CYCLE`, evenly spread, as mode sync promises."""
    orders = vendor.latest(ALL)
    due = time.monotonic()
    end = due + seconds
    for order in itertools.cycle(orders):
        due += queue.MAX_CYCLE / len(orders)
        if due > end:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        vendor.move(order.request_id, queue.Status.QUEUED)
    await vendor.callbacks.settle()


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not reached():  # noqa: ASYNC110 - no stand-in rings a bell for that
            await asyncio.sleep(LOOK)
