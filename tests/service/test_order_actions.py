"""Presses on orders that were taken: who may do what, and who wins when several press at once."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.admission import AdmissionRequest, Caps, Rule
from bot.domain.job import Billed, EndReason, State, Update
from bot.domain.rules import Block, Pause
from bot.domain.word_filter import WordLists
from bot.service.errors import (
    AlreadyEnded,
    AlreadyPosted,
    NotAllowed,
    OrderNotFound,
    PicturesUnavailable,
    PostFailed,
    PostingForbidden,
)
from bot.service.order_actions import OrderActions, Person
from bot.service.port_errors import PermanentDiscordError, StoreUnavailable, TransientDiscordError
from tests.samples import LANE, NOW, OWNER, a_job, an_order, changed_job
from tests.service.conftest import PICTURE, service_settings, until

GUILD, PLACE = 100, 200
MEMBER = Person(id=300, guild_id=GUILD)
MODERATOR = Person(id=301, guild_id=GUILD, moderates=True)
STRANGER = Person(id=302, guild_id=GUILD)
MODERATOR_ELSEWHERE = Person(id=303, guild_id=101, moderates=True)
OUTSIDE = Person(id=304, guild_id=None, moderates=True)  # Discord grants all of it to everybody
POSTED = 88  # the id of a message that was posted


@pytest.fixture
def open_handle(shop):
    def open_handle(caps=Caps()):  # noqa: B008 - it is frozen
        return OrderActions(
            settings=service_settings(caps=caps, recorded_within=1.5),
            jobs=shop.jobs,
            presenter=shop.presenter,
            delivery=shop.delivery,
            runner=shop.runner,
            notifier=shop.notifier,
            now=shop.clock,
        )

    return open_handle


@pytest.fixture
def handle(shop):
    return shop.actions


@pytest.fixture
def put(shop):
    """Put a job into the store that stands like this."""

    def put(state=State.WAITING, **changes):
        values = {"answered_at": NOW, "message_id": 77}
        if state in {State.COMPLETED, State.DELIVERED}:
            values |= {"media": (PICTURE,), "completed_at": NOW, "billed": Billed.YES}
        if state in {State.QUEUED, State.PROCESSING, State.COMPLETED}:
            values |= {"owner": OWNER, "epoch": 1, "request_id": "r-1", "queued_at": NOW}
        job = a_job(**{"state": state, **values, **changes})
        shop.jobs.put(job)
        return job

    return put


@pytest.fixture
def shown(shop):
    """Return the jobs as their cards were shown, the newest last."""
    return lambda: [job for job, _ in shop.presenter.shown]


def cancelled(job):
    """Return a job that the vendor has, as a cancel leaves it: hidden, and not to be overlooked."""
    return changed_job(job, withdrawn=True, epoch=job.lease.epoch + 1)


# Cancel.


@pytest.mark.parametrize("by", [MEMBER, MODERATOR])
async def test_a_waiting_order_is_cancelled_for_free(shop, handle, put, shown, by):
    job = put()

    after = await handle.cancel(job.id, by)

    assert after == shop.jobs.only
    assert (after.state, after.end_reason, after.billed) == (
        State.CANCELLED,
        EndReason.WITHDRAWN,
        Billed.NO,
    )
    assert not after.withdrawn
    assert shown() == [after]
    assert shop.notifier.rung == [job.id]


async def test_a_cancelled_order_is_never_sent(shop, handle, put):
    job = put()
    await handle.cancel(job.id, MEMBER)

    async with shop.working():
        put()  # another one, which is
        await until(lambda: shop.queue.submitted)

    assert len(shop.queue.submitted) == 1


@pytest.mark.parametrize("first", ["cancel", "claim"])
async def test_of_cancel_and_claim_the_quicker_wins_and_the_other_knows(shop, handle, put, first):
    """Cancelled and yet sent, or sent and yet free: a member would pay for what they cancelled."""
    job = put()
    claim = {"lane": LANE, "width": 4, "lease": 30, "now": NOW}
    cancelling, claiming = handle.cancel(job.id, MEMBER), shop.jobs.claim(OWNER, **claim)

    if first == "cancel":
        after, claimed = await cancelling, await claiming
        assert claimed is None
        assert after.state is State.CANCELLED
    else:
        claimed, after = await claiming, await cancelling
        assert claimed is not None
        assert (after.state, after.withdrawn) == (State.SUBMITTING, True)
    assert shop.jobs.only == after


async def test_an_order_that_is_claimed_while_it_is_cancelled_is_hidden(shop, handle, put):
    """Cancel read it as it waited; by its swap it was on its way. So it reads once more."""
    job = put()
    cancelling = asyncio.create_task(handle.cancel(job.id, MEMBER))
    await until(lambda: "get" in shop.jobs.calls)
    await shop.jobs.claim(OWNER, lane=LANE, width=4, lease=30, now=NOW)

    after = await cancelling

    assert (after.state, after.withdrawn) == (State.SUBMITTING, True)
    assert shop.jobs.history[job.id] == [State.WAITING, State.SUBMITTING]


@pytest.mark.parametrize(
    "state",
    [
        State.SUBMITTING,
        State.QUEUED,
        State.PROCESSING,
        State.COMPLETED,
        State.UNCERTAIN,
        State.EXPIRED,
    ],
)
async def test_what_was_sent_is_hidden_and_stays_as_it_is(shop, handle, put, shown, state):
    """It can't be taken back, and it is charged: so it goes on, counts, and is in the history."""
    job = put(state, billed=Billed.UNKNOWN)

    after = await handle.cancel(job.id, MEMBER)

    assert after == shop.jobs.only
    submitting = state is State.SUBMITTING
    assert after == (changed_job(job, withdrawn=True) if submitting else cancelled(job))
    assert shown() == [after]


