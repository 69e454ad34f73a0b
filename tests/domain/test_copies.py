"""Copies of frozen dataclasses."""

import dataclasses

import pytest

from bot.domain.copies import replace
from bot.domain.job import State
from tests.samples import a_job


def test_a_copy_is_what_the_standard_library_makes():
    job = a_job()

    before = vars(job).copy()
    copy = replace(job, state=State.QUEUED, request_id="r-1")

    assert copy == dataclasses.replace(job, state=State.QUEUED, request_id="r-1")
    assert vars(job) == before


def test_a_misspelt_field_is_an_error():
    with pytest.raises(TypeError, match="stat"):
        replace(a_job(), stat=State.QUEUED)
