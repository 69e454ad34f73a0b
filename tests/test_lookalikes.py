"""Which letters look like which: as Unicode's data say, without tables of ours."""

import json
from importlib import resources

import pytest

from bot import lookalikes
from bot.lookalikes import I_OR_L, latin, skeleton, uncrossed


def test_the_data_are_read_as_json():
    file = resources.files("confusable_homoglyphs") / "confusables.json"
    wanted = {
        character.strip("\u200e"): likes[0]["c"].strip("\u200e")
        for character, likes in json.loads(file.read_bytes()).items()
        if len(character.strip("\u200e")) == 1 and len(likes) == 1
    }

    assert wanted == lookalikes._PROTOTYPES


@pytest.mark.parametrize(
    ("characters", "letters"),
    [
        ("\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0455", "aeopcxyis"),  # Cyrillic
        ("\u0412\u041d\u041c\u0422\u041a", "bhmtk"),  # as capitals only
        ("\u0432\u043d\u043c\u0442\u043a", "bhmtk"),  # small: UTS 39 has them as small capitals
        ("\u03b1\u03bf\u03c1\u03bd\u039d", "aopvn"),  # Greek: the small one looks like another
        ("\u03f2", "c"),
        ("\u13da\u13aa\u13b7", "sam"),  # Cherokee
        ("\ua4d0\ua4e1\ua4f3\ua4d3", "blod"),  # Lisu
        ("\u0299\u029f\u1d0f\u1d05\u1d0d\u0274\ua731", "blodmns"),  # small capitals
        ("🅱🅻🅞🇩", "blod"),  # boxed, circled, of flags
        ("\U0001d51f\U0001d552", "ba"),  # of formulas
        ("ıɑɡʟ", "iagl"),
        ("øłđ", "old"),
    ],
)
def test_what_looks_latin(characters, letters):
    assert "".join(map(latin, characters)) == letters


@pytest.mark.parametrize("character", "яжшлßЖωב中あกا🍆ᴙǝ")
def test_what_does_not(character):
    assert latin(character) == ""


@pytest.mark.parametrize("character", "\u0406\u04c0\u0399\u22231I|")
def test_what_is_an_i_or_an_l(character):
    assert latin(character) == I_OR_L


def test_letters_of_other_scripts_have_one_that_stands_for_them():
    assert skeleton("ک") == skeleton("ك")  # keheh and kaf
    assert skeleton("ی") == skeleton("ي")  # the yeh of Persian and of Arabic
    assert skeleton("カ") == skeleton("力")
    assert skeleton("ب") != skeleton("ت")  # dots are no accents
    assert skeleton("ж") == "ж"


def test_a_stroke_is_no_part_of_a_letter():
    assert "".join(map(uncrossed, "øłđħŧƀØŁ\u0493aж")) == "oldhtbOL\u0433aж"


def test_a_missing_dot_and_a_candrabindu_only_vary_a_letter():
    assert "".join(map(uncrossed, "\u0131\u0237\u0901")) == "ij\u0902"
