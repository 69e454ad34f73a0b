"""Codec of the gateway's requests and answers. Pure: no I/O.

The contract is the vendor's page "Auraflow v0.3 Text to Image API". Errors of the front end have
the form of Azure API Management, which also names the header of the key. Answers are read
leniently: what a person could read in one counts, in whatever form it comes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from bot.domain.job import State, Update
from bot.domain.order import Order
from bot.pixazo import bodies, error_words, lenient_json, media_addresses, refusals, request_ids
from bot.pixazo.sent import NOTHING_SENT, Sent
from bot.service import port_errors
from bot.service.ports.vendor import Callback

KEY_HEADER: Final = "Ocp-Apim-Subscription-Key"

_CONTRACT: Final = {
    **dict.fromkeys(("queued", "inqueue", "pending", "starting", "submitted"), State.QUEUED),
    **dict.fromkeys(("processing", "running", "inprogress", "started"), State.PROCESSING),
    "completed": State.COMPLETED,
    "failed": State.FAILED,
    "error": State.ERROR,
}
# The documented answers of orders without an error.
_KEYS: Final = frozenset(
    {
        *("request_id", "status", "polling_url", "model_id", "error", "output"),
        *("created_at", "updated_at", "completed_at"),
    }
)
_OUTPUT_KEYS: Final = frozenset(("media_url", "media_type"))
_GOES_WELL: Final = {name.name: name for name in (State.QUEUED, State.PROCESSING, State.COMPLETED)}
_PLAIN_ADDRESS: Final = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?/v?[\w./-]*", re.ASCII)
_SUCCESSES: Final = frozenset(
    ("succeeded", "success", "successful", "done", "finished", "complete", "ready", "delivered")
)
_STATUS: Final = ("status", "state", "taskstatus", "jobstatus", "requeststatus")
_ERROR: Final = ("error", "errors", "errormessage", "failurereason", "failreason")
_MESSAGE: Final = ("message", "detail", "details", "reason", "title")
_ENDED_AT: Final = ("completedat", "finishedat", "endedat", "completiontime")
_WRAPPERS: Final = frozenset(("data", "result", "response", "payload", "body", "request", "job"))
_MILLISECONDS: Final = 1e11  # a time above it is in milliseconds


def submit_body(order: Order) -> bytes:
    """Return the JSON of a submit, with exactly the documented keys."""
    return json.dumps(
        {
            "prompt": order.sent or order.prompt,
            "num_images": order.images,
            "guidance_scale": order.guidance,
            "num_inference_steps": order.steps,
            "expand_prompt": order.enhance,
        },
        ensure_ascii=False,
    ).encode()


def submit_headers(key: str, callback: Callback | None) -> dict[str, str]:
    """Return the headers of a submit; those of the webhook only with a *callback*."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache", KEY_HEADER: key}
    if callback is not None:
        headers |= {"X-Webhook-URL": callback.url, "X-Webhook-Mode": callback.mode}
    return headers


def status_headers(key: str) -> dict[str, str]:
    """Return the headers of a status call."""
    return {KEY_HEADER: key}


def read_submit(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float,
    sent: Sent = NOTHING_SENT,
    complete: bool = True,
) -> Update:
    """Read the answer to a submit: a request id, or finished pictures at once.

    *complete*: the whole body arrived.

    Raises:
        VendorRefused, RateLimited: nothing runs and nothing is billed.
        OutcomeUnknown: the answer does not say so.
    """
    texts = [sent.redact(text) for text in bodies.texts(body, headers)]
    if not _is_success(status):
        raise refusals.error_of(status, headers, texts[0], now=now, sent=sent)
    texts = [sent.without_prompts(text) for text in texts]
    if (update := _documented(texts)) is not None:
        return update
    answers = [_Answer.of(text, complete=complete) for text in texts]
    for answer in answers:
        if answer.found is not None:
            return answer.update(answer.found)
    for answer in answers:
        if media := answer.finished_media():
            return Update(state=State.COMPLETED, media=media)
    for answer in answers:
        if found := answer.found_in_words(complete=complete):
            return answer.update(found)
    # Such as Location.
    found_ids = (request_ids.in_status_url(value, at_end=True) for value in headers.values())
    if request_id := next(filter(None, found_ids), None):
        return Update(state=None, request_id=request_id)
    raise port_errors.OutcomeUnknown(
        f"the answer to a submit could not be read: {answers[0].excerpt}"
    )


def read_status(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, sent: Sent = NOTHING_SENT
) -> Update:
    """Read the answer to a status call.

    Raises:
        KeyRejected, RateLimited, RequestNotFound: the gateway answered so.
        OutcomeUnknown: any other error; the next call may succeed.
    """
    if _is_success(status):
        return read_update(body, headers, sent=sent)
    text = sent.redact(bodies.texts(body, headers)[0])
    error = refusals.error_of(status, headers, text, now=now, sent=sent)
    if isinstance(error, port_errors.KeyRejected | port_errors.RateLimited):
        raise error
    if status == HTTPStatus.TOO_MANY_REQUESTS:  # whatever its words say of submits
        pause = refusals.retry_after(headers, now=now)
        raise port_errors.RateLimited(status=status, retry_after=pause)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise port_errors.RequestNotFound(status=status, reason=getattr(error, "reason", ""))
    raise port_errors.OutcomeUnknown(f"a status call was answered {status}", status=status)


