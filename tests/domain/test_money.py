"""Amounts in millionths of a dollar, and the periods of budgets."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import (
    DOLLAR,
    MOST,
    Budget,
    Price,
    month_start,
    of_number,
    period_end,
    period_start,
    read_dollars,
)

_NO_SUMS = ("nan", "inf", "-inf")


@given(st.integers(0, MOST))
def test_an_amount_is_read_exactly(amount):
    assert read_dollars(str(Decimal(amount) / DOLLAR)) == amount


@pytest.mark.parametrize("text", ["", "-1", "nan", "inf", "1,5", "$1", "1000000.000001"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="from 0 to 1000000"):
        read_dollars(text)


def test_more_decimals_than_are_counted_are_refused_and_not_rounded():
    with pytest.raises(ValueError, match="6 decimals"):
        read_dollars("0.0000015")


@pytest.mark.parametrize(
    ("number", "amount"),
    [(0, 0), (5, 5_000_000), (0.1, 100_000), (12.35, 12_350_000), (0.0000004, 0)]
    + [(junk, -1) for junk in (-1, True, "5", None, [5], 1e300, 10**5000, *map(float, _NO_SUMS))],
    ids=lambda value: str(type(value).__name__),
)
def test_a_number_of_a_client_is_an_amount_or_none(number, amount):
    read = of_number(number)

    assert (read, type(read)) == (amount, int)


@pytest.mark.parametrize(("per_image", "price"), [(True, 6000), (False, 1500)])
def test_a_price_is_by_image_or_by_order(per_image, price):
    assert Price(amount=1500, per_image=per_image).of(4) == price


@given(budget=st.sampled_from(Budget), now=st.floats(min_value=0, max_value=4e9))
def test_a_period_holds_its_moments_and_the_next_begins_at_its_end(budget, now):
    start, end = period_start(budget, now), period_end(budget, now)

    assert start <= now < end
    assert period_start(budget, start) == start
    assert period_start(budget, end) == end
    assert period_start(budget, end - 1) == start


@given(st.floats(min_value=0, max_value=4e9))
def test_a_month_begins_with_its_first_day_in_utc(now):
    begun = datetime.fromtimestamp(month_start(now), UTC)
    moment = datetime.fromtimestamp(int(now), UTC)

    assert (begun.year, begun.month, begun.day) == (moment.year, moment.month, 1)
    assert (begun.hour, begun.minute, begun.second) == (0, 0, 0)
