"""Buttons on recorded orders: who may use them, and who wins when several click at once."""

import asyncio
from dataclasses import replace
from typing import Any

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
from bot.service.order_actions import Person
from bot.service.port_errors import PermanentDiscordError, StoreUnavailable, TransientDiscordError
from tests.samples import LANE, NOW, OWNER, a_job, an_order, changed_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import BROKEN, PICTURE, Gate
from tests.service.harness import UNLIMITED, until

GUILD, PLACE = 100, 200
MEMBER = Person(id=300, guild_id=GUILD)
MODERATOR = Person(id=301, guild_id=GUILD, moderates=True)
STRANGER = Person(id=302, guild_id=GUILD)
MODERATOR_ELSEWHERE = Person(id=303, guild_id=101, moderates=True)
OUTSIDE = Person(id=304, guild_id=None, moderates=True)  # there Discord grants all permissions
POSTED = 88  # the id of a message that was posted


@pytest.fixture
def actions(app):
    return app.cogs.actions


@pytest.fixture
def put(app):
    """Put a job into the store that is in that state."""

    async def put(state=State.WAITING, **changes):
        values: dict[str, Any] = {"answered_at": NOW, "message_id": 77}
        if state in {State.COMPLETED, State.DELIVERED}:
            values |= {"media": (PICTURE,), "completed_at": NOW, "billed": Billed.YES}
        if state in {State.QUEUED, State.PROCESSING, State.COMPLETED}:
            values |= {"owner": OWNER, "epoch": 1, "request_id": "r-1", "queued_at": NOW}
        job = a_job(**{"state": state, **values, **changes})
        await app.put(job)
        return job

    return put


def withdrawn(job):
    """Return a job that the vendor has, as its member hides it: withdrawn, in a new epoch."""
    return changed_job(job, withdrawn=True, withdrawn_by=MEMBER.id, epoch=job.lease.epoch + 1)


# Cancel.


@pytest.mark.parametrize("by", [MEMBER, MODERATOR])
async def test_a_waiting_order_is_cancelled_for_free(app, actions, put, by):
    job = await put()

    after = await actions.cancel(job.id, by)

    assert after == await app.only_job()
    assert (after.state, after.end_reason, after.billed) == (
        State.CANCELLED,
        EndReason.WITHDRAWN,
        Billed.NO,
    )
    assert not after.withdrawn
    assert after.reply.withdrawn_by == by.id
    assert after.removed_by_moderator == (by is MODERATOR)
    assert app.cards.shown_jobs == [after]
    assert app.notifier.notified == [job.id]


async def test_a_cancelled_order_is_never_sent(app, actions, put):
    job = await put()
    await actions.cancel(job.id, MEMBER)

    async with app.claiming():
        await put()  # another one, which is
        app.pipeline.dispatcher.wake()
        await until(app.at_rest)

    assert len(app.queue.submitted) == 1


@on_each_engine
@pytest.mark.parametrize("first", ["cancel", "claim"])
async def test_of_cancel_and_claim_the_first_wins_and_the_other_notices(app, actions, put, first):
    """Cancelled and yet sent, a member would pay for what they cancelled."""
    job = await put()
    claim = {"lane": LANE, "width": 4, "lease": 30, "now": NOW}

    if first == "cancel":
        after, claimed = await actions.cancel(job.id, MEMBER), await app.jobs.claim(OWNER, **claim)
        assert claimed is None
        assert after.state is State.CANCELLED
    else:
        claimed, after = await app.jobs.claim(OWNER, **claim), await actions.cancel(job.id, MEMBER)
        assert claimed == after
    assert await app.only_job() == after


async def test_an_order_that_is_claimed_during_its_cancellation_is_left_alone(app, actions, put):
    """Cancel read it as it waited; at its swap it was being sent. So it reads once more."""
    job = await put()
    swap = app.faults.jobs.gate("swap")
    cancelling = asyncio.create_task(actions.cancel(job.id, MEMBER))
    await swap.reached.wait()
    await app.jobs.claim(OWNER, lane=LANE, width=4, lease=30, now=NOW)
    swap.open()

    after = await cancelling

    assert after == await app.only_job()
    assert (after.state, after.withdrawn) == (State.SUBMITTING, False)
    assert app.cards.shown == []