async def test_what_is_hidden_while_it_is_submitted_still_learns_what_became_of_it(
    shop, handle, put
):
    """A request id is paid for: nobody may be kept from recording it."""
    job = put(State.SUBMITTING, owner=OWNER, epoch=1)
    shop.queue.hold = asyncio.Event()
    submitting = asyncio.create_task(shop.submitter.submit(job))
    await shop.queue.reached.wait()

    await handle.cancel(job.id, MEMBER)
    shop.queue.hold.set()
    after = await submitting

    assert (after.state, after.request_id, after.withdrawn) == (State.QUEUED, "r-1", True)


async def test_what_is_hidden_while_it_moves_on_is_not_shown_anew(shop, put, shown):
    """Whoever moves it on has read it before it was hidden: their card would bring it back."""
    job = put(State.QUEUED)
    update = Update(state=State.PROCESSING, request_id="r-1")
    shop.jobs.held["swap"] = swapping = asyncio.Event()
    moving = asyncio.create_task(shop.tracker.report(job.id, update))
    await until(lambda: "swap" in shop.jobs.calls)
    shop.jobs.put(cancelled(job))
    swapping.set()

    await moving

    assert (shop.jobs.only.state, shop.jobs.only.withdrawn) == (State.PROCESSING, True)
    assert [one.withdrawn for one in shown()] == [True]


async def test_pictures_of_a_hidden_order_are_kept_for_its_member(shop, handle, put):
    job = put(State.QUEUED)
    await handle.cancel(job.id, MEMBER)

    shop.runner.adopt([await shop.jobs.get(job.id)])
    await until(lambda: shop.jobs.only.undeliverable_since is not None)
    await shop.runner.close()

    kept = shop.jobs.only
    assert (kept.state, kept.undeliverable_since, kept.lease.owner) == (State.COMPLETED, NOW, None)
    assert shop.presenter.delivered == []
    assert all(one.withdrawn for one in shop.presenter.settled)


async def test_an_order_that_is_hidden_while_its_pictures_are_brought_is_hidden_at_last(
    shop, handle, put
):
    """Discord is taking them as the press comes: what all may see at the end is no picture."""
    job = put(State.COMPLETED)
    shop.presenter.hold = asyncio.Event()
    shop.runner.adopt([job])
    await until(lambda: shop.media.fetched)

    after = await handle.cancel(job.id, MEMBER)
    shop.presenter.hold.set()
    await until(lambda: shop.jobs.only.undeliverable_since is not None)
    await shop.runner.close()

    assert after.withdrawn
    assert [one.withdrawn for one in shop.presenter.settled] == [True]
    assert (shop.jobs.only.state, shop.jobs.only.lease.owner) == (State.COMPLETED, None)


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (State.DELIVERED, {}),
        (State.FAILED, {}),
        (State.ERROR, {}),
        (State.REFUSED, {}),
        (State.CANCELLED, {}),
        (State.QUEUED, {"withdrawn": True}),
        (State.COMPLETED, {"undeliverable_since": NOW}),
    ],
)
async def test_what_is_over_can_not_be_cancelled(shop, handle, put, shown, state, changes):
    job = put(state, **changes)

    with pytest.raises(AlreadyEnded):
        await handle.cancel(job.id, MEMBER)

    assert shop.jobs.only == job
    assert shown() == []


