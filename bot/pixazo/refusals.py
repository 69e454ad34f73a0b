"""Reader of answers that are no success: what they say counts more than their status. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from bot.pixazo import error_words, lenient_json
from bot.pixazo.sent import Sent
from bot.service import port_errors

DAY: Final = 86400.0  # seconds
LONGEST_PAUSE: Final = DAY  # seconds that a Retry-After is believed
LONGEST_QUOTA: Final = 31 * DAY  # seconds; a quota may be used up for so long

_SECONDS: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?(?:s|sec|seconds?)?", re.IGNORECASE)
_LARGEST_ERROR: Final = 64 * 1024  # characters that are read
# With these statuses the request may have been accepted.
_UNDECIDED: Final = frozenset({408, 409, 425, 499})
# Of these statuses, words about content do not tell why.
_NOT_FOR_CONTENT: Final = _UNDECIDED | {401, 404, 429}


def error_of(
    status: int, headers: Mapping[str, str], text: str, *, now: float, sent: Sent
) -> port_errors.PixazoError:
    """Return what an answer with an error *status* and this *text* means for a submit."""
    error = _error_in(text[:_LARGEST_ERROR])
    words = error_words.spoken(error, prompts=sent.prompts)
    reason = sent.redact(error_words.shortened(error_words.message(error)))
    pause = retry_after(headers, now=now, quota=error_words.says_quota(words))
    names_pause = headers.get("Retry-After", "").strip() != ""
    refusal = _refusal(status, words, sent)
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


def _refusal(status: int, words: str, sent: Sent) -> type[port_errors.VendorRefused] | None:
    """Return what the *words* of a 4xx say more precisely than its status; ``None``: nothing."""
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return port_errors.OutOfCredit
    if not _is_client_error(status) or error_words.says_quota(words):
        return None
    if error_words.says_no_money(words):
        return port_errors.OutOfCredit
    if status not in _NOT_FOR_CONTENT and error_words.says_content(words):
        return port_errors.ContentRefused
    if status not in _NOT_FOR_CONTENT and error_words.says_money(words, prompts=sent.prompts):
        return port_errors.OutOfCredit
    return None


def retry_after(headers: Mapping[str, str], *, now: float, quota: bool = False) -> float | None:
    """Return ``Retry-After`` in seconds, from either form; ``None``: absent or not plausible.

    A date is compared with the ``Date`` of the same answer: our clock may be wrong. More than a day
    is plausible for a *quota* only; a day of it is believed.
    """
    value = headers.get("Retry-After", "").strip()
    if match := _SECONDS.fullmatch(value):
        seconds = float(match[1])
        if seconds % 1000.0 == 0.0 and seconds % DAY != 0.0:
            return None  # milliseconds: no vendor counts in thousands of seconds
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


def _http_date(value: str) -> float | None:
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=date.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return parse_timestamp(value)


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
