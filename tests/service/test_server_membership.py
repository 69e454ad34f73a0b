"""Servers that the bot joined and left: what is recorded, given back, and erased in the end."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import insert, select

from bot.domain.alerts import AlertKind
from bot.domain.deeds import DeedKind
from bot.domain.job import Billed, EndReason, State
from bot.domain.lane import Lane
from bot.domain.rules import Block
from bot.domain.shards import Shards
from bot.service.alerts import new_event
from bot.service.port_errors import TransientDiscordError
from bot.service.retention import DAY, KEEP_SERVERS
from bot.service.server_membership import Arrival
from bot.service.settings import RetentionPolicy
from bot.store import tables
from tests.samples import LANE, NOW, OWNER, a_job
from tests.service.conftest import on_each_engine
from tests.service.harness import NO_CAPS, UNLIMITED, UNLIMITED_GUILDS, until

ALL = Shards()
ARRIVAL = Arrival(guild_id=7, name="Club", joined_at=NOW - 60.0, language="de", channels=(5, 6))
GONE, STAYS = 100, 101


async def rows(app, *columns):
    query = select(*columns).order_by(*columns)
    return (await app.database.read(lambda connection: connection.execute(query))).all()


async def departures(app):
    found = await rows(app, tables.guilds.c.guild_id, tables.guilds.c.left_at)
    return dict(map(tuple, found))


async def leave(app, *, ago=0.0):
    app.clock.now = NOW - ago
    await app.cogs.membership.changed(GONE, lambda: {STAYS})
    app.clock.now = NOW


FIRST, SECOND = Shards(count=2, ids=frozenset({0})), Shards(count=2, ids=frozenset({1}))


@on_each_engine
async def test_what_ready_lists_is_recorded_for_its_shards_alone(open_process):
    """A process knows nothing of the servers of other shards."""
    odd = [number * (1 << 22) for number in (1, 3, 5)]
    even = [*UNLIMITED_GUILDS, 2 << 22, 4 << 22]
    here, there = open_process(shards=SECOND), open_process(shards=FIRST)
    await here.cogs.membership.listed(SECOND, lambda: set(odd))
    await there.cogs.membership.listed(FIRST, lambda: set(even))

    restarted = open_process(shards=SECOND)
    restarted.clock.now = NOW + 60
    await restarted.cogs.membership.load(SECOND)
    await restarted.cogs.membership.listed(SECOND, lambda: {odd[0], 7 << 22})

    left = dict.fromkeys(odd[1:], NOW + 60)
    assert await departures(here) == dict.fromkeys([*odd, *even, 7 << 22]) | left


async def test_a_server_that_another_process_saw_first_is_not_taken_for_one_that_was_left(
    open_process,
):
    """During a rollout two processes have the same shards; one hears of an invitation earlier."""
    one, other = open_process(), open_process()
    await other.cogs.membership.load(ALL)
    await one.cogs.membership.changed(7, lambda: {7})

    await other.cogs.membership.listed(ALL, lambda: set(UNLIMITED_GUILDS))

    assert await departures(one) == dict.fromkeys([7, *UNLIMITED_GUILDS])


async def test_a_new_connection_finds_what_the_one_before_had(app):
    await app.cogs.membership.changed(7, lambda: {7})

    await app.cogs.membership.listed(ALL, lambda: set(UNLIMITED_GUILDS))

    assert await departures(app) == dict.fromkeys(UNLIMITED_GUILDS) | {7: NOW}


@on_each_engine
async def test_who_comes_back_has_left_nothing_and_keeps_its_rules(app):
    await leave(app)
    assert (await departures(app))[GONE] == NOW
    app.clock.now = NOW + 60
    await app.cogs.membership.changed(GONE, lambda: {STAYS})
    assert (await departures(app))[GONE] == NOW  # the first time counts

    await app.cogs.membership.changed(GONE, lambda: {GONE, STAYS})

    assert (await departures(app))[GONE] is None
    assert await app.guilds.rules(GONE) == UNLIMITED


async def test_of_two_changes_the_later_one_lasts_though_the_store_was_away(app):
    """A bot may be removed and added again in a second."""
    present = {STAYS}
    app.faults.guilds.away = True
    removed = asyncio.create_task(app.cogs.membership.changed(GONE, lambda: present))
    await app.faults.guilds.refused("record_left")
    present = {GONE, STAYS}
    added = asyncio.create_task(app.cogs.membership.changed(GONE, lambda: present))

    app.faults.guilds.away = False
    await asyncio.gather(removed, added)

    assert (await departures(app))[GONE] is None


async def test_a_connection_that_is_over_says_nothing(app):
    await app.cogs.membership.listed(ALL, lambda: None)

    assert set((await departures(app)).values()) == {None}


@on_each_engine
async def test_what_waits_in_a_server_that_was_left_is_given_back(app):
    waiting = a_job(answered_at=NOW)
    sent = a_job(state=State.QUEUED, request_id="r-1", owner=OWNER)
    elsewhere = a_job(guild_id=STAYS, answered_at=NOW)
    direct = a_job(guild_id=None, answered_at=NOW)
    await app.put(waiting, sent, elsewhere, direct)
    await leave(app)

    await app.services.recovery.sweep()

    await until(lambda: app.cards.settled)
    ended = await app.job(waiting.id)
    assert (ended.state, ended.billed) == (State.REFUSED, Billed.NO)
    assert ended.end_reason is EndReason.SERVER_LEFT
    states = [(await app.job(job.id)).state for job in (sent, elsewhere, direct)]
    assert states == [State.QUEUED, State.WAITING, State.WAITING]


OLD = NOW - KEEP_SERVERS - DAY


def ended(state=State.DELIVERED, **changes):
    return a_job(state=state, **{"created_at": OLD, **changes})


@on_each_engine
async def test_after_thirty_days_all_of_a_server_that_was_left_is_erased(open_process):
    app = open_process(sweep_batch=2)
    await app.put(*(ended(state) for state in (State.REFUSED, State.FAILED, State.UNCERTAIN)))
    await app.put(private := ended(private=True), ended(), elsewhere := ended(guild_id=STAYS))
    folders = [app.settings.files / job.id for job in (private, elsewhere)]
    for folder in folders:
        folder.mkdir(parents=True)
    await app.set_lane(Lane(refusals=1))
    for guild_id in (GONE, STAYS):
        subject = budget_of(guild_id)
        await app.alerts.open(new_event(AlertKind.BUDGET, "", at=NOW, subject=subject))
        await app.guilds.block(guild_id, Block(member_id=300, by=1, since=NOW))
        await app.lanes.record_notice(LANE, guild_id, shut_at=NOW)
        queue = {"lane": LANE, "line": f"g{guild_id}", "served_at": NOW}
        await app.database.write(partial(add, row=insert(tables.lane_queues).values(queue)))
    await leave(app, ago=KEEP_SERVERS - 1)
    await app.services.retention.sweep()
    assert len(await app.all_jobs()) == 6

    app.clock.now = NOW + 2
    await app.services.retention.sweep()

    assert [job.id for job in await app.all_jobs()] == [elsewhere.id]
    assert [folder.exists() for folder in folders] == [False, True]
    assert GONE not in await departures(app)
    assert await rows(app, tables.blocks.c.guild_id) == [(STAYS,)]
    assert await rows(app, tables.alerts.c.subject) == [(budget_of(STAYS),)]
    assert await rows(app, tables.closure_notices.c.guild_id) == [(STAYS,)]
    assert await rows(app, tables.lane_queues.c.line) == [(f"g{STAYS}",)]


def budget_of(guild_id):
    return f"server_usd_per_month of server {guild_id}, 50 % of 1.00"


def add(connection, *, row):
    connection.execute(row)


async def test_a_file_that_can_not_be_removed_holds_up_its_server_alone(app):
    await app.put(stuck := ended(), gone := ended(guild_id=STAYS))
    app.settings.files.mkdir(exist_ok=True)
    (app.settings.files / stuck.id).touch()  # no folder
    await leave(app, ago=KEEP_SERVERS + 2)
    app.clock.now = NOW - KEEP_SERVERS - 1
    await app.cogs.membership.changed(STAYS, set)
    app.clock.now = NOW

    await app.services.retention.sweep()

    assert [job.id for job in await app.all_jobs()] == [stuck.id]
    assert {GONE, gone.guild_id} & (await departures(app)).keys() == {GONE}


async def test_who_came_back_in_the_meantime_is_not_forgotten(app):
    await app.put(ended())
    await leave(app, ago=KEEP_SERVERS + 1)

    async def added_again():
        await app.cogs.membership.changed(GONE, lambda: {GONE})

    app.faults.guilds.before["forget"] = added_again
    await app.services.retention.sweep()

    assert (await departures(app))[GONE] is None
    assert await app.guilds.rules(GONE) == UNLIMITED


@pytest.mark.parametrize(
    "job",
    [
        ended(State.COMPLETED, kept_at=OLD, billed="yes"),
        ended(State.COMPLETED, next_try_at=NOW + DAY, outstanding_since=OLD, billed="yes"),
        ended(State.EXPIRED, next_try_at=NOW + DAY, request_id="r-1"),
        ended(State.QUEUED, request_id="r-1", owner=OWNER),
        ended(State.REFUSED, owner=OWNER),
    ],
    ids=["kept", "outstanding", "asked about", "at the vendor", "being shown"],
)
async def test_what_a_member_may_still_get_is_not_lost(open_process, job):
    app = open_process(retention=RetentionPolicy(files_days=0, orders_days=0))
    await app.put(job, ended())
    await leave(app, ago=KEEP_SERVERS + 1)

    await app.services.retention.sweep()

    assert [left.id for left in await app.all_jobs()] == [job.id]
    assert GONE in await departures(app)  # so that a later sweep erases the rest
    assert await app.guilds.rules(GONE) != UNLIMITED

    await app.put(ended(id=job.id))
    await app.services.retention.sweep()
    assert await app.all_jobs() == []
    assert GONE not in await departures(app)


@on_each_engine
async def test_a_server_is_welcomed_once_for_each_joining_by_whichever_process(open_process):
    one, other = open_process(), open_process(owner="another")
    await asyncio.gather(*(app.cogs.membership.arrived(ARRIVAL) for app in (one, other, one)))
    for app in (one, other):
        await app.tell()
    await one.cogs.membership.arrived(replace(ARRIVAL, joined_at=NOW - 30.9))
    await one.tell()

    told = [*one.notices.told, *other.notices.told]
    assert [deed.kind for deed in told] == [DeedKind.WELCOME] * 2
    first = next(deed for deed in told if deed.id == f"w7{int(NOW - 60):x}")
    assert first.detail == {"server": "Club", "language": "de", "channels": [5, 6]}
    assert all(len(deed.id) <= 25 for deed in told)
    assert one.log_channel.entries == []


async def test_a_welcome_is_recorded_and_sent_though_the_store_and_discord_were_away(app):
    app.faults.deeds.away = True
    arriving = asyncio.create_task(app.cogs.membership.arrived(ARRIVAL))
    await app.faults.deeds.refused("add")
    app.faults.deeds.away = False
    await arriving
    app.notices.error = TransientDiscordError("away")
    await app.tell()
    app.notices.error = None
    app.clock.now += 60
    for _ in range(2):
        await app.tell()

    assert len(app.notices.told) == 1


async def test_servers_that_it_was_in_before_or_that_are_not_served_are_not_new(open_process):
    app, picky = open_process(), open_process(caps=replace(NO_CAPS, guild_ids=frozenset({7})))
    assert app.cogs.membership.is_new(7, NOW - DAY + 1)
    assert app.cogs.membership.is_new(7, NOW + DAY)
    assert not app.cogs.membership.is_new(7, NOW - DAY)
    assert picky.cogs.membership.is_new(7, NOW)
    assert not picky.cogs.membership.is_new(8, NOW)
