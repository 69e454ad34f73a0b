"""Reports: who reads them, how often, and what moderators can do about them."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.deeds import LONGEST_REPORT, DeedKind, ReportReason
from bot.domain.job import Billed, State
from bot.domain.log_entries import Blocked
from bot.domain.rules import Rules
from bot.service.blocking import BlockTarget
from bot.service.deed_outbox import LEASE
from bot.service.errors import (
    AlreadyReported,
    CoverFailed,
    LogChannelUnreachable,
    NoLogChannel,
    OrderNotFound,
    PicturesUnavailable,
    RemovalFailed,
    RestoreFailed,
)
from bot.service.moderation import Moderator
from bot.service.order_actions import Person
from bot.service.port_errors import (
    FileTooLarge,
    MessageDeleted,
    PermanentDiscordError,
    StoreUnavailable,
    TransientDiscordError,
)
from bot.service.reports import Seen, Statement
from tests.samples import NOW, a_job, an_order, changed_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import BROKEN, PICTURE

GUILD, ELSEWHERE, LOG = 100, 101, 55
ADA = Person(id=400, guild_id=GUILD)
NOAH = Person(id=300, guild_id=GUILD)
WHY = Statement(reason=ReportReason.HATE, text="@everyone look")
MIRA = Moderator(id=1, guild_id=GUILD, language="de")
SEEN = Seen(channel_id=9, message_id=8)


@pytest.fixture
async def reports(app):
    await app.set_rules(GUILD, Rules(log_channel=LOG))
    return app.cogs.reports


@pytest.fixture
def put(app):
    """Put a job into the store as it was delivered to Noah."""

    async def put(**changes):
        job = a_job(**{"state": State.DELIVERED, "message_id": 7, "member_id": NOAH.id} | changes)
        await app.put(job)
        return job

    return put


def log_entries(app):
    return [entry for channel, entry in app.log_channel.entries if channel == LOG]


@pytest.mark.parametrize(("chosen", "discords"), [(None, "de"), ("de", "en")])
async def test_moderators_read_a_report_in_their_servers_language(
    app, reports, put, chosen, discords
):
    await app.set_rules(GUILD, Rules(log_channel=LOG, language=chosen))
    job = await put()

    await reports.report(job.id, ADA, WHY, language=discords)

    [entry] = log_entries(app)
    assert (entry.job, entry.by, entry.language) == (job, ADA.id, "de")
    await app.tell()
    assert log_entries(app)[0].language == "de"
    assert (await app.only_job()).reply.reported_at == NOW


async def test_a_picture_is_reported_once(app, reports, put):
    """Otherwise one offence would fill the log."""
    job = await put()
    await reports.report(job.id, ADA, WHY, language="en")

    with pytest.raises(AlreadyReported):
        await reports.report(job.id, ADA, WHY, language="en")

    assert len(log_entries(app)) == 1


@on_each_engine
async def test_further_reporters_are_added_to_the_same_entry_by_any_process(
    app, open_process, reports, put
):
    """Also after the process that took the report died before it drew the entry."""
    job = await put()
    for by in (ADA, NOAH):
        await reports.report(job.id, by, WHY, language="en")
        app.clock.now += 1
    app.log_channel.error = TransientDiscordError("away")
    await app.tell()
    other = open_process(owner="another", log_channel=app.log_channel)
    app.log_channel.error = None
    other.clock.now += 600
    await other.tell()

    [entry] = log_entries(app)
    assert entry.by == ADA.id
    assert [deed.member_id for deed in entry.reports] == [ADA.id, NOAH.id]
    assert {deed.detail["text"] for deed in entry.reports} == {"@everyone look"}
    with pytest.raises(AlreadyReported):
        await reports.check(job.id, NOAH)
    with pytest.raises(AlreadyReported):
        await reports.report(job.id, NOAH, WHY, language="en")


async def test_a_reporters_text_is_cleaned_and_cut(app, reports, put):
    job = await put()
    long = Statement(reason=ReportReason.OTHER, text=" a\n b" + "c" * 999)
    await reports.report(job.id, ADA, long, language="en")
    await app.tell()

    [report] = log_entries(app)[0].reports
    assert report.detail == {"reason": "other", "text": ("a b" + "c" * 999)[:LONGEST_REPORT]}


@on_each_engine
async def test_reporters_are_told_once_what_became_of_it(app, reports, put):
    """Neither the moderator who decided nor the picture's own member."""
    job = await put()
    for by in (ADA, NOAH, replace(ADA, id=MIRA.id)):
        await reports.report(job.id, by, WHY, language="en")
    await app.cogs.reported.remove(job.id, MIRA)
    await app.cogs.blocks.block(MIRA, BlockTarget(id=NOAH.id), hours=1, reason="", job_id=job.id)
    for _ in range(2):
        await app.tell()

    told = [deed for deed in app.notices.told if deed.kind is DeedKind.OUTCOME]
    assert [(deed.member_id, deed.detail["outcome"]) for deed in told] == [(ADA.id, "delete")]


