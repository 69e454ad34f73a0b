"""Answers of Discord that a fault gives instead of the API: refusals, and server errors."""

from http import HTTPStatus
from typing import Literal

from sandbox.discord.api_errors import ApiError, ErrorCode, Json
from sandbox.discord.rate_limits import DISCORD
from sandbox.faults import Answer

INVALID_FORM: Json = {"_errors": [{"code": "BASE_TYPE_REQUIRED", "message": "Required"}]}


def refused(error: ErrorCode | ApiError) -> Answer:
    """Return a refusal as the API sends it."""
    raised = error if isinstance(error, ApiError) else error.error()
    headers = {"Content-Type": "application/json", **DISCORD, **raised.headers}
    return Answer(status=raised.status, body=raised.body, headers=headers)


def refused_with(status: int, code: int, message: str = "no", errors: Json | None = None) -> Answer:
    """Return a refusal of any status and code; *errors* are those of a form's fields."""
    return refused(ApiError(status, code, message, errors=errors))


def invalid_form(field: str = "components") -> Answer:
    """Return 400 50035 for one field."""
    return refused_with(400, 50035, "Invalid Form Body", {field: INVALID_FORM})


def server_error(status: int, form: Literal["html", "json", "text"] = "html") -> Answer:
    """Return a server error: of the proxies in front as HTML or text, of the API as JSON."""
    phrase = f"{status}: {HTTPStatus(status).phrase}" if status in list(HTTPStatus) else f"{status}"
    match form:
        case "json":
            return refused_with(status, 0, phrase)
        case "text":
            return Answer(status=status, body="upstream connect error", headers=DISCORD)
    page = f"<html><head><title>{phrase}</title></head><body><h1>{phrase}</h1></body></html>"
    headers = {"Content-Type": "text/html; charset=UTF-8", "Server": "cloudflare"}
    return Answer(status=status, body=page, headers=headers)
