"""The life of an order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job import (
    AT_VENDOR,
    ENDED,
    FOLLOWED,
    TRANSITIONS,
    Billed,
    Delivery,
    EndReason,
    ForbiddenTransition,
    Obstacle,
    Outstanding,
    State,
    Update,
    advance,
    completed_after_all,
)
from tests.samples import NOW, a_job

VENDOR = (State.QUEUED, State.PROCESSING, State.COMPLETED, State.FAILED, State.ERROR)
PICTURES = ("https://pub-1.r2.dev/v1/output.png",)

# How far along a job is; the vendor's word may only lead to a later stage.
STAGE = {
    State.WAITING: 0,
    State.SUBMITTING: 1,
    State.UNCERTAIN: 2,
    State.QUEUED: 3,
    State.PROCESSING: 4,
    State.EXPIRED: 5,
    State.COMPLETED: 6,
    **dict.fromkeys(ENDED, 7),
}

# DESIGN's diagram: what may follow by the vendor's word alone.
BY_UPDATE = {
    State.SUBMITTING: set(VENDOR),
    State.UNCERTAIN: set(VENDOR),
    State.QUEUED: {State.PROCESSING, State.COMPLETED, State.FAILED, State.ERROR},
    State.PROCESSING: {State.COMPLETED, State.FAILED, State.ERROR},
    State.EXPIRED: {State.COMPLETED, State.FAILED, State.ERROR},
}


def in_state(state, **changes):
    """Return a job in *state*, as one comes there."""
    heard_of = state in {*FOLLOWED, State.EXPIRED, State.COMPLETED, State.DELIVERED}
    return a_job(state=state, request_id="r-1" if heard_of else None, **changes)


request_ids = st.sampled_from([None, "r-1", "r-2"])
updates = st.builds(
    Update,
    state=st.sampled_from([None, *VENDOR]),
    request_id=request_ids,
    media=st.sampled_from([(), PICTURES]),
    error=st.sampled_from([None, "the model failed"]),
)
jobs = st.builds(in_state, st.sampled_from(State))


@given(jobs, updates)
def test_an_update_leads_only_where_the_diagram_does(job, update):
    after = advance(job, update, now=NOW)

    assert after is job or after.state in BY_UPDATE.get(job.state, set())


@given(jobs, st.lists(updates, max_size=6))
def test_updates_in_any_order_never_take_a_job_back_or_change_its_request_id(job, updates):
    for update in updates:
        before, job = job, advance(job, update, now=NOW)

        assert STAGE[job.state] >= STAGE[before.state]
        assert before.request_id in {None, job.request_id}
        assert job.state not in FOLLOWED or job.request_id is not None


@given(st.sampled_from(sorted(ENDED | {State.COMPLETED})), st.lists(updates, max_size=6))
def test_no_update_touches_a_job_that_the_vendor_is_done_with(state, updates):
    """A false FAILED that follows a COMPLETED would cost the member pictures that are paid for."""
    job = in_state(state)

    for update in updates:
        assert advance(job, update, now=NOW) is job


@given(jobs, updates)
def test_the_same_update_twice_is_the_update_once(job, update):
    once = advance(job, update, now=NOW)

    assert advance(once, update, now=NOW + 1) is once


@given(jobs, updates)
def test_an_update_is_taken_whole_or_left_whole(job, update):
    after = advance(job, update, now=NOW + 5)

    if after is not job and update.state is not None:
        assert after.state == update.state
        assert after.media == update.media
        assert after.error == update.error
        assert after.request_id == (update.request_id or job.request_id)
        assert after.state_since == NOW + 5


@pytest.mark.parametrize("state", [State.SUBMITTING, State.UNCERTAIN])
def test_a_request_id_is_kept_whatever_status_came_with_it(state):
    """A status outside the contract is no reason to lose what was paid for: it is asked again."""
    job = in_state(state)

    after = advance(job, Update(state=None, request_id="r-1"), now=NOW)

    assert (after.state, after.request_id) == (State.QUEUED, "r-1")


@pytest.mark.parametrize("state", [State.QUEUED, State.PROCESSING, State.EXPIRED])
def test_a_status_outside_the_contract_changes_nothing_of_a_known_request(state):
    job = in_state(state)

    assert advance(job, Update(state=None, request_id="r-1"), now=NOW) is job


@pytest.mark.parametrize("state", [State.FAILED, State.ERROR])
def test_an_end_for_what_the_order_asks_is_told_from_others(state):
    update = Update(state=state, request_id="r-1", error="nsfw", content_refused=True)

    after = advance(in_state(State.PROCESSING), update, now=NOW)

    assert (after.state, after.end_reason, after.error) == (state, EndReason.CONTENT, "nsfw")


@pytest.mark.parametrize("state", [State.FAILED, State.ERROR])
def test_a_failure_is_completed_by_the_vendors_own_answer_alone(state):
    job = a_job(state=state, request_id="r-1", end_reason=EndReason.VENDOR, error="no", tries=2)
    completed = Update(state=State.COMPLETED, request_id="r-1", media=PICTURES)

    after = completed_after_all(job, completed, now=NOW + 5)

    assert (after.state, after.billed, after.media) == (State.COMPLETED, Billed.YES, PICTURES)
    assert (after.error, after.end_reason, after.outstanding.tries) == (None, None, 0)
    assert advance(job, completed, now=NOW) is job
    for other in (replace(completed, request_id="r-2"), replace(completed, state=State.FAILED)):
        assert completed_after_all(job, other, now=NOW) is job
    no_picture = replace(job, end_reason=EndReason.NO_PICTURE)
    assert completed_after_all(no_picture, completed, now=NOW) is no_picture


def test_a_postponed_job_waits_without_an_owner_for_its_next_try():
    job = in_state(State.EXPIRED, owner="here")
    for tries in (1, 2):
        after = job.postponed(Obstacle.STATUS, now=NOW + tries, next_try_at=NOW + 10 * tries)

        assert (after.lease.owner, after.delivery) == (None, Delivery.SHOWN)
        assert after.outstanding == Outstanding(
            obstacle=Obstacle.STATUS,
            outstanding_since=NOW + 1,
            next_try_at=NOW + 10 * tries,
            tries=tries,
        )
        job = after.owned_by("there")


def test_pictures_at_once_need_no_request_id():
    job = in_state(State.SUBMITTING)

    after = advance(job, Update(state=State.COMPLETED, media=PICTURES), now=NOW + 3)

    assert (after.state, after.request_id, after.media) == (State.COMPLETED, None, PICTURES)
    assert (after.queued_at, after.completed_at) == (NOW + 3, NOW + 3)


def test_only_what_the_vendor_ended_is_the_vendors_doing():
    job = in_state(State.PROCESSING)

    failed = advance(job, Update(state=State.FAILED, request_id="r-1", error="no"), now=NOW)
    done = advance(job, Update(state=State.COMPLETED, request_id="r-1"), now=NOW)

    assert (failed.end_reason, failed.error) == (EndReason.VENDOR, "no")
    assert done.end_reason is None


# Every way through the diagram ends up with what DESIGN says about the charge.
BILLED = {
    (State.WAITING, State.CANCELLED): Billed.NO,
    (State.WAITING, State.SUBMITTING): Billed.UNKNOWN,
    (State.SUBMITTING, State.WAITING): Billed.NO,
    (State.SUBMITTING, State.UNCERTAIN): Billed.UNKNOWN,
    (State.COMPLETED, State.DELIVERED): Billed.YES,
    (State.COMPLETED, State.FAILED): Billed.YES,
}
BY_END = {
    State.QUEUED: Billed.UNKNOWN,
    State.PROCESSING: Billed.UNKNOWN,
    State.EXPIRED: Billed.UNKNOWN,
    State.COMPLETED: Billed.YES,
    State.FAILED: Billed.UNKNOWN,
    State.ERROR: Billed.NO,
    State.REFUSED: Billed.NO,
}


@pytest.mark.parametrize("before", State)
def test_a_job_changes_only_as_the_diagram_says_and_is_billed_by_its_way(before):
    for after in State:
        if after in TRANSITIONS[before]:
            job = in_state(before).transition(after, now=NOW + 9)
            assert job.billed is BILLED.get((before, after), BY_END.get(after))
            assert (job.state, job.state_since) == (after, NOW + 9)
        else:
            with pytest.raises(ForbiddenTransition):
                in_state(before).transition(after, now=NOW)


def test_only_a_clear_no_leads_back_to_a_submit():
    """SUBMITTING → WAITING is that no; any other way back would pay for one order twice."""
    back = {
        state
        for state in TRANSITIONS
        if state is not State.WAITING and State.SUBMITTING in _reachable(state)
    }

    assert back == {State.SUBMITTING}
    assert {state for state, following in TRANSITIONS.items() if State.WAITING in following} == {
        State.SUBMITTING
    }


def _reachable(state):
    reachable: set[State] = set()
    unvisited = [state]
    while unvisited:
        new = TRANSITIONS[unvisited.pop()] - reachable
        reachable |= new
        unvisited.extend(new)
    return reachable


def test_every_state_leads_to_an_end():
    assert all(_reachable(state) & ENDED for state in TRANSITIONS if state not in ENDED)
    assert {state for state in State if in_state(state).ended} == ENDED
    assert set(TRANSITIONS) == set(State)


def test_the_sets_of_states_are_designs():
    assert {State.DELIVERED, State.FAILED, State.ERROR, State.REFUSED, State.CANCELLED} == ENDED
    assert {State.SUBMITTING, State.QUEUED, State.PROCESSING} == AT_VENDOR
    assert {State.QUEUED, State.PROCESSING} == FOLLOWED


STEPS = st.sampled_from(
    [
        *(("transition", state) for state in State),
        *((name, None) for name in ("own", "release", "withdraw", "undeliverable", "requeue")),
        ("cancel_withdrawn", None),
    ]
)


def stepped(job, name, state):
    """Return *job* after a step that services take; itself where they would not take it."""
    match name:
        case "transition" if state in TRANSITIONS[job.state]:
            return job.transition(state, now=NOW)
        case "own":
            return job.owned_by("here")
        case "release":
            return job.released()
        case "withdraw" if job.withdrawable:
            return job.withdraw()
        case "undeliverable" if job.state is State.COMPLETED and job.lease.owner is not None:
            return job.undeliverable(now=NOW)
        case "requeue" if job.state is State.SUBMITTING:
            return job.requeued(now=NOW)
        case "cancel_withdrawn" if job.state is State.WAITING and job.withdrawn:
            return job.cancel_withdrawn(now=NOW)
    return job


@given(st.lists(STEPS, max_size=12))
def test_an_outcome_is_pending_exactly_while_the_job_has_an_owner(steps):
    """A process that dies before it showed the outcome leaves a job that another takes over."""
    job = a_job()

    for step in steps:
        job = stepped(job, *step)

        if job.ended and not job.withdrawn and job.outstanding.kept_at is None:
            assert (job.delivery is Delivery.PENDING) == (job.lease.owner is not None)


def test_a_withdrawn_job_is_fenced_unless_its_submit_is_on_its_way():
    for state in (State.QUEUED, State.UNCERTAIN, State.COMPLETED):
        assert in_state(state, epoch=3).withdraw().lease.epoch == 4

    assert in_state(State.SUBMITTING, epoch=3).withdraw().lease.epoch == 3


def test_only_a_pending_or_shown_job_can_be_withdrawn():
    kept = in_state(State.COMPLETED, kept_at=NOW)

    assert in_state(State.COMPLETED).withdrawable
    assert in_state(State.UNCERTAIN).withdrawable
    assert not kept.withdrawable
    assert not in_state(State.COMPLETED, withdrawn=True).withdrawable
    with pytest.raises(ForbiddenTransition):
        kept.withdraw()


def test_pictures_fetched_from_the_history_are_shown():
    kept = in_state(State.COMPLETED, owner="here").undeliverable(now=NOW)

    assert (kept.delivery, kept.lease.owner) == (Delivery.UNDELIVERABLE, None)
    assert kept.transition(State.DELIVERED, now=NOW + 1).delivery is Delivery.SHOWN


def test_a_line_is_the_guilds_and_outside_guilds_the_members():
    assert a_job(guild_id=7, member_id=8).queue_key == a_job(guild_id=7, member_id=9).queue_key
    assert a_job(guild_id=7).queue_key != a_job(guild_id=8).queue_key
    assert a_job(guild_id=None, member_id=7).queue_key != a_job(guild_id=7).queue_key
    assert (
        a_job(guild_id=None, member_id=7).queue_key != a_job(guild_id=None, member_id=8).queue_key
    )


def test_a_job_does_not_show_its_secrets():
    job = a_job(interaction_token="very-secret", callback_token="hidden-too")

    assert "very-secret" not in repr(job)
    assert "hidden-too" not in repr(job)
