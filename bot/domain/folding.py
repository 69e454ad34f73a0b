"""Folds a text for comparison: what it says, whatever its case, width, accents or disguise.

A reading is a text as tokens: words, single letters of scripts without spaces, emoji, flags and
perhaps signs, with a space around each. A phrase is in a text where its string is in the text's.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, compress, groupby
from typing import Final
from unicodedata import category

import regex

from bot.domain.folded_letters import KINDS, LATIN, SKELETONS, LetterTable, unified
from bot.lookalikes import latin

# What ends a sentence or separates its parts.
_END: Final = regex.compile(r"[,;\uff0c\u060c\u3001]|(?<!\w)\||[\p{Terminal_Punctuation}|](?!\w)")
_HALF: Final = regex.compile(r"^(?:[\p{Ps}\p{Pe}]|\|\||~~)|(?:[\p{Ps}\p{Pe}]|\|\||~~)$")
_OTHER_SCRIPT: Final = regex.compile(r"(?V1)[[\p{L}\p{M}]--\p{Latin}]+")

# What means no word: 455, 45s, A55, a$, $45.
_QUANTITY: Final = regex.compile(
    r"\p{Sc}?\p{Nd}+\p{Sc}?|\p{L}(?:(?!111)\p{Nd}+|[@$€|])|(?:\p{Nd}+|[@$€|])\p{L}|[@$€|]{1,2}"
)
_DIGITS: Final = "0123456789"
_SHORTEST: Final = 3  # letters of a word that is found with digits at its ends; 35mm is none

# In an alphabet of one of these, a word that looks Latin may be none: рот.
_ALPHABETS: Final = ("koi8_u", "iso8859_7")
_LATIN_WORD: Final = regex.compile(r"(?<![\p{Nd}\p{Latin}])\p{Latin}{2}")

# Patterns over a text's shape, which has one letter of KINDS for each character.
_MINUS: Final = "(?:(?<=d)|(?<![wdmuvrebsxyh]))h(?=d)"  # also as in 9-11
_SIGN: Final = re.compile(f"[sxy]|{_MINUS}")
_TOKEN: Final = re.compile(rf"[wd][wdm]*|[uv]m*|rr|[reb]|(?P<signs>[sxy]+|{_MINUS})")
# Spaced letters, with signs or emoji between them (n.u.d.e; in the same way everywhere if with
# spaces, too: "n - u - d - e", not "D, i.e.") or with spaces and emoji; words, also with emoji in
# them and signs for letters.
_LETTER: Final = r"(?:[wdv]m*(?![wdvm])|b|r(?!r))"
_SPACED: Final = rf"(?:{_LETTER}|x)"
_PART: Final = "(?:[wdv][wdvm]*|[brx])"
_DISGUISED: Final = re.compile(
    rf"(?P<signs>(?:{_LETTER}(?:[-hesxy]+{_LETTER}){{2,}}"
    rf"|{_LETTER}(?P<gap> *[-hesxy][- hesxy]*){_LETTER}(?:(?P=gap){_LETTER})+)(?![wdbruvx]))"
    rf"|(?P<spaces>{_SPACED}(?:[ e]+{_SPACED}){{2,}}(?![wdbruvx]))"
    rf"|(?P<word>{_PART}(?:[ey]*{_PART})*)"
    r"|um*(?:[ e]+(?=u))?|e"
)
# A word in parts: b.lood, bl-ood, but not he'll, f1.8 or 9-11; and in scripts with short words.
_IN_PARTS: Final = re.compile("(?<![wdvm])[wdvm]++(?:(?<!d)[-hs](?!d)[wdvm]++)++")
_CONTRACTION: Final = re.compile(r"['\u2019]\w{1,2}(?!\w)")
_TWO_LETTERS: Final = regex.compile(
    r"(?V1)(?<!\w)(?:\p{Hangul} +\p{Hangul}|\p{Hebrew} +\p{Hebrew}|\p{Arabic} +\p{Arabic})(?!\w)"
)
# Of an ASCII text: what may be a disguise.
_SUSPICIOUS: Final = re.compile(
    r"[@$|]|[a-zA-Z][0-9!]|[0-9][a-zA-Z]|[a-zA-Z]I|I[a-zA-Z]|[a-zA-Z][._'-][a-zA-Z]"
    r"|(?<![a-zA-Z0-9])[a-zA-Z0-9@$|](?:[^a-zA-Z0-9]+[a-zA-Z0-9@$|](?![a-zA-Z0-9])){2}"
)
_ANY_LETTER: Final = re.compile("[wvbr]")
_NO_WORD: Final = re.compile("[^a-z0-9]+")
_ONE_LETTER_WORDS: Final = frozenset("aeioy")  # "a b l o o d bath"

Token = tuple[str, int, int]  # what it says, its first character and the one behind its last


@dataclass(frozen=True)
class Reading:
    """A text as tokens with a space around each."""

    tokens: Sequence[Token]

    @cached_property
    def text(self) -> str:
        """Return the tokens as one string; empty: there are none."""
        return " ".join(["", *[said for said, _, _ in self.tokens], ""]) if self.tokens else ""

    @cached_property
    def _starts(self) -> Sequence[int]:
        """Return where each token starts in the string, and where the string ends."""
        return list(accumulate((len(said) + 1 for said, _, _ in self.tokens), initial=1))

    def covered(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the folded text that the tokens in a part of the string cover."""
        first = bisect_right(self._starts, start + (self.text[start] == " ")) - 1
        last = bisect_left(self._starts, end) - 1
        return self.tokens[first][1], self.tokens[last][2]


