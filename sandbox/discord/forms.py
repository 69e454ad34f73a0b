"""Checks of request bodies, written down as data, with Discord's words for what is wrong.

A field checks one JSON value, reports what is wrong with it to a `Form`, and
returns what Discord would keep of it: unknown keys are dropped, nulls of optional
fields kept as None.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from sandbox.discord.api_errors import ApiError, Json

Path = tuple[str | int, ...]
UNBOUNDED = 10**9


class Form:
    """Collects what is wrong with a body, to say it all at once as Discord does."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def refuse(self, path: Path, code: str, message: str) -> None:
        """Note that the value at *path* is wrong."""
        node = self._errors
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    @property
    def clean(self) -> bool:
        """Whether nothing was wrong so far."""
        return not self._errors

    def close(self) -> None:
        """Raise the refusal 50035 if anything was wrong."""
        if self._errors:
            raise ApiError(400, 50035, "Invalid Form Body", errors=_leaves(self._errors))


def _leaves(errors: Json) -> Json:
    """Keep Discord's shape: a node has either its own errors or children with theirs."""
    if "_errors" in errors:
        return {"_errors": errors["_errors"]}
    return {key: _leaves(node) for key, node in errors.items()}


class Field(Protocol):
    """One value of a body."""

    @property
    def required(self) -> bool:
        """Whether its key must be there."""

    def check(self, value: Any, path: Path, form: Form) -> Any:
        """Return what is kept of *value*, which is not None."""


def _length(size: int, low: int, high: int, path: Path, form: Form) -> None:
    if low <= size <= high:
        return
    if low and high < UNBOUNDED:
        form.refuse(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
    elif size > high:
        form.refuse(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
    else:
        form.refuse(path, "BASE_TYPE_MIN_LENGTH", f"Must be {low} or more in length.")


@dataclass(frozen=True)
class Text:
    """Text of *low* to *high* characters."""

    low: int = 0
    high: int = UNBOUNDED
    pattern: re.Pattern[str] | None = None
    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> str | None:
        """Take text; numbers become text, as with Discord."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            form.refuse(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
            return None
        text = str(value)
        _length(len(text), self.low, self.high, path, form)
        if self.pattern is not None and not self.pattern.fullmatch(text):
            form.refuse(path, "STRING_TYPE_REGEX", "String value did not match validation regex.")
        return text


@dataclass(frozen=True)
class Url:
    """An address of one of *schemes*, at most *high* characters long."""

    schemes: Collection[str] = ("http", "https")
    high: int = 2048
    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> str | None:
        """Take an address."""
        text = Text(1, self.high).check(value, path, form)
        if text is None:
            return None
        parts = urlsplit(text)
        if parts.scheme not in self.schemes:
            named = ", ".join(repr(scheme) for scheme in sorted(self.schemes))
            form.refuse(
                path,
                "URL_TYPE_INVALID_SCHEME",
                f'Scheme "{parts.scheme}" is not supported. Scheme must be one of ({named}).',
            )
        elif not parts.netloc:
            form.refuse(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        return text


@dataclass(frozen=True)
class Number:
    """A number between *low* and *high*; *whole* tells whether fractions are refused."""

    low: float = -(2**53) + 1
    high: float = 2**53 - 1
    whole: bool = True
    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> float | None:
        """Take a number."""
        kind = "int" if self.whole else "float"
        if isinstance(value, bool) or not isinstance(value, int | float):
            form.refuse(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not {kind}.')
            return None
        if self.whole and value != int(value):
            form.refuse(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not {kind}.')
        elif value < self.low:
            message = f"{kind} value should be greater than or equal to {self.low:g}."
            form.refuse(path, "NUMBER_TYPE_MIN", message)
        elif value > self.high:
            message = f"{kind} value should be less than or equal to {self.high:g}."
            form.refuse(path, "NUMBER_TYPE_MAX", message)
        return value


@dataclass(frozen=True)
class Flag:
    """True or false."""

    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> bool | None:
        """Take a boolean."""
        if not isinstance(value, bool):
            form.refuse(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
            return None
        return value


@dataclass(frozen=True)
class Snowflake:
    """An id, as text or as a number."""

    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> str | None:
        """Take an id and return it as text."""
        text = str(value)
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,20}", text):
            form.refuse(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
            return None
        return text


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    values: Collection[Any]
    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> Any:
        """Take one of the values."""
        if isinstance(value, bool | list | dict) or value not in self.values:
            named = ", ".join(str(choice) for choice in self.values)
            form.refuse(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{named}}}.")
            return None
        return value


@dataclass(frozen=True)
class ListOf:
    """A list of *low* to *high* items, all *different* if so told."""

    item: Field
    low: int = 0
    high: int = UNBOUNDED
    different: bool = False
    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> list[Any] | None:
        """Take a list, and check each item."""
        if not isinstance(value, list):
            form.refuse(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType.")
            return None
        _length(len(value), self.low, self.high, path, form)
        if not form.clean and len(value) > self.high:
            return None
        kept = []
        for index, item in enumerate(value):
            if item is None:
                form.refuse((*path, index), "BASE_TYPE_REQUIRED", "This field is required")
            else:
                kept.append(self.item.check(item, (*path, index), form))
        if self.different and len({repr(item) for item in kept}) < len(kept):
            form.refuse(
                path, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value"
            )
        return kept


@dataclass(frozen=True)
class MapOf:
    """An object whose keys are all among *keys*."""

    keys: Collection[str]
    item: Field
    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> Json | None:
        """Take an object, and check each key and value."""
        if not isinstance(value, dict):
            form.refuse(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            return None
        kept = {}
        for key, item in value.items():
            Choice(self.keys).check(key, (*path, key), form)
            if item is not None:
                kept[key] = self.item.check(item, (*path, key), form)
        return kept


@dataclass(frozen=True)
class Shape:
    """An object with known keys."""

    fields: Mapping[str, Field]
    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> Json | None:
        """Take an object, check what is known of it and drop the rest."""
        if not isinstance(value, dict):
            form.refuse(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return None
        kept: Json = {}
        for key, known in self.fields.items():
            given = value.get(key)
            if given is not None:
                kept[key] = known.check(given, (*path, key), form)
            elif known.required:
                form.refuse((*path, key), "BASE_TYPE_REQUIRED", "This field is required")
            elif key in value:
                kept[key] = None
        return kept


@dataclass(frozen=True)
class ByType:
    """An object whose `type` tells its shape."""

    shapes: Mapping[int, Shape]
    required: bool = field(default=False, kw_only=True)

    def check(self, value: Any, path: Path, form: Form) -> Json | None:
        """Take an object of one of the types."""
        kind = value.get("type") if isinstance(value, dict) else None
        if isinstance(kind, bool) or not isinstance(kind, int) or kind not in self.shapes:
            named = ", ".join(str(int(known)) for known in self.shapes)
            trailing = "," if len(self.shapes) == 1 else ""
            message = f'Value of field "type" must be one of ({named}{trailing}).'
            form.refuse(path, "UNION_TYPE_CHOICES", message)
            return None
        kept = self.shapes[kind].check(value, path, form)
        return None if kept is None else {"type": kind, **kept}


Fields = dict[str, Field]
Shapes = dict[int, Shape]


def take(body: Any, shape: Field) -> Any:
    """Check a whole body by *shape*; raises the refusal 50035 if anything is wrong."""
    form = Form()
    kept = shape.check(body, (), form)
    form.close()
    return kept
