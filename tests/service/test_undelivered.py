"""Pictures that could not be delivered are kept for their member."""

import pytest

from bot.domain.job import Billed, State
from bot.service.undelivered import MOST
from tests.samples import NOW, a_job
from tests.service.fakes import BROKEN, PICTURE

MEMBER = 300
LIMIT = 10 * 1024 * 1024  # bytes


@pytest.fixture
def keep(app):
    async def keep(**changes):
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
        return job

    return keep


@pytest.fixture
def hand_over(app):
    """Confirm all pictures, as a cog does once Discord accepted them."""

    async def hand_over(member_id=MEMBER):
        ids = []
        async for job, pictures in app.cogs.history.orders(member_id, file_limit=LIMIT):
            assert pictures
            await app.cogs.history.confirm(job)
            ids.append(job.id)
        return ids

    return hand_over


async def test_kept_pictures_are_handed_over_once_and_then_delivered(app, keep, hand_over):
    job = await keep()

    assert await hand_over() == [job.id]
    after = await app.only_job()
    assert (after.state, after.billed) == (State.DELIVERED, Billed.YES)
    assert await hand_over() == []


@pytest.mark.parametrize("changes", [{"member_id": MEMBER + 1}, {"kept_at": None}])
async def test_pictures_of_others_and_those_on_their_way_are_not_offered(
    app, keep, hand_over, changes
):
    job = await keep(**changes)

    assert await hand_over() == []
    assert await app.only_job() == job


async def test_pictures_that_were_not_handed_over_stay_kept(app, keep, hand_over):
    """They are paid for: they go only once the member has them."""
    first, second = await keep(created_at=NOW + 1), await keep()

    async for job, _ in app.cogs.history.orders(MEMBER, file_limit=LIMIT):
        if job == first:
            await app.cogs.history.confirm(job)

    assert await app.states() == [State.DELIVERED, State.COMPLETED]
    assert await hand_over() == [second.id]


async def test_an_order_whose_pictures_are_gone_does_not_block_the_others(keep, hand_over):
    await keep(created_at=NOW + 1, media=(BROKEN,))
    usable = await keep()

    assert await hand_over() == [usable.id]


async def test_the_newest_come_first_and_not_too_many_at_once(keep, hand_over):
    jobs = [await keep(created_at=NOW + number) for number in range(MOST + 2)]
    newest_first = [job.id for job in reversed(jobs)]

    assert await hand_over() == newest_first[:MOST]
    assert await hand_over() == newest_first[MOST:]


async def test_pictures_that_are_too_large_can_be_made_smaller(app, keep):
    await keep()

    async for job, _ in app.cogs.history.orders(MEMBER, file_limit=LIMIT):
        assert await app.cogs.history.smaller_pictures(job)

    assert app.media.limits == [LIMIT, LIMIT // 2]