async def test_an_order_that_waits_again_is_cancelled_by_hide_as_well(app, actions, put):
    """The vendor did not take it: nothing is charged."""
    job = await put()

    assert (await actions.hide(job.id, MEMBER)).state is State.CANCELLED


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
async def test_an_order_that_was_sent_is_hidden_on_request_alone(app, actions, put, state):
    """It can't be taken back, and it is charged: it goes on, counts, and is in the history."""
    job = await put(state, billed=Billed.UNKNOWN)

    assert await actions.cancel(job.id, MEMBER) == job == await app.only_job()
    assert app.cards.shown == []
    after = await actions.hide(job.id, MEMBER)

    assert after == await app.only_job()
    epoch = job.lease.epoch + (state is not State.SUBMITTING)
    assert after == changed_job(withdrawn(job), epoch=epoch)
    assert app.cards.shown_jobs == [after]


async def test_an_order_that_changes_during_its_withdrawal_is_not_shown_again(app, put):
    """The task that changes it has read it before: its card would bring it back."""
    job = await put(State.QUEUED)
    swap = app.faults.jobs.gate("swap")
    update = Update(state=State.PROCESSING, request_id="r-1")
    reporting = asyncio.create_task(app.pipeline.tracker.report(job.id, update))
    await swap.reached.wait()
    await app.put(withdrawn(job))
    swap.open()

    await reporting

    after = await app.only_job()
    assert (after.state, after.withdrawn) == (State.PROCESSING, True)
    assert [shown.withdrawn for shown in app.cards.shown_jobs] == [True]


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (State.DELIVERED, {}),
        (State.FAILED, {}),
        (State.ERROR, {}),
        (State.REFUSED, {}),
        (State.CANCELLED, {}),
        (State.QUEUED, {"withdrawn": True}),
        (State.COMPLETED, {"kept_at": NOW, "owner": None}),
    ],
)
async def test_an_order_that_is_over_cannot_be_cancelled(app, actions, put, state, changes):
    job = await put(state, **changes)

    for click in (actions.cancel, actions.hide):
        with pytest.raises(AlreadyEnded):
            await click(job.id, MEMBER)

    assert await app.only_job() == job
    assert app.cards.shown == []


