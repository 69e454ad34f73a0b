"""Dataclasses as JSON documents: ``dataclasses.asdict`` writes them, and this reads them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from enum import StrEnum
from functools import cache, partial
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def read_document(kind: type[T], document: Mapping[str, Any]) -> T:
    """Return the dataclass that *document* is of.

    It may be older or newer than the code: missing fields have their defaults, unknown ones are
    ignored.
    """
    of: Any = kind  # mypy takes no type for hashable
    return kind(
        **{
            name: document[name] if read is None else read(document[name])
            for name, read in _readers_of(of)
            if name in document
        }
    )


@cache
def _readers_of(kind: type[Any]) -> Sequence[tuple[str, Callable[[Any], Any] | None]]:
    return [(name, _reader(hint)) for name, hint in get_type_hints(kind).items()]


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """Return what makes a value of a field from that of a document; ``None``: they are the same."""
    if get_origin(hint) is tuple:
        item = _reader(get_args(hint)[0])
        return tuple if item is None else lambda values: tuple(map(item, values))
    if NoneType in get_args(hint):
        [other] = (one for one in get_args(hint) if one is not NoneType)
        read = _reader(other)
        return None if read is None else lambda value: None if value is None else read(value)
    kind: type[Any] = hint
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    return partial(read_document, kind) if is_dataclass(hint) else None
