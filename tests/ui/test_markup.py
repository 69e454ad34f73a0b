"""What a person wrote is shown as written."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.ui.markup import MODIFIER, ago, code, literal

# Without a backslash before it, each of these begins some markup, a mention, an emoji or a link.
MEANINGFUL = set("*_~|`>#-+[]()<@:/\\")

texts = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(string.punctuation)),
    max_size=60,
)


@given(texts)
@example("\\")
@example("\\*")
@example("***__~~||`")
def test_nothing_that_formats_or_pings_is_left(text):
    shown, position = literal(text), 0
    while position < len(shown):
        if shown[position] == "\\":
            position += 2  # this, literally
            continue
        assert shown[position] not in MEANINGFUL
        position += 1


@given(texts)
def test_discord_shows_what_was_written(text):
    """A backslash before ASCII punctuation disappears; there must be none before anything else."""
    shown = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", literal(text))

    assert shown == text


@given(texts)
def test_a_text_at_most_doubles(text):
    assert len(literal(text)) <= 2 * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "@everyone",
        "@here",
        "<@300>",
        "<@&7>",
        "<#200>",
        "</imagine:1>",
        "<t:0:R>",
        "<a:wave:1>",
        ":smile:",
        "https://evil.example",
        "[click](https://evil.example)",
        "discord.gg/evil",
        "```code```",
        "# heading",
        "-# small",
        "> quote",
        "- list",
        "1. list",
        "||spoiler||",
    ],
)
def test_no_known_markup_survives(text):
    assert not re.search(rf"(?<!\\){re.escape(text)}", literal(text))


def test_words_stay_readable():
    assert literal("a lighthouse in a storm, caf\u00e9 \U0001f469") == (
        "a lighthouse in a storm, caf\u00e9 \U0001f469"
    )


@given(texts.filter(bool))
@example("`")
@example("``a``")
@example("\\")
def test_what_stands_in_code_can_not_end_it(text):
    """Whoever blocks or types a backtick would else format what the bot says after it."""
    shown = code(text)

    assert shown.count("`") == 2
    assert (shown[0], shown[-1]) == ("`", "`")
    assert shown[1:-1].replace(MODIFIER, "`") == text.replace(MODIFIER, "`")
    assert len(shown) == len(text) + 2


def test_a_moment_is_a_time_that_discord_counts_from():
    assert ago(1_770_000_000.9) == "<t:1770000000:R>"
