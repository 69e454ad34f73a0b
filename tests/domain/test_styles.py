"""Styles: what every server has, what moderators add, and what a prompt becomes by one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import styles
from bot.domain.built_in_styles import TITLES
from bot.domain.errors import InvalidOption, InvalidStyle, StyleNotFound
from bot.domain.order import PROMPT_LENGTH, STYLE_LENGTH, clean
from bot.domain.styles import BUILT_IN, LONGEST_NAME, LONGEST_WORDS, Style, all_of, extended, find
from bot.ui.language import LANGUAGES
from tests.samples import an_order

WOOL = Style(name="Wool", words="knitted wool, soft light")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_style_has_a_title_of_its_own_in_every_language(language):
    """Two of one title could not be told apart in a menu."""
    titles = [styles.title(style.name, language) for style in BUILT_IN]

    assert len({title.casefold() for title in titles}) == len(BUILT_IN) <= 25
    for style in BUILT_IN:
        assert language in TITLES[style.name]


@pytest.mark.parametrize("style", BUILT_IN, ids=lambda style: style.name)
def test_every_style_is_one_that_moderators_could_have_made(style):
    assert styles.checked(style.name, style.words) == style
    assert style.name == style.name.casefold()


def test_a_style_goes_behind_the_prompt_and_the_prompt_stays_as_it_was():
    order = extended(an_order(style="ink"), ())

    assert order.prompt == "a lighthouse in a storm"
    assert order.sent == f"a lighthouse in a storm, {find('ink', ()).words}"


def test_a_title_in_a_third_language_names_its_style(monkeypatch):
    """No list of languages is kept here."""
    monkeypatch.setattr(styles, "TITLES", {**TITLES, "ink": {**TITLES["ink"], "fr": "Encre"}})

    assert find("encre", ()).name == "ink"
    assert styles.title("ink", "fr") == "Encre"


def test_without_a_style_nothing_is_added():
    assert extended(an_order(), (WOOL,)) == an_order()


@pytest.mark.parametrize("typed", ["wool", "WOOL", "Wool"])
def test_a_style_is_found_by_its_name_in_whatever_case(typed):
    order = extended(an_order(style=typed), (WOOL,))

    assert (order.style, order.sent) == (
        "Wool",
        "a lighthouse in a storm, knitted wool, soft light",
    )


@pytest.mark.parametrize("name", TITLES)
def test_a_style_is_found_by_its_title_in_every_language(name):
    """Members who type faster than the menu opens type what it says."""
    for title in TITLES[name].values():
        assert find(title, ()).name == name


def test_a_style_of_a_servers_own_comes_first_and_takes_the_place_of_another_of_its_name():
    ours = Style(name="Ink", words="our own ink")

    assert find("ink", (ours,)) == ours
    assert list(all_of((WOOL, ours)))[:2] == [WOOL, ours]
    assert [style.name for style in all_of((ours,))].count("ink") == 0


@pytest.mark.parametrize("typed", ["", "nothing of that name", "wool"])
def test_a_style_that_is_not_there_is_named_in_the_refusal(typed):
    with pytest.raises(StyleNotFound) as refused:
        find(typed, ())

    assert refused.value.style == typed


def test_a_prompt_that_is_too_long_with_its_style_is_told_how_much_room_there_is():
    room = PROMPT_LENGTH.high - len(", ") - len(WOOL.words)

    with pytest.raises(InvalidOption) as refused:
        extended(an_order(prompt="x" * (room + 1), style="wool"), (WOOL,))

    error = refused.value
    assert (error.option, error.high, error.got, error.style) == ("prompt", room, room + 1, "Wool")
    fits = extended(an_order(prompt="x" * room, style="wool"), (WOOL,))
    assert fits.sent is not None
    assert len(fits.sent) == PROMPT_LENGTH.high


def test_every_style_leaves_room_for_most_prompts():
    longest = Style(name="x", words="x" * LONGEST_WORDS)

    assert extended(an_order(prompt="x" * 690, style="x"), (longest,)).sent


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_style_is_kept_clean_or_refused(name, words):
    fits = 1 <= len(clean(name)) <= LONGEST_NAME and 1 <= len(clean(words)) <= LONGEST_WORDS

    if fits:
        style = styles.checked(name, words)
        assert (style.name, style.words) == (clean(name), clean(words))
    else:
        with pytest.raises(InvalidStyle) as refused:
            styles.checked(name, words)
        assert not 1 <= refused.value.got <= refused.value.most


def test_every_name_of_a_style_can_be_typed_as_the_option():
    assert STYLE_LENGTH.high == LONGEST_NAME


@pytest.mark.parametrize("wrong", [None, 7, True, ["ink"], ""])
def test_what_a_crafted_client_sends_is_no_style(wrong):
    for name, words in ((wrong, "words"), ("name", wrong)):
        with pytest.raises(InvalidStyle):
            styles.checked(name, words)


def test_an_order_that_is_made_again_is_extended_anew():
    """Its style may have other words by now; the old ones must not be added to."""
    before = extended(an_order(style="wool"), (WOOL,))

    after = extended(before, (replace(WOOL, words="felt"),))

    assert after.sent == "a lighthouse in a storm, felt"
