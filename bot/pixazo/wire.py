"""Codec of the gateway's requests and answers. Pure: no I/O.

The contract is the vendor's page "Auraflow v0.3 Text to Image API". Errors of the front end have
the form of Azure API Management, which also names the header of the key. Answers are read
leniently: what a person could read in one counts, in whatever form it comes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from bot.domain.job import State, Update
from bot.domain.order import Order
from bot.pixazo import bodies, error_words, lenient_json, media_addresses, request_ids
from bot.service import port_errors
from bot.service.ports.vendor import Callback

KEY_HEADER: Final = "Ocp-Apim-Subscription-Key"
LONGEST_PAUSE: Final = 86400.0  # seconds that a Retry-After is believed
LONGEST_QUOTA: Final = 31 * 86400.0  # seconds; a quota may be used up for so long

_SECONDS: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?(?:s|sec|seconds?)?", re.IGNORECASE)
_CONTRACT: Final = {
    **dict.fromkeys(("queued", "inqueue", "pending", "starting", "submitted"), State.QUEUED),
    **dict.fromkeys(("processing", "running", "inprogress", "started"), State.PROCESSING),
    "completed": State.COMPLETED,
    "failed": State.FAILED,
    "error": State.ERROR,
}
_SUCCESSES: Final = frozenset(
    ("succeeded", "success", "successful", "done", "finished", "complete", "ready", "delivered")
)
_STATUS: Final = ("status", "state", "taskstatus", "jobstatus", "requeststatus")
_ERROR: Final = ("error", "errors", "errormessage", "failurereason", "failreason")
_MESSAGE: Final = ("message", "detail", "details", "reason", "title")
_ENDED_AT: Final = ("completedat", "finishedat", "endedat", "completiontime")
_WRAPPERS: Final = frozenset(("data", "result", "response", "payload", "body", "request", "job"))
_MILLISECONDS: Final = 1e11  # a time above it is in milliseconds
# With these statuses the request may have been accepted.
_UNDECIDED: Final = frozenset({408, 409, 425, 499})
# Of these statuses, words about content do not tell why.
_NOT_FOR_CONTENT: Final = _UNDECIDED | {401, 404, 429}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What was sent and may come back in an answer: those are no words of the vendor's."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    prompts: tuple[str, ...] = ()

    @classmethod
    def of(cls, order: Order, key: str, callback: Callback | None) -> "Sent":
        """Return what the submit of *order* carries."""
        secrets = [key]
        if callback is not None:
            secrets += [callback.url, callback.url.rpartition("/")[2]]
        prompts = (order.prompt, order.sent or "")
        return cls(secrets=tuple(filter(None, secrets)), prompts=tuple(filter(None, prompts)))

    def redact(self, text: str) -> str:
        """Return *text* without secrets: members and logs are shown the vendor's words."""
        for secret in self.secrets:
            text = text.replace(secret, "[redacted]")
        return text

    def without_prompts(self, text: str) -> str:
        """Return *text* without the prompts as JSON strings that are no keys."""
        for prompt in self.prompts:
            for literal in (json.dumps(prompt), json.dumps(prompt, ensure_ascii=False)):
                text = re.sub(re.escape(literal) + r"(?!\s*:)", '""', text)
        return text


NOTHING_SENT: Final = Sent()


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
        raise _submit_error(status, headers, texts[0], now=now, sent=sent)
    answers = [_Answer.of(sent.without_prompts(text), complete=complete) for text in texts]
    for answer in answers:
        if answer.found is not None:
            return answer.update(answer.found)
    for answer in answers:
        if media := answer.finished_media():
            return Update(state=State.COMPLETED, media=media)
    for answer in answers:
        if found := answer.found_in_words(complete=complete):
            return answer.update(found)
    for value in headers.values():  # such as Location
        if request_id := request_ids.in_status_url(value, at_end=True):
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
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise port_errors.RateLimited(status=status, retry_after=retry_after(headers, now=now))
    error = _submit_error(status, headers, text, now=now, sent=sent)
    if isinstance(error, port_errors.KeyRejected | port_errors.RateLimited):
        raise error
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        reason = error_words.shortened(error_words.message(_error_in(text)))
        raise port_errors.RequestNotFound(status=status, reason=reason)
    raise port_errors.OutcomeUnknown(f"a status call was answered {status}", status=status)


def read_update(
    body: bytes, headers: Mapping[str, str] | None = None, *, sent: Sent = NOTHING_SENT
) -> Update:
    """Read a status answer or a callback; raises OutcomeUnknown without a valid request id."""
    answers = [_Answer.of(sent.redact(text)) for text in bodies.texts(body, headers or {})]
    for answer in answers:
        if found := answer.found or answer.found_in_words():
            return answer.update(found)
    raise port_errors.OutcomeUnknown(f"a status could not be read: {answers[0].excerpt}")