async def test_of_two_who_cancel_at_once_one_is_told_that_it_is_over(shop, handle, put, shown):
    job = put()

    results = await asyncio.gather(
        handle.cancel(job.id, MEMBER), handle.cancel(job.id, MODERATOR), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in results) == ["AlreadyEnded", "Job"]
    assert len(shown()) == 1


@pytest.mark.parametrize("by", [STRANGER, MODERATOR_ELSEWHERE, OUTSIDE])
async def test_what_is_not_theirs_nobody_touches(shop, handle, put, by):
    waiting, delivered = put(), put(State.DELIVERED)

    with pytest.raises(NotAllowed):
        await handle.cancel(waiting.id, by)
    with pytest.raises(NotAllowed):
        await handle.delete(delivered.id, by, pressed=99)

    assert shop.jobs.rows == {waiting.id: waiting, delivered.id: delivered}
    assert shop.presenter.removed == []


async def test_outside_of_servers_nobody_moderates(handle, put):
    """There everybody has every permission, in the channel that is theirs."""
    job = put(guild_id=None)

    with pytest.raises(NotAllowed):
        await handle.cancel(job.id, OUTSIDE)


@pytest.mark.parametrize("prompt", [None, ""])
async def test_what_is_not_on_record_can_not_be_pressed_on(handle, put, prompt):
    """It was cleared away, or its member had it forgotten."""
    if prompt is not None:
        job_id = put(State.DELIVERED, order=an_order(prompt=prompt)).id
    else:
        job_id = "0" * 16

    for press in (
        handle.cancel(job_id, MEMBER),
        handle.delete(job_id, MEMBER, pressed=77),
        post(handle, a_job(id=job_id)),
    ):
        with pytest.raises(OrderNotFound):
            await press


async def test_while_the_store_is_away_a_press_does_nothing(shop, handle, put, shown):
    job = put()
    shop.jobs.away = True

    with pytest.raises(StoreUnavailable):
        await handle.cancel(job.id, MEMBER)

    assert shop.jobs.only == job
    assert shown() == []


# Delete.


@pytest.mark.parametrize("by", [MEMBER, MODERATOR])
async def test_deleted_pictures_are_gone_from_here_and_the_order_stays_charged(
    shop, handle, put, tmp_path, by
):
    job = put(State.DELIVERED, private=by is MEMBER)
    await shop.delivery.fetch_pictures(job)

    after = await handle.delete(job.id, by, pressed=77)

    assert after == shop.jobs.only == changed_job(job, deleted_at=NOW)
    assert list((tmp_path / "files").iterdir()) == []
    assert shop.presenter.removed == []  # what was pressed on is deleted by whoever took the press


async def test_pictures_that_stand_elsewhere_are_deleted_there_too(shop, handle, put):
    """A member who was handed them once more deletes them for all."""
    job = put(State.DELIVERED)

    await handle.delete(job.id, MEMBER, pressed=99)

    assert [one.id for one in shop.presenter.removed] == [job.id]


async def test_what_is_private_stands_nowhere_else(shop, handle, put):
    job = put(State.DELIVERED, private=True)

    await handle.delete(job.id, MEMBER, pressed=99)

    assert shop.presenter.removed == []


async def test_pictures_whose_message_is_out_of_reach_are_deleted_all_the_same(shop, handle, put):
    job = put(State.DELIVERED)
    shop.presenter.closed = True

    after = await handle.delete(job.id, MEMBER, pressed=99)

    assert after.reply.deleted_at == NOW


async def test_what_two_delete_at_once_is_deleted(shop, handle, put):
    job = put(State.DELIVERED)

    first, second = await asyncio.gather(
        handle.delete(job.id, MEMBER, pressed=77), handle.delete(job.id, MODERATOR, pressed=77)
    )

    assert first.reply.deleted_at == second.reply.deleted_at == NOW


async def test_deleted_again_it_was_deleted_when_it_was_deleted_first(shop, handle, put):
    job = put(State.DELIVERED)
    await handle.delete(job.id, MEMBER, pressed=77)
    shop.clock.now = NOW + 60

    await handle.delete(job.id, MEMBER, pressed=77)

    assert shop.jobs.only.reply.deleted_at == NOW


@pytest.mark.parametrize("state", [State.WAITING, State.QUEUED, State.COMPLETED, State.FAILED])
async def test_there_is_nothing_to_delete_before_there_are_pictures(shop, handle, put, state):
    job = put(state)

    with pytest.raises(OrderNotFound):
        await handle.delete(job.id, MEMBER, pressed=77)

    assert shop.jobs.only == job


