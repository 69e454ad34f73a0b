"""What moderators did is told once: in the server's log, and to the member in private."""

import asyncio

import pytest

from bot.domain.deeds import DeedKind
from bot.domain.job import Billed, State
from bot.domain.log_entries import Blocked, OrderModerated, Unblocked
from bot.domain.log_kinds import LogKind
from bot.domain.rules import Rules
from bot.service.blocking import BlockTarget
from bot.service.deed_outbox import KEEP_TRYING, LEASE
from bot.service.moderation import Moderator
from bot.service.order_actions import Person
from bot.service.port_errors import (
    PermanentDiscordError,
    StoreUnavailable,
    TransientDiscordError,
)
from tests.samples import NOW, OWNER, a_job
from tests.service.conftest import on_each_engine
from tests.service.harness import background, until

GUILD, LOG, NOAH = 100, 900, 300
OWN = Person(id=NOAH, guild_id=GUILD)
MIRA = Person(id=301, guild_id=GUILD, moderates=True, server="The Club", language="de")
MODERATOR = Moderator(id=MIRA.id, guild_id=GUILD, language="de", server="The Club")
AWAY, CLOSED = TransientDiscordError("away"), PermanentDiscordError("403 (50007)")


@pytest.fixture(autouse=True)
async def _log(app):
    await app.set_rules(GUILD, Rules(log_channel=LOG))


@pytest.fixture
def put(app):
    async def put(state=State.DELIVERED, **changes):
        values = {"answered_at": NOW, "message_id": 7, "member_id": NOAH, "state": state}
        if state is State.QUEUED:
            values |= {"owner": OWNER, "epoch": 1, "request_id": "r-1", "queued_at": NOW}
        if state is State.DELIVERED:
            values |= {"completed_at": NOW, "billed": Billed.YES}
        job = a_job(**values | changes)
        await app.put(job)
        return job

    return put


async def do(app, kind, job, by=MIRA):
    """Do what makes a deed of that kind."""
    blocks = app.cogs.blocks
    match kind:
        case DeedKind.CANCEL:
            await app.cogs.actions.cancel(job.id, by)
        case DeedKind.HIDE:
            await app.cogs.actions.hide(job.id, by)
        case DeedKind.DELETE:
            await app.cogs.actions.delete(job.id, by)
        case DeedKind.BLOCK:
            await blocks.block(MODERATOR, BlockTarget(id=NOAH), hours=24, reason="spam")
        case DeedKind.UNBLOCK:
            app.clock.now -= 1
            await blocks.block(MODERATOR, BlockTarget(id=NOAH), hours=24, reason="spam")
            app.clock.now += 1
            await blocks.unblock(MODERATOR, NOAH)


KINDS = (DeedKind.CANCEL, DeedKind.HIDE, DeedKind.DELETE, DeedKind.BLOCK, DeedKind.UNBLOCK)
STATES = {DeedKind.CANCEL: State.WAITING, DeedKind.HIDE: State.QUEUED}


def logged(app):
    return [entry for channel, entry in app.log_channel.entries if channel == LOG]


@on_each_engine
@pytest.mark.parametrize("kind", KINDS)
async def test_each_deed_is_logged_and_told_to_the_member(app, put, kind):
    job = await put(STATES.get(kind, State.DELIVERED))
    await do(app, kind, job)

    for _ in range(2):
        await app.tell()

    deed, entry = app.notices.told[-1], logged(app)[-1]
    assert (deed.kind, deed.moderator_id, deed.member_id, deed.at) == (kind, MIRA.id, NOAH, NOW)
    assert deed.detail["server"] == "The Club"
    assert (entry.key, entry.language) == (deed.id, "de")
    expected = {DeedKind.BLOCK: Blocked, DeedKind.UNBLOCK: Unblocked}.get(kind, OrderModerated)
    assert type(entry) is expected
    assert len(logged(app)) == len(app.notices.told) == (2 if kind is DeedKind.UNBLOCK else 1)
    assert deed in [*await app.deeds.of_job(job.id), *await app.deeds.about(NOAH)] or deed.tries


@pytest.mark.parametrize("kind", [DeedKind.CANCEL, DeedKind.HIDE, DeedKind.DELETE])
async def test_what_members_do_to_their_own_orders_is_no_deed(app, put, kind):
    """A moderator's own orders are among them."""
    job = await put(STATES.get(kind, State.DELIVERED))

    await do(app, kind, job, by=OWN)
    await app.tell()

    assert logged(app) == app.notices.told == []
    assert await app.deeds.about(NOAH) == []


