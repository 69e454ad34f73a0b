"""Bringing paid pictures to the member."""

import asyncio

import pytest

from bot.domain.job import Billed, EndReason, State
from bot.service.port_errors import MediaUnavailable, PictureUnusable
from bot.service.ports.store import MemberSettings, Ping
from tests.samples import NOW, OWNER, a_job, an_order, changed_job
from tests.service.conftest import until

SOUND = tuple(f"https://pub-1.r2.dev/v1/r-1/output_{number}.png" for number in range(1, 5))
BROKEN = "https://pub-1.r2.dev/v1/r-1/broken.png"


@pytest.fixture
def completed(shop):
    """Put a job into the store whose pictures are paid for, and that we own."""

    def completed(*media, **changes):
        job = a_job(
            order=an_order(images=max(1, min(len(media), 4))),
            state=State.COMPLETED,
            billed=Billed.YES,
            request_id="r-1",
            owner=OWNER,
            epoch=1,
            media=media or SOUND[:1],
            answered_at=NOW,
            queued_at=NOW,
            completed_at=NOW,
            **changes,
        )
        shop.jobs.put(job)
        return job

    return completed


async def test_pictures_are_fetched_and_handed_over(shop, completed):
    job = completed(*SOUND, file_limit=1234)

    after = await shop.delivery.deliver(job)

    assert after == shop.jobs.only
    assert (after.state, after.billed, after.lease.owner) == (State.DELIVERED, Billed.YES, None)
    ((told, pictures),) = shop.presenter.delivered
    assert told == job
    assert [picture.path.name for picture in pictures] == ["1", "2", "3", "4"]
    assert sorted(shop.media.fetched) == sorted(SOUND)


async def test_nothing_stays_on_the_disk_after_a_delivery(shop, completed, tmp_path):
    await shop.delivery.deliver(completed())

    assert list((tmp_path / "files").iterdir()) == []


async def test_broken_pictures_among_sound_ones_are_left_out(shop, completed):
    job = completed(SOUND[0], BROKEN, SOUND[1])

    after = await shop.delivery.deliver(job)

    ((_, pictures),) = shop.presenter.delivered
    assert [picture.path.name for picture in pictures] == ["1", "3"]
    assert after.state is State.DELIVERED


@pytest.mark.parametrize("media", [(BROKEN,), (BROKEN, BROKEN + "?2"), ()])
async def test_an_order_without_one_usable_picture_has_failed_and_is_billed(shop, completed, media):
    """The member reads that it was charged: saying otherwise would be a lie about money."""
    job = completed()
    shop.jobs.put(job := changed_job(job, media=media))

    after = await shop.delivery.deliver(job)

    assert (after.state, after.end_reason, after.billed) == (
        State.FAILED,
        EndReason.NO_PICTURE,
        Billed.YES,
    )
    assert shop.presenter.delivered == []


async def test_no_more_pictures_are_brought_than_a_message_takes(shop, completed):
    """The vendor's list comes from outside: ten files are the most that Discord takes at once."""
    job = completed(*(f"https://pub-1.r2.dev/{number}.png" for number in range(60)))

    after = await shop.delivery.deliver(job)

    ((_, pictures),) = shop.presenter.delivered
    assert len(pictures) <= 10
    assert len(shop.media.fetched) <= 10
    assert after.state is State.DELIVERED


async def test_pictures_that_are_away_are_fetched_later(shop, completed):
    shop.media.errors[SOUND[0]].extend([MediaUnavailable("later")] * 5)

    after = await shop.delivery.deliver(completed(SOUND[0]))

    assert after.state is State.DELIVERED
    assert len(shop.media.fetched) == 6


async def test_pictures_that_stay_away_are_given_up_in_the_end(shop, completed):
    shop.media.errors[SOUND[0]].extend([MediaUnavailable("later")] * 5)
    job = completed(SOUND[0])
    shop.clock.now = NOW + 3601

    after = await shop.delivery.deliver(job)

    assert (after.state, after.end_reason) == (State.FAILED, EndReason.NO_PICTURE)
    assert len(shop.media.fetched) == 1


