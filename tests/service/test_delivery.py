"""Paid pictures are brought to the member."""

import asyncio

import pytest

from bot.domain.job import Billed, EndReason, State
from bot.service.port_errors import FileTooLarge, MediaUnavailable, PictureUnusable
from bot.service.ports.store import Ping
from tests.samples import NOW, OWNER, a_job, an_order, changed_job
from tests.service.fakes import BROKEN
from tests.service.harness import DEADLINE

USABLE = tuple(f"https://pub-1.r2.dev/v1/r-1/output_{number}.png" for number in range(1, 5))


@pytest.fixture
def completed(app):
    """Put a job into the store whose pictures are paid for, and that this process owns."""

    async def completed(*media, **changes):
        values = {
            "order": an_order(images=max(1, min(len(media), 4))),
            "state": State.COMPLETED,
            "billed": Billed.YES,
            "request_id": "r-1",
            "owner": OWNER,
            "epoch": 1,
            "media": media or USABLE[:1],
            "answered_at": NOW,
            "queued_at": NOW,
            "completed_at": NOW,
        }
        job = a_job(**values | changes)
        await app.put(job)
        return job

    return completed


def names_delivered(app):
    """Return the names of the files that were delivered."""
    ((_, pictures),) = app.cards.delivered
    return [picture.path.name for picture in pictures]


def is_kept(job, at=NOW):
    kept = (State.COMPLETED, None, at)
    return (job.state, job.lease.owner, job.outstanding.kept_at) == kept


async def test_pictures_are_fetched_and_delivered(app, completed):
    job = await completed(*USABLE, file_limit=1234)

    after = await app.pipeline.delivery.deliver(job)

    assert after == await app.only_job()
    assert (after.state, after.billed, after.lease.owner) == (State.DELIVERED, Billed.YES, None)
    assert names_delivered(app) == ["1", "2", "3", "4"]
    assert app.cards.delivered[0][0] == job
    assert sorted(app.media.fetched) == sorted(USABLE)
    assert app.media.limits == [1234] * 4


@pytest.mark.parametrize("private", [False, True])
async def test_only_the_files_of_a_private_order_stay_since_it_may_be_posted(
    app, completed, private
):
    job = await completed(private=private)

    await app.pipeline.delivery.deliver(job)

    folders = [folder.name for folder in app.settings.files.iterdir()]
    assert folders == ([job.id] if private else [])


async def test_broken_pictures_are_left_out(app, completed):
    app.media.errors[USABLE[2]].append(PictureUnusable("gone"))

    after = await app.pipeline.delivery.deliver(
        await completed(USABLE[0], BROKEN, USABLE[1], USABLE[2])
    )

    assert names_delivered(app) == ["1", "3"]
    assert after.state is State.DELIVERED


@pytest.mark.parametrize("media", [(BROKEN,), (BROKEN, BROKEN + "?2"), ()])
async def test_an_order_without_a_usable_picture_has_failed_and_is_billed(app, completed, media):
    """It was charged, and the member reads so."""
    job = changed_job(await completed(), media=media)
    await app.put(job)

    after = await app.pipeline.delivery.deliver(job)

    assert (after.state, after.end_reason, after.billed) == (
        State.FAILED,
        EndReason.NO_PICTURE,
        Billed.YES,
    )
    assert app.cards.delivered == []


async def test_no_more_pictures_are_fetched_than_a_message_takes(app, completed):
    """The vendor's list comes from outside: Discord takes ten files in a message."""
    job = await completed(*(f"https://pub-1.r2.dev/{number}.png" for number in range(60)))

    after = await app.pipeline.delivery.deliver(job)

    assert len(names_delivered(app)) <= 10
    assert len(app.media.fetched) <= 10
    assert after.state is State.DELIVERED


@pytest.mark.parametrize(
    ("seconds", "state", "fetches"),
    [(0, State.DELIVERED, 6), (DEADLINE + 1, State.FAILED, 1)],
    ids=["in time", "past the deadline"],
)
async def test_unavailable_pictures_are_fetched_again_until_the_deadline(
    app, completed, seconds, state, fetches
):
    app.media.errors[USABLE[0]].extend([MediaUnavailable("later")] * 5)
    app.clock.now = NOW + seconds

    after = await app.pipeline.delivery.deliver(await completed(USABLE[0]))

    assert after.state is state
    assert after.end_reason is (EndReason.NO_PICTURE if state is State.FAILED else None)
    assert len(app.media.fetched) == fetches


@pytest.mark.parametrize("changes", [{}, {"guild_id": None, "answers_only": True}])
async def test_pictures_without_a_way_to_the_member_are_kept(app, completed, changes):
    """They are paid for: /history offers them."""
    app.cards.closed = True
    app.clock.now = NOW + 7

    after = await app.pipeline.delivery.deliver(await completed(**changes))

    assert is_kept(after, at=NOW + 7)
    assert await app.only_job() == after


async def test_pictures_that_discord_refuses_as_too_large_are_made_smaller(app, completed):
    job = await completed(file_limit=10_000)
    app.cards.errors.append(FileTooLarge("40005"))

    assert (await app.pipeline.delivery.deliver(job)).state is State.DELIVERED
    assert app.media.limits == [10_000, 5_000]


async def test_a_delivery_is_recorded_as_soon_as_the_store_is_back(app, completed):
    job = await completed()
    app.faults.jobs.away = True
    delivering = asyncio.create_task(app.pipeline.delivery.deliver(job))
    await app.faults.jobs.refused("swap", times=3)

    app.faults.jobs.away = False

    assert (await delivering).state is State.DELIVERED
    assert len(app.cards.delivered) == 1


async def test_a_change_by_another_process_is_not_overwritten(app, completed):
    job = await completed()
    theirs = changed_job(job, owner="there", epoch=9)
    await app.put(theirs)

    assert await app.pipeline.delivery.deliver(job) == theirs


@pytest.mark.parametrize("known", [True, False], ids=["known", "only in the store"])
async def test_a_withdrawn_order_shows_nothing_and_its_pictures_are_kept(app, completed, known):
    """They are paid for. The task that delivers may have read the job before the withdrawal."""
    app.clock.now = NOW + 7
    job = await completed()
    withdrawn = changed_job(job, withdrawn=True)
    await app.put(withdrawn)

    after = await app.pipeline.delivery.deliver(withdrawn if known else job)

    assert app.cards.delivered == []
    assert [settled.withdrawn for settled in app.cards.settled] == [True]
    assert is_kept(after, at=NOW + 7)


# Pings.


@pytest.mark.parametrize(
    ("ping", "seconds", "pinged"),
    [
        (Ping.AUTO, 59, False),
        (Ping.AUTO, 61, True),
        (Ping.ALWAYS, 1, True),
        (Ping.NEVER, 3600, False),
    ],
)
async def test_a_member_is_pinged_as_their_settings_say(app, completed, ping, seconds, pinged):
    """After more than a minute a member may no longer watch the card."""
    await app.cogs.account.set_ping(300, ping)
    app.clock.now = NOW + seconds

    after = await app.pipeline.delivery.deliver(await completed())

    assert app.cards.pinged == ([after] if pinged else [])


@pytest.mark.parametrize("why", ["by_message", "closed"])
async def test_no_ping_follows_pictures_in_a_new_message_or_undelivered_ones(app, completed, why):
    """A new message has pinged the member already."""
    setattr(app.cards, why, True)
    app.clock.now = NOW + 3600

    await app.pipeline.delivery.deliver(await completed())

    assert app.cards.pinged == []
