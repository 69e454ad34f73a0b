"""Aho-Corasick automaton: finds the phrases of a list in a text, in one pass over the text.

A letter of the text may be an i or an l: the automaton takes both for one, and what it finds is
compared once more.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from bot.lookalikes import I_OR_L

_WHOLE: Final = re.compile(" [^ ]+ ")


class PhraseSearch:
    """Aho-Corasick automaton over strings, each with what it stands for."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        # Strings that begin with a whole word are in no text that lacks this word.
        whole = [_folded(string).split(" ")[1] for string in phrases if _WHOLE.match(string)]
        self._first_words = frozenset(whole) if len(whole) == len(phrases) else None
        self._moves: list[dict[str, int]] = [{}]
        self._strings: dict[int, list[tuple[str, str]]] = {}  # that end at a node, with meanings
        for string, means in phrases.items():
            node = 0
            for character in _folded(string):
                following = self._moves[node].get(character)
                if following is None:
                    following = self._moves[node][character] = len(self._moves)
                    self._moves.append({})
                node = following
            self._strings.setdefault(node, []).append((string, means))
        self._fallback = [0] * len(self._moves)
        # The node of the longest string that the text at a node ends with; 0: there is none.
        self._ending = [node if node in self._strings else 0 for node in range(len(self._moves))]
        self._link()

    def __bool__(self) -> bool:
        return len(self._moves) > 1

    def _link(self) -> None:
        """Set each node's fallback: the longest string that the text at it ends with."""
        queue = deque(self._moves[0].values())
        while queue:
            node = queue.popleft()
            for character, following in self._moves[node].items():
                queue.append(following)
                fallback = self._follow(self._fallback[node], character)
                self._fallback[following] = fallback
                self._ending[following] = self._ending[following] or self._ending[fallback]

    def _follow(self, node: int, character: str) -> int:
        while character not in self._moves[node]:
            if not node:
                return 0
            node = self._fallback[node]
        return self._moves[node][character]

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and meaning of the longest string that ends at each place of *text*."""
        folded = _folded(text)
        if self._first_words is not None and self._first_words.isdisjoint(folded.split(" ")):
            return
        moves, fallback, ending = self._moves, self._fallback, self._ending
        node = 0
        for end, character in enumerate(folded, 1):
            while (following := moves[node].get(character)) is None and node:
                node = fallback[node]
            node = following or 0
            if ending[node] and (found := self._longest(ending[node], text, end)):
                yield end - len(found[0]), end, found[1]

    def _longest(self, node: int, text: str, end: int) -> tuple[str, str] | None:
        """Return the longest string at *node* that *text* says before *end*, and its meaning."""
        while node:
            for string, means in self._strings[node]:
                if _says(text[end - len(string) : end], string):
                    return string, means
            node = self._ending[self._fallback[node]]
        return None


def _folded(text: str) -> str:
    return text.replace("i", "l").replace(I_OR_L, "l")


def _says(said: str, string: str) -> bool:
    """Tell whether two strings that are folded alike are the same, perhaps."""
    if I_OR_L not in said and I_OR_L not in string:
        return said == string
    return all(a == b or I_OR_L in {a, b} for a, b in zip(said, string, strict=True))
