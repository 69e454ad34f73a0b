"""The ideas of *Surprise me*, as they are in their file."""

import re
from dataclasses import astuple

import pytest

from bot.domain.order import PROMPT_LENGTH, SUFFIX_LENGTH, clean
from bot.domain.styles import BUILT_IN, LONGEST_WORDS
from bot.domain.word_filter import WordLists, first_blocked_phrase
from bot.ui.ideas import all_ideas

# Room for the member's own suffix and the longest words of a style.
MOST = PROMPT_LENGTH.high - SUFFIX_LENGTH.high - LONGEST_WORDS - 2 * len(", ")
# What moderators commonly block, also inside of words; and makers, of whom an idea names none.
WORDS = """
    *blood* *naked* *nude* *sex* *gun *guns weapon* knife* sword* bomb* war *kill* dead* *corpse*
    drug* weed drunk* beer wine cigar* smok* child* kid kids girl* boy boys baby teen* hate* devil*
    demon* hell god gods *cock* pussy *breast* *butt bare wet strip* shoot* torture* skull*
    disney pixar marvel pokemon lego nintendo ghibli picasso monet hokusai
"""
BLOCKED = tuple(WORDS.split())


def test_there_are_many_ideas_each_of_its_own():
    ideas = all_ideas()

    assert len(ideas) >= 200
    for values in (map(astuple, ideas), (idea.subject for idea in ideas)):
        assert len(set(values)) == len(ideas)
    assert len({idea.place for idea in ideas}) >= 180
    assert len({idea.light for idea in ideas}) >= 150


@pytest.mark.parametrize("part", ["subject", "place", "light"])
def test_each_part_of_an_idea_is_a_plain_phrase(part):
    for phrase in (getattr(idea, part) for idea in all_ideas()):
        assert 5 <= len(phrase) <= 70, phrase
        assert phrase == clean(phrase)
        assert re.fullmatch(r"[A-Za-zé',\- ]+[a-z]", phrase), phrase


def test_an_idea_leaves_room_and_has_no_word_that_is_commonly_blocked():
    for idea in all_ideas():
        assert PROMPT_LENGTH.low <= len(idea.prompt) <= MOST
        found = first_blocked_phrase(WordLists(blocked=BLOCKED), idea.prompt, look_alikes=True)
        assert found is None, (found, idea)
        styles = re.escape("|".join(style.name for style in BUILT_IN)).replace(r"\|", "|")
        assert not re.search(rf"\b({styles})\b", idea.light), idea  # a style is the member's choice
