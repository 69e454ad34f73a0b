"""A server's blocked phrases and its allow list, matched against a prompt.

A phrase is found as whole words unless a ``*`` at its start or end opens that side. Case, width and
accents make no difference, and with ``look_alikes`` neither do letters in disguise. No expression
of a moderator is run: the time grows with the length of the text only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import regex

from bot.domain.errors import InvalidPhrase, PhraseFault
from bot.domain.folded_letters import skeleton_of
from bot.domain.folding import FoldedText, Reading
from bot.domain.order import clean
from bot.domain.phrase_search import PhraseSearch

LONGEST_PHRASE: Final = 100  # characters, after cleaning
MOST_PHRASES: Final = 500  # in a list
MOST_CHARACTERS: Final = 4000  # in a list, joined by line breaks: a field of Discord's modals

# Commas, tabs and lines; on one line, semicolons behind a word or before a space, and a bar
# with spaces.
_LINES: Final = re.compile(r"[,\uff0c\u060c\u3001\uff1b\u061b\t\n\r\v\f\x85\u2028\u2029]")
_ON_A_LINE: Final = re.compile(r"(?<=[\w*\"')]);+|(?:(?<![;|]);|\s\|)(?:[;|]|\s(?=[;|]))*(?=\s|$)")
# What surrounds a phrase and is no part of it: a list's bullet or number, quotation marks, brackets
# or Markdown on both sides, and the end of a sentence; the latter two not at a single letter or
# digit, unless its script has no case.
_BULLET: Final = regex.compile(r"^(?:[\p{Pd}*+>·•◦‣▪●○]|\d+[.)])\s+")
_WRAPPED: Final = regex.compile(
    r"[\p{Quotation_Mark}`]+(?<inner>.*?)[\p{Quotation_Mark}`]+"
    r"|(?:\|\||~~|\*\*|__?|/|\p{Ps})(?<inner>.*?[^\W_].*?[^\W_].*?)(?:\|\||~~|\*\*|__?|/|\p{Pe})"
)
_SENTENCE: Final = regex.compile(
    r"^[¿¡]+(?=\w.*\w)|(?<=\w.*\w|\p{Lo})[\p{Terminal_Punctuation}…]+$"
)
_INNER_WILDCARD: Final = regex.compile(r"\*|\w\?\w")


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


def first_blocked_phrase(words: WordLists, prompt: str, *, look_alikes: bool) -> str | None:
    """Return the blocked phrase that stops *prompt*, as it was typed; ``None``: nothing does."""
    finding = examine(words, prompt, look_alikes=look_alikes)
    return None if finding.allowed else finding.blocked


def examine(words: WordLists, prompt: str, *, look_alikes: bool) -> Finding:
    """Return the first blocked phrase in *prompt* that counts, or else the first that is waived.

    A phrase does not count where it lies wholly inside an allowed one that no comma or end of a
    sentence parts. Of blocked phrases that begin at the same word, only the longest is looked at.
    """
    if not words.blocked:
        return Finding()
    text = FoldedText(prompt)
    hits = _places(words.blocked, text, look_alikes=look_alikes)
    if not hits:
        return Finding()
    shelters = [
        (start, end, typed)
        for start, end, typed in _places(words.allowed, text, look_alikes=look_alikes)
        if not text.ends_between(start, end) or FoldedText(typed).ends_between(0, len(typed) - 1)
    ]
    first_waived = Finding()
    reach, around = 0, ""  # the end of the allowed phrase that reaches furthest, and the phrase
    following = 0
    for start, end, blocked in hits:
        while following < len(shelters) and shelters[following][0] <= start:
            if shelters[following][1] > reach:
                _, reach, around = shelters[following]
            following += 1
        if end > reach:
            return Finding(blocked=blocked)
        if not first_waived.blocked:
            first_waived = Finding(blocked=blocked, allowed=around)
    return first_waived


def phrase(text: str) -> str:
    """Return *text* cleaned for a list.

    Raises :class:`InvalidPhrase` if it would not mean what was typed: it holds no word, a ``*``
    elsewhere than at its ends or a ``?`` within a word, at its ends a sign that only separates
    words, or is too long.
    """
    cleaned = str(_BULLET.sub("", clean(text)))
    if len(cleaned) > LONGEST_PHRASE:
        raise _rejected(PhraseFault.TOO_LONG, LONGEST_PHRASE, len(cleaned), cleaned)
    inner = _inner(cleaned)
    if _INNER_WILDCARD.search(inner) or (not inner and "*" in cleaned):
        raise _rejected(PhraseFault.WILDCARD, 0, cleaned.count("*"), cleaned)
    folded = FoldedText(inner)
    if not folded.words.text:
        raise _rejected(PhraseFault.NO_WORD, 1, 0, cleaned)
    if folded.has_separator_at_end():
        raise _rejected(PhraseFault.SEPARATOR, 0, 1, cleaned)
    return cleaned


def split(text: str) -> Iterator[str]:
    """Yield the phrases of *text*, cleaned: commas and line breaks separate them."""
    lines = map(clean, _LINES.split(text))
    return (piece for line in lines for piece in _ON_A_LINE.split(line) if piece.strip())


def add(phrases: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Return *phrases* with those of *text* at their end; *phrases* itself if they are all there.

    Raises :class:`InvalidPhrase` if one of *text* can't be kept or the list has no room for it.
    """
    kept = dict.fromkeys(map(_pattern, phrases))
    grown = phrases
    for typed in list(split(text)) or [text]:
        added = phrase(typed)
        if (pattern := _pattern(added)) in kept:
            continue
        kept[pattern] = None
        grown = (*grown, added)
        if len(grown) > MOST_PHRASES:
            raise _rejected(PhraseFault.TOO_MANY, MOST_PHRASES, len(grown), added)
        if (characters := len("\n".join(grown))) > MOST_CHARACTERS:
            raise _rejected(PhraseFault.LIST_TOO_LONG, MOST_CHARACTERS, characters, added)
    return grown


