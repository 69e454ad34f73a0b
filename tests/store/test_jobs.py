"""Jobs in the store: what holds when two processes want the same."""

import asyncio
import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import lane as breaker
from bot.domain.job import Billed, EndReason, Job, Lease, State, Update, advance
from bot.domain.lane import ClosedReason, Lane
from bot.store.database import Database
from bot.store.job_queries import JobQueries
from bot.store.jobs import Jobs
from tests.samples import LANE, NOW, a_job, an_order, anybody, changed_job
from tests.store.record import Full, record


async def taken_over(jobs, owner="there", *, lease=30.0, submitted_before=NOW):
    taken = await jobs.take_over(owner, lease=lease, submitted_before=submitted_before)
    return {job.id for job in taken}


async def inherited(jobs, owner="one:2222"):
    """Take what the predecessors of the instance *one* had."""
    return {job.id for job in await jobs.inherit(owner, lease=30.0)}


async def test_a_job_comes_back_as_it_was_put_in(jobs):
    job = a_job(
        order=an_order(
            prompt="caf\u00e9 \U0001f469\u200d\U0001f680 '; --",
            images=3,
            guidance=7.25,
            steps=33,
            enhance=False,
        ),
        guild_id=None,
        interaction_id=2**62,
        state=State.COMPLETED,
        billed=Billed.YES,
        end_reason=EndReason.VENDOR,
        error="its words",
        request_id="r-1",
        media=("https://a.r2.dev/1", "https://a.r2.dev/2"),
        message_id=2**62 + 1,
        epoch=3,
        answered_at=NOW + 0.25,
        submit_started_at=NOW + 1,
        queued_at=NOW + 2,
        completed_at=NOW + 3,
        kept_at=NOW + 4,
    )

    assert await record(jobs, job)
    assert await jobs.get(job.id) == job
    assert await jobs.get("another") is None


async def test_an_interaction_makes_one_job_however_often_it_comes(jobs, other_jobs):
    """Discord replays interactions, to another process too: the second one changes nothing."""
    job = a_job()
    again = changed_job(a_job(), interaction_id=job.reply.interaction_id)

    assert await record(jobs, job)
    assert not await record(other_jobs, again)
    assert await other_jobs.get(again.id) is None


async def test_of_two_processes_that_record_one_interaction_one_wins(jobs, other_jobs):
    job = a_job()
    again = changed_job(a_job(), interaction_id=job.reply.interaction_id)

    recorded = await asyncio.gather(record(jobs, job), record(other_jobs, again))

    assert sorted(recorded) == [False, True]


async def test_a_swap_puts_the_new_in_the_place_of_the_old(jobs, add):
    before = await add()
    after = before.transition(State.CANCELLED, now=NOW + 1, end_reason=EndReason.UNANSWERED)

    assert await jobs.swap(before, after)
    assert await jobs.get(before.id) == after