class FoldedText:
    """A text with one form of each letter, to be read in several ways."""

    def __init__(self, text: str) -> None:
        self._typed = text.strip()
        self._text = unified(text)

    @cached_property
    def _shape(self) -> str:
        return self._text.translate(KINDS)

    def words_text(self) -> str:
        """Return the string of :attr:`words`, sooner."""
        if not self._text.isascii():
            return self.words.text
        text = _NO_WORD.sub(" ", f" {self._text.lower()} ")
        return "" if text == " " else text

    @cached_property
    def words(self) -> Reading:
        """The reading without signs."""
        text = self._text
        return Reading(
            [
                (text[(span := match.span())[0] : span[1]].casefold(), *span)
                for match in _TOKEN.finditer(self._shape)
                if match.lastgroup is None
            ]
        )

    def ends_between(self, start: int, end: int) -> bool:
        """Tell whether a comma or the end of a sentence is in a part of the text."""
        return _END.search(self._text, start, end) is not None

    def has_separator_at_end(self) -> bool:
        """Tell whether a sign that only separates words, or half a bracket, is at an end."""
        ends = (self._typed[:1], self._typed[-1:])
        if _HALF.search(self._text.strip()) or any(map(_is_dropped_sign, ends)):
            return True
        shape = self._shape.strip()
        return bool(re.match(f"-|(?!{_MINUS})h", shape) or shape.endswith(("-", "h")))

    def has_signs(self) -> bool:
        """Tell whether there are signs other than those that only separate words."""
        return _SIGN.search(self._shape) is not None

    def signs(self) -> Reading:
        """Return the reading with signs; a sign says on which side a word touches it."""
        tokens: list[Token] = []
        for match in _TOKEN.finditer(self._shape):
            start, end = match.span()
            if match.lastgroup is None:
                tokens.append((self._text[start:end].casefold(), start, end))
                continue
            for _sign, same in groupby(range(start, end), key=self._text.__getitem__):
                run = list(same)
                tokens.append((self._glued(run[0], run[-1] + 1), run[0], run[-1] + 1))
        return Reading(tokens)

    def _glued(self, start: int, end: int) -> str:
        before = "·" if re.match("[wdmuv]", self._shape[max(start - 1, 0) : start]) else ""
        after = "·" if re.match("[wduv]", self._shape[end : end + 1]) else ""
        sign = "-" if self._shape[start] == "h" else self._text[start:end]
        return f"{before}{sign}{after}"

    def undisguised(self) -> Reading:
        """Return the reading in Latin letters, with look-alikes, leet and spaced letters undone."""
        if self._text.isascii() and not _SUSPICIOUS.search(self._text):
            return Reading(())
        return Reading(list(self._undisguised(LATIN, self._alphabets())))

    def skeletons(self) -> Reading:
        """Return the reading of other than ASCII words, with one letter for all that look alike."""
        if self._text.isascii():
            return Reading(())
        tokens = self._undisguised(SKELETONS, frozenset())
        return Reading(
            [("\n" if self._text[a:b].isascii() else said, a, b) for said, a, b in tokens]
        )

    def _undisguised(self, letters: LetterTable, alphabets: frozenset[str]) -> Iterator[Token]:
        """Yield the tokens, and at the end what some of them may be instead."""
        text = self._text
        others: list[Token] = []
        for match in _DISGUISED.finditer(self._shape):
            start, end = match.span()
            said, shape, kind = text[start:end], match[0], match.lastgroup
            if kind == "word" and said.isascii() and said.isalpha() and "I" not in said:
                yield said.lower(), start, end
            elif kind is None:
                only = said if len(shape) == 1 else _only(said, shape, "um")
                yield letters[ord(only)] if len(only) == 1 else only.translate(letters), start, end
            elif shape == "rr" or (alphabets and _alphabet(said) in alphabets):
                yield said.casefold(), start, end  # one flag spells no word
            elif kind == "word":
                yield _word(said, shape, letters), start, end
                if "d" in shape or "rr" in shape:
                    others += [(a, start, end) for a in _other_words(said, shape, letters)]
            else:
                run = _only(said, shape, "wdvmbrx" if kind == "spaces" else "wdvmbr")
                yield _run(run, shape, letters), start, end
                if kind == "spaces":
                    others += [(_run(a, shape, letters), start, end) for a in _without_ends(run)]
        for other in (*others, *self._in_parts(letters)):
            yield "\n", other[1], other[2]  # it has no neighbours
            yield other

    def _in_parts(self, letters: LetterTable) -> Iterator[Token]:
        """Yield what parts of words are together."""
        places = [match.span() for match in _IN_PARTS.finditer(self._shape)]
        if not self._text.isascii():
            places += [match.span() for match in _TWO_LETTERS.finditer(self._text)]
        for start, end in places:
            said = self._text[start:end]
            if not _CONTRACTION.search(said):
                word = _only(said, self._shape[start:end], "wdvm")
                yield word.translate(letters), start, end

    def _alphabets(self) -> frozenset[str]:
        """Return the alphabets that the text is written in: those that look Latin are, too."""
        if self._text.isascii():
            return frozenset()
        if not _LATIN_WORD.search(self._text):
            return frozenset(_ALPHABETS)
        return frozenset(
            _alphabet(said)
            for said, _, _ in self.words.tokens
            if len(said) > 1 and not said.isascii() and not all(map(latin, said))
        ) - {""}