@on_each_engine
@pytest.mark.parametrize("way", ["delete", "old", "member", "server"])
async def test_the_entry_is_drawn_anew_after_its_order_went_another_way(app, reports, put, way):
    """By the card's button, or by retention: whoever sees the entry sees what is true."""
    job = await put(completed_at=NOW, billed=Billed.YES)
    await reports.report(job.id, ADA, WHY, language="en")
    await app.tell()
    match way:
        case "delete":
            await app.cogs.actions.delete(job.id, NOAH)
        case "old":
            app.clock.now += 91 * 86400
            await app.services.retention.sweep()
        case "member":
            app.clock.now += 86400
            await app.cogs.account.erase(NOAH.id)
        case "server":
            await app.queries.erase_over([job.id])

    await app.tell()

    entry = log_entries(app)[0]
    if way == "delete":
        assert entry.job.reply.deleted_by == NOAH.id
    else:
        assert (entry.job, entry.member_id, entry.by) == (None, NOAH.id, ADA.id)
    if way == "old":
        await app.services.retention.sweep()
        assert await app.deeds.of_job(job.id) == []


async def test_what_a_member_wrote_in_reports_is_erased_with_their_data(app, reports, put):
    job = await put()
    await reports.report(job.id, ADA, WHY, language="en")
    await app.tell()

    await app.cogs.account.erase(ADA.id)
    await app.tell()

    [report] = log_entries(app)[0].reports
    assert report.detail == {}


async def test_a_change_while_the_entry_is_drawn_is_drawn_too(app, reports, put):
    """The drawing began with what was on record before."""
    job = await put()
    await reports.report(job.id, ADA, WHY, language="en")
    app.log_channel.rewriting.close()
    drawing = asyncio.create_task(app.tell())
    await app.log_channel.rewriting.reached.wait()
    await reports.report(job.id, NOAH, WHY, language="en")
    app.log_channel.rewriting.open()
    await drawing
    await app.tell()

    assert len(log_entries(app)[0].reports) == 2


async def test_a_dismissal_is_on_record_and_may_be_taken_back(app, reports, put):
    job = await put()
    for kind in (DeedKind.DISMISS, DeedKind.DISMISS, DeedKind.REOPEN, DeedKind.REOPEN):
        await reports.decide(await reports.entry(job, reporter_id=ADA.id), MIRA, kind)
        app.clock.now += 1

    entry = await reports.entry(job, reporter_id=ADA.id)
    assert [deed.kind for deed in entry.deeds] == [DeedKind.DISMISS, DeedKind.REOPEN]
    assert {deed.moderator_id for deed in entry.deeds} == {MIRA.id}
    assert not entry.dismissed


async def test_without_a_log_channel_there_is_no_report(app, reports, put):
    await app.set_rules(GUILD, Rules())
    job = await put()

    with pytest.raises(NoLogChannel):
        await reports.report(job.id, ADA, WHY, language="en")

    assert await app.only_job() == job