async def test_a_second_delete_is_no_second_deed(app, put):
    job = await put()
    for _ in range(2):
        await do(app, DeedKind.DELETE, job)
    await app.tell()

    assert len(logged(app)) == 1


async def test_a_deed_that_was_not_done_is_not_told(app, put):
    job = await put()
    app.faults.jobs.away = True
    with pytest.raises(StoreUnavailable):
        await do(app, DeedKind.DELETE, job)
    app.faults.jobs.away = False

    await app.tell()

    assert logged(app) == app.notices.told == []


@on_each_engine
@pytest.mark.parametrize("waits", ["the log", "the member"])
async def test_what_a_dead_process_left_is_told_by_another(app, open_process, put, waits):
    """It died between the deed, its log line and the notice."""
    await do(app, DeedKind.DELETE, await put())
    other = open_process(owner="another")
    if waits == "the log":
        app.log_channel.gate.close()
    else:
        app.notices.gate.close()
    telling = asyncio.create_task(app.tell())
    await (app.log_channel if waits == "the log" else app.notices).gate.reached.wait()
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)

    await other.tell()
    assert other.log_channel.entries == []  # its lease has not ended
    other.clock.now += LEASE + 1
    for _ in range(2):
        await other.tell()

    [(_, entry)], [deed] = other.log_channel.entries, other.notices.told
    assert entry.key == deed.id  # Discord drops what it has already
    assert all(one.key == entry.key for one in logged(app))


@pytest.mark.parametrize("error", [AWAY, CLOSED])
@pytest.mark.parametrize("port", ["log_channel", "notices"])
async def test_an_outage_delays_a_message_and_a_refusal_ends_it(app, put, port, error):
    """Of the two messages each is on its own."""
    side = getattr(app, port)
    side.error = error
    await do(app, DeedKind.DELETE, await put())
    await app.tell()
    assert (len(logged(app)), len(app.notices.told)) == (port != "log_channel", port != "notices")

    side.error = None
    app.clock.now += 60
    await app.tell()

    again = error is AWAY
    assert len(logged(app)) == (again or port != "log_channel")
    assert len(app.notices.told) == (again or port != "notices")


async def test_after_a_day_it_is_given_up(app, put):
    app.notices.error = AWAY
    await do(app, DeedKind.DELETE, await put())
    tries = 0
    while app.clock.now < NOW + 2 * KEEP_TRYING:
        before = app.notices.tried
        await app.tell()
        tries += app.notices.tried - before
        app.clock.now += 900

    assert 50 < tries < 120
    app.notices.error = None
    await app.tell()
    assert app.notices.told == []
    assert len(logged(app)) == 1


async def test_without_a_log_channel_the_member_is_told_alone(app, put):
    await app.set_rules(GUILD, Rules())
    await do(app, DeedKind.DELETE, await put())

    await app.tell()

    assert app.log_channel.entries == []
    assert len(app.notices.told) == 1


async def test_the_loop_tells_at_once_and_survives_a_store_that_is_away(app, put):
    async with background(app.services.outbox.run()):
        app.faults.deeds.away = True
        refused = asyncio.create_task(app.faults.deeds.refused("claim"))
        await asyncio.sleep(0)
        await do(app, DeedKind.DELETE, await put())
        await refused
        app.faults.deeds.away = False
        await do(app, DeedKind.DELETE, await put())
        await until(lambda: len(app.notices.told) == 2)


async def test_deeds_are_kept_as_long_as_orders(app, put):
    await do(app, DeedKind.DELETE, await put())
    await app.tell()
    app.clock.now += 91 * 86400

    await app.services.retention.sweep()

    assert await app.deeds.about(NOAH) == []


@pytest.mark.parametrize(
    ("kind", "line"), [(DeedKind.DELETE, LogKind.DEEDS), (DeedKind.BLOCK, LogKind.BLOCKS)]
)
async def test_lines_that_moderators_do_not_want_are_not_written_and_members_are_told(
    app, put, kind, line
):
    kinds = tuple(other for other in LogKind if other is not line)
    await app.set_rules(GUILD, Rules(log_channel=LOG, log_kinds=kinds))
    await do(app, kind, await put())
    await app.tell()

    assert app.log_channel.entries == []
    assert len(app.notices.told) == 1
