"""Rows of the table of jobs, and the jobs that they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job import ENDED, Billed, Delivery, EndReason, State
from bot.store.job_rows import COLUMNS, job_of, row_of
from bot.store.tables import jobs
from tests.samples import NOW, a_job


def stored(job, **changes):
    """Return the row of *job*, with *changes*, as the store reads it."""
    row = {"lease_until": None} | row_of(job) | changes
    return [row[column] for column in COLUMNS]


times = st.none() | st.floats(NOW, NOW + 9)


@given(
    state=st.sampled_from(State),
    billed=st.sampled_from(Billed),
    end_reason=st.none() | st.sampled_from(EndReason),
    owner=st.sampled_from([None, "here:1234"]),
    withdrawn=st.booleans(),
    kept_at=times,
    media=st.sampled_from([(), ("https://m.example/1.png",)]),
    guild_id=st.sampled_from([None, 7]),
    submit_started_at=times,
    deleted_at=times,
    deleted_by=st.sampled_from([None, 300]),
    private=st.booleans(),
)
def test_a_job_is_the_same_after_the_store(**changes):
    job = a_job(**changes)

    assert job_of(stored(job)) == job


def test_every_column_is_written_but_the_end_of_the_lease():
    """The database's own clock sets that one."""
    assert row_of(a_job()).keys() == {column.name for column in jobs.c} - {"lease_until"}


@pytest.mark.parametrize(
    ("columns", "delivery"),
    [
        ({"state": "QUEUED"}, Delivery.PENDING),
        ({"state": "FAILED", "owner": "here:1"}, Delivery.PENDING),
        ({"state": "FAILED"}, Delivery.SHOWN),
        ({"state": "UNCERTAIN"}, Delivery.SHOWN),
        ({"state": "COMPLETED"}, Delivery.PENDING),
        ({"state": "COMPLETED", "kept_at": NOW}, Delivery.UNDELIVERABLE),
        ({"state": "DELIVERED", "kept_at": NOW}, Delivery.SHOWN),
        ({"state": "COMPLETED", "hidden": True, "kept_at": NOW}, Delivery.WITHDRAWN),
        ({"state": "FAILED", "hidden": True}, Delivery.WITHDRAWN),
    ],
)
def test_what_was_delivered_is_read_from_columns_that_older_versions_write(columns, delivery):
    assert job_of(stored(a_job(), **columns)).delivery is delivery


def test_an_ended_job_without_an_owner_was_shown():
    assert {a_job(state=state).delivery for state in ENDED} == {Delivery.SHOWN}
