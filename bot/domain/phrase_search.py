"""Aho-Corasick automaton: finds the phrases of a list in a text, in one pass over the text."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

_WHOLE: Final = re.compile(" [^ ]+ ")


class PhraseSearch:
    """Aho-Corasick automaton over strings, each with what it stands for."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        # Strings that begin with a whole word are in no text that lacks this word.
        whole = [string.split(" ")[1] for string in phrases if _WHOLE.match(string)]
        self._first_words = frozenset(whole) if len(whole) == len(phrases) else None
        self._moves: list[dict[str, int]] = [{}]
        self._longest: list[tuple[int, str] | None] = [None]  # that ends at a node, and its length
        for string, means in phrases.items():
            node = 0
            for character in string:
                following = self._moves[node].get(character)
                if following is None:
                    following = self._moves[node][character] = len(self._moves)
                    self._moves.append({})
                    self._longest.append(None)
                node = following
            self._longest[node] = (len(string), means)
        self._fallback = [0] * len(self._moves)
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
                self._longest[following] = self._longest[following] or self._longest[fallback]

    def _follow(self, node: int, character: str) -> int:
        while character not in self._moves[node]:
            if not node:
                return 0
            node = self._fallback[node]
        return self._moves[node][character]

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and meaning of the longest string that ends at each place of *text*."""
        if self._first_words is not None and self._first_words.isdisjoint(text.split(" ")):
            return
        moves, fallback, longest = self._moves, self._fallback, self._longest
        node = 0
        for end, character in enumerate(text, 1):
            while (following := moves[node].get(character)) is None and node:
                node = fallback[node]
            node = following or 0
            if (found := longest[node]) is not None:
                yield end - found[0], end, found[1]
