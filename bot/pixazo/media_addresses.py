"""Finder of the pictures' addresses in an answer. Pure: no I/O."""

import logging
import re
from typing import Any, Final

from bot.pixazo.lenient_json import documents, member, plain

log = logging.getLogger(__name__)

# Where an answer, or its output, has its pictures: the first of these that has some.
_OUTPUTS: Final = (
    *("output", "outputs", "mediaurl", "mediaurls", "images", "image", "pictures", "artifacts"),
    *("imageurl", "imageurls", "result", "results", "media", "urls", "files", "file"),
)
_WRAPPERS: Final = ("data", "response", "payload")
_ADDRESSES: Final = ("url", "uri", "src", "href", "downloadurl", "link", "signedurl", "publicurl")
_OTHER: Final = re.compile(
    "thumb|preview|poll|status|webhook|callback|input|prompt|cancel|type|id$"
)
_PICTURE: Final = re.compile(r"\.(?:png|jpe?g|webp|gif)(?:[?#]|$)", re.IGNORECASE)
_DEEPEST: Final = 20

_URL: Final = re.compile(r"https?:/{2}[^\s\"'<>\\]+", re.IGNORECASE)
_WITHOUT_SCHEME: Final = re.compile(r"(?://)?(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?/\S+", re.IGNORECASE)
_STATUS_URL: Final = re.compile(r"/requests/status/")


def addresses(answer: dict[str, Any]) -> tuple[str, ...]:
    """Return the http(s) addresses of the pictures in *answer*, each once, in their order."""
    for name in (*_OUTPUTS, *_WRAPPERS):
        if found := _in(member(answer, (name,)), depth=0, output=name in _OUTPUTS):
            return tuple(dict.fromkeys(found))
    alone = _in(member(answer, _ADDRESSES), depth=0, output=False)
    return tuple(filter(_PICTURE.search, alone))


def _in(value: Any, *, depth: int, output: bool) -> list[str]:
    """Return the addresses in *value*; in an *output* they may have any name."""
    if isinstance(value, str):
        return _in_text(value, depth=depth, output=output)
    if depth > _DEEPEST:
        return []
    if isinstance(value, list):
        return [found for inner in value for found in _in(inner, depth=depth + 1, output=output)]
    if not isinstance(value, dict):
        return []
    for name in (*_OUTPUTS, *_WRAPPERS, *(_ADDRESSES if output else ())):
        inner = member(value, (name,))
        if named := _in(inner, depth=depth + 1, output=output or name in _OUTPUTS):
            return named
    others = [inner for key, inner in value.items() if not _OTHER.search(plain(key))]
    return _in(others, depth=depth + 1, output=True) if output else []


def _in_text(text: str, *, depth: int, output: bool) -> list[str]:
    text = text.strip()
    if text[:5].lower() == "data:":
        log.warning("picture inside an answer left out: characters=%d", len(text))
        return []
    if text[:1] in {"{", "["}:
        return _in(documents(text), depth=depth + 1, output=output)
    starts = len(re.findall(r"https?://", text, re.IGNORECASE))
    if starts == 1 and text[:4].lower() == "http":
        urls = [re.sub(r"[\r\n\t]+ *", "", text).replace(" ", "%20")]
    elif starts:
        urls = [url.rstrip(",;)]") for url in _URL.findall(text)]
    else:
        bare = _WITHOUT_SCHEME.fullmatch(text)
        urls = [f"https://{text.lstrip('/')}"] if bare else []
    return [url for url in urls if not _STATUS_URL.search(url)]
