"""Which Latin letters a character looks like, by Unicode's data: UTS 39 and characters' names.

The data of UTS 39 come with the package ``confusable_homoglyphs`` and are read at import.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Final

import regex

# In UTS 39 capital I, small l, 1 and | are one letter. Words are told apart by it, so it is kept.
I_OR_L: Final = "\x00"

_LEFT_TO_RIGHT: Final = "\u200e"  # around characters of scripts that are written to the left

_STEPS: Final = 4  # from a character by others to its Latin letter

# LATIN LETTER SMALL CAPITAL M, NEGATIVE SQUARED LATIN CAPITAL LETTER A, REGIONAL INDICATOR SYMBOL
# LETTER B; no letter that is turned over, since another one may look like it, nor ß.
_NAMED: Final = regex.compile(
    r"(?!.*\b(?:TURNED|REVERSED|SIDEWAYS|INVERTED|ROTATED|SHARP)\b)"
    r"(?:.*\bLATIN(?: SMALL| CAPITAL)?|REGIONAL INDICATOR SYMBOL) LETTER "
    r"(?:(?!WITH )[A-Z]+ )*([A-Z])"
    r"(?: WITH (?!SMALL LETTER).+)?"
)
_CROSSED: Final = regex.compile(r"(.+) WITH (?:[A-Z]+ )*(?:STROKE|BAR|OVERLAY|SLASH)")
# An entry for one that looks like it: a prototype lists all that do, which is of no use here, even
# if it is only one. The whole file, with the names in it, would take 5 MB for good.
_ONE_ALIKE: Final = re.compile(
    rb'("(?:[^"\\]|\\.)+"): \[\{"c": ("(?:[^"\\]|\\.)+"), "n": "[^"]*"\}\]'
)
_MARKS: Final = regex.compile(r"\p{M}+")


def _prototypes() -> Mapping[str, str]:
    """Return for each character that UTS 39 compares with one other what that is."""
    file = resources.files("confusable_homoglyphs") / "confusables.json"
    prototypes = {}
    for entry in _ONE_ALIKE.finditer(file.read_bytes()):
        character, like = (json.loads(text).strip(_LEFT_TO_RIGHT) for text in entry.groups())
        if len(character) == 1:
            prototypes[character] = like
    return prototypes


_PROTOTYPES: Final = _prototypes()


@lru_cache(maxsize=2**13)
def latin(character: str) -> str:
    """Return the Latin letters, in lower case, that *character* looks like; empty: none.

    ``I_OR_L`` among them is an i or an l.
    """
    if unicodedata.bidirectional(character) in {"R", "AL"}:
        return ""  # an alef is no l to who reads Arabic
    form = unicodedata.normalize("NFKD", character)
    if form != character and len(form) == 1 and (form.isascii() or latin(form)):
        return form.lower() * form.isalpha() if form.isascii() else latin(form)
    likes = character
    for _ in range(_STEPS):
        for form in dict.fromkeys((likes, likes.upper(), likes.lower())):
            if letters := _letters(form):
                return letters
        likes = _prototype(likes)
    return ""


def skeleton(character: str) -> str:
    """Return what stands for all letters that look like *character*, of any script."""
    likes = latin(character) or _PROTOTYPES.get(character, "")
    return likes if len(likes) == 1 else character


def _letters(form: str) -> str:
    """Return the Latin letters that *form* is called by or, in one step, looks like."""
    name = unicodedata.name(form, "") if len(form) == 1 else ""
    if not form.isascii() and (named := _NAMED.fullmatch(name)):
        return str(named[1]).lower()
    likes = _prototype(form)
    if likes == "l":
        return I_OR_L
    # Of other scripts, one that looks like two letters (ы) rather tells that it is none of them.
    alike = likes.isascii() and likes.isalpha() and (len(likes) == 1 or "LATIN" in name)
    return likes.lower() if alike else ""


def _prototype(character: str) -> str:
    """Return what UTS 39 says that *character* looks like, without marks; empty: nothing else."""
    decomposed = unicodedata.normalize("NFKD", _PROTOTYPES.get(character, ""))
    return str(_MARKS.sub("", decomposed))


@lru_cache(maxsize=2**13)
def uncrossed(letter: str) -> str:
    """Return *letter* without what only varies it: o for ø, a dotted i, anusvara."""
    name = unicodedata.name(letter, "")
    crossed = _CROSSED.fullmatch(name)
    plain = crossed[1] if crossed else name.replace("LETTER DOTLESS", "LETTER")
    try:
        return unicodedata.lookup(plain.replace("CANDRABINDU", "ANUSVARA"))
    except KeyError:
        return letter