@lru_cache(maxsize=2**12)
def _alphabet(word: str) -> str:
    """Return the alphabet that has all letters of a word; empty: none but the Latin one."""
    if _OTHER_SCRIPT.fullmatch(word):
        for alphabet in _ALPHABETS:
            with suppress(UnicodeEncodeError):
                word.encode(alphabet)
                return alphabet
    return ""


def _word(word: str, shape: str, letters: LetterTable) -> str:
    """Return *word* in the letters that it looks like. Neither 100 nor 4k is a word, and I is."""
    if "e" in shape:
        word = _only(word, shape, "wdvmbrxy")
    if word == "I" or (shape.strip("wm") and _QUANTITY.fullmatch(word)):
        return word.casefold()
    return word.translate(letters)


def _other_words(word: str, shape: str, letters: LetterTable) -> Iterator[str]:
    """Yield *word* without flags in it and without digits at its ends."""
    if "rr" in shape and "w" in shape:
        yield _word(word, shape.replace("rr", "ee"), letters)
    inner = word.strip(_DIGITS)
    if _SHORTEST <= len(inner) < len(word):
        yield inner.translate(letters)


def _run(run: str, shape: str, letters: LetterTable) -> str:
    """Return spaced letters as a word. Among many digits they are no word."""
    few = len(_ANY_LETTER.findall(shape)) < max(2, len(run) / 3)
    return run.casefold() if few else run.translate(letters)


def _without_ends(run: str) -> set[str]:
    """Return spaced letters without digits and words of one letter around them."""
    inner = run.lstrip(_DIGITS)
    runs = {run, inner, inner[inner[:1].lower() in _ONE_LETTER_WORDS :]}
    for begun in tuple(runs):
        inner = begun.rstrip(_DIGITS)
        runs |= {inner, inner.removesuffix("a")}
    return runs - {run, ""}


def _only(said: str, shape: str, kinds: str) -> str:
    return "".join(compress(said, map(kinds.__contains__, shape)))


def _is_dropped_sign(character: str) -> bool:
    """Tell whether nothing is left of a sign in one form, as of a line above or below."""
    return bool(character) and category(character)[0] in "PS" and not unified(character).strip()