def retry_after(headers: Mapping[str, str], *, now: float, quota: bool = False) -> float | None:
    """Return ``Retry-After`` in seconds, from either form; ``None``: absent or not plausible.

    A date is compared with the ``Date`` of the same answer: our clock may be wrong. More than a day
    is plausible for a *quota* only; a day of it is believed.
    """
    value = headers.get("Retry-After", "").strip()
    if match := _SECONDS.fullmatch(value):
        seconds = float(match[1])
    else:
        until, answered_at = _http_date(value), _http_date(headers.get("Date", ""))
        seconds = 0.0 if until is None else until - (now if answered_at is None else answered_at)
    if not 0 < seconds <= (LONGEST_QUOTA if quota else LONGEST_PAUSE):
        return None
    return min(seconds, LONGEST_PAUSE)


def parse_timestamp(text: str) -> float | None:
    """Return a timestamp's Unix time, in UTC if it has no zone; ``None``: it is invalid."""
    try:
        parsed = datetime.fromisoformat(text.strip())
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


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
        return error_words.shortened(self.text) or "(empty)"

    def update(self, found: request_ids.FoundId) -> Update:
        """Return what the answer says of the request that it names."""
        containers = [found.envelope, *self._wrapped()]
        error, ended, word = (
            next(filter(None, (lenient_json.member(part, names) for part in containers)), None)
            for names in (_ERROR, _ENDED_AT, _STATUS)
        )
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
            word, error = (lenient_json.member(part, names) for names in (_STATUS, _ERROR))
            if media and _state(word, media=media, error=error, ended=False) is State.COMPLETED:
                return media
        return ()

    def _wrapped(self) -> list[dict[str, Any]]:
        """Return the objects that are the answer, or that wrap it."""
        parts = lenient_json.objects(self.values)
        return [part for path, part in parts if _WRAPPERS.issuperset(path)]


def _media(container: dict[str, Any]) -> tuple[str, ...]:
    return tuple(map(error_words.cleaned, media_addresses.addresses(container)))


def _state(word: Any, *, media: tuple[str, ...], error: Any, ended: bool) -> State | None:
    """Return the state that a status *word* means; ``None``: the vendor works on it, in its way.

    A word that the contract does not name is an end if pictures, an error or a time say so.
    """
    word = lenient_json.plain(word) if isinstance(word, str) else ""
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
        return parse_timestamp(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value / 1000 if value > _MILLISECONDS else float(value)


def _http_date(value: str) -> float | None:
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=date.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return parse_timestamp(value)


def _submit_error(
    status: int, headers: Mapping[str, str], text: str, *, now: float, sent: Sent
) -> port_errors.PixazoError:
    error = _error_in(text)
    words = error_words.spoken(error, prompts=sent.prompts)
    reason = sent.redact(error_words.shortened(error_words.message(error)))
    pause = retry_after(headers, now=now, quota=error_words.says_quota(words))
    names_pause = headers.get("Retry-After", "").strip() != ""
    refusal = _refusal(status, words)
    match status:
        case _ if refusal is not None:
            return refusal(status=status, reason=reason)
        case HTTPStatus.FORBIDDEN if names_pause or error_words.says_quota(words):
            return port_errors.RateLimited(status=status, retry_after=pause)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return port_errors.KeyRejected(status=status, reason=reason)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return port_errors.RateLimited(status=status, retry_after=pause)
        case HTTPStatus.SERVICE_UNAVAILABLE if names_pause:
            return port_errors.RateLimited(status=status, retry_after=pause)
        case _ if _is_client_error(status) and status not in _UNDECIDED:
            return port_errors.VendorRefused(status=status, reason=reason)
        case _:
            return port_errors.OutcomeUnknown(f"a submit was answered {status}", status=status)


def _refusal(status: int, words: str) -> type[port_errors.VendorRefused] | None:
    """Return what the *words* of a 4xx say more precisely than its status; ``None``: nothing."""
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return port_errors.OutOfCredit
    if not _is_client_error(status) or error_words.says_quota(words):
        return None
    if error_words.says_no_money(words):
        return port_errors.OutOfCredit
    if status not in _NOT_FOR_CONTENT and error_words.says_content(words):
        return port_errors.ContentRefused
    if status not in _NOT_FOR_CONTENT and error_words.says_money(words):
        return port_errors.OutOfCredit
    return None


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - of HTTP


def _is_client_error(status: int) -> bool:
    return 400 <= status < 500  # noqa: PLR2004 - of HTTP


def _error_in(text: str) -> Any:
    """Return the error in a body: JSON of the vendor or its front end, XML, or plain text."""
    text = text.strip()
    if text[:1] in {"{", "[", '"'} and (values := lenient_json.documents(text)):
        return values
    if re.match(r"<(?:!doctype html|html|head|body)", text, re.IGNORECASE):
        return ""
    return re.sub("<[^<>]*>", " ", text) if text.startswith("<") else text
