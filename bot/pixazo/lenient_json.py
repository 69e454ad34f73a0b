"""Parser of what is meant as JSON: with text around it, comments, missing commas, or cut off."""

import json
import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from html import unescape
from typing import Any, Final

DEEPEST: Final = 100  # levels of nesting that are read
MOST: Final = 20_000  # values of one answer that are looked at

_OPENING: Final = re.compile(r"[{\[]")
_MAY_HOLD: Final = re.compile(r"[{\[\"&]")  # an object, an array, or a string with one
_SEPARATORS: Final = re.compile(r"[\W_]")
_LONGEST_NAME: Final = 64  # characters of a key whose plain form is remembered
_TOKEN: Final = re.compile(
    r"""
    (?://[^\n]* | /\*.*?(?:\*/|\Z))                                   # comments
    | (?P<string>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
    | (?P<cut>["'])                                                    # a string without its end
    | (?P<mark>[{}\[\]:,])
    | (?P<word>[^\s{}\[\]:,"']+)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_INTEGER: Final = re.compile(r"-?[0-9]{1,255}")
_NOTHING: Final = object()


def documents(text: str) -> list[Any]:
    """Return the JSON values in *text*, in their order.

    A value that was cut off is left out: the rest of an id would be another one.
    """
    try:
        return [_DECODER.decode(text)]
    except (ValueError, RecursionError):
        pass
    if "&quot;" in text:
        text = unescape(text)
    values = _containers(text)
    if '{\\"' in text:  # maybe a string that holds JSON, without its end or with text around it
        values += _containers(text.replace('\\"', '"'))
    return values


def _containers(text: str) -> list[Any]:
    """Return the objects and arrays in *text* that are not part of others."""
    values: list[Any] = []
    position = 0
    while len(values) < MOST and (opening := _OPENING.search(text, position)) is not None:
        value, position = _container(text, opening.start())
        values.append(value)
    return values


def objects(values: Iterable[Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield all objects in *values* with the keys that lead to them, the outer ones first.

    Strings may hold JSON too. Keys are as :func:`plain` returns them.
    """
    queue: deque[tuple[tuple[str, ...], Any]] = deque(((), value) for value in values)
    for _ in range(MOST):
        if not queue:
            return
        path, value = queue.popleft()
        if isinstance(value, str):
            queue.extend((path, inner) for inner in documents(value) if inner != value)
        elif isinstance(value, list):
            queue.extend((path, inner) for inner in value if _may_hold(inner))
        elif isinstance(value, dict):
            yield path, value
            if len(path) < DEEPEST:
                queue.extend(
                    ((*path, plain(key)), inner) for key, inner in value.items() if _may_hold(inner)
                )


def _may_hold(value: Any) -> bool:
    """Tell whether there may be an object in *value*."""
    if isinstance(value, str):
        return _MAY_HOLD.search(value) is not None
    return isinstance(value, list | dict)


def strings(values: Any, *, without: re.Pattern[str]) -> Iterator[str]:
    """Yield all strings in *values*, but none under a key that *without* matches."""
    queue: deque[Any] = deque([values])
    for _ in range(MOST):
        if not queue:
            return
        value = queue.popleft()
        if isinstance(value, str):
            if held := documents(value) if value.strip()[:1] in {"{", "["} else []:
                queue.extend(held)
            else:
                yield value
        elif isinstance(value, list):
            queue.extend(value)
        elif isinstance(value, dict):
            queue.extend(inner for key, inner in value.items() if not without.search(plain(key)))


def is_sound(text: str) -> bool:
    """Tell whether *text* is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def member(container: dict[str, Any], names: Iterable[str]) -> Any:
    """Return the value of the first of *names* that has one, however it is spelled."""
    members = container.members if isinstance(container, _Object) else _members(container)
    return next((members[name] for name in names if name in members), None)


def _members(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not empty in *container*, by the plain forms of the keys."""
    return {
        plain(key): value for key, value in container.items() if value not in (None, "", [], {})
    }


def plain(key: str) -> str:
    """Return *key* without case and separators: ``requestId`` is ``request_id``."""
    return _plain(key) if len(key) <= _LONGEST_NAME else _plain.__wrapped__(key)


@lru_cache(maxsize=1024)  # of each answer every key is looked at many times
def _plain(key: str) -> str:
    return _SEPARATORS.sub("", key).lower()


class _Object(dict[str, Any]):
    """An object that is read completely: its members are looked up many times."""

    @cached_property
    def members(self) -> dict[str, Any]:
        return _members(self)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object in which the last value of a key counts that is not empty."""
    members = _Object()
    for key, value in pairs:
        _put(members, key, value)
    return members


def _put(members: dict[str, Any], key: str, value: Any) -> None:
    if key not in members or value not in (None, "", [], {}):
        members[key] = value


_DECODER: Final = json.JSONDecoder(strict=False, object_pairs_hook=_object)


class _Frame:
    """An object or an array that is being read."""

    def __init__(self, *, is_object: bool) -> None:
        self.container: dict[str, Any] | list[Any] = {} if is_object else []
        self._last: Any = _NOTHING  # a scalar that may be a key
        self._key: str | None = None

    def mark_key(self) -> None:
        if self._last is not _NOTHING:
            self._key, self._last = str(self._last), _NOTHING

    def add(self, value: Any) -> None:
        if isinstance(self.container, list):
            self.container.append(value)
        elif self._key is None:
            self._last = value
        else:
            _put(self.container, self._key, value)
            self._key = None


def _container(text: str, start: int) -> tuple[Any, int]:
    """Return the object or array at *start*, and the position after it."""
    root = _Frame(is_object=text[start] == "{")
    open_frames = [root]
    position = start + 1
    while (token := _TOKEN.search(text, position)) is not None:
        position = token.end()
        frame = open_frames[-1]
        mark = token["mark"]
        if token["cut"]:
            return root.container, len(text)
        if mark in {"}", "]"}:
            open_frames.pop()
            if not open_frames:
                return root.container, position
        elif mark in {"{", "["}:
            inner = _Frame(is_object=mark == "{")
            frame.add(inner.container)
            open_frames.append(inner)
            if len(open_frames) > DEEPEST:
                break
        elif mark == ":":
            frame.mark_key()
        elif token["string"]:
            frame.add(_string(token["string"]))
        elif token["word"] and position < len(text):  # else it may be cut off
            frame.add(_word(token["word"]))
    return root.container, len(text)


def _string(literal: str) -> str:
    inner = literal[1:-1]
    if literal[0] == "'":
        inner = re.sub(r'(?<!\\)"', r"\"", inner.replace(r"\'", "'"))
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        return re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL)


def _word(word: str) -> Any:
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    if _INTEGER.fullmatch(word):
        return int(word)
    try:
        number = float(word)
    except ValueError:
        return word
    return number if math.isfinite(number) else None
