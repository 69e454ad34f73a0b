"""What members may ask for."""

import math
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.errors import InvalidOption, OrderRejected
from bot.domain.order import (
    GUIDANCE,
    IMAGES,
    PROMPT_LENGTH,
    STEPS,
    Order,
    OrderOptions,
    Span,
    check,
    clean,
)

ZERO_WIDTH_JOINER = "\u200d"
BLACK_FLAG = "\U0001f3f4"
ENGLAND = BLACK_FLAG + "".join(chr(0xE0000 + ord(letter)) for letter in "gbeng") + "\U000e007f"
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"

# Letters, marks, blanks and everything that hides among them, in lengths that matter.
tricky = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "ae\u0301 \t\n\u200b\u200c\u200d\u2060\ufeff\u202e\u2066\u00ad\u3164\ud800"
        ),
        st.sampled_from([BLACK_FLAG, "\U000e0067", "\U000e007f", "\ufe0f", "\U0001f469"]),
    ),
    max_size=40,
)


def an_imagine(**changes):
    return replace(OrderOptions.of(Order(prompt="a lighthouse"), private=False), **changes)


@given(tricky)
@example("e\u200b\u0301")
@example("a \u200d b")
@example("\u200d a")
def test_cleaning_a_clean_text_changes_nothing(text):
    once = clean(text)

    assert clean(once) == once


@given(tricky)
@example("e\u200b\u0301")
def test_a_clean_text_is_in_nfc(text):
    """Two prompts that look the same are the same, whatever was hidden between their letters."""
    assert unicodedata.is_normalized("NFC", clean(text))


@given(tricky)
@example("a \u200d b")
def test_a_clean_text_is_one_trimmed_line_with_single_spaces(text):
    cleaned = clean(text)

    assert cleaned == " ".join(cleaned.split())


@given(tricky)
def test_a_clean_text_holds_nothing_that_cannot_be_seen(text):
    for position, character in enumerate(cleaned := clean(text)):
        category = unicodedata.category(character)
        if character in "\u200c\u200d":
            assert 0 < position < len(cleaned) - 1
        elif 0xE0020 <= ord(character) <= 0xE007F:
            assert cleaned[:position].rstrip(_tags()).endswith(BLACK_FLAG)
        else:
            assert category not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
            assert character not in "\u115f\u1160\u2800\u3164\uffa0"


def _tags():
    return "".join(map(chr, range(0xE0020, 0xE0080)))


def test_words_written_in_tags_are_no_part_of_a_prompt():
    """Tag letters show nothing, and the model may read them: words past every moderator's eye."""
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "naked")

    assert clean(f"a cat{hidden} on a mat") == "a cat on a mat"


@pytest.mark.parametrize("text", [ENGLAND, FAMILY, "\u2764\ufe0f", "\u0646\u200c\u0647"])
def test_what_joiners_and_tags_draw_stays_whole(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    "blank", ["\t", "\n", "\r\n", "\x0b", "\x85", "\u2028", "\u00a0", "\u3164"]
)
def test_every_blank_becomes_a_space(blank):
    assert clean(f"{blank}a{blank}{blank}b{blank}") == "a b"


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\ufeff", "\u00ad", "\x00", "\ud800"])
def test_what_is_hidden_in_a_word_goes(hidden):
    assert clean(f"ligh{hidden}thouse") == "lighthouse"


@pytest.mark.parametrize(
    "prompt", ["", " ", "\n\t", "\u200b\u200d", "\u3164", "\u0301", "\ufe0f", None, 7, b"a", ["a"]]
)
def test_a_prompt_that_shows_nothing_is_refused_as_empty(prompt):
    with pytest.raises(InvalidOption) as refusal:
        check(an_imagine(prompt=prompt))

    assert (refusal.value.option, refusal.value.got) == ("prompt", 0)


@pytest.mark.parametrize("prompt", ["a", "\U0001f469", "?", "x" * 1000, " " * 500 + "x" * 1000])
def test_a_prompt_is_measured_by_what_shows(prompt):
    assert len(check(an_imagine(prompt=prompt)).prompt) in PROMPT_LENGTH


def test_a_prompt_that_is_too_long_is_refused_with_its_length():
    with pytest.raises(InvalidOption) as refusal:
        check(an_imagine(prompt="x" * 1001))

    assert (refusal.value.low, refusal.value.high, refusal.value.got) == (1, 1000, 1001)


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=0, max_value=60),
    st.floats(),
    st.floats(min_value=0, max_value=11),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
)


@given(prompt=st.one_of(tricky, anything), images=anything, guidance=anything, steps=anything)
@example(prompt="a", images=1, guidance=10**400, steps=50)
@example(prompt="a", images=10**400, guidance=3.5, steps=50)
@example(prompt="a", images=1, guidance=math.nan, steps=50)
@example(prompt="a", images=True, guidance=True, steps=50)
def test_an_order_is_within_every_range_or_refused(prompt, images, guidance, steps):
    """A crafted client obeys no option's type: whatever it sends is an order or a clear no."""
    try:
        order = check(an_imagine(prompt=prompt, images=images, guidance=guidance, steps=steps))
    except OrderRejected:
        return

    assert len(order.prompt) in PROMPT_LENGTH
    assert order.images in IMAGES
    assert order.guidance in GUIDANCE
    assert order.steps in STEPS
    kinds = [type(value) for value in (order.images, order.guidance, order.steps)]
    assert kinds == [int, float, int]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("images", value) for value in (0, 5, True, 1.0, "1")),
        *(("guidance", value) for value in (0.9, 10.1, math.nan, math.inf, True, "3")),
        *(("steps", value) for value in (19, 51)),
        *(("enhance", value) for value in (1, "true")),
    ],
)
def test_an_option_outside_its_range_is_refused_by_name(option, value):
    with pytest.raises(InvalidOption) as refusal:
        check(an_imagine(**{option: value}))

    assert refusal.value.option == option
    assert option in str(refusal.value)


@pytest.mark.parametrize("guidance", [1, 1.0, 10, 10.0])
def test_the_ends_of_a_range_belong_to_it(guidance):
    order = check(an_imagine(images=4, guidance=guidance, steps=20, enhance=False))

    assert (order.images, order.guidance, order.steps, order.enhance) == (4, guidance, 20, False)


@given(st.integers(), st.integers(), st.integers())
def test_a_span_holds_what_lies_between_its_ends(low, high, value):
    assert (value in Span(low, high)) == (low <= value <= high)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("z" + "\u0336\u0322\u031b\u0359" * 9 + "oo", "z\u0336\u0322\u031boo"),
        ("e" + "\u0301" * 9, "\u00e9\u0301\u0301"),  # the accent of é is one of the three
        ("ก" + "\u0e47" * 9, "ก" + "\u0e47" * 3),
        ("o" + "\u0301\u200d" * 9 + "k", "\u00f3\u200d\u0301\u200d\u0301\u200dk"),
        ("tiếng Việt, שָׁלוֹם, हिन्दी, ที่นี่", "tiếng Việt, שָׁלוֹם, हिन्दी, ที่นี่"),
        ("ညှို့", "ညှို့"),  # Burmese stacks more
        ("က" + "\u103b" * 9, "က" + "\u103b" * 6),
        ("👩🏽\u200d❤\ufe0f\u200d👨, 6\ufe0f\u20e3", "👩🏽\u200d❤\ufe0f\u200d👨, 6\ufe0f\u20e3"),
    ],
)
def test_a_letter_keeps_three_marks_as_far_as_it_is_not_written_with_more(text, cleaned):
    assert clean(text) == unicodedata.normalize("NFC", cleaned)
