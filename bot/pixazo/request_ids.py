"""Finder of the request id in the answer to a submit. Pure: no I/O.

A paid order is found by this id, so every place is searched in which a person would see it. What
was cut off at its end is none.
"""

import re
from html import unescape
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from bot.pixazo.lenient_json import is_sound, member, objects, plain, strings

LONGEST: Final = 255  # characters; the store's limit

_NO_IDS: Final = frozenset({".", "..", "null", "none", "nil", "undefined", "nan", "[redacted]"})
# Objects that have ids of their own.
_FOREIGN: Final = re.compile(
    "error|fault|model|user|account|owner|image|media|output|file|webhook|callback|input|plan|trace"
    "|span|meta|client|session|organi|team|project|server|worker|gateway|log|billing|wallet|version"
)
_FOREIGN_MEMBER: Final = re.compile(
    rf"(?<![\w-])[\w-]{{0,99}}(?:{_FOREIGN.pattern})[\w-]{{0,99}}[\"']?\s?[:=]\s?"
    r"[\"'][^\"']{0,999}[\"']",
    re.IGNORECASE,
)
_ERROR: Final = re.compile("error|fault|exception")
_OTHER_NAMES: Final = (
    *("id", "taskid", "jobid", "predictionid", "generationid", "queueid", "trackingid", "reqid"),
    *("requestuuid", "operationid", "executionid", "orderid", "ticketid", "uuid", "guid", "uid"),
)
_STATUS_NAMES: Final = (
    *("pollingurl", "pollurl", "statusurl", "statusuri", "pollinguri", "resulturl", "responseurl"),
    "location",
)
_VALUE_OF: Final = ("requestid", "id", "value", "uuid", "oid", "text")

# Repetitions are bounded: no text makes a search slow.
_END: Final = r"(?=[\s\"'\\<>,;&?#{}()\[\]]|(?P<at_end>\Z))"
_IN_STATUS_URL: Final = re.compile(rf"/requests/status/(?P<id>[^/?#\s\"'<>\\&]{{1,999}}){_END}")
_LABELLED: Final = re.compile(
    r"(?<![a-z])request[ _.-]?id[\\\"']{0,9}"
    r"(?P<gap>\s{0,9}(?:[:=]>?|(?<=[\"']),|\bis\b)?\s{0,9}(?:<[^<>]{0,99}>\s{0,9}){0,4})[\\\"']{0,9}"
    r"(?:value[\\\"']{0,9}\s?[:=]\s?[\\\"']{0,9})?(?!value\b)"
    rf"(?P<id>[^\s\"'\\<>,;&?#{{}}()\[\]:=]{{1,999}}){_END}",
    re.IGNORECASE,
)
_TAGGED: Final = re.compile(
    r"<(?:\w{1,99}:)?(?:request|task|job)?[_-]?id\b[^<>]{0,99}>(?P<id>[^<>]{1,999})<",
    re.IGNORECASE,
)
# The vendor's form: the model's name, then a UUID.
_SHAPED: Final = re.compile(
    r"(?<![\w.-])[a-z0-9][a-z0-9.-]{0,99}_[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}(?![\w-])",
    re.IGNORECASE,
)
_SAYS_ERROR: Final = re.compile(
    r"\b(?<!</)(?:errors?|failed|failure|denied|forbidden|unauthori[sz]ed|exception|unavailable"
    r"|bad gateway)\b(?!\W{0,6}(?:null|none)|/>|></)",
    re.IGNORECASE,
)


class FoundId(NamedTuple):
    """A request id, and the object that names it."""

    request_id: str
    envelope: dict[str, Any]


def valid(value: object) -> str | None:
    """Return *value* as a request id: what can stand as one part of a path; else ``None``."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not 0 < len(text) <= LONGEST or text.lower() in _NO_IDS or not text.isprintable():
        return None
    return None if re.search("[/\\\\\ufffd]", text) else text


def is_valid(text: str) -> bool:
    """Tell whether *text* can be a request id as it is."""
    return valid(text) == text


def find(text: str, values: list[Any], *, complete: bool) -> FoundId | None:
    """Return the request id of an answer, which is *text* and holds *values*.

    The documented key comes first, then other spellings of it, the status address, and other names.
    *complete*: the end of *text* is the end of what the vendor sent.
    """
    named = _named(values)
    if found := _by_name(named) or _in_addresses(named):
        return found
    if request_id := in_status_url(text, at_end=_may_end(text, complete=complete)):
        return FoundId(request_id, named[0] if named else {})
    return _by_other_name(values)


def find_in_words(text: str, values: list[Any], *, complete: bool) -> FoundId | None:
    """Return the id that *text* names in words, in tags, or that has the vendor's form."""
    if is_sound(text):
        words = "\n".join(strings(values, without=_FOREIGN))
    else:
        words = _FOREIGN_MEMBER.sub("", unescape(text))
    if _SAYS_ERROR.search(words):
        return None
    request_id = _in_words(words, at_end=_may_end(words, complete=complete))
    return FoundId(request_id, next(iter(_named(values)), {})) if request_id else None


