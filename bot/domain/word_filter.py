"""A server's blocked phrases and its allow list, matched against a prompt by whole words.

Case, width, ligatures and invisible characters make no difference; accents, spelling and
look-alikes of other scripts do. No regular expression of a moderator is run: the time grows with
the length of the text only.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.domain.errors import InvalidPhrase, PhraseFault
from bot.domain.order import clean

LONGEST_PHRASE: Final = 100  # characters, after cleaning
MOST_PHRASES: Final = 200  # in a list
MOST_CHARACTERS: Final = 4000  # in a list, joined by line breaks: a field of Discord's modals

# What Unicode calls default-ignorable outside the category Cf: selectors, joiners and fillers.
_IGNORABLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)

# Beginnings of the Unicode names of letters that are written without spaces between words.
_UNSPACED: Final = (
    *("CJK ", "IDEOGRAPHIC ", "HIRAGANA ", "KATAKANA", "HENTAIGANA ", "BOPOMOFO ", "THAI ", "LAO "),
    *("KHMER ", "MYANMAR ", "TAI ", "NEW TAI ", "AHOM ", "BALINESE ", "JAVANESE "),
)

# Patterns over a text's shape, which has one letter of _kind for each character. Normalization
# sorts the marks on one letter in quadratic time; more than 30 are noise (UAX #15).
_WITHOUT_EXCESS_MARKS: Final = re.compile("[^m]+|(?<!m)m{1,30}")
_WORD: Final = re.compile("(?:lm{0,30})+|um{0,30}|ff?|s")


@dataclass(frozen=True, kw_only=True)
class WordLists:
    """A server's two lists, as its moderators typed them."""

    blocked: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A blocked phrase in a prompt; it stops the prompt unless an allowed phrase contains it."""

    blocked: str | None = None  # None: the prompt contains none
    allowed: str | None = None  # the allowed phrase around it


def tokens(text: str) -> tuple[str, ...]:
    """Return the words of *text*, folded for comparison: equal words are the same word.

    A word is a run of letters, numbers and their marks; in scripts without spaces it is one letter
    with its marks. Symbols, such as emoji, and flags are words; everything else separates.
    """
    seen = "".join(map(_seen, text))
    limited = "".join(_pieces(_WITHOUT_EXCESS_MARKS, seen))
    # Turkish writes its dotted i as İ, which case folding would leave with a second dot.
    cased = unicodedata.normalize("NFKC", limited).replace("İ", "i")
    return tuple(_pieces(_WORD, unicodedata.normalize("NFKC", cased.casefold())))


def first_blocked_phrase(words: WordLists, prompt: str) -> str | None:
    """Return the blocked phrase that stops *prompt*, as it was typed; ``None``: nothing does."""
    finding = examine(words, prompt)
    return None if finding.allowed else finding.blocked


def examine(words: WordLists, prompt: str) -> Finding:
    """Return the first blocked phrase in *prompt* that counts, or else the first that is waived.

    A phrase does not count where it lies wholly inside an allowed one. Of blocked phrases that
    begin at the same word, only the longest is looked at.
    """
    prompt_words = tokens(prompt)
    first_waived = Finding()
    reach, around = 0, ""  # the end of the allowed phrase that reaches furthest, and the phrase
    blocked_at = _longest(_matcher(words.blocked), prompt_words)
    allowed_at = _longest(_matcher(words.allowed), prompt_words)
    pairs = zip(blocked_at, allowed_at, strict=True)
    for start, ((length, blocked), (allowed_length, allowed)) in enumerate(pairs):
        if start + allowed_length > reach:
            reach, around = start + allowed_length, allowed
        if start + length > reach:
            return Finding(blocked=blocked)
        if length and not first_waived.blocked:
            first_waived = Finding(blocked=blocked, allowed=around)
    return first_waived


def phrase(text: str) -> str:
    """Return *text* cleaned for a list.

    Raises :class:`InvalidPhrase` if it holds no word or is longer than ``LONGEST_PHRASE``.
    """
    cleaned = clean(text)
    if not tokens(cleaned):
        raise InvalidPhrase(fault=PhraseFault.NO_WORD, limit=1, got=0)
    if len(cleaned) > LONGEST_PHRASE:
        raise InvalidPhrase(fault=PhraseFault.TOO_LONG, limit=LONGEST_PHRASE, got=len(cleaned))
    return cleaned


def add(phrases: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Return *phrases* with *text* at their end; *phrases* itself if the same words are there.

    Raises :class:`InvalidPhrase` if *text* is none that can be kept or the list has no room for it.
    """
    added = phrase(text)
    if any(_same(kept, added) for kept in phrases):
        return phrases
    grown = (*phrases, added)
    if len(grown) > MOST_PHRASES:
        raise InvalidPhrase(fault=PhraseFault.TOO_MANY, limit=MOST_PHRASES, got=len(grown))
    if (characters := len("\n".join(grown))) > MOST_CHARACTERS:
        raise InvalidPhrase(fault=PhraseFault.LIST_TOO_LONG, limit=MOST_CHARACTERS, got=characters)
    return grown


