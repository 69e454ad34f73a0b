"""The heap of jobs as its members see it: leafed through, exported, forgotten."""

import pytest

from bot.domain.job import ENDED, Billed, EndReason, State
from bot.store.job_queries import JobQueries
from tests.samples import LANE, NOW, an_order

DAY = 86400.0
MEMBER, OTHER = 300, 301
TODAY = NOW - NOW % DAY
YESTERDAY = TODAY - 10.0
OVER = ENDED | {State.UNCERTAIN, State.EXPIRED}


@pytest.fixture
def records(database):
    return JobQueries(database)


@pytest.fixture
def page(records):
    async def page(word="", *, member=MEMBER, skip=0, most=5):
        page = await records.page(member, word=word, skip=skip, most=most)
        return [job.id for job in page.jobs], page.total

    return page


async def test_a_page_shows_the_newest_and_knows_how_many_there_are(page, add):
    ids = [(await add(created_at=NOW + number)).id for number in range(7)]
    await add(member_id=OTHER)

    assert await page() == (ids[:1:-1], 7)
    assert await page(skip=5) == (ids[1::-1], 7)
    assert await page(skip=10) == ([], 7)
    assert await page(member=OTHER + 1) == ([], 0)


@pytest.mark.parametrize("word", ["LIGHT", "straße", "STRASSE", "100%", "_"])
async def test_a_word_is_found_whatever_its_case_and_signs(page, add, word):
    """Databases fold English letters alone, and take % and _ for any."""
    job = await add(order=an_order(prompt="100% light on the Straße of _"))
    await add(order=an_order(prompt="a dog"))

    assert await page(word) == ([job.id], 1)


async def test_what_was_forgotten_is_not_leafed_through_but_what_was_deleted_is(page, add):
    deleted = await add(state=State.DELIVERED, deleted_at=NOW)
    await add(state=State.DELIVERED, order=an_order(prompt=""))

    assert await page() == ([deleted.id], 1)


@pytest.mark.parametrize("word", ["", "lighthouse"])
async def test_of_a_member_with_very_many_orders_the_newest_are_searched(database, add, word):
    ids = [(await add(created_at=NOW + number)).id for number in range(5)]
    few = JobQueries(database, searched=3)

    first = await few.page(MEMBER, word=word, skip=0, most=2)
    second = await few.page(MEMBER, word=word, skip=2, most=2)

    assert [job.id for job in [*first.jobs, *second.jobs]] == ids[:1:-1]
    assert first.total == second.total == 3
    assert (await few.page(MEMBER, word=word, skip=4, most=2)).jobs == []


async def test_all_that_is_on_record_of_a_member_is_found(records, add):
    """What was deleted too: it is still there."""
    deleted = await add(state=State.DELIVERED, deleted_at=NOW, created_at=NOW - 1)
    runs = await add(state=State.QUEUED)
    await add(member_id=OTHER)

    assert await records.orders_of(MEMBER) == [runs, deleted]


async def forget(records, *, made_before=NOW):
    return await records.erase_member(MEMBER, made_before=made_before, today=TODAY)


@pytest.mark.parametrize("state", State)
async def test_what_is_over_since_before_today_is_gone_and_what_runs_stays(
    jobs, records, add, state
):
    job = await add(state=state, created_at=YESTERDAY)

    forgotten = await forget(records)

    over = state in OVER
    assert forgotten == ([job.id] if over else [])
    assert await jobs.get(job.id) == (None if over else job)
    assert await records.erasure_pending(MEMBER, made_before=NOW) is not over


@pytest.mark.parametrize("state", sorted(OVER))
async def test_of_todays_orders_only_what_limits_count_stays(jobs, records, add, state):
    order = an_order(prompt="a secret", sent="a secret, in oil", style="oil", images=3)
    job = await add(
        state=state, billed=Billed.YES, order=order, media=("https://m.example/1",), error="secret"
    )
    before = await jobs.admission_context(job.guild_id, MEMBER, lane=LANE, now=NOW)

    assert await forget(records) == [job.id]

    left = await jobs.get(job.id)
    assert "secret" not in repr(left)
    assert (left.media, left.reply.interaction_token, left.order.style) == ((), None, None)
    assert (left.state, left.billed, left.order.images) == (state, Billed.YES, 3)
    after = await jobs.admission_context(job.guild_id, MEMBER, lane=LANE, now=NOW)
    assert after.usage == before.usage
    assert after.usage.member == 3
    assert await records.erasure_pending(MEMBER, made_before=NOW)


