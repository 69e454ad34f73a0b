"""Codec of the gateway's requests and answers. Pure: no I/O.

The contract is the vendor's page "Auraflow v0.3 Text to Image API". Errors of the front end have
the form of Azure API Management, which also names the header of the key.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, Field, ValidationError

from bot.domain.job import State, Update
from bot.domain.order import Order
from bot.service import port_errors
from bot.service.ports.vendor import Callback

KEY_HEADER: Final = "Ocp-Apim-Subscription-Key"
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
LONGEST_MESSAGE: Final = 300  # characters of a vendor's message that are kept
LONGEST_PAUSE: Final = 31 * 86400.0  # seconds; the upper bound for Retry-After

_SECONDS: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_VENDOR_STATES: Final = {
    state.value: state
    for state in (State.QUEUED, State.PROCESSING, State.COMPLETED, State.FAILED, State.ERROR)
}
# With these statuses the request may have been accepted.
_UNDECIDED: Final = frozenset({408, 409, 425, 499})


class _Status(BaseModel):
    """Only the id is validated: a bad value elsewhere must not lose a valid request id."""

    request_id: str = Field(pattern=rf"^{REQUEST_ID.pattern}$")
    status: Any = None
    error: Any = None
    output: Any = None
    completed_at: Any = None


class _Image(BaseModel):
    url: str


class _Synchronous(BaseModel):
    images: list[_Image] = Field(min_length=1)


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


def read_submit(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Update:
    """Read the answer to a submit: a request id, or finished pictures at once.

    Raises:
        VendorRefused, RateLimited: nothing runs and nothing is billed.
        OutcomeUnknown: the answer does not say so.
    """
    if not _is_success(status):
        raise _submit_error(status, headers, body, now=now)
    try:
        return _update(_Status.model_validate_json(body))
    except ValidationError:
        pass
    try:
        pictures = _Synchronous.model_validate_json(body)
    except ValidationError as error:
        raise port_errors.OutcomeUnknown("the answer to a submit could not be read") from error
    media = tuple(_cleaned(image.url) for image in pictures.images)
    return Update(state=State.COMPLETED, media=media)


def read_status(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Update:
    """Read the answer to a status call.

    Raises:
        KeyRejected, RateLimited, RequestNotFound: the gateway answered so.
        OutcomeUnknown: any other error; the next call may succeed.
    """
    if _is_success(status):
        return read_update(body)
    error = _submit_error(status, headers, body, now=now)
    if isinstance(error, port_errors.KeyRejected | port_errors.RateLimited):
        raise error
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise port_errors.RequestNotFound(status=status, reason=_message_of(body))
    raise port_errors.OutcomeUnknown(f"a status call was answered {status}", status=status)


def read_update(body: bytes) -> Update:
    """Read a status answer or a callback; raises OutcomeUnknown without a valid request id."""
    try:
        return _update(_Status.model_validate_json(body))
    except ValidationError as error:
        raise port_errors.OutcomeUnknown("a status could not be read") from error


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return ``Retry-After`` in seconds, from either form; ``None``: it is absent or invalid."""
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(max(float(value), 0.0), LONGEST_PAUSE)
    try:
        date = parsedate_to_datetime(value)
        seconds = date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE)


def parse_timestamp(text: str) -> float | None:
    """Return a timestamp's Unix time, in UTC if it has no zone; ``None``: it is invalid."""
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _update(answer: _Status) -> Update:
    output = answer.output.get("media_url") if isinstance(answer.output, dict) else None
    media = output if isinstance(output, list) else [output]
    ended_at = answer.completed_at
    return Update(
        state=_VENDOR_STATES.get(str(answer.status).upper()),
        request_id=answer.request_id,
        media=tuple(_cleaned(address) for address in media if isinstance(address, str)),
        error=_trimmed(_flat(answer.error)) or None,
        ended_at=parse_timestamp(ended_at) if isinstance(ended_at, str) else None,
    )


def _submit_error(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float
) -> port_errors.PixazoError:
    message = _message_of(body)
    pause = retry_after(headers, now=now)
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return port_errors.KeyRejected(status=status, reason=message)
        case HTTPStatus.PAYMENT_REQUIRED:
            return port_errors.OutOfCredit(status=status, reason=message)
        case HTTPStatus.FORBIDDEN if pause is not None or "quota" in message.lower():
            return port_errors.RateLimited(status=status, retry_after=pause)
        case HTTPStatus.FORBIDDEN:
            return port_errors.KeyRejected(status=status, reason=message)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return port_errors.RateLimited(status=status, retry_after=pause)
        case HTTPStatus.SERVICE_UNAVAILABLE if pause is not None:
            return port_errors.RateLimited(status=status, retry_after=pause)
        case _ if 400 <= status < 500 and status not in _UNDECIDED:  # noqa: PLR2004 - of HTTP
            return port_errors.VendorRefused(status=status, reason=message)
        case _:
            return port_errors.OutcomeUnknown(f"a submit was answered {status}", status=status)


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - of HTTP


def _message_of(body: bytes) -> str:
    """Return the message in an error body: JSON of the vendor or its front end, or plain text."""
    text = body.decode("utf-8", "replace").strip()
    try:
        envelope = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.startswith("<") else _trimmed(text)
    if isinstance(envelope, dict):
        return _trimmed(_flat(envelope.get("message") or envelope.get("error")))
    return _trimmed(_flat(envelope))


def _flat(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cleaned(text: str) -> str:
    """Return *text* without characters that the store or Discord rejects."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _trimmed(text: str) -> str:
    line = " ".join(_cleaned(text).split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"
