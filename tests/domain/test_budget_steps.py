"""Which steps of a budget an order reaches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.admission import BUDGETS, Rule, RuleResult
from bot.domain.budget_steps import STEPS, budgets_reached
from bot.domain.money import MOST
from tests.samples import NOW

amounts = st.integers(0, MOST)


def percents(result, *, admitted=True):
    reached = budgets_reached([result], guild_id=100, admitted=admitted, now=NOW)
    return [one.percent for one in reached]


@given(rule=st.sampled_from([*BUDGETS]), limit=amounts, used=amounts, wanted=amounts)
def test_the_highest_step_that_is_used_is_reached(rule, limit, used, wanted):
    result = RuleResult(rule=rule, refuses=False, limit=limit, used=used, wanted=wanted)

    below = [step for step in STEPS if limit and (used + wanted) * 100 >= step * limit]
    assert percents(result) == below[-1:]


def test_what_was_refused_is_not_used():
    result = RuleResult(rule=Rule.OPERATOR_DAY_USD, refuses=False, limit=10, used=4, wanted=5)

    assert (percents(result), percents(result, admitted=False)) == ([80], [])


@pytest.mark.parametrize(("wanted", "reached"), [(2, [100]), (11, [80])])
def test_a_budget_whose_rest_is_too_little_for_an_order_is_used_up(wanted, reached):
    """Not if the order alone is too expensive."""
    result = RuleResult(rule=Rule.OPERATOR_DAY_USD, refuses=True, limit=10, used=9, wanted=wanted)

    assert percents(result, admitted=False) == reached


def test_limits_on_other_things_are_no_budgets():
    assert percents(RuleResult(rule=Rule.SERVER_DAY, refuses=True, limit=1, used=1)) == []