async def test_one_picture_that_is_given_up_does_not_spoil_the_others(shop, completed):
    shop.media.errors[SOUND[1]].append(PictureUnusable("gone"))

    await shop.delivery.deliver(completed(*SOUND[:2]))

    ((_, pictures),) = shop.presenter.delivered
    assert len(pictures) == 1


async def test_pictures_without_a_way_to_the_member_are_kept(shop, completed):
    """They are paid for, so they are not thrown away; and nobody tries for ever."""
    shop.presenter.closed = True
    shop.clock.now = NOW + 7

    after = await shop.delivery.deliver(completed())

    assert (after.state, after.lease.owner, after.undeliverable_since) == (
        State.COMPLETED,
        None,
        NOW + 7,
    )
    assert shop.jobs.only == after


async def test_a_delivery_is_recorded_as_soon_as_the_store_can(shop, completed):
    job = completed()
    shop.jobs.away = True
    delivering = asyncio.create_task(shop.delivery.deliver(job))
    await until(lambda: shop.jobs.calls.count("swap") > 3)

    shop.jobs.away = False

    assert (await delivering).state is State.DELIVERED
    assert len(shop.presenter.delivered) == 1


async def test_whoever_was_quicker_is_believed(shop, completed):
    job = completed()
    theirs = changed_job(job, owner="there", epoch=9)
    shop.jobs.put(theirs)

    assert await shop.delivery.deliver(job) == theirs


# Hidden orders.


async def test_a_hidden_order_shows_nothing_and_its_pictures_are_kept(shop, completed):
    """They are paid for: whoever hid the card may still want them, by /history."""
    shop.clock.now = NOW + 7

    after = await shop.delivery.deliver(completed(withdrawn=True))

    assert shop.presenter.delivered == []
    assert [job.withdrawn for job in shop.presenter.settled] == [True]
    assert (after.state, after.lease.owner, after.undeliverable_since) == (
        State.COMPLETED,
        None,
        NOW + 7,
    )


async def test_an_order_that_was_hidden_meanwhile_is_hidden(shop, completed):
    """Whoever brings the pictures may have read the job long before."""
    job = completed()
    shop.jobs.put(changed_job(job, withdrawn=True))

    after = await shop.delivery.deliver(job)

    assert shop.presenter.delivered == []
    assert after.undeliverable_since is not None


# Pings.


@pytest.mark.parametrize(
    ("ping", "seconds", "called"),
    [
        (Ping.AUTO, 59, False),
        (Ping.AUTO, 61, True),
        (Ping.ALWAYS, 1, True),
        (Ping.NEVER, 3600, False),
    ],
)
async def test_a_member_is_pinged_as_they_wish(shop, completed, ping, seconds, called):
    """Who waited for more than a minute has gone on to something else."""
    await shop.members.replace_settings(300, MemberSettings(ping=ping))
    shop.clock.now = NOW + seconds

    after = await shop.delivery.deliver(completed())

    assert shop.presenter.called == ([after] if called else [])


async def test_who_was_called_by_the_pictures_message_is_not_called_again(shop, completed):
    shop.presenter.by_message = True
    shop.clock.now = NOW + 3600

    await shop.delivery.deliver(completed())

    assert shop.presenter.called == []


async def test_nobody_is_pinged_for_pictures_that_did_not_arrive(shop, completed):
    shop.presenter.closed = True
    shop.clock.now = NOW + 3600

    await shop.delivery.deliver(completed())

    assert shop.presenter.called == []


async def test_the_pictures_of_a_place_that_is_closed_are_kept_there_too(shop, completed):
    """Nothing but answers reaches it, and those are over: /history has them."""
    shop.presenter.closed = True

    after = await shop.delivery.deliver(completed(guild_id=None, answers_only=True))

    assert (after.state, after.undeliverable_since) == (State.COMPLETED, NOW)


async def test_the_files_of_a_private_order_stay_since_it_may_be_posted(shop, completed, tmp_path):
    job = completed(private=True)

    await shop.delivery.deliver(job)

    assert [folder.name for folder in (tmp_path / "files").iterdir()] == [job.id]
