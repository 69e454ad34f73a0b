"""How one set of a server's rules becomes another."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import (
    InvalidLimit,
    InvalidPhrase,
    InvalidStyle,
    LanguageNotSpoken,
    OwnStyleNotFound,
    TooManyEntries,
)
from bot.domain.rules import (
    BLOCK_HOURS,
    FLAGS,
    LONGEST_REASON,
    MOST_CHANNELS,
    RANGES,
    Difference,
    Pause,
    Rules,
    Tier,
    block_of,
    changed,
    differences,
    with_style,
    with_tier,
    with_words,
    without_deleted,
    without_style,
    without_tier,
)
from bot.domain.styles import MOST, Style
from bot.domain.word_filter import WordLists
from tests.samples import NOW


@pytest.mark.parametrize("name", RANGES)
def test_a_limit_takes_its_range_and_zero(name):
    span = RANGES[name]

    for value in (0, span.low, span.high):
        assert getattr(changed(Rules(), **{name: value}), name) == value
    wrong = {-1, span.high + 1, *({span.low - 1} - {0})}
    for invalid in (*wrong, "2", 1.5, True, None):
        with pytest.raises(InvalidLimit) as error:
            changed(Rules(), **{name: invalid})
        assert (error.value.name, error.value.low) == (name, span.low)


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", [1, "yes", None])
def test_a_flag_takes_nothing_but_true_and_false(name, value):
    with pytest.raises(InvalidLimit):
        changed(Rules(), **{name: value})


@pytest.mark.parametrize("language", ["fr", "", 1])
def test_a_language_that_the_bot_lacks_is_refused(language):
    with pytest.raises(LanguageNotSpoken):
        changed(Rules(), language=language)


TWO = Rules(tiers=(Tier(role_id=1, images=1),), channels=(1, 2), log_channel=2)


@pytest.mark.parametrize(
    ("roles", "channels", "after"),
    [
        ((1,), (), replace(TWO, tiers=())),
        ((), (1,), replace(TWO, channels=(2,))),  # in old servers a role's id may be a channel's
        ((2,), (3,), TWO),
        ((), (1, 2), replace(TWO, channels=(), nowhere=True)),
    ],
)
def test_what_is_deleted_is_forgotten_and_opens_no_other_channel(roles, channels, after):
    assert without_deleted(TWO, roles=roles, channels=channels) == after
    assert without_deleted(after, roles=roles, channels=channels) == after


def test_a_change_touches_nothing_but_what_it_names():
    before = Rules(cooldown=5, spoiler=True, channels=(1,))

    assert changed(before, images=2) == replace(before, images=2)


def test_there_is_room_for_so_many_channels():
    full = tuple(range(MOST_CHANNELS))

    assert changed(Rules(), channels=full).channels == full
    with pytest.raises(TooManyEntries):
        changed(Rules(), channels=tuple(range(MOST_CHANNELS + 1)))


def test_a_tier_is_changed_in_what_is_named_and_removed_as_a_whole():
    one = with_tier(Rules(), 7, images=2)
    two = with_tier(one, 7, cooldown=3)

    assert two.tiers == (Tier(role_id=7, images=2, cooldown=3),)
    assert without_tier(two, 7) == Rules()
    with pytest.raises(InvalidLimit):
        with_tier(Rules(), 7, steps=5)


def test_a_tier_that_says_nothing_is_none():
    assert with_tier(Rules(), 7) == Rules()
    assert with_tier(with_tier(Rules(), 7, exempt=True), 7, exempt=False) == Rules()


def test_phrases_go_on_their_lists_and_off_both():
    rules = with_words(with_words(Rules(), block="Bad Wolf"), allow="big bad wolf")

    assert rules.words == WordLists(blocked=("Bad Wolf",), allowed=("big bad wolf",))
    assert with_words(rules, remove="bad wolf").words == WordLists(allowed=("big bad wolf",))
    with pytest.raises(InvalidPhrase):
        with_words(Rules(), block="!?")


def test_differences_name_what_changed_part_by_part():
    before = Rules(channels=(1, 2), words=WordLists(blocked=("a", "b")), cooldown=1)
    after = replace(
        before,
        cooldown=2,
        channels=(2, 3),
        words=WordLists(blocked=("b",), allowed=("c",)),
        tiers=(Tier(role_id=7, exempt=True),),
    )

    assert set(differences(before, after)) == {
        Difference(name="cooldown", before=1, after=2),
        Difference(name="channels", before=1, after=None),
        Difference(name="channels", before=None, after=3),
        Difference(name="blocked", before="a", after=None),
        Difference(name="allowed", before=None, after="c"),
        Difference(name="tiers", before=None, after=Tier(role_id=7, exempt=True)),
    }
    assert not list(differences(after, after))


@given(st.integers(min_value=0, max_value=86400), st.booleans())
def test_rules_that_differ_have_differences(cooldown, spoiler):
    after = Rules(cooldown=cooldown, spoiler=spoiler, pause=Pause(by=1, since=NOW))

    named = {difference.name for difference in differences(Rules(), after)}

    assert named == {
        field.name
        for field in fields(Rules)
        if getattr(after, field.name) != getattr(Rules(), field.name)
    }


def test_a_block_ends_after_its_hours_or_not_at_all():
    block = block_of(300, by=1, now=NOW, hours=2, reason=" spam\u200b \n again " + "x" * 500)

    assert block.until == NOW + 7200
    assert block.reason.startswith("spam again x")
    assert len(block.reason) == LONGEST_REASON
    assert block_of(300, by=1, now=NOW, hours=None, reason="").until is None
    for hours in (0, BLOCK_HOURS.high + 1, "3", 1.5):
        with pytest.raises(InvalidLimit):
            block_of(300, by=1, now=NOW, hours=hours, reason="")


# Styles of a server's own.


def test_a_style_is_added_and_takes_the_place_of_one_of_its_name():
    first = with_style(Rules(), " Wool ", "knitted  wool")
    second = with_style(first, "WOOL", "felt")

    assert first.styles == (Style(name="Wool", words="knitted wool"),)
    assert second.styles == (Style(name="WOOL", words="felt"),)
    assert list(differences(first, second)) == [
        Difference(name="styles", before=first.styles[0], after=second.styles[0])
    ]


def test_a_style_is_taken_away_by_its_name_in_whatever_case():
    rules = with_style(with_style(Rules(), "Wool", "knitted"), "Felt", "felted")

    after = without_style(rules, " wool")

    assert [style.name for style in after.styles] == ["Felt"]
    assert [(one.name, one.after) for one in differences(rules, after)] == [("styles", None)]


@pytest.mark.parametrize("name", ["felt", "", "ink"])
def test_only_a_style_of_the_servers_own_can_be_taken_away(name):
    with pytest.raises(OwnStyleNotFound):
        without_style(with_style(Rules(), "Wool", "knitted"), name)


def test_a_server_has_room_for_so_many_styles_and_can_still_change_them():
    rules = Rules()
    for number in range(MOST):
        rules = with_style(rules, f"style {number}", "words")

    with pytest.raises(TooManyEntries) as error:
        with_style(rules, "one more", "words")

    assert (error.value.name, error.value.most) == ("styles", MOST)
    assert with_style(rules, "STYLE 0", "others").styles[-1].words == "others"


@pytest.mark.parametrize(
    ("name", "words"), [("", "x"), ("x" * 33, "x"), ("x", ""), ("x", "x" * 301)]
)
def test_a_style_that_can_not_be_kept_changes_nothing(name, words):
    with pytest.raises(InvalidStyle):
        with_style(Rules(), name, words)