async def test_who_presses_before_the_delivery_is_on_record_is_served(shop, handle, put):
    """The pictures are there to be seen a moment before the store knows."""
    job = put(State.COMPLETED)
    deleting = asyncio.create_task(handle.delete(job.id, MEMBER, pressed=77))
    await until(lambda: "get" in shop.jobs.calls)

    await shop.delivery.record_delivered(job)

    assert (await deleting).reply.deleted_at == NOW


# Post.


def here(**changes):
    """Return who asks and where, as it comes with a press."""
    return AdmissionRequest(
        **{"order": an_order(prompt=""), "guild_id": GUILD, "channel_id": PLACE} | changes
    )


async def post(  # as a cog does
    handle,
    job,
    *,
    by=MEMBER,
    request=None,
    to=None,
    error=None,
    hold=None,
    reached=None,
    channel_id=PLACE,
):
    """Post a job's pictures and note them in *to*."""
    async with handle.posting(job.id, by, request or here(), channel_id=channel_id) as posting:
        if reached is not None:
            reached.set()
        if hold is not None:
            await hold.wait()
        if error is not None:
            raise error
        if to is not None:
            to.append((posting.job, list(posting.pictures)))
        posting.message_id = POSTED


@pytest.fixture
def private(put):
    def private(**changes):
        return put(State.DELIVERED, private=True, **changes)

    return private


async def test_posted_pictures_are_public_where_they_were_posted(shop, handle, private, tmp_path):
    job, told = private(), []

    await post(handle, job, to=told, channel_id=201)

    ((public, pictures),) = told
    assert not public.reply.private
    assert len(pictures) == 1
    after = shop.jobs.only
    assert (after.reply.private, after.reply.message_id, after.reply.channel_id) == (
        False,
        POSTED,
        201,
    )
    assert list((tmp_path / "files").iterdir()) == []


async def test_of_two_posts_at_once_one_is_shown(shop, handle, private):
    """A member who presses twice shows their pictures once."""
    job, told, hold = private(), [], asyncio.Event()
    posting = [asyncio.create_task(post(handle, job, to=told, hold=hold)) for _ in range(2)]
    await until(lambda: len(shop.media.fetched) == len(posting))

    hold.set()
    results = await asyncio.gather(*posting, return_exceptions=True)

    assert sorted(type(one).__name__ for one in results) == ["AlreadyPosted", "NoneType"]
    assert len(told) == 1
    with pytest.raises(AlreadyPosted):
        await post(handle, job)


@pytest.mark.parametrize("error", [PermanentDiscordError("no"), TransientDiscordError("nothing")])
async def test_what_discord_does_not_take_is_private_as_before(shop, handle, private, error):
    job = private()

    with pytest.raises(PostFailed):
        await post(handle, job, error=error)

    assert shop.jobs.only == changed_job(job, epoch=shop.jobs.only.lease.epoch)
    await post(handle, job)
    assert not shop.jobs.only.reply.private


async def test_what_the_caller_did_not_show_is_private_as_before(shop, handle, private):
    job = private()

    async with handle.posting(job.id, MEMBER, here(), channel_id=PLACE):
        assert not shop.jobs.only.reply.private

    assert shop.jobs.only.reply.private


async def test_a_post_that_is_cut_short_is_private_as_before(shop, handle, private):
    """The bot is stopping; the next press finds the button as it was."""
    job, hold = private(), asyncio.Event()
    reached = asyncio.Event()
    posting = asyncio.create_task(post(handle, job, hold=hold, reached=reached))
    await reached.wait()
    assert not shop.jobs.only.reply.private

    posting.cancel()
    await asyncio.gather(posting, return_exceptions=True)

    assert shop.jobs.only.reply.private


async def test_where_pictures_were_posted_is_recorded_as_soon_as_the_store_can(
    shop, handle, private
):
    """A moderator deletes them there; the private message is nothing that anybody could reach."""
    job, hold = private(), asyncio.Event()
    reached = asyncio.Event()
    posting = asyncio.create_task(post(handle, job, hold=hold, reached=reached))
    await reached.wait()
    assert not shop.jobs.only.reply.private
    shop.jobs.away = True
    hold.set()
    before = len(shop.jobs.calls)
    await until(lambda: len(shop.jobs.calls) > before + 3)

    shop.jobs.away = False

    await posting
    assert shop.jobs.only.reply.message_id == POSTED


