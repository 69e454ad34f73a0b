"""Every word that members read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job import Billed, Cause, State
from bot.errors import BadOption, Closing, NotOrdered, OnlyInServers, TooLate
from bot.ui import texts
from tests.samples import NOW, a_job, an_order

ENDS_WITHOUT_PICTURES = [
    State.FAILED,
    State.ERROR,
    State.REFUSED,
    State.CANCELLED,
    State.UNCERTAIN,
    State.EXPIRED,
]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("cause", [None, *Cause])
def test_every_state_and_cause_has_words_and_a_time(state, cause):
    job = a_job(state=state, cause=cause, completed_at=NOW, since=NOW)

    words = texts.status(job)

    assert words.startswith("**")
    assert f"<t:{int(NOW)}:R>" in words
    assert "None" not in words


@pytest.mark.parametrize("state", ENDS_WITHOUT_PICTURES)
def test_an_end_says_what_could_not_be_done(state):
    words = texts.status(a_job(state=state)).lower()

    assert "could not" in words or "not ordered" in words


def test_states_that_differ_read_differently():
    words = {texts.status(a_job(state=state)) for state in State}

    assert len(words) == len(State)


@pytest.mark.parametrize(
    ("state", "word"),
    [(State.QUEUED, "queued"), (State.PROCESSING, "processing"), (State.DELIVERED, "completed")],
)
def test_the_vendors_states_are_called_what_they_are(state, word):
    assert word in texts.status(a_job(state=state, completed_at=NOW)).lower()


def test_a_pausing_lane_says_when_it_goes_on():
    words = texts.status(a_job(), until=NOW + 60)

    assert f"<t:{int(NOW) + 60}:R>" in words


def test_a_refusal_for_money_says_so_and_who_can_help():
    job = a_job(state=State.REFUSED, cause=Cause.OUT_OF_CREDIT)

    assert "credit" in texts.status(job)
    assert "operator" in texts.who_can_help(job)


@pytest.mark.parametrize("cause", [None, *Cause])
def test_every_cause_says_who_can_help_or_that_nobody_needs_to(cause):
    words = texts.who_can_help(a_job(state=State.REFUSED, cause=cause))

    assert words is None or words.endswith(".")


def test_what_is_charged_is_said_honestly():
    charges = {billed: texts.charge(a_job(billed=billed)) for billed in Billed}

    assert "Nothing" in charges[Billed.NO]
    assert "may" in charges[Billed.UNKNOWN]
    assert len(set(charges.values())) == 3


def test_the_vendors_words_are_a_quotation_and_nothing_else():
    words = texts.vendor_words(a_job(error="see **this** <@300> https://evil.example"))

    assert words.startswith("> ")
    assert "**" not in words
    assert "<@300>" not in words
    assert "https://" not in words
    assert texts.vendor_words(a_job()) is None


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"images": 1}, "1 image ·"),
        ({"images": 3}, "3 images ·"),
        ({"guidance": 3.5}, "guidance 3.5"),
        ({"guidance": 7.0}, "guidance 7 "),
        ({"steps": 20}, "20 steps"),
        ({"enhance": True}, "enhanced"),
        ({"enhance": False}, "as written"),
    ],
)
def test_the_details_tell_every_option(changes, part):
    assert part in texts.details(an_order(**changes))


@given(st.text(min_size=1, max_size=1000), st.integers(1, 4), st.integers(1, 4))
def test_alternative_text_fits_discords_limit(prompt, number, count):
    words = texts.alt(an_order(prompt=prompt), number, count)

    assert len(words) <= 1024
    assert "AI-generated" in words


def test_the_longest_prompt_is_cut_visibly():
    words = texts.alt(an_order(prompt="x" * 1000), 1, 4)

    assert len(words) == 1024
    assert words.endswith("…")


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (BadOption(option="prompt", low=1, high=1000, got=0), ["`prompt`", "empty", "1000"]),
        (BadOption(option="prompt", low=1, high=1000, got=1001), ["1000", "1001"]),
        (BadOption(option="images", low=1, high=4, got=9), ["`images`", "whole", "1 to 4"]),
        (BadOption(option="guidance", low=1.0, high=10.0, got="x"), ["`guidance`", "1 to 10"]),
        (BadOption(option="enhance", low=False, high=True, got=1), ["`enhance`", "True or False"]),
        (OnlyInServers(), ["servers"]),
        (Closing(), ["restarting", "again"]),
        (TooLate(), ["busy", "again"]),
        (NotOrdered(), []),
    ],
)
def test_a_refusal_names_the_rule_and_that_nothing_is_charged(error, parts):
    words = texts.refusal(error)

    assert all(part in words for part in parts)
    assert "nothing is charged" in words


def test_what_a_crafted_client_sent_is_not_repeated():
    words = texts.refusal(BadOption(option="images", low=1, high=4, got="@everyone **x**"))

    assert "@everyone" not in words


def test_a_fault_of_ours_has_an_id_that_the_operator_finds():
    assert "`0123abcd`" in texts.unexpected("0123abcd")


@pytest.mark.parametrize(
    "words",
    [
        texts.IMAGINE,
        texts.IMAGINE_PROMPT,
        texts.IMAGINE_IMAGES,
        texts.IMAGINE_GUIDANCE,
        texts.IMAGINE_STEPS,
        texts.IMAGINE_ENHANCE,
    ],
)
def test_descriptions_fit_discords_limit(words):
    assert 1 <= len(words) <= 100