def remove(phrases: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Return *phrases* without those that say the same as one of *text*; itself if none does."""
    removed = {_pattern(clean(typed)) for typed in (text, *split(text))}
    remaining = tuple(kept for kept in phrases if _pattern(kept) not in removed)
    return remaining if len(remaining) < len(phrases) else phrases


def _rejected(fault: PhraseFault, limit: int, got: int, typed: str) -> InvalidPhrase:
    return InvalidPhrase(fault=fault, limit=limit, got=got, phrase=typed)


def _inner(cleaned: str) -> str:
    """Return a phrase without its wildcards and what is no part of it."""
    return str(_SENTENCE.sub("", _unquoted(cleaned).strip("*").strip()))


def _unquoted(cleaned: str) -> str:
    while wrapped := _WRAPPED.fullmatch(cleaned):
        cleaned = str(wrapped["inner"]).strip()
    return cleaned


@lru_cache(maxsize=2**12)
def _pattern(cleaned: str) -> tuple[bool, str]:
    """Return whether a phrase has signs, and its string in the reading of its kind."""
    text, bare = FoldedText(_inner(cleaned)), _unquoted(cleaned)
    reading = text.signs() if text.has_signs() else text.words
    start, end = bare.startswith("*"), len(reading.text) - bare.endswith("*")
    return text.has_signs(), reading.text[start:end]


class _Searches:
    """What finds the phrases of a list in each reading of a text."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        self._words: dict[str, str] = {}
        signs: dict[str, str] = {}
        for typed in phrases:
            has_signs, string = _pattern(typed)
            if FoldedText(typed).words_text():  # else it could not be added: it stops nothing
                (signs if has_signs else self._words).setdefault(string, typed)
        self.signs = PhraseSearch(signs)

    @cached_property
    def words(self) -> PhraseSearch:
        """Return what finds phrases as they were typed."""
        return PhraseSearch(self._words)

    @cached_property
    def undisguised(self) -> PhraseSearch:
        """Return what finds phrases in disguise; of several words, also without spaces."""
        return PhraseSearch(_joined(self._words) | self._words)

    @cached_property
    def skeletons(self) -> PhraseSearch:
        """Return what finds phrases of other scripts by what their letters look like."""
        others = {
            skeleton_of(string): typed
            for string, typed in reversed(self._words.items())
            if not string.isascii()
        }
        return PhraseSearch(_joined(others) | others)


def _joined(strings: Mapping[str, str]) -> dict[str, str]:
    """Return the strings of several words without the spaces between them."""
    return {
        string.replace(string.strip(), string.strip().replace(" ", "")): typed
        for string, typed in strings.items()
        if " " in string.strip()
    }


@lru_cache(maxsize=128)  # lists, two per server; a prompt of any of its members needs both
def prepare(phrases: tuple[str, ...]) -> _Searches:
    """Return what finds *phrases*, from a cache."""
    return _Searches(phrases)


def _places(
    phrases: tuple[str, ...], text: FoldedText, *, look_alikes: bool
) -> list[tuple[int, int, str]]:
    """Return start, end and phrase of each place, in order; of several at one the longest first."""
    places = [
        (*reading.covered(start, end), typed)
        for search, reading in _searched(prepare(phrases), text, look_alikes=look_alikes)
        for start, end, typed in search.find(reading.text)
    ]
    return sorted(places, key=lambda place: (place[0], -place[1]))


def _searched(
    searches: _Searches, text: FoldedText, *, look_alikes: bool
) -> Iterator[tuple[PhraseSearch, Reading]]:
    """Yield what is searched in which reading."""
    if words := searches.undisguised if look_alikes else searches.words:
        if any(words.find(text.words_text())):
            yield words, text.words
        if look_alikes:
            yield words, text.undisguised()
        if look_alikes and searches.skeletons:
            yield searches.skeletons, text.skeletons()
    if searches.signs and text.has_signs():
        yield searches.signs, text.signs()
