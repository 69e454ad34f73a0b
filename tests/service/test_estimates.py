"""Estimates in words: what a card says is true for as long as it says so."""

import pytest

from bot.service.estimates import Estimates, Phase


@pytest.mark.parametrize(
    ("median", "said", "late"),
    [
        (0.2, 5, 5),  # one change of the card in place of two
        (3.0, 5, 9.0),
        (16.2, 20, 48.6),
        (30.0, 30, 90.0),
        (30.5, 40, 91.5),
        (90.5, 120, 271.5),
        (3601.0, 3660, 10803.0),
    ],
)
def test_an_estimate_is_rounded_up_and_holds_until_it_is_over(median, said, late):
    estimates = Estimates()
    estimates.add([1e6, median, 0.0])

    assert estimates.status(estimates.phase(said - 0.1)).usual_seconds == said
    assert estimates.status(estimates.phase(said)).usual_seconds is None
    assert estimates.phase(late - 0.1) is not Phase.LATE
    assert estimates.status(estimates.phase(late)).late


def test_nothing_is_promised_before_any_duration_is_known():
    estimates = Estimates()

    assert [estimates.phase(age) for age in (0.0, 599.0, 600.0)] == [1, 1, 2]
    assert estimates.status(Phase.ESTIMATED).usual_seconds is None
