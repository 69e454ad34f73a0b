"""Reports: whom they reach, how often, and what moderators may do about them."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.job import State
from bot.domain.log_entries import Blocked, Reported
from bot.domain.rules import Rules
from bot.service.errors import (
    AlreadyReported,
    LogChannelUnreachable,
    NoLogChannel,
    OrderNotFound,
    RemovalFailed,
)
from bot.service.moderation import Moderator
from bot.service.order_actions import Person
from bot.service.reports import Seen
from tests.samples import a_job, an_order, changed_job

GUILD, ELSEWHERE, LOG = 100, 101, 55
ADA = Person(id=400, guild_id=GUILD)
NOAH = Person(id=300, guild_id=GUILD)
MIRA = Moderator(id=1, guild_id=GUILD, language="de")


@pytest.fixture
def handle(shop):
    shop.guilds.kept[GUILD] = Rules(log_channel=LOG)
    return shop.reports


@pytest.fixture
def put(shop):
    """Put a job on record as it was delivered to Noah."""

    def put(**changes):
        job = a_job(**{"state": State.DELIVERED, "message_id": 7, "member_id": NOAH.id} | changes)
        shop.jobs.put(job)
        return job

    return put


def lines(shop):
    return [notice for channel, notice in shop.log_channel.told if channel == LOG]


async def test_a_report_reaches_the_moderators_in_their_servers_language(shop, handle, put):
    job = put()

    await handle.report(job.id, ADA, language="de")

    assert lines(shop) == [Reported(job=job, by=ADA.id, language="de")]
    assert shop.jobs.rows[job.id].reply.reported_at == shop.clock()


async def test_a_picture_that_was_reported_is_not_told_again(shop, handle, put):
    """Else one offence would fill the log."""
    job = put()
    await handle.report(job.id, ADA, language="en")

    with pytest.raises(AlreadyReported):
        await handle.report(job.id, NOAH, language="en")

    assert len(lines(shop)) == 1


async def test_without_a_log_channel_the_member_hears_that_nobody_would(shop, handle, put):
    shop.guilds.kept[GUILD] = Rules()
    job = put()

    with pytest.raises(NoLogChannel):
        await handle.report(job.id, ADA, language="en")

    assert shop.jobs.rows[job.id].reply.reported_at is None


async def test_a_report_that_could_not_be_written_may_be_made_again(shop, handle, put):
    """A lost report that counts as made would protect the picture from all others."""
    job = put()
    shop.log_channel.closed = True
    with pytest.raises(LogChannelUnreachable):
        await handle.report(job.id, ADA, language="en")

    shop.log_channel.closed = False
    await handle.report(job.id, ADA, language="en")

    assert len(lines(shop)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"guild_id": ELSEWHERE},
        {"guild_id": None},
        {"deleted_at": 1.0},
        {"private": True},
        {"order": an_order(prompt="")},
        {"state": State.PROCESSING},
    ],
    ids=[
        "elsewhere",
        "outside of servers",
        "deleted",
        "somebody else's, private",
        "erased",
        "not drawn",
    ],
)
async def test_what_a_member_can_not_see_here_can_not_be_reported(shop, handle, put, changes):
    """Neither does a report tell moderators what was ordered in private."""
    job = put(**changes)

    with pytest.raises(OrderNotFound):
        await handle.report(job.id, ADA, language="en")

    assert lines(shop) == []


async def test_a_member_may_show_moderators_a_private_picture_of_their_own(shop, handle, put):
    job = put(private=True)

    await handle.report(job.id, NOAH, language="en")

    assert len(lines(shop)) == 1


async def test_a_picture_is_looked_for_where_it_was_seen(shop, handle, put):
    """Brought in a message of its own, it does not stand in its card: that one was closed."""
    job = put()

    await handle.report(job.id, ADA, language="en", seen=Seen(channel_id=9, message_id=8))
    await handle.remove_pictures(job.id, MIRA)

    ((_, notice),) = shop.log_channel.told
    for one in (notice.job, *shop.presenter.removed, shop.jobs.rows[job.id]):
        assert (one.reply.channel_id, one.reply.message_id) == (9, 8)


async def test_a_private_picture_has_no_place_where_others_could_look(shop, handle, put):
    job = put(private=True)

    await handle.report(job.id, NOAH, language="en", seen=Seen(channel_id=9, message_id=8))
    await handle.remove_pictures(job.id, MIRA)

    assert shop.jobs.rows[job.id].reply.message_id == job.reply.message_id
    assert shop.presenter.removed == []


async def test_two_reports_at_once_are_both_taken(shop, handle, put):
    """Discord makes one message of their one nonce."""
    job = put()

    found = await asyncio.gather(
        *(handle.report(job.id, by, language="en") for by in (ADA, NOAH)), return_exceptions=True
    )

    assert all(one is None or isinstance(one, AlreadyReported) for one in found)
    assert {notice.job.id for notice in lines(shop)} == {job.id}
    assert shop.jobs.rows[job.id].reply.reported_at is not None


async def test_a_job_that_changes_meanwhile_is_marked_all_the_same(shop, handle, put):
    """Its pictures may be posted, or deleted, while the report is written."""
    job = put()
    write = shop.log_channel.write

    async def write_and_change(channel_id, notice):
        await write(channel_id, notice)
        shop.jobs.put(changed_job(job, epoch=job.lease.epoch + 1))

    shop.log_channel.write = write_and_change

    await handle.report(job.id, ADA, language="en")

    assert shop.jobs.rows[job.id] == changed_job(
        job, epoch=job.lease.epoch + 1, reported_at=shop.clock()
    )


# What moderators do about it.


async def test_a_moderator_finds_a_reported_job_of_their_own_server_alone(handle, put):
    here, elsewhere = put(), put(guild_id=ELSEWHERE)

    assert await handle.reported_job(here.id, MIRA) == here
    with pytest.raises(OrderNotFound):
        await handle.reported_job(elsewhere.id, MIRA)
    with pytest.raises(OrderNotFound):
        await handle.reported_job("f" * 16, MIRA)


async def test_taken_away_pictures_are_gone_with_their_message(shop, handle, put):
    job = put()

    taken = await handle.remove_pictures(job.id, MIRA)

    assert taken.reply.deleted_at == shop.clock()
    assert shop.jobs.rows[job.id].reply.deleted_at == shop.clock()
    assert [removed.id for removed in shop.presenter.removed] == [job.id]


async def test_taking_away_twice_changes_nothing_more(shop, handle, put):
    """Two moderators may press at once, and one bot may die between."""
    job = put()
    first = await handle.remove_pictures(job.id, MIRA)
    shop.clock.now += 60

    again = await handle.remove_pictures(job.id, replace(MIRA, id=2))

    assert again.reply.deleted_at == first.reply.deleted_at


async def test_what_discord_does_not_let_us_delete_is_not_said_to_be_deleted(shop, handle, put):
    """The moderator still sees it, and may press again or delete it by hand."""
    job = put()
    shop.presenter.closed = True

    with pytest.raises(RemovalFailed):
        await handle.remove_pictures(job.id, MIRA)

    assert shop.jobs.rows[job.id] == job
    shop.presenter.closed = False
    assert (await handle.remove_pictures(job.id, MIRA)).reply.deleted_at is not None


async def test_a_moderator_of_another_server_takes_nothing_away(shop, handle, put):
    job = put()

    with pytest.raises(OrderNotFound):
        await handle.remove_pictures(job.id, replace(MIRA, guild_id=ELSEWHERE))

    assert shop.jobs.rows[job.id] == job
    assert shop.presenter.removed == []


async def test_a_block_that_ends_by_itself_is_not_what_a_report_asks_for(shop):
    """Blocked for an hour, somebody may still be blocked for good."""
    await shop.limits.block(MIRA, NOAH.id, hours=1, reason="")
    assert await shop.limits.blocked(MIRA, NOAH.id) is None

    block = await shop.limits.block(MIRA, NOAH.id, hours=None, reason="reported")

    assert await shop.limits.blocked(MIRA, NOAH.id) == block
    assert await shop.limits.blocked(MIRA, ADA.id) is None
    shop.guilds.kept[GUILD] = Rules(log_channel=LOG)
    await shop.limits.block(MIRA, NOAH.id, hours=None, reason="reported")
    assert [type(notice) for notice in lines(shop)] == [Blocked]