def in_status_url(text: str, *, at_end: bool) -> str | None:
    """Return the request id in a status address in *text*; *at_end*: it may end with *text*."""
    for match in _IN_STATUS_URL.finditer(text.replace("\\/", "/")):
        if (request_id := valid(unquote(match["id"]))) and (at_end or match["at_end"] is None):
            return request_id
    return None


def _may_end(text: str, *, complete: bool) -> bool:
    """Tell whether an id at the end of *text* is whole: inside JSON, something would follow."""
    return complete and re.search(r"[{\[\"]", text) is None


def _in_words(text: str, *, at_end: bool) -> str | None:
    for match in _LABELLED.finditer(text):
        gap, request_id = match["gap"].strip(), valid(match["id"].rstrip(".!"))
        if not gap or request_id is None or not (at_end or match["at_end"] is None):
            continue
        if "<" not in gap or re.search(r"\d", request_id):  # else it may be another cell's text
            return request_id
    for match in _TAGGED.finditer(text):
        if request_id := valid(match["id"]):
            return request_id
    shaped = set(_SHAPED.findall(text))
    return shaped.pop() if len(shaped) == 1 else None


def _named(values: list[Any]) -> list[dict[str, Any]]:
    """Return the objects in *values* that are no part of an error."""
    return [part for path, part in objects(values) if not any(map(_ERROR.search, path))]


def _by_name(named: list[dict[str, Any]]) -> FoundId | None:
    """Return the id under the documented key, else under another spelling of it."""
    other = None
    for part in named:
        for key, value in part.items():
            if plain(key) == "requestid" and (request_id := _single(value)):
                if key == "request_id":
                    return FoundId(request_id, part)
                other = other or FoundId(request_id, part)
        name = member(part, ("name", "key", "field"))
        if isinstance(name, str) and plain(name) == "requestid":
            request_id = _single(member(part, ("value",)))
            other = other or (FoundId(request_id, part) if request_id else None)
    return other


def _by_other_name(values: list[Any]) -> FoundId | None:
    """Return an id under a name that other things have too, if nothing speaks against it."""
    candidates = [
        FoundId(request_id, part)
        for path, part in objects(values)
        if not any(map(_FOREIGN.search, path)) and not _is_error(part)
        for name in _OTHER_NAMES
        if (request_id := _single(member(part, (name,))))
    ]
    shaped = (found for found in candidates if _SHAPED.fullmatch(found.request_id))
    return next(shaped, next(iter(candidates), None))


def _is_error(part: dict[str, Any]) -> bool:
    if member(part, ("error", "errors")) or member(part, ("success", "ok")) is False:
        return True
    return str(member(part, ("status", "state"))).lower() in {"error", "failed", "failure"}


def _in_addresses(named: list[dict[str, Any]]) -> FoundId | None:
    for part in named:
        for name in _STATUS_NAMES:
            address = member(part, (name,))
            if isinstance(address, str) and (request_id := _last_part(address)):
                return FoundId(request_id, part)
    return None


def _last_part(address: str) -> str | None:
    """Return the id in the path of a status address: ``…/status/ID`` or ``…/ID/status``."""
    if request_id := in_status_url(address, at_end=True):
        return request_id
    path = re.sub(r"^\w+://[^/]*|[?#].*", "", address.strip(), flags=re.DOTALL)
    for name in reversed(path.split("/")):
        if name and name.lower() not in {"status", "result", "results", "response", "poll"}:
            # A part without a digit is a word such as "requests".
            return valid(unquote(name)) if re.search(r"\d", name) else None
    return None


def _single(value: Any) -> str | None:
    """Return the id that *value* is, or that it alone holds."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = member(value, _VALUE_OF)
    return valid(value)