@pytest.mark.parametrize(
    "meanwhile",
    [{"state": State.SUBMITTING}, {"owner": "there"}, {"owner": None}, {"epoch": 7}],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_swap_loses_to_an_earlier_one(jobs, other_jobs, add, meanwhile):
    before = await add(owner="here")
    theirs = changed_job(before, **meanwhile)
    assert await other_jobs.swap(before, theirs)

    assert not await jobs.swap(before, before.transition(State.CANCELLED, now=NOW))
    assert await jobs.get(before.id) == theirs


async def test_of_two_swaps_at_once_one_wins(jobs, other_jobs, add):
    """Cancelling and submitting race: whichever comes second must find the door closed."""
    before = await add()
    cancelled = before.transition(State.CANCELLED, now=NOW)
    sent = before.claimed("there", now=NOW)

    won = tuple(await asyncio.gather(jobs.swap(before, cancelled), other_jobs.swap(before, sent)))

    assert won in ((cancelled, None), (None, sent))
    assert await jobs.get(before.id) in won


async def test_a_swap_keeps_what_it_does_not_change(jobs, add):
    """A change of state must not undo an answer that was recorded in between."""
    before = await add(answered_at=None)
    assert await jobs.swap(before, changed_job(before, answered_at=NOW + 1, message_id=77))

    assert await jobs.swap(before, before.transition(State.CANCELLED, now=NOW + 2))

    stored = await jobs.get(before.id)
    assert stored.state is State.CANCELLED
    assert (stored.reply.answered_at, stored.reply.message_id) == (NOW + 1, 77)


async def test_a_request_id_belongs_to_one_job(jobs, add):
    first = await add(state=State.SUBMITTING, owner="here")
    second = await add(state=State.SUBMITTING, owner="here")
    assert await jobs.swap(first, first.transition(State.QUEUED, now=NOW, request_id="r-1"))

    assert not await jobs.swap(second, second.transition(State.QUEUED, now=NOW, request_id="r-1"))
    assert not await jobs.record_request_id(second.id, "r-1", now=NOW)
    assert (await jobs.get(second.id)).state is State.SUBMITTING


async def test_a_claimed_job_is_submitting_and_owned(add, claim, jobs):
    waiting = await add()

    job = await claim("here", now=NOW + 5)

    assert job == await jobs.get(waiting.id)
    assert (job.state, job.state_since) == (State.SUBMITTING, NOW + 5)
    assert job.billed is Billed.UNKNOWN
    assert job.lease == Lease(
        owner="here", epoch=waiting.lease.epoch + 1, submit_started_at=NOW + 5
    )
    assert await claim() is None


async def test_claims_of_two_processes_never_give_one_job_twice(add, claim, jobs, other_jobs):
    """A second claim would pay for the order twice."""
    waiting = {(await add(guild_id=number % 3)).id for number in range(12)}

    claimed = await asyncio.gather(
        *(claim("here", by=jobs) for _ in range(9)),
        *(claim("there", by=other_jobs) for _ in range(9)),
    )

    got = [job.id for job in claimed if job is not None]
    assert len(got) == len(set(got)) == 12
    assert set(got) == waiting


async def test_claims_of_two_processes_never_exceed_the_width(add, claim, jobs, other_jobs):
    """The vendor refuses what is too much, and then everybody waits."""
    for number in range(50):
        await add(guild_id=number % 7)

    claimed = await asyncio.gather(*(claim(by=by, width=5) for by in [jobs, other_jobs] * 25))

    assert sum(job is not None for job in claimed) == 5


async def test_an_order_is_cancelled_or_claimed_and_never_both(add, claim, jobs, other_jobs):
    """A member who was told that nothing was ordered must not find it on the bill."""
    waiting = [await add(guild_id=number % 7) for number in range(20)]

    won, claimed = await asyncio.gather(
        asyncio.gather(
            *(other_jobs.swap(job, job.transition(State.CANCELLED, now=NOW)) for job in waiting)
        ),
        asyncio.gather(*(claim(by=jobs, width=99) for _ in waiting)),
    )

    cancelled = {job.id for job, was in zip(waiting, won, strict=True) if was}
    got = {job.id for job in claimed if job is not None}
    assert not cancelled & got
    assert cancelled | got == {job.id for job in waiting}


async def test_what_changes_many_jobs_never_waits_in_a_circle(add, jobs, other_jobs):
    """A server ends one of two that do, and a renewal of leases is lost."""
    for number in range(30):
        await add(state=State.QUEUED, owner="here", created_at=NOW - number)

    await asyncio.gather(
        *(jobs.renew_leases("here", lease=30) for _ in range(5)),
        *(other_jobs.erase_tokens(before=NOW + 1) for _ in range(5)),
        *(by.assign_lane(lane) for by, lane in zip([jobs, other_jobs] * 5, "ab" * 5, strict=True)),
        other_jobs.release("here"),
    )


async def test_a_job_whose_member_was_not_answered_is_never_claimed(add, claim):
    await add(answered_at=None)

    assert await claim() is None


async def test_lines_are_served_in_turn(add, claim):
    """A server that orders a hundred pictures delays only itself."""
    busy = [await add(guild_id=1, created_at=NOW + number) for number in range(3)]
    quiet = [await add(guild_id=2, created_at=NOW + 10 + number) for number in range(2)]
    alone = await add(guild_id=None, member_id=1, created_at=NOW + 20)

    order = [(await claim(now=NOW + 100 + number)).id for number in range(6)]

    expected = [busy[0], quiet[0], alone, busy[1], quiet[1], busy[2]]
    assert order == [job.id for job in expected]


async def test_a_line_that_was_served_long_ago_goes_before_one_that_was_just_served(add, claim):
    for guild in (1, 2):
        await add(guild_id=guild)
        await claim(now=NOW + guild)
    later = await add(guild_id=2, created_at=NOW + 10)
    earlier = await add(guild_id=1, created_at=NOW + 20)

    assert (await claim(now=NOW + 30)).id == earlier.id
    assert (await claim(now=NOW + 31)).id == later.id


@pytest.mark.parametrize("state", [State.SUBMITTING, State.QUEUED, State.PROCESSING])
async def test_a_lane_is_as_wide_as_it_is(add, claim, other_jobs, state):
    for _ in range(2):
        await add(state=state, owner="somebody")
    await add()

    assert await claim(width=2) is None
    assert await claim(width=2, by=other_jobs) is None
    assert await claim(width=3) is not None


@pytest.mark.parametrize(
    "state", [State.COMPLETED, State.UNCERTAIN, State.EXPIRED, State.FAILED, State.DELIVERED]
)
async def test_what_the_vendor_is_done_with_takes_no_place(add, claim, state):
    await add(state=state)
    await add()

    assert await claim(width=1) is not None


async def test_another_lane_is_another_queue(add, claim, lanes):
    await add(lane="other", state=State.QUEUED)
    await lanes.update("other", lambda lane: replace(lane, paused_until=NOW + 60))
    mine = await add()

    assert await claim(lane="other") is None
    assert (await claim(width=1)).id == mine.id


async def test_nothing_is_claimed_while_the_lane_pauses(add, claim, lanes):
    await add()
    await lanes.update(LANE, lambda lane: replace(lane, paused_until=NOW + 60))

    assert await claim(now=NOW + 59) is None
    assert await claim(now=NOW + 60) is not None


@pytest.mark.parametrize("state", [State.SUBMITTING, State.UNCERTAIN])
@pytest.mark.parametrize("owner", [None, "here"])
async def test_a_request_id_is_recorded_whatever_the_owner(jobs, add, state, owner):
    job = await add(state=state, owner=owner, billed=Billed.UNKNOWN)

    assert await jobs.record_request_id(job.id, "r-1", now=NOW + 3)

    stored = await jobs.get(job.id)
    assert (stored.state, stored.request_id, stored.lease.owner) == (State.QUEUED, "r-1", owner)
    assert (stored.queued_at, stored.state_since) == (NOW + 3, NOW + 3)
    assert stored.billed is Billed.UNKNOWN


@pytest.mark.parametrize("state", sorted(set(State) - {State.SUBMITTING, State.UNCERTAIN}))
async def test_no_other_state_learns_a_request_id(jobs, add, state):
    job = await add(state=state)

    assert not await jobs.record_request_id(job.id, "r-1", now=NOW)
    assert await jobs.get(job.id) == job


async def test_a_known_request_id_is_never_replaced(jobs, add):
    job = await add(state=State.SUBMITTING, owner="here")
    assert await jobs.record_request_id(job.id, "r-1", now=NOW)

    assert not await jobs.record_request_id(job.id, "r-2", now=NOW)
    assert not await jobs.record_request_id("no-such-job", "r-3", now=NOW)
    assert (await jobs.get(job.id)).request_id == "r-1"


async def test_a_submit_that_finds_its_id_learned_loses_its_swap(jobs, add):
    """A callback came first: a lost answer must not make the job UNCERTAIN after that."""
    job = await add(state=State.SUBMITTING, owner="here")
    assert await jobs.record_request_id(job.id, "r-1", now=NOW)

    assert not await jobs.swap(job, job.transition(State.UNCERTAIN, now=NOW))


async def test_a_lease_that_holds_is_left_alone(add, claim, other_jobs):
    await add()
    await claim("here", lease=30)

    assert await taken_over(other_jobs, submitted_before=NOW + 1) == set()


async def test_a_lease_that_ran_out_is_taken_over_once(add, claim, jobs, other_jobs):
    """The epoch tells the old owner, should it wake up, that the job is not its own any more."""
    job = await add()
    claimed = await claim("here", lease=-1)

    assert await taken_over(other_jobs, submitted_before=NOW + 1) == {job.id}
    assert await taken_over(jobs, "third", submitted_before=NOW + 1) == set()
    stored = await jobs.get(job.id)
    assert (stored.lease.owner, stored.lease.epoch) == ("there", claimed.lease.epoch + 1)
    assert not await jobs.swap(claimed, claimed.requeued(now=NOW))


async def test_a_submit_that_may_still_be_on_its_way_is_left_alone(add, claim, other_jobs):
    job = await add()
    await claim("here", lease=-1, now=NOW)

    assert await taken_over(other_jobs, submitted_before=NOW) == set()
    assert await taken_over(other_jobs, submitted_before=NOW + 0.1) == {job.id}


async def test_a_renewed_lease_holds_again(jobs, add, claim, other_jobs):
    await add()
    await add()
    await claim("here", lease=-1)
    await claim("elsewhere", lease=-1)

    await jobs.renew_leases("here", lease=30)

    assert len(await taken_over(other_jobs, submitted_before=NOW + 1)) == 1


@pytest.mark.parametrize("state", [State.QUEUED, State.PROCESSING, State.COMPLETED])
async def test_open_jobs_without_an_owner_are_taken_over(jobs, add, state):
    job = await add(state=state)

    assert await taken_over(jobs) == {job.id}


@pytest.mark.parametrize(
    "state", sorted(set(State) - {State.QUEUED, State.PROCESSING, State.COMPLETED})
)
async def test_jobs_that_need_no_work_are_left_alone(jobs, add, state):
    """WAITING belongs to the lane; the others are told and done."""
    await add(state=state)

    assert await taken_over(jobs) == set()
    assert await inherited(jobs) == set()


async def test_pictures_that_are_kept_are_not_delivered_again(jobs, add):
    await add(state=State.COMPLETED, kept_at=NOW)

    assert await taken_over(jobs) == set()


async def test_an_end_that_was_not_told_is_taken_over(jobs, add):
    """Its owner died between the last state and the card: the member still has to hear of it."""
    job = await add(state=State.FAILED, owner="one:1111")

    assert await inherited(jobs) == {job.id}


async def test_of_two_processes_that_take_over_each_job_goes_to_one(jobs, other_jobs, add):
    added = {(await add(state=State.QUEUED)).id for _ in range(10)}

    here, there = await asyncio.gather(taken_over(jobs, "here"), taken_over(other_jobs, "there"))

    assert here | there == added
    assert not here & there


async def test_a_process_that_is_alone_inherits_everything_at_once(jobs, add, claim):
    """It waits for no lease: the lock proves that the former owner is dead."""
    await add()
    submitting = await claim("one:1111", lease=30)
    followed = await add(state=State.QUEUED, owner="one:0000")
    unowned = await add(state=State.COMPLETED)
    waiting = await add()

    assert await inherited(jobs) == {submitting.id, followed.id, unowned.id}
    assert await inherited(jobs) == set()
    assert await jobs.get(waiting.id) == waiting


@pytest.mark.parametrize("instance", ["two", "one:1", "on_", "one%", "ONE", ""])
async def test_of_another_instance_nothing_is_known(database, jobs, add, instance):
    """It runs beside us on a server: to take what it works on would tell members of an end that
    is none. On a file no other process runs.
    """
    job = await add(state=State.SUBMITTING, owner=f"{instance}:1111")

    assert await inherited(jobs) == (set() if database.shared else {job.id})


async def test_what_is_too_much_for_one_statement_is_inherited_in_several(jobs, add):
    added = {(await add(state=State.QUEUED)).id for _ in range(5)}
    batches = []
    while batch := await jobs.inherit("there", lease=30, most=2):
        batches.append({job.id for job in batch})

    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert set.union(*batches) == added


async def test_unanswered_and_unserved_orders_are_found(jobs, add):
    unanswered = await add(answered_at=None, created_at=NOW - 20)
    late = await add(created_at=NOW - 4000)
    made_by_a_wrong_clock = await add(answered_at=None, created_at=NOW + 86400)
    await add(answered_at=None, created_at=NOW - 10)
    await add(answered_at=None, created_at=NOW + 300)
    await add(created_at=NOW + 86400)
    await add(created_at=NOW - 20)
    await add(state=State.QUEUED, created_at=NOW - 4000)

    stale = await jobs.stale_waiting(
        unanswered_since=NOW - 15, unanswered_until=NOW + 3600, waiting_since=NOW - 3600
    )

    assert [job.id for job in stale] == [late.id, unanswered.id, made_by_a_wrong_clock.id]


async def test_what_is_recorded_survives_its_process(database, jobs, url, add):
    job = await add(state=State.QUEUED, request_id="r-1")
    async with Database.open(url) as later:
        assert await Jobs(later).get(job.id) == job


async def test_a_members_kept_pictures_are_found_the_newest_first(jobs, add):
    old, new, newest = [
        await add(state=State.COMPLETED, kept_at=NOW, created_at=NOW + number, member_id=1)
        for number in range(3)
    ]
    await add(state=State.COMPLETED, kept_at=NOW, member_id=2)
    await add(state=State.DELIVERED, member_id=1)
    await add(state=State.COMPLETED, member_id=1)

    assert await jobs.undelivered(1, most=10) == [newest, new, old]
    assert await jobs.undelivered(1, most=2) == [newest, new]
    assert await jobs.undelivered(3, most=10) == []


async def test_pictures_of_a_forgotten_order_that_come_all_the_same_are_not_offered(
    database, jobs, add
):
    """The vendor was silent, the member had their data deleted, and then it answers.

    Of such an order there is nothing to write on a card, and Discord takes no empty text: it would
    bar the way to all that is kept.
    """
    unsure = await add(state=State.UNCERTAIN, billed=Billed.UNKNOWN)
    sound = await add(state=State.COMPLETED, kept_at=NOW, created_at=NOW + 1)
    await JobQueries(database).erase_member(unsure.member_id, made_before=NOW, today=NOW)

    assert await jobs.record_request_id(unsure.id, "r-late", now=NOW)
    queued = await jobs.get(unsure.id)
    update = Update(state=State.COMPLETED, request_id="r-late", media=("https://x.example/1.png",))
    completed = advance(queued, update, now=NOW)
    assert await jobs.swap(queued, completed)
    assert await jobs.swap(completed, changed_job(completed, kept_at=NOW))

    assert [job.id for job in await jobs.undelivered(unsure.member_id, most=5)] == [sound.id]


async def test_only_tokens_that_have_expired_are_erased(jobs, add):
    old = await add(created_at=NOW - 1)
    young = await add(created_at=NOW)

    await jobs.erase_tokens(before=NOW)

    assert await jobs.get(old.id) == changed_job(old, interaction_token=None)
    assert await jobs.get(young.id) == young


# The line.


async def test_the_line_tells_who_is_served_when(jobs, add):
    busy = [await add(guild_id=1, created_at=NOW + number) for number in range(3)]
    quiet = await add(guild_id=2, created_at=NOW + 10)
    await add(guild_id=3, answered_at=None)
    await add(guild_id=3, state=State.QUEUED)
    await add(guild_id=3, lane="other")

    assert await jobs.waiting_jobs(LANE, most=10) == [busy[0], quiet, *busy[1:]]
    assert await jobs.waiting_jobs(LANE, most=2) == [busy[0], quiet]
    assert await jobs.waiting_jobs("no such lane", most=10) == []


lanes_of_examples = (f"lane-{number}" for number in itertools.count())
arrivals = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 3)),  # the line, and when: often at one moment
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.none() | arrivals, second=arrivals)
async def test_the_line_is_the_order_in_which_claims_are_served(jobs, claim, add, first, second):
    """Cards show places: place 2 is served second, unless others come."""
    lane, moments = next(lanes_of_examples), itertools.count(NOW + 100)
    for arrived in (first or [], second):
        for line, at in arrived:
            await add(guild_id=line, created_at=NOW + at, lane=lane)
        told = [job.id for job in await jobs.waiting_jobs(lane, most=50)]
        assert len(told) >= len(arrived)

        turns = told if arrived is second else told[: len(told) // 2]
        served = [await claim(lane=lane, width=99, now=next(moments)) for _ in turns]

        assert [job.id for job in served] == turns


@pytest.mark.parametrize("served", [False, True])
async def test_a_single_order_is_served_second_at_the_latest(jobs, claim, add, served):
    """Thirty orders of one server delay only that server."""
    if served:  # both have been, and the busy one longer ago
        for guild_id in (1, 2):
            await add(guild_id=guild_id)
            await claim(now=NOW + guild_id)
    for number in range(30):
        await add(guild_id=1, created_at=NOW + number)
    alone = await add(guild_id=2, created_at=NOW + 1000)

    assert (await jobs.waiting_jobs(LANE, most=2))[1] == alone
    claimed = [await claim(width=99, now=NOW + 1000 + number) for number in range(2)]
    assert claimed[1].id == alone.id


# A lane that is shut.


@pytest.fixture
def shut(lanes):
    """Shut the lane."""

    async def shut(reason, **changes):
        values = {"closed": reason, "shut_at": NOW, "probe_at": NOW} | changes
        await lanes.update(LANE, lambda lane: replace(lane, **values))

    return shut


async def test_of_a_lane_without_credit_only_the_probe_is_claimed(jobs, add, claim, shut):
    await add(guild_id=1)
    probe = await add(guild_id=1, created_at=NOW + 1)
    await add(guild_id=2)
    await shut(ClosedReason.CREDIT, probe=probe.id)

    assert (await jobs.look(lane=LANE, width=16, now=NOW)).claimable
    assert (await claim()).id == probe.id
    assert not (await jobs.look(lane=LANE, width=16, now=NOW)).claimable
    assert await claim() is None


async def test_of_a_lane_that_is_shut_nothing_is_claimed(jobs, add, claim, shut):
    await add()

    for reason in (ClosedReason.CREDIT, ClosedReason.KEY):
        await shut(reason)
        assert not (await jobs.look(lane=LANE, width=16, now=NOW + 10**6)).claimable
        assert await claim(now=NOW + 10**6) is None


async def test_a_probe_pauses_with_its_lane(add, claim, shut):
    probe = await add()
    await shut(ClosedReason.CREDIT, probe=probe.id, paused_until=NOW + 60)

    assert await claim(now=NOW + 59) is None
    assert (await claim(now=NOW + 60)).id == probe.id


async def test_of_many_orders_at_once_one_becomes_the_probe(jobs, other_jobs, lanes, shut):
    """Two processes, many members: one of them finds out whether there is credit again."""
    await shut(ClosedReason.CREDIT)
    asked = [a_job(guild_id=number % 3) for number in range(12)]

    def admit(job, standing):
        if breaker.closed_reason(standing.lane, NOW) and not breaker.may_probe(standing.lane, NOW):
            raise Full
        return job

    ends = await asyncio.gather(
        *(by.add(job, admit) for by, job in zip([jobs, other_jobs] * 6, asked, strict=True)),
        return_exceptions=True,
    )

    (probe,) = (end for end in ends if not isinstance(end, Full))
    assert isinstance(probe, Job)
    assert (await lanes.get(LANE)).probe == probe.id


async def test_no_other_order_is_a_probe(jobs, lanes, shut):
    def reject(_job, _standing):
        raise Full

    await jobs.add(a_job(), anybody)
    assert await lanes.get(LANE) == Lane()

    await shut(ClosedReason.CREDIT)
    with pytest.raises(Full):
        await jobs.add(a_job(), reject)
    assert (await lanes.get(LANE)).probe is None


async def test_what_an_order_was_admitted_with_is_kept(jobs):
    """The spoiler is the server's rule of that moment, whatever its moderators change later."""
    job = a_job()

    recorded = await jobs.add(job, lambda asked, _: changed_job(asked, spoiler=True))

    assert recorded == await jobs.get(job.id) == changed_job(job, spoiler=True)


async def test_outstanding_jobs_are_taken_when_their_next_try_is_due(jobs):
    due, far, expired = (
        a_job(state=state, next_try_at=next_try_at)
        for state, next_try_at in (
            (State.COMPLETED, 1.0),
            (State.COMPLETED, 1e11),
            (State.EXPIRED, 1e11),
        )
    )
    for job in (due, far, expired):
        await record(jobs, job)

    assert await taken_over(jobs) == {due.id}
    assert (await jobs.retry_now(far.id), await taken_over(jobs)) == (1, {far.id})
    assert (await jobs.retry_now(), await taken_over(jobs)) == (1, {expired.id})


@pytest.mark.parametrize(
    "reason", [ClosedReason.BUSY, ClosedReason.UNKNOWN, ClosedReason.MEDIA, ClosedReason.DENIED]
)
async def test_of_two_processes_one_claims_the_probe_of_a_closed_lane(
    add, claim, lanes, jobs, other_jobs, reason
):
    await lanes.update(LANE, lambda _: Lane(closed=reason))
    for _ in range(4):
        await add()

    claimed = await asyncio.gather(*(claim(by=by) for by in [jobs, other_jobs] * 4))

    [probe] = [job for job in claimed if job is not None]
    assert (await lanes.get(LANE)).probe == probe.id
    assert not (await jobs.look(lane=LANE, width=9, now=NOW)).claimable

    await lanes.update(LANE, lambda _: Lane())
    assert await claim() is not None


async def test_after_an_unknown_outcome_a_submit_waits_for_the_answer_to_the_last(
    add, claim, lanes, jobs
):
    await lanes.update(LANE, lambda _: Lane(unknown_in_row=1))
    await add()
    await add()
    first = await claim()
    assert await claim() is None

    assert await jobs.record_request_id(first.id, "r-1", now=NOW)
    assert await claim() is not None