async def test_a_report_that_could_not_be_written_may_be_made_again(app, reports, put):
    """A lost report that counts as made would protect the picture from all others."""
    job = await put()
    app.log_channel.error = PermanentDiscordError("403 (50001)")
    with pytest.raises(LogChannelUnreachable):
        await reports.report(job.id, ADA, WHY, language="en")

    app.log_channel.error = None
    await reports.report(job.id, ADA, WHY, language="en")

    assert len(log_entries(app)) == 1


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
    ids=["elsewhere", "outside", "deleted", "another's, private", "erased", "not drawn"],
)
async def test_a_picture_that_the_member_cannot_see_here_cannot_be_reported(
    app, reports, put, changes
):
    """A report does not tell moderators what was ordered in private either."""
    job = await put(**changes)

    with pytest.raises(OrderNotFound):
        await reports.report(job.id, ADA, WHY, language="en")

    assert log_entries(app) == []


async def test_a_report_says_where_the_picture_was_seen(app, reports, put):
    """Pictures in a message of their own are not in the card, whose way was closed."""
    job = await put()

    await reports.report(job.id, ADA, WHY, language="en", seen=SEEN)
    await app.cogs.reported.remove(job.id, MIRA)

    ((_, entry),) = app.log_channel.entries
    for reported in (entry.job, *app.cards.removed, await app.only_job()):
        assert (reported.reply.channel_id, reported.reply.message_id) == (9, 8)


async def test_a_member_may_report_a_private_picture_of_their_own(app, reports, put):
    """It has no place where others could look."""
    job = await put(private=True)

    await reports.report(job.id, NOAH, WHY, language="en", seen=SEEN)
    await app.cogs.reported.remove(job.id, MIRA)

    assert len(log_entries(app)) == 1
    assert (await app.only_job()).reply.message_id == job.reply.message_id
    assert app.cards.removed == []


async def test_two_reports_at_once_are_both_accepted(app, reports, put):
    """Discord makes one message of them: their nonce is the same."""
    job = await put()

    results = await asyncio.gather(
        *(reports.report(job.id, by, WHY, language="en") for by in (ADA, NOAH)),
        return_exceptions=True,
    )

    assert all(result is None or isinstance(result, AlreadyReported) for result in results)
    assert {entry.job.id for entry in log_entries(app)} == {job.id}
    assert (await app.only_job()).reply.reported_at is not None


async def test_a_report_is_recorded_although_the_job_changes_meanwhile(app, reports, put):
    """Its pictures may be posted, or deleted, while the report is written."""
    job = await put()
    app.log_channel.gate.close()
    reporting = asyncio.create_task(reports.report(job.id, ADA, WHY, language="en"))
    await app.log_channel.gate.reached.wait()
    await app.put(changed_job(job, epoch=job.lease.epoch + 1))
    app.log_channel.gate.open()

    await reporting

    assert await app.only_job() == changed_job(job, epoch=job.lease.epoch + 1, reported_at=NOW)


async def test_an_entry_that_was_deleted_by_hand_comes_again_with_the_next_report(
    app, reports, put
):
    """Nothing else brings it back: moderators wanted it gone."""
    job = await put()
    await reports.report(job.id, ADA, WHY, language="en")
    await app.tell()
    app.clock.now += 1
    await reports.decide(await reports.entry(job), MIRA, DeedKind.DISMISS)
    app.log_channel.refusals.append(MessageDeleted("404 (10008)"))
    await app.tell()
    assert len(log_entries(app)) == 1

    app.clock.now += 1
    await reports.report(job.id, NOAH, WHY, language="en")
    app.log_channel.refusals.append(MessageDeleted("404 (10008)"))
    await app.tell()

    first, again = log_entries(app)
    assert [len(entry.reports) for entry in (first, again)] == [1, 2]
    assert again.message_id == 2


# The pictures in the entry.

THUMBNAIL = b"400 pixels of a picture"


def pictures(app):
    """Return what the newest drawing of the entry attached, and how many it left attached."""
    entry = log_entries(app)[0]
    return list(entry.pictures), entry.pictured


