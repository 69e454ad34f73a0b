"""The limit of file descriptors."""

import os
import resource
import sys
from contextlib import suppress

import pytest

from bot import descriptors
from bot.descriptors import OPEN_MAX


@pytest.fixture
def limit():
    """Set the soft limit; restore it afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda count: resource.setrlimit(resource.RLIMIT_NOFILE, (count, before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_limit_is_raised_to_the_hard_one(limit):
    limit(512)

    descriptors.raise_limit()

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == (OPEN_MAX if sys.platform == "darwin" else hard)


def test_a_limit_that_cannot_be_raised_is_left(limit, monkeypatch):
    def refuse(*_):
        raise ValueError("not allowed to raise maximum limit")

    with monkeypatch.context() as patch:
        patch.setattr(resource, "setrlimit", refuse)
        descriptors.raise_limit()


def test_descriptors_are_low_when_a_tenth_is_left_and_when_none_is(limit):
    limit(512)
    assert not descriptors.are_low()
    opened = []
    try:
        with suppress(OSError):  # until there is none
            while True:
                opened.append(os.dup(0))
        assert descriptors.are_low()

        for _ in range(25):
            os.close(opened.pop())
        assert descriptors.are_low()

        for _ in range(50):
            os.close(opened.pop())
        assert not descriptors.are_low()
    finally:
        for number in opened:
            os.close(number)
