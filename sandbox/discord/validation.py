"""Checks request bodies by request_schema.json and reports errors as Discord does (code 50035).

`tools/generate_schema.py` makes the schema and describes its form.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path as FilePath
from typing import Any, Self
from urllib.parse import urlsplit

from sandbox.discord.api_errors import ApiError, Json

Path = tuple[str | int, ...]

SCHEMAS: Json = json.loads(FilePath(__file__).with_name("request_schema.json").read_bytes())
UNBOUNDED = 10**9
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}  # as text of a form
MAX_EXACT = 2**53 - 1  # the largest integer that each JSON reader keeps
TYPES: dict[str, tuple[type, str, str]] = {  # with the error for another type
    "boolean": (bool, "BOOLEAN_TYPE_CONVERT", "Must be either true or false."),
    "array": (list, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType."),
    "object": (dict, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"),
    "map": (dict, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"),
}


class FormField(str):
    """The text of a plain form field, which stands for a number or a boolean too."""

    __slots__ = ()


class Form:
    """Collects the errors of a request body; a context manager that reports them together."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def refuse(self, path: Path, code: str, message: str = "") -> None:
        """Report that the value at *path* is wrong; the default message is the code in words."""
        node = self._errors
        for step in path:
            node = node.setdefault(str(step), {})
        message = message or code.replace("_", " ").capitalize()
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def require(self, path: Path) -> None:
        """Report that the value at *path* is missing."""
        self.refuse(path, "BASE_TYPE_REQUIRED", "This field is required")

    def unique(self, values: Iterable[tuple[Path, object]], code: str) -> None:
        """Report each of *values*, pairs of a path and a value, that is there twice."""
        seen = set()
        for path, value in values:
            if value in seen:
                self.refuse(path, code)
            seen.add(value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Raise ApiError 50035 if there is an error."""
        if self._errors and kind is None:
            raise ApiError(400, 50035, "Invalid Form Body", errors=_leaves(self._errors))


def _leaves(errors: Json) -> Json:
    """Keep Discord's shape: a node has either its own errors or children with theirs."""
    if "_errors" in errors:
        return {"_errors": errors["_errors"]}
    return {key: _leaves(node) for key, node in errors.items()}


def validate(schema: str | Json, body: Any, path: Path = ()) -> Any:
    """Return what Discord keeps of *body*: known fields only, ids and texts as strings.

    *schema* is a name in request_schema.json or a schema itself; *path* is where *body* is in the
    whole request.

    Raises:
        ApiError: 50035 with each error.
    """
    with Form() as form:
        return check({"$ref": schema} if isinstance(schema, str) else schema, body, path, form)


def check(schema: Json, value: Any, path: Path, form: Form) -> Any:
    """Return what Discord keeps of *value*, which is not None; report errors to *form*."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"]]
    if isinstance(value, FormField):
        value = _from_field(schema, value)
    if "oneOf" in schema:
        return _union(schema, value, path, form)
    if "enum" in schema:
        return _choice(schema, value, path, form)
    kind = "map" if "additionalProperties" in schema else schema["type"]
    if kind in TYPES and not isinstance(value, TYPES[kind][0]):
        form.refuse(path, *TYPES[kind][1:])
        return None
    return CHECKS[schema.get("format") or kind](schema, value, path, form)


def _from_field(schema: Json, field: str) -> Any:
    """Return what a form's field stands for, or its text where that is neither or is wanted."""
    kind = "integer" if "enum" in schema else schema.get("type")
    if kind == "boolean":
        return BOOLEANS.get(field.lower(), field)
    if kind in ("integer", "number"):
        with contextlib.suppress(ValueError):
            return int(field) if kind == "integer" else float(field)
    return str(field)


def _length(size: int, low: int, high: int, path: Path, form: Form) -> None:
    if low <= size <= high:
        return
    if low and high < UNBOUNDED:
        form.refuse(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
    elif size > high:
        form.refuse(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
    else:
        form.refuse(path, "BASE_TYPE_MIN_LENGTH", f"Must be {low} or more in length.")


def _text(schema: Json, value: Any, path: Path, form: Form) -> str | None:
    """Take text; numbers become text, as with Discord."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        form.refuse(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
        return None
    text = str(value)
    low, high = schema.get("minLength", 0), schema.get("maxLength", UNBOUNDED)
    _length(len(text), low, high, path, form)
    return text


def _url(schema: Json, value: Any, path: Path, form: Form) -> str | None:
    text = _text(schema, value, path, form)
    if text is None:
        return None
    parts = urlsplit(text)
    if parts.scheme not in schema["schemes"]:
        named = ", ".join(repr(scheme) for scheme in sorted(schema["schemes"]))
        message = f'Scheme "{parts.scheme}" is not supported. Scheme must be one of ({named}).'
        form.refuse(path, "URL_TYPE_INVALID_SCHEME", message)
    elif not parts.netloc:
        form.refuse(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    return text


def _snowflake(_: Json, value: Any, path: Path, form: Form) -> str | None:
    """Take an id, as text or as a number, and return it as text."""
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,20}", text):
        form.refuse(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return None
    return text


def _number(schema: Json, value: Any, path: Path, form: Form) -> Any:
    kind = "int" if schema["type"] == "integer" else "float"
    low, high = schema.get("minimum", -MAX_EXACT), schema.get("maximum", MAX_EXACT)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or (kind == "int" and value % 1 != 0):  # infinity is not an integer
        form.refuse(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not {kind}.')
        return None
    if value < low:
        message = f"{kind} value should be greater than or equal to {low:g}."
        form.refuse(path, "NUMBER_TYPE_MIN", message)
    elif value > high:
        message = f"{kind} value should be less than or equal to {high:g}."
        form.refuse(path, "NUMBER_TYPE_MAX", message)
    return value


def _choice(schema: Json, value: Any, path: Path, form: Form) -> Any:
    if isinstance(value, bool | list | dict) or value not in schema["enum"]:
        named = ", ".join(str(choice) for choice in schema["enum"])
        form.refuse(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{named}}}.")
        return None
    return value


def _list(schema: Json, value: list[Any], path: Path, form: Form) -> list[Any] | None:
    high = schema.get("maxItems", UNBOUNDED)
    _length(len(value), schema.get("minItems", 0), high, path, form)
    if len(value) > high:
        return None
    kept = []
    for index, item in enumerate(value):
        if item is None:
            form.require((*path, index))
        else:
            kept.append(check(schema["items"], item, (*path, index), form))
    if schema.get("uniqueItems") and len({repr(item) for item in kept}) < len(kept):
        message = "The set already contains this value"
        form.refuse(path, "SET_TYPE_ALREADY_CONTAINS_VALUE", message)
    return kept


def _object(schema: Json, value: Json, path: Path, form: Form) -> Json:
    kept: Json = {}
    for key, known in schema["properties"].items():
        given = value.get(key)
        if given is not None:
            kept[key] = check(known, given, (*path, key), form)
        elif key in schema.get("required", ()):
            form.require((*path, key))
        elif key in value:
            kept[key] = None
    return kept


def _map(schema: Json, value: Json, path: Path, form: Form) -> Json:
    kept = {}
    for key, item in value.items():
        check(schema["propertyNames"], key, (*path, key), form)
        if item is not None:
            kept[key] = check(schema["additionalProperties"], item, (*path, key), form)
    return kept


def _union(schema: Json, value: Any, path: Path, form: Form) -> Any:
    """Take an object whose `type` tells which of the schemas it has."""
    members = [SCHEMAS[option["$ref"]] for option in schema["oneOf"]]
    by_type = {member["properties"]["type"]["enum"][0]: member for member in members}
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, bool) or not isinstance(kind, int | str) or kind not in by_type:
        named = ", ".join(str(known) for known in by_type) + ("," if len(by_type) == 1 else "")
        message = f'Value of field "type" must be one of ({named}).'
        form.refuse(path, "UNION_TYPE_CHOICES", message)
        return None
    return _object(by_type[kind], value, path, form)


CHECKS: dict[str, Callable[[Json, Any, Path, Form], Any]] = {
    "string": _text,
    "uri": _url,
    "snowflake": _snowflake,
    "integer": _number,
    "number": _number,
    "boolean": lambda _, value, *__: value,
    "array": _list,
    "object": _object,
    "map": _map,
}
