"""Error responses of the vendor and of the gateway in front of it: pure.

The queue's have `error` and `message`; the gateway's have `statusCode` and `message`, as of Azure
API Management.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

from sandbox.faults import Answer
from sandbox.pixazo.wire import MODEL

DEFAULT_RETRY_AFTER = 30  # seconds


class Next(StrEnum):
    """The answer to the next submit instead of 202."""

    TOO_MANY = "429"
    TOO_MANY_UNTIL = "429-date"  # Retry-After is an HTTP date
    NO_BALANCE = "402"
    NO_MODEL = "400"
    BAD_KEY = "401"
    FORBIDDEN = "403"  # with a Retry-After: out of quota; without: key not permitted
    BROKEN = "500"
    AWAY = "503"  # Retry-After is optional
    HTML = "html"
    SILENCE = "silence"  # accepted and billed; no response
    CUT = "cut"  # accepted and billed; the connection is closed without a response
    FAILED = "FAILED"  # accepted with 202, ends in this state
    ERROR = "ERROR"  # the same
    IMAGES = "images"  # accepted and billed; 200 with the pictures


def response_for(answer: Next, retry_after: float | None, now: float) -> Answer | None:
    """Build the error response of *answer*; None: the submit is accepted."""
    build = _BUILDERS.get(answer)
    seconds = None if retry_after is None else max(0, round(retry_after))
    return None if build is None else build(seconds, now)


def missing_key(*, given: bool) -> Answer:
    """Build the 401 for a key that is missing or, if *given*, wrong."""
    text = (
        "Access denied due to invalid subscription key. Make sure to provide a valid key for an"
        " active subscription."
        if given
        else "Access denied due to missing subscription key. Make sure to include subscription key"
        " when making requests to an API."
    )
    return _gateway(401, text)


def no_resource() -> Answer:
    """Build the 404 for an unknown path."""
    return _gateway(404, "Resource not found")


def no_request() -> Answer:
    """Build the 404 for an unknown request id."""
    return _queue(404, "Not Found", "Request not found")


def bad_request(message: str) -> Answer:
    """Build the 400 for an invalid submit."""
    return _queue(400, "Bad Request", message)


def no_balance() -> Answer:
    """Build the 402 for an empty wallet."""
    return _queue(402, "Insufficient Balance", "Your wallet does not have enough balance.")


def _no_model() -> Answer:
    return _queue(400, "Model not found", f"Model '{MODEL}' not found or is disabled")


def _too_many(seconds: int | None, until: datetime | None = None) -> Answer:
    seconds = DEFAULT_RETRY_AFTER if seconds is None else seconds
    text = f"Rate limit is exceeded. Try again in {seconds} seconds."
    retry_after = format_datetime(until, usegmt=True) if until else str(seconds)
    return _gateway(429, text, {"Retry-After": retry_after})


def _too_many_until(seconds: int | None, now: float) -> Answer:
    until = datetime.fromtimestamp(now, UTC) + timedelta(seconds=seconds or DEFAULT_RETRY_AFTER)
    return _too_many(seconds, until)


def _forbidden(seconds: int | None) -> Answer:
    if seconds is None:
        return _gateway(403, "Access denied: this subscription may not use this API.")
    text = f"Out of call volume quota. Quota will be replenished in {_span(seconds)}."
    return _gateway(403, text, {"Retry-After": str(seconds)})


def _away(seconds: int | None) -> Answer:
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return _gateway(503, "Service Unavailable", headers)


def _html() -> Answer:
    page = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
    return Answer(status=502, body=page, headers={"Content-Type": "text/html"})


def _queue(status: int, error: str, message: str) -> Answer:
    return Answer(status=status, body={"error": error, "message": message})


def _gateway(status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    body = {"statusCode": status, "message": message}
    return Answer(status=status, body=body, headers=headers or {})


def _span(seconds: int) -> str:
    """Format a time span as .NET does: `5.03:23:11`, no days if there are none."""
    span = timedelta(seconds=seconds)
    hours, rest = divmod(span.seconds, 3600)
    clock = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return f"{span.days}.{clock}" if span.days else clock


# Arguments: Retry-After in seconds or None, and the unix time.
_BUILDERS: dict[Next, Callable[[int | None, float], Answer]] = {
    Next.TOO_MANY: lambda seconds, _: _too_many(seconds),
    Next.TOO_MANY_UNTIL: _too_many_until,
    Next.NO_BALANCE: lambda *_: no_balance(),
    Next.NO_MODEL: lambda *_: _no_model(),
    Next.BAD_KEY: lambda *_: missing_key(given=True),
    Next.FORBIDDEN: lambda seconds, _: _forbidden(seconds),
    Next.BROKEN: lambda *_: _gateway(500, "Internal server error"),
    Next.AWAY: lambda seconds, _: _away(seconds),
    Next.HTML: lambda *_: _html(),
}