@on_each_engine
async def test_of_two_who_cancel_at_once_one_reads_that_it_is_over(app, actions, put):
    job = await put()

    results = await asyncio.gather(
        actions.cancel(job.id, MEMBER), actions.cancel(job.id, MODERATOR), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["AlreadyEnded", "Job"]
    assert len(app.cards.shown) == 1


@pytest.mark.parametrize(
    ("by", "guild_id"),
    # Outside of servers everybody has every permission, in their own channel.
    [(STRANGER, GUILD), (MODERATOR_ELSEWHERE, GUILD), (OUTSIDE, GUILD), (OUTSIDE, None)],
)
async def test_only_their_member_and_moderators_may_change_orders(app, actions, put, by, guild_id):
    jobs = [await put(guild_id=guild_id), await put(State.DELIVERED, guild_id=guild_id)]

    waiting, delivered = jobs
    for click in (actions.cancel, actions.hide):
        with pytest.raises(NotAllowed):
            await click(waiting.id, by)
    for click in (actions.deletable, actions.delete):
        with pytest.raises(NotAllowed):
            await click(delivered.id, by)

    assert await app.all_jobs() == jobs
    assert app.cards.removed == []


@pytest.mark.parametrize("erased", [False, True])
async def test_an_unknown_order_has_no_actions(actions, put, erased):
    """It was deleted after its retention time, or its member had it erased."""
    job = a_job()
    if erased:
        job = await put(State.DELIVERED, order=an_order(prompt=""))

    for click in (
        actions.cancel(job.id, MEMBER),
        actions.hide(job.id, MEMBER),
        actions.delete(job.id, MEMBER),
        post(actions, job),
    ):
        with pytest.raises(OrderNotFound):
            await click


async def test_while_the_store_is_away_a_click_does_nothing(app, actions, put):
    job = await put()
    app.faults.jobs.away = True

    with pytest.raises(StoreUnavailable):
        await actions.cancel(job.id, MEMBER)

    assert await app.only_job() == job
    assert app.cards.shown == []


# Delete.


@pytest.mark.parametrize("by", [MEMBER, MODERATOR])
async def test_deleted_pictures_are_removed_and_the_order_stays_charged(app, actions, put, by):
    job = await put(State.DELIVERED, private=by is MEMBER)
    await app.pipeline.files.fetch(job)

    assert await actions.deletable(job.id, by) == job
    after = await actions.delete(job.id, by)

    assert (
        after == await app.only_job() == changed_job(job, deleted_at=NOW, deleted_by=by.id, epoch=1)
    )
    assert after.removed_by_moderator == (by is MODERATOR)
    assert list(app.settings.files.iterdir()) == []
    assert app.cards.removed == []  # see remove_message


CARD, OTHER = 77, 99


@pytest.mark.parametrize(
    ("private", "removed", "deleted", "is_gone"),
    [
        (False, None, 1, True),
        (False, CARD, 0, True),
        (False, OTHER, 1, True),  # a copy for the member alone was removed
        (True, OTHER, 0, True),
        (True, None, 1, True),  # the click is not known any more
    ],
)
async def test_the_message_with_deleted_pictures_is_removed_where_the_bot_reaches_it(
    app, actions, put, private, removed, deleted, is_gone
):
    job = await put(State.DELIVERED, private=private, message_id=CARD)

    assert await actions.remove_message(job, removed=removed) == is_gone
    assert len(app.cards.removed) == deleted
    app.cards.closed = True
    assert await actions.remove_message(job, removed=removed) == (removed is not None)


@on_each_engine
async def test_pictures_are_deleted_once_at_the_first_click(app, actions, put):
    job = await put(State.DELIVERED)

    first, second = await asyncio.gather(
        actions.delete(job.id, MEMBER), actions.delete(job.id, MODERATOR)
    )
    app.clock.now = NOW + 60
    third = await actions.delete(job.id, MEMBER)

    assert [after.reply.deleted_at for after in (first, second, third)] == [NOW] * 3
    assert (await app.only_job()).reply.deleted_at == NOW


@pytest.mark.parametrize("state", [State.WAITING, State.QUEUED, State.COMPLETED, State.FAILED])
async def test_there_is_nothing_to_delete_before_there_are_pictures(app, actions, put, state):
    job = await put(state)

    with pytest.raises(OrderNotFound):
        await actions.delete(job.id, MEMBER)

    assert await app.only_job() == job


async def test_a_click_just_before_the_delivery_is_recorded_succeeds(open_process, put):
    """The pictures can be seen a moment before the store knows."""
    app = open_process(recorded_within=5.0)
    job = await put(State.COMPLETED)
    deleting = asyncio.create_task(app.cogs.actions.delete(job.id, MEMBER))
    await app.faults.jobs.returned("get")

    await app.pipeline.delivery.record_delivered(job)

    assert (await deleting).reply.deleted_at == NOW


async def test_a_deletion_that_loses_to_other_changes_is_done_in_the_end(app, actions, put):
    job = await put(State.DELIVERED)
    epochs = iter(range(1, 7))

    async def lose():
        if (epoch := next(epochs, None)) is not None:
            await app.put(changed_job(job, epoch=epoch))

    app.faults.jobs.before["swap"] = lose

    await actions.delete(job.id, MEMBER)

    assert await app.only_job() == changed_job(job, deleted_at=NOW, deleted_by=MEMBER.id, epoch=7)


# Post.


def here(**changes):
    """Return the request as it comes with a click."""
    values: dict[str, Any] = {"order": an_order(prompt=""), "guild_id": GUILD, "channel_id": PLACE}
    return AdmissionRequest(**values | changes)


async def post(  # as a cog does
    actions, job, *, by=MEMBER, request=None, to=None, error=None, gate=None, channel_id=PLACE
):
    """Post a job's pictures and note them in *to*."""
    async with actions.posting(job.id, by, request or here(), channel_id=channel_id) as posting:
        if gate is not None:
            await gate()
        if error is not None:
            raise error
        if to is not None:
            to.append((posting.job, list(posting.pictures)))
        posting.message_id = POSTED


@pytest.fixture
def private(put):
    async def private(**changes):
        return await put(State.DELIVERED, private=True, **changes)

    return private


@pytest.fixture
async def posting(actions, private):
    """A post that Discord is accepting, its job, and the gate that holds it."""
    gate, job = Gate(), await private()
    gate.close()
    task = asyncio.create_task(post(actions, job, gate=gate))
    await gate.reached.wait()
    return task, job, gate


async def test_posted_pictures_are_public_where_they_were_posted(app, actions, private):
    job = await private()
    posted: list[Any] = []

    await post(actions, job, to=posted, channel_id=201)

    ((public, pictures),) = posted
    assert not public.reply.private
    assert len(pictures) == 1
    reply = (await app.only_job()).reply
    assert (reply.private, reply.message_id, reply.channel_id) == (False, POSTED, 201)
    assert list(app.settings.files.iterdir()) == []


@on_each_engine
async def test_of_two_posts_at_once_one_is_shown(app, actions, private):
    """A member who clicks twice shows their pictures once."""
    job = await private()
    posted: list[Any] = []
    swap = app.faults.jobs.gate("swap")
    tasks = [asyncio.create_task(post(actions, job, to=posted)) for _ in range(2)]
    await until(lambda: len(app.media.limits) == len(tasks))

    swap.open()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["AlreadyPosted", "NoneType"]
    assert len(posted) == 1
    with pytest.raises(AlreadyPosted):
        await post(actions, job)


@pytest.mark.parametrize("error", [PermanentDiscordError("no"), TransientDiscordError("nothing")])
async def test_pictures_that_discord_does_not_accept_stay_private(app, actions, private, error):
    job = await private()

    with pytest.raises(PostFailed):
        await post(actions, job, error=error)

    after = await app.only_job()
    assert after == changed_job(job, epoch=after.lease.epoch)
    await post(actions, job)
    assert not (await app.only_job()).reply.private


async def test_a_post_that_is_cut_short_stays_private(app, posting):
    """The bot is stopping; the button still works at the next start."""
    task, _, _ = posting
    assert not (await app.only_job()).reply.private

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert (await app.only_job()).reply.private


async def test_the_place_of_posted_pictures_is_recorded_as_soon_as_the_store_is_back(app, posting):
    """A moderator deletes them there; only the member can see the private message."""
    task, _, gate = posting
    app.faults.jobs.away = True
    gate.open()
    await app.faults.jobs.refused("swap", times=3)

    app.faults.jobs.away = False

    await task
    assert (await app.only_job()).reply.message_id == POSTED


async def test_the_place_of_posted_pictures_is_recorded_despite_other_changes(app, posting):
    task, _, gate = posting
    row = await app.only_job()
    assert await app.jobs.swap(row, changed_job(row, reported_at=NOW, epoch=row.lease.epoch + 1))
    gate.open()

    await task

    reply = (await app.only_job()).reply
    assert (reply.message_id, reply.reported_at) == (POSTED, NOW)


@pytest.mark.parametrize("by", [MODERATOR, STRANGER, OUTSIDE])
async def test_private_pictures_are_posted_by_their_member_only(app, actions, private, by):
    """Not by moderators either: they have not seen them."""
    job = await private()

    with pytest.raises(NotAllowed):
        await post(actions, job, by=by)

    assert await app.only_job() == job


@pytest.mark.parametrize(
    ("changes", "request_", "error"),
    [
        ({"deleted_at": NOW}, here(), OrderNotFound),
        # The rules of that server allowed them; another has never seen the order.
        ({}, here(guild_id=101), OrderNotFound),
        ({}, here(guild_id=None), OrderNotFound),
        ({"media": (BROKEN,)}, here(), PicturesUnavailable),
    ],
    ids=["deleted", "another server", "outside", "gone"],
)
async def test_only_pictures_of_this_server_that_still_exist_are_posted(
    app, actions, private, changes, request_, error
):
    job = await private(**changes)

    with pytest.raises(error):
        await post(actions, job, request=request_)

    assert await app.only_job() == job


STYLED = an_order(sent="a lighthouse, in the manner of wolves", style="wild")


@pytest.mark.parametrize(
    ("rules", "order", "rule"),
    [
        ({"words": WordLists(blocked=("lighthouse",))}, an_order(), Rule.WORDS),
        ({"words": WordLists(blocked=("wolves",))}, STYLED, Rule.WORDS),
        ({"channels": (201,)}, an_order(), Rule.CHANNEL),
        ({"age_restricted_only": True}, an_order(), Rule.AGE_RESTRICTED),
        ({"pause": Pause(by=1, since=NOW, reason="")}, an_order(), Rule.PAUSED),
    ],
    ids=["words", "words of a style", "channel", "age", "pause"],
)
async def test_a_post_is_checked_by_the_rules_of_now(app, actions, private, rules, order, rule):
    """No moderator has seen the private pictures, and rules may have changed."""
    job = await private(order=order)
    await app.set_rules(GUILD, replace(UNLIMITED, **rules))

    with pytest.raises(PostingForbidden) as refused:
        await post(actions, job)

    assert refused.value.verdict.rule is rule
    assert await app.only_job() == job


async def test_a_blocked_member_posts_nothing(app, actions, private):
    job = await private()
    block = Block(member_id=MEMBER.id, by=1, since=NOW, until=None, reason="")
    await app.guilds.block(GUILD, block)

    with pytest.raises(PostingForbidden) as refused:
        await post(actions, job)

    assert refused.value.verdict.rule is Rule.BLOCKED


async def test_no_limit_on_numbers_refuses_a_post(open_process, private):
    """The picture is paid for: a used-up day does not forbid to show it."""
    app = open_process(caps=Caps(images_per_day=1, images_per_guild_per_day=1))
    job = await private()
    await app.set_rules(GUILD, replace(UNLIMITED, member_per_day=1, cooldown=600))

    await post(app.cogs.actions, job)

    assert not (await app.only_job()).reply.private
