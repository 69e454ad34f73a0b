"""When the vendor is asked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.polling import JITTER, OLD, RAREST, SLOWEST, WITH_CALLBACKS, wait, wait_again

polls = st.floats(min_value=0.1, max_value=120)
ages = st.floats(min_value=0, max_value=100_000)
medians = st.none() | st.floats(min_value=0, max_value=3000)


def a_wait(**changes):
    """Return a wait without jitter."""
    values = {
        "poll": 5.0,
        "age": 10.0,
        "first": False,
        "median": None,
        "callbacks": False,
        "jitter": 0.5,
    }
    return wait(**{**values, **changes})


@given(polls, ages, st.booleans(), medians, st.booleans(), st.floats(min_value=0, max_value=1))
def test_the_vendor_is_not_polled_more_often_than_configured(
    poll, age, first, median, callbacks, jitter
):
    seconds = wait(
        poll=poll, age=age, first=first, median=median, callbacks=callbacks, jitter=jitter
    )

    assert seconds >= poll * (1 - JITTER) - 1e-9


@given(polls, ages, medians, st.booleans())
def test_the_wait_never_grows_past_its_bound(poll, age, median, callbacks):
    """A job that is days old is still asked for: it may be paid for."""
    seconds = a_wait(poll=poll, age=age, median=median, callbacks=callbacks)

    slowest = max(poll * WITH_CALLBACKS, 2 * (median or 0)) if callbacks else max(poll, SLOWEST)
    assert seconds <= slowest + 1e-9


@given(ages, ages)
def test_older_jobs_are_asked_for_no_more_often(one, other):
    younger, older = sorted((one, other))

    assert a_wait(age=younger) <= a_wait(age=older)


def test_the_first_question_comes_near_half_of_the_usual_time():
    assert a_wait(first=True, median=100.0) == pytest.approx(50)
    assert a_wait(first=True, median=4.0) == pytest.approx(5)
    assert a_wait(first=True) == pytest.approx(7.5)  # nothing is known yet
    assert a_wait(first=False, median=100.0) == pytest.approx(5)


def test_young_jobs_are_asked_for_as_configured():
    assert a_wait(age=OLD) == pytest.approx(5)
    assert a_wait(age=2 * OLD) == pytest.approx(10)
    assert a_wait(age=1000 * OLD) == pytest.approx(SLOWEST)


def test_with_callbacks_polling_is_a_safety_net():
    assert a_wait(callbacks=True) == pytest.approx(5 * WITH_CALLBACKS)


def test_past_the_deadline_the_waits_double_up_to_hours():
    waits = [wait_again(5.0, tries=tries, jitter=0.5) for tries in range(100)]

    assert waits[:4] == pytest.approx([10, 20, 40, 80])
    assert waits == sorted(waits)
    assert waits[-1] == RAREST
    assert wait_again(5.0, tries=0, jitter=1.0) == pytest.approx(10 * (1 + JITTER))


def test_jitter_spreads_a_wait_to_both_sides():
    assert a_wait(jitter=0.0) == pytest.approx(5 * (1 - JITTER))
    assert a_wait(jitter=1.0) == pytest.approx(5 * (1 + JITTER))
