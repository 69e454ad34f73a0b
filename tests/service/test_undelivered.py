"""Pictures that could not be delivered are kept for their member."""

import pytest

from bot.domain.job import Billed, State
from bot.service.undelivered import MOST, UndeliveredPictures
from tests.samples import NOW, a_job

MEMBER = 300
LIMIT = 10 * 1024 * 1024  # bytes


@pytest.fixture
def history(shop):
    return UndeliveredPictures(jobs=shop.jobs, delivery=shop.delivery)


@pytest.fixture
def keep(shop):
    def keep(**changes):
        values = {
            "state": State.COMPLETED,
            "billed": Billed.YES,
            "media": ("https://pub-1.r2.dev/v1/r-1/output.png",),
            "completed_at": NOW,
            "undeliverable_since": NOW,
            "member_id": MEMBER,
        }
        job = a_job(**{**values, **changes})
        shop.jobs.put(job)
        return job

    return keep


@pytest.fixture
def hand_over(history):
    async def hand_over(member_id=MEMBER):
        """Confirm all pictures, as a cog does once Discord took them."""
        handed = []
        async for job, pictures in history.orders(member_id, file_limit=LIMIT):
            assert pictures
            await history.confirm(job)
            handed.append(job.id)
        return handed

    return hand_over


async def test_kept_pictures_are_handed_over_and_then_delivered(shop, keep, hand_over):
    job = keep()

    assert await hand_over() == [job.id]
    assert shop.jobs.only.state is State.DELIVERED
    assert shop.jobs.only.billed is Billed.YES


async def test_what_was_handed_over_is_not_offered_again(keep, hand_over):
    keep()

    await hand_over()

    assert await hand_over() == []


async def test_nobody_gets_the_pictures_of_others(shop, keep, hand_over):
    keep()

    assert await hand_over(MEMBER + 1) == []
    assert shop.jobs.only.state is State.COMPLETED


async def test_what_is_still_on_its_way_is_left_to_it(keep, hand_over):
    keep(undeliverable_since=None)

    assert await hand_over() == []


async def test_what_could_not_be_handed_over_stays_kept(shop, keep, history, hand_over):
    """It is paid for: it goes only once the member has it."""
    first, second = keep(created_at=NOW + 1), keep()

    async for job, _pictures in history.orders(MEMBER, file_limit=LIMIT):
        if job == first:
            await history.confirm(job)

    assert shop.jobs.rows[first.id].state is State.DELIVERED
    assert shop.jobs.rows[second.id].state is State.COMPLETED
    assert await hand_over() == [second.id]


async def test_an_order_whose_pictures_are_gone_does_not_stand_in_the_way(keep, hand_over):
    keep(created_at=NOW + 1, media=("https://pub-1.r2.dev/broken.png",))
    sound = keep()

    assert await hand_over() == [sound.id]


async def test_the_newest_come_first_and_not_too_many_at_once(keep, hand_over):
    jobs = [keep(created_at=NOW + number) for number in range(MOST + 2)]
    newest_first = [job.id for job in reversed(jobs)]

    assert await hand_over() == newest_first[:MOST]
    assert await hand_over() == newest_first[MOST:]


async def test_pictures_that_are_too_large_can_be_had_smaller(shop, keep, history):
    keep()

    async for job, _ in history.orders(MEMBER, file_limit=LIMIT):
        assert await history.smaller_pictures(job)

    assert shop.media.limits == [LIMIT, LIMIT // 2]