async def test_what_still_comes_of_an_erased_order_is_not_shown(jobs, records, add):
    """The vendor's word on an uncertain order may come after it was forgotten."""
    job = await add(state=State.UNCERTAIN)

    await forget(records)
    await jobs.record_request_id(job.id, "r-late", now=NOW)

    woken = await jobs.get(job.id)
    assert (woken.state, woken.withdrawn, woken.order.prompt) == (State.QUEUED, True, "")


@pytest.mark.parametrize("made", [YESTERDAY, NOW])
async def test_kept_pictures_are_offered_no_more(jobs, records, add, made):
    job = await add(
        state=State.COMPLETED,
        billed=Billed.YES,
        kept_at=NOW,
        created_at=made,
        media=("https://m",),
    )

    assert await forget(records) == [job.id]

    assert await jobs.undelivered(MEMBER, most=5) == []
    left = await jobs.get(job.id)
    if made < TODAY:
        assert left is None
    else:
        assert (left.state, left.end_reason) == (State.FAILED, EndReason.KEPT_TOO_LONG)
        assert (left.billed, left.media, left.outstanding.kept_at) == (Billed.YES, (), None)


async def test_a_job_with_an_owner_is_not_erased(jobs, records, add):
    job = await add(state=State.DELIVERED, owner="here", created_at=YESTERDAY)

    assert await forget(records) == []
    assert await jobs.get(job.id) == job


async def test_what_was_ordered_after_the_wish_stays_and_so_do_the_others(jobs, records, add):
    later = await add(state=State.DELIVERED, created_at=NOW + 1)
    others = await add(state=State.DELIVERED, created_at=YESTERDAY, member_id=OTHER)

    assert await forget(records) == []
    assert await jobs.get(later.id) == later
    assert await jobs.get(others.id) == others
    assert not await records.erasure_pending(MEMBER, made_before=NOW)


async def test_todays_orders_are_gone_once_the_day_is_over(jobs, records, add):
    job = await add(state=State.DELIVERED)
    await forget(records)

    await records.erase_member(MEMBER, made_before=NOW, today=TODAY + DAY)

    assert await jobs.get(job.id) is None
    assert not await records.erasure_pending(MEMBER, made_before=NOW)


@pytest.mark.parametrize("erased_before", [False, True], ids=["now", "by the retention before"])
async def test_with_their_last_order_a_members_queue_goes(
    records, database, lanes, add, claim, erased_before
):
    """Outside of servers each member has a queue, whose key holds their id."""
    await lanes.reserve_slots(LANE, count=1, interval=1.0, now=NOW)  # as before each claim
    await add(guild_id=None)
    job = await claim()
    assert await database.read(queues) == [f"m{MEMBER}"]
    await database.write(
        lambda connection: connection.exec_driver_sql(
            f"UPDATE jobs SET state = 'DELIVERED', owner = NULL, created_at = {YESTERDAY}"
        )
    )
    if erased_before:
        await records.erase_ended(made_before=NOW, most=9)

    assert await forget(records) == ([] if erased_before else [job.id])

    assert await database.read(queues) == []


def queues(connection):
    return [row[0] for row in connection.exec_driver_sql("SELECT line FROM lane_queues")]


async def test_durations_are_those_of_the_last_jobs_that_were_completed(records, add):
    for number in range(4):
        await add(
            interaction_id=number + 1,
            state=State.DELIVERED,
            queued_at=NOW,
            completed_at=NOW + number,
        )
    await add(interaction_id=9, state=State.QUEUED, queued_at=NOW)

    assert await records.recent_durations(most=3) == [3.0, 2.0, 1.0]


async def test_a_bounded_number_of_jobs_is_read_for_durations(database, add):
    """Where the vendor has failed for long, a start would read through all that is on record."""
    await add(interaction_id=1, state=State.DELIVERED, queued_at=NOW, completed_at=NOW + 5)
    for number in range(4):
        await add(interaction_id=2 + number, state=State.ERROR, queued_at=NOW)

    assert await JobQueries(database, among=2).recent_durations(most=2) == []