def remove(phrases: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Return *phrases* without the one that has the words of *text*; itself if none has."""
    removed = clean(text)
    remaining = tuple(kept for kept in phrases if not _same(kept, removed))
    return remaining if len(remaining) < len(phrases) else phrases


def _same(first: str, second: str) -> bool:
    return tokens(first) == tokens(second)


@lru_cache(maxsize=2**13)
def _seen(character: str) -> str:
    """Return *character*, or nothing if it only shapes or encloses its neighbours."""
    category = unicodedata.category(character)
    # Enclosing marks go because ⑥ and a keycap of 6 mean the same.
    if category in {"Cf", "Cs", "Me"} or _IGNORABLE.match(character):
        return ""
    if category[0] == "S" and len(unicodedata.normalize("NFKC", character)) > 1:
        return f" {character} "  # ™ would become letters of the word before it
    return character


@lru_cache(maxsize=2**13)
def _kind(character: str) -> str:
    """Return what *character* is to a word, as one letter of a text's shape."""
    category = unicodedata.category(character)
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return "f"  # half a flag
    # Emoji that are younger than this Python are unassigned to it. Skin tones are modifiers.
    if category in {"So", "Cn"} or "\U0001f3fb" <= character <= "\U0001f3ff":
        return "s"  # a symbol
    if category[0] == "M" or character in "\uff9e\uff9f":  # these two become marks by folding
        return "m"
    if category[0] not in "LN":
        return "-"
    unspaced = category != "Nd" and unicodedata.name(character, "").startswith(_UNSPACED)
    return "u" if unspaced else "l"


def _pieces(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Yield the pieces of *text* whose shape matches *pattern*."""
    for match in pattern.finditer("".join(map(_kind, text))):
        yield text[match.start() : match.end()]


class _Node:
    """Node of a trie over words: which words follow, and the phrase that ends here."""

    __slots__ = ("following", "typed")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.typed: str | None = None


@lru_cache(maxsize=512)  # lists, two per server; a prompt of any of its members needs both
def _matcher(phrases: tuple[str, ...]) -> _Node:
    """Return the root of the trie of *phrases*; it must not be changed."""
    root = _Node()
    for text in phrases:
        node = root
        for word in tokens(text):
            node = node.following.setdefault(word, _Node())
        if node is not root:
            node.typed = text
    return root


def _longest(root: _Node, words: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return for each of *words* the longest phrase that begins there, after its length.

    The length is in words, 0 where no phrase begins.
    """
    phrases = []
    for start in range(len(words)):
        longest, node, length = (0, ""), root, 0
        while (following := node.following.get(words[start + length])) is not None:
            node, length = following, length + 1
            if node.typed is not None:
                longest = (length, node.typed)
            if start + length == len(words):
                break
        phrases.append(longest)
    return phrases