async def test_an_entry_gets_its_pictures_once_and_loses_them_with_the_order(app, reports, put):
    """Also after a crash between the drawing and its record."""
    job = await put(media=(PICTURE, PICTURE))
    await reports.report(job.id, ADA, WHY, language="en")
    assert pictures(app) == ([], 0)  # the first report does not wait for them

    async def crash():
        raise StoreUnavailable("away")

    app.faults.deeds.before["set_detail"] = crash
    await app.tell()
    del app.faults.deeds.before["set_detail"]
    app.clock.now += LEASE
    await app.tell()
    assert pictures(app) == ([THUMBNAIL] * 2, 0)

    await reports.report(job.id, NOAH, WHY, language="en")
    await app.tell()
    assert pictures(app) == ([], 2)
    await app.cogs.actions.delete(job.id, NOAH)
    await app.tell()
    assert pictures(app) == ([], 0)


async def test_pictures_that_can_not_be_had_keep_no_entry_away(app, reports, put):
    job = await put(media=(BROKEN,))
    await reports.report(job.id, ADA, WHY, language="en")
    await app.tell()

    assert pictures(app) == ([], 0)
    assert log_entries(app)[0].reports


@pytest.mark.parametrize("refused", ["new", "kept"])
async def test_an_entry_whose_pictures_discord_refuses_is_drawn_without_them(
    app, reports, put, refused
):
    job = await put(media=(PICTURE,))
    await reports.report(job.id, ADA, WHY, language="en")
    if refused == "kept":
        await app.tell()
        await reports.report(job.id, NOAH, WHY, language="en")
    app.log_channel.refusals.append(PermanentDiscordError("400 (50035)"))
    await app.tell()

    assert pictures(app) == ([THUMBNAIL] if refused == "kept" else [], 0)
    assert len(log_entries(app)[0].reports) == 1 + (refused == "kept")


# What moderators do about it.


@pytest.mark.parametrize("media", [(PICTURE,), (BROKEN,), ()])
async def test_a_deletion_can_be_taken_back_as_long_as_the_pictures_can_be_had(
    app, reports, put, media
):
    """Where they can't be, that is said before, and nothing is offered."""
    job = await put(media=media)
    await reports.report(job.id, ADA, WHY, language="en")
    until = await app.cogs.reported.undo_until(job)
    assert until == (NOW + 7 * 86400 if media == (PICTURE,) else None)
    await app.cogs.reported.remove(job.id, MIRA)
    await app.tell()
    assert log_entries(app)[0].restorable is (until is not None)
    if until is None:
        with pytest.raises(PicturesUnavailable):
            await app.cogs.reported.restore(job.id, MIRA)
        return

    app.clock.now += 1
    for _ in range(2):
        await app.cogs.reported.restore(job.id, MIRA)
    await app.tell()

    restored, entry = await app.only_job(), log_entries(app)[0]
    assert (restored.reply.deleted_at, restored.reply.message_id) == (None, 1001)
    assert [deed.kind for deed in entry.deeds].count(DeedKind.RESTORE) == 1
    assert not entry.restorable
    assert len(app.cards.reposted) == 1
    assert pictures(app) == ([THUMBNAIL], 0)


async def test_after_its_time_the_undo_is_taken_from_the_entry(app, reports, put):
    """And so is the end of a block."""
    job = await put(media=(PICTURE,))
    await reports.report(job.id, ADA, WHY, language="en")
    await app.cogs.reported.remove(job.id, MIRA)
    target = BlockTarget(id=NOAH.id)
    await app.cogs.blocks.block(MIRA, target, hours=24, reason="", job_id=job.id)
    await app.tell()
    entry = log_entries(app)[0]
    assert (entry.restorable, entry.blocked) == (True, True)
    await app.deeds.retry_now(now=app.clock.now)  # a start draws no entry that nothing changed
    assert await app.deeds.claim(now=app.clock.now, lease=LEASE, most=9) == ()

    app.clock.now += 86400
    await app.tell()
    entry = log_entries(app)[0]
    assert (entry.restorable, entry.blocked) == (True, False)
    app.clock.now += 6 * 86400
    await app.tell()
    assert not log_entries(app)[0].restorable


