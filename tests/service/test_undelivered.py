"""Pictures that could not be delivered are kept for their member."""

import pytest

from bot.domain.job import Billed, Delivery, EndReason, State
from bot.service.picture_files import TRIES
from bot.service.port_errors import MediaUnavailable
from bot.service.undelivered import MOST
from tests.samples import NOW, OWNER, a_job
from tests.service.fakes import PICTURE
from tests.service.harness import no_answer

MEMBER = 300
LIMIT = 10 * 1024 * 1024  # bytes


@pytest.fixture
def keep(app):
    async def keep(*, on_disk=1, **changes):
        app.queue.after = no_answer()  # to whoever asks for other addresses
        values = {
            "state": State.COMPLETED,
            "billed": Billed.YES,
            "media": (PICTURE,),
            "completed_at": NOW,
            "kept_at": NOW,
            "member_id": MEMBER,
        }
        job = a_job(**values | changes)
        await app.put(job)
        folder = app.settings.files / job.id
        folder.mkdir(parents=True)
        for number in range(1, on_disk + 1):
            (folder / str(number)).write_bytes(b"a picture")
        return job

    return keep


@pytest.fixture
def hand_over(app):
    """Confirm all pictures, as a cog does once Discord accepted them."""

    async def hand_over(member_id=MEMBER):
        kept = await app.cogs.history.orders(member_id, file_limit=LIMIT)
        for job, pictures in kept.ready:
            await app.cogs.history.confirm(job, count=len(pictures))
        await app.cogs.history.confirm_gone(kept.gone)
        return [[job.id for job, _ in kept.ready], *map(ids, (kept.fetching, kept.gone))]

    return hand_over


def ids(jobs):
    return [job.id for job in jobs]


async def test_kept_pictures_are_handed_over_once_and_then_delivered(app, keep, hand_over):
    job = await keep()

    assert await hand_over() == [[job.id], [], []]
    after = await app.only_job()
    assert (after.state, after.billed) == (State.DELIVERED, Billed.YES)
    assert await hand_over() == [[], [], []]


@pytest.mark.parametrize("changes", [{"member_id": MEMBER + 1}, {"kept_at": None}])
async def test_pictures_of_others_and_those_on_their_way_are_not_offered(
    app, keep, hand_over, changes
):
    job = await keep(**changes)

    assert await hand_over() == [[], [], []]
    assert await app.only_job() == job


async def test_pictures_that_were_not_handed_over_stay_kept(app, keep, hand_over):
    """They are paid for: they go only once the member has them."""
    first, second = await keep(created_at=NOW + 1), await keep()

    for job, pictures in (await app.cogs.history.orders(MEMBER, file_limit=LIMIT)).ready:
        if job == first:
            await app.cogs.history.confirm(job, count=len(pictures))

    assert await app.states() == [State.DELIVERED, State.COMPLETED]
    assert await hand_over() == [[second.id], [], []]


async def test_pictures_that_are_not_on_disk_are_fetched_in_the_background(app, keep, hand_over):
    """The file may be gone, or on another machine. They bar no other order."""
    lost = await keep(created_at=NOW + 1, on_disk=0)
    here = await keep()
    app.media.errors[PICTURE].extend([MediaUnavailable("not now")] * TRIES)

    assert await hand_over() == [[here.id], [lost.id], []]
    assert app.media.fetched == []
    for tries in (1, 0):
        (taken,) = await app.jobs.take_over(OWNER, lease=30, submitted_before=NOW)
        job = await app.pipeline.delivery.deliver(taken)
        assert (job.outstanding.kept_at, job.lease.owner) == (NOW, None)
        assert (await hand_over() == [[], [lost.id], []]) == bool(tries)
    assert (await app.job(lost.id)).state is State.DELIVERED
    assert app.cards.settled == app.cards.delivered == []


async def test_pictures_that_are_nowhere_any_more_are_said_to_be_gone_once(app, keep, hand_over):
    job = await keep(on_disk=0, private=True)
    app.media.errors[PICTURE].extend([MediaUnavailable("gone", status=410)] * 1000)
    app.clock.now = NOW + 8 * 86400
    assert await hand_over() == [[], [job.id], []]

    (taken,) = await app.jobs.take_over(OWNER, lease=30, submitted_before=NOW)
    after = await app.pipeline.delivery.deliver(taken)

    assert (after.state, after.end_reason) == (State.FAILED, EndReason.KEPT_TOO_LONG)
    assert (after.delivery, after.lease.owner) == (Delivery.GONE, None)
    assert await hand_over() == [[], [], [job.id]]
    assert await hand_over() == [[], [], []]
    assert (await app.only_job()).delivery is Delivery.SHOWN


async def test_what_is_there_of_an_order_is_handed_over_and_the_rest_later(app, keep, hand_over):
    job = await keep(media=(PICTURE, f"{PICTURE}?2"), on_disk=1)

    assert await hand_over() == [[job.id], [job.id], []]
    assert await hand_over() == [[], [job.id], []]
    (taken,) = await app.jobs.take_over(OWNER, lease=30, submitted_before=NOW)
    await app.pipeline.delivery.deliver(taken)

    assert await hand_over() == [[job.id], [], []]
    assert (await app.only_job()).state is State.DELIVERED


async def test_the_newest_come_first_and_not_too_many_at_once(keep, hand_over):
    jobs = [await keep(created_at=NOW + number) for number in range(MOST + 2)]
    newest_first = [job.id for job in reversed(jobs)]

    assert await hand_over() == [newest_first[:MOST], [], []]
    assert await hand_over() == [newest_first[MOST:], [], []]


async def test_pictures_that_are_too_large_can_be_made_smaller(app, keep):
    await keep()

    for job, _ in (await app.cogs.history.orders(MEMBER, file_limit=LIMIT)).ready:
        assert await app.cogs.history.smaller_pictures(job)

    assert app.media.limits == [LIMIT, LIMIT // 2]
