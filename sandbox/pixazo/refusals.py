"""Error responses of the vendor and of the gateway in front of it: pure.

The queue's have `error` and `message`; the gateway's have `statusCode` and `message`, as of Azure
API Management.
"""

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


def _queue(status: int, error: str, message: str) -> Answer:
    return Answer(status=status, body={"error": error, "message": message})


def _gateway(status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    body = {"statusCode": status, "message": message}
    return Answer(status=status, body=body, headers=headers or {})


NO_RESOURCE = _gateway(404, "Resource not found")  # unknown path
NO_REQUEST = _queue(404, "Not Found", "Request not found")  # unknown request id
NO_BALANCE = _queue(402, "Insufficient Balance", "Your wallet does not have enough balance.")
NO_KEY = _gateway(
    401,
    "Access denied due to missing subscription key. Make sure to include subscription key when"
    " making requests to an API.",
)
BAD_KEY = _gateway(
    401,
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active"
    " subscription.",
)
HTML = {"Content-Type": "text/html"}
BAD_GATEWAY = Answer(status=502, body="<html><h1>502 Bad Gateway</h1></html>", headers=HTML)
WALL = Answer(status=403, body="<html><h1>Sorry, you were blocked</h1></html>", headers=HTML)
NO_CREDITS = _gateway(403, "Insufficient credits: please top up.")  # 402 in disguise


def bad_request(message: str) -> Answer:
    """Build the 400 for an invalid submit."""
    return _queue(400, "Bad Request", message)


_FIXED = {
    Next.NO_BALANCE: NO_BALANCE,
    Next.NO_MODEL: _queue(400, "Model not found", f"Model '{MODEL}' not found or is disabled"),
    Next.BAD_KEY: BAD_KEY,
    Next.BROKEN: _gateway(500, "Internal server error"),
    Next.HTML: BAD_GATEWAY,
}


def response_for(answer: Next, retry_after: float | None, now: float) -> Answer | None:
    """Build the error response of *answer*; None: the submit is accepted."""
    seconds = None if retry_after is None else max(0, round(retry_after))
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    wait = DEFAULT_RETRY_AFTER if seconds is None else seconds
    match answer:
        case Next.TOO_MANY:
            return too_many(str(wait))
        case Next.TOO_MANY_UNTIL:
            until = datetime.fromtimestamp(now, UTC) + timedelta(seconds=wait)
            return too_many(format_datetime(until, usegmt=True))
        case Next.FORBIDDEN if seconds is None:
            return _gateway(403, "Access denied: this subscription may not use this API.")
        case Next.FORBIDDEN:
            text = f"Out of call volume quota. Quota will be replenished in {_span(wait)}."
            return _gateway(403, text, headers)
        case Next.AWAY:
            return _gateway(503, "Service Unavailable", headers)
    return _FIXED.get(answer)


def too_many(retry_after: str) -> Answer:
    """Build a 429 with *retry_after* as it is; an added header Date overrides the server's."""
    return _gateway(429, "Rate limit is exceeded.", {"Retry-After": retry_after})


def _span(seconds: int) -> str:
    """Format a time span as .NET does: `5.03:23:11`, no days if there are none."""
    span = timedelta(seconds=seconds)
    hours, rest = divmod(span.seconds, 3600)
    clock = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return f"{span.days}.{clock}" if span.days else clock