async def test_pictures_that_discord_does_not_take_again_stay_deleted(app, reports, put):
    job = await put(media=(PICTURE,))
    deleted = await app.cogs.reported.remove(job.id, MIRA)
    app.cards.errors.append(FileTooLarge("413"))
    app.cards.closed = True
    with pytest.raises(RestoreFailed):
        await app.cogs.reported.restore(job.id, MIRA)
    assert await app.only_job() == deleted

    app.cards.closed = False
    app.cards.errors.append(FileTooLarge("413"))
    await app.cogs.reported.restore(job.id, MIRA)
    assert (await app.only_job()).reply.deleted_at is None


async def test_a_spoiler_is_set_and_taken_once_and_told_to_the_member(app, reports, put):
    job = await put()
    await reports.report(job.id, ADA, WHY, language="en")
    for spoiler in (True, True, False):
        await app.cogs.reported.cover(job.id, MIRA, spoiler=spoiler)
        assert (await app.only_job()).reply.spoiler is spoiler
        app.clock.now += 1
    await app.tell()

    kinds = [deed.kind for deed in log_entries(app)[0].deeds if deed.moderator_id == MIRA.id]
    assert sorted(kinds) == [DeedKind.OUTCOME, DeedKind.SPOILER, DeedKind.UNSPOILER]
    told = {(deed.kind, deed.member_id) for deed in app.notices.told}
    assert told == {(DeedKind.SPOILER, NOAH.id), (DeedKind.OUTCOME, ADA.id)}


async def test_what_discord_does_not_cover_does_not_count_as_covered(app, reports, put):
    job, private = await put(), await put(private=True)
    app.cards.closed = True
    with pytest.raises(CoverFailed):
        await app.cogs.reported.cover(job.id, MIRA, spoiler=True)
    with pytest.raises(OrderNotFound):
        await app.cogs.reported.cover(private.id, MIRA, spoiler=True)
    assert await app.all_jobs() == [job, private]


async def test_removed_pictures_are_gone_with_their_message(app, reports, put):
    job = await put()

    removed = await app.cogs.reported.remove(job.id, MIRA)

    deleted = changed_job(job, deleted_at=NOW, deleted_by=MIRA.id, epoch=1)
    assert removed == await app.only_job() == deleted
    assert [removed.id for removed in app.cards.removed] == [job.id]


async def test_a_second_removal_changes_nothing_more(app, reports, put):
    """Two moderators may click at once, and one process may die in between."""
    job = await put()
    first = await app.cogs.reported.remove(job.id, MIRA)
    app.clock.now += 60

    second = await app.cogs.reported.remove(job.id, replace(MIRA, id=2))

    assert second.reply.deleted_at == first.reply.deleted_at


async def test_pictures_that_discord_does_not_delete_do_not_count_as_removed(app, reports, put):
    """The moderator still sees them, and may click again or delete them by hand."""
    job = await put()
    app.cards.closed = True

    with pytest.raises(RemovalFailed):
        await app.cogs.reported.remove(job.id, MIRA)

    assert await app.only_job() == job
    app.cards.closed = False
    assert (await app.cogs.reported.remove(job.id, MIRA)).reply.deleted_at is not None


async def test_moderators_find_and_remove_pictures_of_their_own_server_only(app, reports, put):
    here, elsewhere = await put(), await put(guild_id=ELSEWHERE)

    assert await reports.reported_job(here.id, MIRA) == here
    for job_id in (elsewhere.id, "f" * 16):
        for use in (reports.reported_job, app.cogs.reported.remove):
            with pytest.raises(OrderNotFound):
                await use(job_id, MIRA)

    assert await app.all_jobs() == [here, elsewhere]
    assert app.cards.removed == []


async def test_a_report_asks_for_a_block_without_an_end(app, reports):
    """A member who is blocked for an hour may still be blocked without an end."""
    blocks = app.cogs.blocks
    await blocks.block(MIRA, BlockTarget(id=NOAH.id), hours=1, reason="")
    assert await blocks.blocked(MIRA, NOAH.id) is None

    block = await blocks.block(MIRA, BlockTarget(id=NOAH.id), hours=None, reason="reported")

    assert await blocks.blocked(MIRA, NOAH.id) == block
    assert await blocks.blocked(MIRA, ADA.id) is None
    await app.tell()
    assert [type(entry) for entry in log_entries(app)] == [Blocked] * 2