def read_update(
    body: bytes, headers: Mapping[str, str] | None = None, *, sent: Sent = NOTHING_SENT
) -> Update:
    """Read a status answer or a callback; raises OutcomeUnknown without a valid request id."""
    texts = [sent.redact(text) for text in bodies.texts(body, headers or {})]
    if (update := _documented(texts)) is not None:
        return update
    answers = [_Answer.of(text) for text in texts]
    for answer in answers:
        if found := answer.found or answer.found_in_words():
            return answer.update(found)
    raise port_errors.OutcomeUnknown(f"a status could not be read: {answers[0].excerpt}")


def _documented(texts: list[str]) -> Update | None:
    """Read an answer of just the documented form, as nearly all are; ``None``: it has another.

    A search says the same of it, and takes ten times as long.
    """
    values = lenient_json.documents(texts[0]) if len(texts) == 1 else []
    if len(values) != 1 or not isinstance(values[0], dict) or not values[0].keys() <= _KEYS:
        return None
    fields = dict.fromkeys(_KEYS) | values[0]
    request_id, status, ended = fields["request_id"], fields["status"], fields["completed_at"]
    output = {} if fields["output"] is None else fields["output"]
    if not isinstance(output, dict) or not output.keys() <= _OUTPUT_KEYS:
        return None
    media = output.get("media_url", [])
    if (
        fields["error"] is not None
        or status not in list(_GOES_WELL)
        or not isinstance(ended, str | None)
        or not (isinstance(request_id, str) and request_ids.valid(request_id) == request_id)
        or not (isinstance(media, list) and all(map(_is_plain_address, media)))
    ):
        return None
    return Update(
        state=_GOES_WELL[status],
        request_id=request_id,
        media=tuple(dict.fromkeys(media)),
        ended_at=_moment(ended),
    )


def _is_plain_address(value: Any) -> bool:
    return isinstance(value, str) and _PLAIN_ADDRESS.fullmatch(value) is not None


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """One reading of a 2xx body."""

    text: str
    values: list[Any]  # the JSON in it
    found: request_ids.FoundId | None

    @classmethod
    def of(cls, text: str, *, complete: bool = True) -> "_Answer":
        values = lenient_json.documents(text)
        found = request_ids.find(text, values, complete=complete)
        return cls(text=text, values=values, found=found)

    def found_in_words(self, *, complete: bool = True) -> request_ids.FoundId | None:
        return request_ids.find_in_words(self.text, self.values, complete=complete)

    @property
    def excerpt(self) -> str:
        text = error_words.shortened(self.text[: 10 * error_words.LONGEST_MESSAGE])
        return "".join(c if c.isprintable() else "?" for c in text) or "(empty)"

    def update(self, found: request_ids.FoundId) -> Update:
        """Return what the answer says of the request that it names."""
        containers = [found.envelope, *self._wrapped()]
        error, ended = (
            next(filter(None, (lenient_json.member(part, names) for part in containers)), None)
            for names in (_ERROR, _ENDED_AT)
        )
        word = next(filter(None, map(_status_word, containers)), "")
        media = next(filter(None, map(_media, containers)), ())
        state = _state(word, media=media, error=error, ended=_is_moment(ended))
        if state in {State.FAILED, State.ERROR} and error is None:
            error = lenient_json.member(found.envelope, _MESSAGE)
        return Update(
            state=state,
            request_id=found.request_id,
            media=media,
            error=error_words.shortened(error_words.message(error)) or None,
            content_refused=error_words.says_content(error_words.spoken(error)),
            ended_at=_moment(ended),
        )

    def finished_media(self) -> tuple[str, ...]:
        """Return the pictures of an answer that needs no request id."""
        for part in self._wrapped():
            media = _media(part)
            state = _state(_status_word(part), media=media, error=None, ended=False)
            if media and state is State.COMPLETED:
                return media
        return ()

    def _wrapped(self) -> list[dict[str, Any]]:
        """Return the objects that are the answer, or that wrap it."""
        parts = lenient_json.objects(self.values)
        return [part for path, part in parts if _WRAPPERS.issuperset(path)]


def _media(container: dict[str, Any]) -> tuple[str, ...]:
    return tuple(map(error_words.cleaned, media_addresses.addresses(container)))


def _status_word(container: dict[str, Any]) -> str:
    """Return the status in its plain form; empty: there is no word for it."""
    values = (lenient_json.member(container, (name,)) for name in _STATUS)
    return next((lenient_json.plain(value) for value in values if isinstance(value, str)), "")


def _state(word: str, *, media: tuple[str, ...], error: Any, ended: bool) -> State | None:
    """Return the state that a status *word* means; ``None``: the vendor works on it, in its way.

    A word that the contract does not name is an end if pictures, an error or a time say so.
    """
    if word in _CONTRACT:
        return _CONTRACT[word]
    if word.endswith("ing") and not ended:
        return None  # such as "retrying"
    if media:
        return State.COMPLETED
    if word in _SUCCESSES and not error:
        return State.COMPLETED if ended else None
    return State.FAILED if (word and (error or ended)) or (error and ended) else None


def _is_moment(value: Any) -> bool:
    return re.search("[1-9]", value) is not None if isinstance(value, str) else bool(value)


def _moment(value: Any) -> float | None:
    if isinstance(value, str):
        return refusals.parse_timestamp(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value / 1000 if value > _MILLISECONDS else float(value)


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - of HTTP