async def test_where_pictures_were_posted_is_recorded_whatever_else_happens(shop, handle, private):
    job, hold = private(), asyncio.Event()
    reached = asyncio.Event()
    posting = asyncio.create_task(post(handle, job, hold=hold, reached=reached))
    await reached.wait()
    assert not shop.jobs.only.reply.private
    row = shop.jobs.only
    assert await shop.jobs.swap(row, changed_job(row, reported_at=NOW, epoch=row.lease.epoch + 1))
    hold.set()

    await posting

    assert (shop.jobs.only.reply.message_id, shop.jobs.only.reply.reported_at) == (POSTED, NOW)


@pytest.mark.parametrize("by", [MODERATOR, STRANGER, OUTSIDE])
async def test_private_pictures_are_posted_by_nobody_but_their_member(shop, handle, private, by):
    """Not by moderators either: they have not seen them."""
    job = private()

    with pytest.raises(NotAllowed):
        await post(handle, job, by=by)

    assert shop.jobs.only == job


@pytest.mark.parametrize(
    ("changes", "ask"),
    [({"deleted_at": NOW}, here()), ({}, here(guild_id=101)), ({}, here(guild_id=None))],
    ids=["deleted", "another server", "outside"],
)
async def test_pictures_are_posted_only_where_they_were_ordered(
    shop, handle, private, changes, ask
):
    """The rules of that server let them be drawn; another has never seen the order."""
    job = private(**changes)

    with pytest.raises(OrderNotFound):
        await post(handle, job, request=ask)

    assert shop.jobs.only == job


async def test_pictures_that_are_nowhere_any_more_can_not_be_posted(shop, handle, private):
    job = private(media=("https://pub-1.r2.dev/broken.png",))

    with pytest.raises(PicturesUnavailable):
        await post(handle, job)

    assert shop.jobs.only == job


@pytest.mark.parametrize(
    ("rules", "ask", "rule"),
    [
        ({"words": WordLists(blocked=("lighthouse",))}, here(), Rule.WORDS),
        ({"channels": (201,)}, here(), Rule.CHANNEL),
        ({"age_restricted_only": True}, here(), Rule.AGE_RESTRICTED),
        ({"pause": Pause(by=1, since=NOW, reason="")}, here(), Rule.PAUSED),
    ],
    ids=["words", "channel", "age", "pause"],
)
async def test_what_is_posted_is_weighed_by_the_rules_of_now(
    shop, handle, private, rules, ask, rule
):
    """Nobody looked at what was private, and rules may have changed."""
    job = private()
    shop.guilds.kept[GUILD] = replace(shop.guilds.kept[GUILD], **rules)

    with pytest.raises(PostingForbidden) as refused:
        await post(handle, job, request=ask)

    assert refused.value.verdict.rule is rule
    assert shop.jobs.only == job


async def test_the_words_that_a_style_added_are_weighed_too(shop, handle, private):
    private(order=an_order(sent="a lighthouse, in the manner of wolves", style="wild"))
    shop.guilds.kept[GUILD] = replace(shop.guilds.kept[GUILD], words=WordLists(blocked=("wolves",)))

    with pytest.raises(PostingForbidden):
        await post(handle, shop.jobs.only)


async def test_a_blocked_member_posts_nothing(shop, handle, private):
    job = private()
    shop.guilds.blocks[GUILD, MEMBER.id] = Block(
        member_id=MEMBER.id, by=1, since=NOW, until=None, reason=""
    )

    with pytest.raises(PostingForbidden) as refused:
        await post(handle, job)

    assert refused.value.verdict.rule is Rule.BLOCKED


async def test_posting_costs_nothing_so_no_count_refuses_it(shop, open_handle, private):
    """The picture is paid for: a day's limit that is used up keeps nobody from showing it."""
    job = private()
    shop.guilds.kept[GUILD] = replace(shop.guilds.kept[GUILD], member_per_day=1, cooldown=600)
    handle = open_handle(Caps(images_per_day=1, images_per_guild_per_day=1))

    await post(handle, job)

    assert not shop.jobs.only.reply.private


async def test_a_deletion_that_loses_to_other_changes_is_done_in_the_end(shop, handle, put):
    job = put(State.DELIVERED)
    lost, swap = iter(range(6)), shop.jobs.swap

    async def lose_some(before, after):
        return next(lost, None) is None and await swap(before, after)

    shop.jobs.swap = lose_some

    await handle.delete(job.id, MEMBER, pressed=77)

    assert shop.jobs.rows[job.id].reply.deleted_at is not None
